"""``workbench explain``: what a trained run owes to which modality, and why it says that."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from workbench import events
from workbench.commands.arguments import JsonFlag, answer
from workbench.engine import protocol
from workbench.errors import UserError, nearest
from workbench.progress import progress
from workbench.runs import contribution, explained, store
from workbench.runs import robustness as kept
from workbench.runs.contribution import Contribution
from workbench.runs.robustness import Robustness

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


@explain.command("robustness")
def robustness(
    run: Run,
    split: Split = "test",
    samples: Annotated[int, typer.Option(help="Samples, at most.", min=1, max=100_000)] = 500,
    as_json: JsonFlag = False,
) -> None:
    """Say how much noise on each modality it stands: the score from no noise to nothing else."""
    folder = store.find(run).folder
    request = protocol.Disturb(run=str(folder), split=split_of(split), samples=samples)
    studied(request, "Adding noise", as_json=as_json)
    found = kept.read(folder, split)
    assert found is not None
    if as_json:
        facts = found.model_dump()
        stands = {curve.name: found.stands(curve) for curve in found.curves}
        for curve in facts["curves"]:
            curve["stands"] = stands[curve["name"]]
        answer(True, facts, "")
    else:
        _show_robustness(found, Console(highlight=False))


Method = Annotated[
    str, typer.Option(help="grad_cam, integrated_gradients or occlusion.", show_default=True)
]


@explain.command("sample")
def sample(
    run: Run,
    stem: Annotated[str, typer.Argument(help="Name of a sample of its data.")],
    method: Method = "integrated_gradients",
    output: Annotated[
        str | None, typer.Option("--class", help="Which class; left out: what it says.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A modality that it may not know; repeat for more.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Other words.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Test it by shuffled weights.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what one sample is told by; the maps stand in the run's insight/explained.npz."""
    from workbench.parts import MODALITIES

    if method not in ("grad_cam", "integrated_gradients", "occlusion"):
        known = ("grad_cam", "integrated_gradients", "occlusion")
        raise UserError(f"There is no method '{method}'.", nearest(method, known))
    for name in without or []:
        if name not in MODALITIES:
            raise UserError(f"There is no modality '{name}'.", nearest(name, MODALITIES))
    folder = store.find(run).folder
    classes = names_of(folder)
    if output is not None and output not in classes:
        raise UserError(f"There is no class '{output}'.", nearest(output, classes))
    os.environ.update(protocol.environment())
    from workbench.engine.looks import Looks

    found = Looks().answered(
        protocol.Explain(
            number=0, run=str(folder), stem=stem, method=method,
            output=None if output is None else classes.index(output),
            hidden=tuple(without or ()), text=text, checked=check,
        )
    )  # fmt: skip
    if isinstance(found, events.NotAnswered):
        raise UserError(found.problem, found.remedy)
    assert isinstance(found, events.Explained)
    answer(as_json, _facts(found, classes, folder), _words(found, classes, folder))


def names_of(folder: Path) -> tuple[str, ...]:
    """What each output of a run is called: its classes, its numbers, or its target.

    Raises:
        UserError: the run was not trained, or its facts are damaged.
    """
    from workbench.training.inputs import ModelInputs

    inputs = ModelInputs.read(folder)
    return inputs.classes or inputs.columns or (store.find(folder).spec().data.target or "number",)


def _facts(found: events.Explained, classes: tuple[str, ...], folder: Path) -> dict[str, Any]:
    maps = explained.read(folder).maps
    return {
        "answers": dict(zip(classes, found.answers, strict=True)),
        "explained": classes[found.output],
        "shares": _shares(maps),
        "words": _weighed(found, maps),
        "problems": found.problems,
        "gap": found.gap,
        "likeness": found.likeness,
    }


def _shares(maps: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
    """How much of all evidence, for and against, lies in each modality."""
    sizes = {name: float(np.abs(values).sum()) for name, values in maps.items()}
    total = sum(sizes.values())
    return {name: size / total for name, size in sizes.items()} if total else sizes


def _weighed(
    found: events.Explained, maps: Mapping[str, NDArray[np.float32]]
) -> list[tuple[str, float]]:
    values = maps.get("text")
    if values is None or not found.words:
        return []
    return [(word, float(value)) for word, value in zip(found.words, values, strict=False)]


def _words(found: events.Explained, classes: tuple[str, ...], folder: Path) -> str:
    facts = _facts(found, classes, folder)
    order = np.argsort(-np.array(found.answers))[:5]
    lines = [f"{classes[n]}: {found.answers[n]:.4g}" for n in order]
    lines.append(f"explained: {classes[found.output]}")
    if len(facts["shares"]) > 1:
        lines += [f"evidence in {name}: {share:.0%}" for name, share in facts["shares"].items()]
    lines += [f"  {word} {value:+.3f}" for word, value in facts["words"]]
    lines += [f"{name}: {problem}" for name, problem in found.problems.items()]
    lines += [f"likeness with shuffled weights, {n}: {v:.2f}" for n, v in found.likeness.items()]
    return "\n".join(lines)


def _show_robustness(found: Robustness, console: Console) -> None:
    shares = found.score == "accuracy"

    def words(value: float) -> str:
        return f"{value:.1%}" if shares else f"{-value:.4g}"

    what = "right" if shares else "mean error"
    console.print(
        f"{found.samples:,} {found.split} samples · {what}: {words(found.clean)} without noise, "
        f"{words(found.guessing)} by guessing",
        markup=False,
    )
    table = Table("noise", *(curve.name for curve in found.curves), box=None)
    for place, strength in enumerate(found.strengths):
        table.add_row(f"{strength:.0%}", *(words(c.scores[place]) for c in found.curves))
    table.add_row("taken away", *(words(curve.without) for curve in found.curves))
    table.add_row("stands up to", *(f"{found.stands(curve):.0%}" for curve in found.curves))
    console.print(table)


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
