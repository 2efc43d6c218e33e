"""``workbench find``: which learning rate, or which batch size, suits a recipe on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from workbench.commands.arguments import JsonFlag, Settings, answer, spec_of
from workbench.errors import UserError

find = typer.Typer(
    help="Try out what suits a recipe on this machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

What = Annotated[
    Path, typer.Argument(help="A folder or zip of data, a spec file, or a run's folder.")
]


@find.command()
def rate(what: What, settings: Settings = None, as_json: JsonFlag = False) -> None:
    """Find a learning rate: raise it from step to step and see where the loss falls."""
    _find("rate", what, settings, as_json=as_json)


@find.command()
def batch(what: What, settings: Settings = None, as_json: JsonFlag = False) -> None:
    """Find a batch size: double it until memory or speed gives no more."""
    _find("batch", what, settings, as_json=as_json)


def _find(
    kind: Literal["rate", "batch"], what: Path, settings: list[str] | None, *, as_json: bool
) -> None:  # fmt: skip
    from workbench import events
    from workbench.engine import protocol

    spec = spec_of(what, settings or [])
    os.environ.update(protocol.environment())
    from workbench.engine import execution

    console = Console(stderr=True, highlight=False)
    tried: list[dict[str, Any]] = []

    def tell(event: events.Said) -> None:
        match event:
            case events.RatesTried(rates=rates, losses=losses):
                for one, loss in list(zip(rates, losses, strict=True))[len(tried) :]:
                    tried.append({"rate": one, "loss": loss})
            case events.BatchTried(size=size, samples_per_second=speed, problem=problem):
                tried.append(event.model_dump(include={"size", "samples_per_second", "problem"}))
                console.print(f"{size:>6}  {problem or f'{speed:,.0f} samples/s'}", markup=False)
            case _:
                return

    last = execution.find(kind, spec, tell, lambda: False)
    if isinstance(last, events.Failed):
        raise UserError(last.problem, last.remedy)
    assert isinstance(last, events.RateFound | events.BatchFound)
    found = last.rate if isinstance(last, events.RateFound) else last.size
    place = {"rate": "training.learning_rate", "batch": "training.batch_size"}[kind]
    advice = "" if found is None else f"\nUse it: --set {place}={found:g}"
    answer(as_json, {"found": found, "words": last.words, "tried": tried}, last.words + advice)
    raise typer.Exit(0 if found is not None else 1)
