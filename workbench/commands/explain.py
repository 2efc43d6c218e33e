"""``workbench explain``: what a trained run owes to which modality."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from workbench import events
from workbench.commands.arguments import JsonFlag, answer
from workbench.engine import protocol
from workbench.errors import UserError, nearest
from workbench.progress import progress
from workbench.runs import contribution, store
from workbench.runs.contribution import Contribution

explain = typer.Typer(
    help="Say why a trained run answers as it does.", no_args_is_help=True, rich_markup_mode=None
)

Run = Annotated[Path, typer.Argument(help="A run's folder.")]
Split = Annotated[str, typer.Option(help="train, validation or test.")]


def studied(request: protocol.Study, title: str, *, as_json: bool) -> events.Studied:
    """Do longer work on a trained run in this process, with a bar.

    Args:
        request: which work.
        title: what the bar says.
        as_json: show no bar.

    Raises:
        UserError: why it failed.
    """
    os.environ.update(protocol.environment())
    from workbench.engine.studies import study

    with progress(title, as_json=as_json, quiet=as_json) as tick:
        last = study(request, _ticking(tick), lambda: False)
    if isinstance(last, events.Failed):
        raise UserError(last.problem, last.remedy)
    assert isinstance(last, events.Studied)
    return last


def _ticking(tick: Callable[[int, int], None]) -> Callable[[events.Said], object]:
    def tell(event: events.Said) -> None:
        if isinstance(event, events.Working | events.Preparing) and event.total:
            tick(event.done, event.total)

    return tell


def split_of(name: str) -> Any:
    """The split of that name.

    Raises:
        UserError: there is none.
    """
    from workbench.data.index import SPLITS

    if name not in SPLITS:
        raise UserError(f"There is no split '{name}'.", nearest(name, SPLITS))
    return name


@explain.command("modalities")
def modalities(run: Run, split: Split = "test", as_json: JsonFlag = False) -> None:
    """Say which modality carried it: Shapley values, each alone, each left out, each exchanged."""
    folder = store.find(run).folder
    request = protocol.Contribute(run=str(folder), split=split_of(split))
    studied(request, "Taking modalities away", as_json=as_json)
    known = contribution.read(folder, split)
    assert known is not None
    found = known[0]
    if as_json:
        answer(True, found.model_dump(), "")
    else:
        _show(found, Console(highlight=False))


def _show(found: Contribution, console: Console) -> None:
    shares = found.score == "accuracy"

    def words(value: float) -> str:
        return f"{value:+.1%}" if shares else f"{value:+.4g}"

    what = "right" if shares else "minus the error"
    console.print(
        f"{found.samples:,} {found.split} samples · {what}: {words(found.nothing).lstrip('+')} "
        f"without any modality, {words(found.whole).lstrip('+')} with all",
        markup=False,
    )
    table = Table("modality", "adds", "95 % between", "alone", "without it", "exchanged", box=None)
    for row in found.modalities:
        table.add_row(
            row.name, words(row.shapley), f"{words(row.between[0])} {words(row.between[1])}",
            words(row.alone).lstrip("+"), words(row.without).lstrip("+"),
            f"{words(row.permuted).lstrip('+')} ±{words(row.permuted_spread).lstrip('+')}",
        )  # fmt: skip
    console.print(table)
    for pair, value in found.synergy.items():
        console.print(f"together {pair}: {words(value)}", markup=False)
