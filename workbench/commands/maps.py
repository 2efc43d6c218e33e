"""``workbench map`` and ``workbench landscape``: embeddings and loss of a run, to look at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.commands.arguments import JsonFlag, answer
from workbench.errors import UserError, nearest

if TYPE_CHECKING:
    from workbench.engine.protocol import Study

RunFolder = Annotated[Path, typer.Argument(help="A run's folder.")]


def draw_map(
    run: RunFolder,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    space: Annotated[
        str, typer.Option(help="image, audio, text, fused, or a pair such as image+text.")
    ] = "fused",
    method: Annotated[str, typer.Option(help="pca, umap or tsne.")] = "pca",
    as_json: JsonFlag = False,
) -> None:
    """Lay the embeddings of a split out in two dimensions; distances between groups mean little."""
    from workbench.engine import protocol
    from workbench.runs import maps

    _refuse_unknown("split", split, maps.SPLITS)
    _refuse_unknown("space", space, maps.SPACES)
    _refuse_unknown("method", method, maps.METHODS)
    folder = _folder(run)
    request = protocol.Project.model_validate(
        {"run": str(folder), "split": split, "space": space, "method": method}
    )
    file = _study(request)
    found = maps.read(folder, request.split, request.space, request.method)
    assert found is not None
    facts: dict[str, Any] = {"file": str(file), "samples": len(found.stems)}
    facts |= {"explained": list(found.explained), "figures": found.figures}
    words = [f"map: {file}", f"{len(found.stems):,} samples"]
    if found.explained:
        shares = " and ".join(f"{share:.1%}" for share in found.explained)
        words.append(f"its two directions hold {shares} of the variance")
    words += [f"{name} {value:.4f}" for name, value in found.figures.items()]
    answer(as_json, facts, "\n".join(words))


def survey(
    run: RunFolder,
    points: Annotated[int, typer.Option(help="Places along each direction, odd.", min=3)] = 21,
    reach: Annotated[float, typer.Option(help="How far to go, in lengths of the filters.")] = 1.0,
    line: Annotated[bool, typer.Option("--line", help="Along one direction only.")] = False,
    modality: Annotated[
        str | None, typer.Option(help="Move the encoder of this modality alone.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the random directions.", min=0)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Measure the loss around the weights of a run, along random directions."""
    from workbench.engine import protocol
    from workbench.parts import MODALITIES
    from workbench.runs import landscapes

    if modality is not None:
        _refuse_unknown("modality", modality, MODALITIES)
    if not 0 < reach <= 100 or points > 201 or points % 2 == 0:
        raise UserError(
            "This landscape cannot be measured.",
            "Give an odd number of points up to 201, and a reach above 0 and up to 100.",
        )
    folder = _folder(run)
    request = protocol.Survey.model_validate(
        {"run": str(folder), "points": points, "reach": reach, "square": not line,
         "modality": modality, "seed": seed}
    )  # fmt: skip
    file = _study(request)
    found = landscapes.read(folder, modality or "")
    assert found is not None
    total, middle = found.total, found.centre
    centre = float(total[(middle,) * total.ndim])
    facts = {
        "file": str(file), "samples": found.facts.samples, "loss": centre,
        "lowest": float(total.min()), "highest": float(total.max()),
    }  # fmt: skip
    words = f"landscape: {file}\nloss {centre:.4f} at the weights, {total.min():.4f} lowest, "
    answer(as_json, facts, words + f"{total.max():.4f} highest, {found.facts.samples} samples")


def _refuse_unknown(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise UserError(f"There is no {what} '{name}'.", nearest(name, known))


def _folder(run: Path) -> Path:
    from workbench.runs import store

    return store.find(run).folder


def _study(request: Study) -> Path:
    """Do the work with a bar, and say where what was found stands."""
    from rich.console import Console
    from rich.progress import Progress

    from workbench import events
    from workbench.engine import protocol

    os.environ.update(protocol.environment())
    from workbench.engine.studies import study

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting", total=None)

        def tell(event: events.Said) -> None:
            if isinstance(event, events.Working):
                progress.update(
                    task,
                    description=event.words,
                    completed=event.done,
                    total=event.total or None,
                )

        last = study(request, tell, lambda: False)
    if isinstance(last, events.Failed):
        raise UserError(last.problem, last.remedy)
    assert isinstance(last, events.Studied)
    return Path(request.run) / last.file
