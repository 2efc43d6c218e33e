"""``workbench predict``: what a trained run says of files and words that it has never met."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from workbench import events
from workbench.commands.arguments import JsonFlag, answer
from workbench.commands.explain import names_of, studied
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.runs import store

_SHOWN = 10
LONGEST = 2**20
"""Bytes that are taken from standard input."""


def predict(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    image: Annotated[Path | None, typer.Option(help="A picture.")] = None,
    audio: Annotated[Path | None, typer.Option(help="A sound.")] = None,
    text: Annotated[
        str | None, typer.Option(help="Words; - reads them from standard input.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Predict all samples of this folder instead.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for those of a folder.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a run makes of your own picture, sound or words, or of all files of a folder."""
    home = store.find(run).folder
    if folder is not None:
        _refuse_both(image, audio, text)
        _folder(home, folder, out, as_json=as_json)
        return
    if out is not None:
        raise UserError("--out is for the table of a folder.", "Give --folder DIR, too.")
    if text == "-":
        text = sys.stdin.buffer.read(LONGEST).decode("utf-8", "replace")
    question = protocol.Predict(
        number=0, run=str(home), text=text, image=_path(image), audio=_path(audio)
    )
    os.environ.update(protocol.environment())
    from workbench.engine.looks import Looks
    from workbench.training.inputs import ModelInputs

    found = Looks().answered(question)
    if isinstance(found, events.NotAnswered):
        raise UserError(found.problem, found.remedy)
    assert isinstance(found, events.Predicted)
    names = names_of(home)
    classes = ModelInputs.read(home).classes
    answer(as_json, _facts(found, names), _words(found, names, bool(classes)))


def _path(file: Path | None) -> str:
    return "" if file is None else str(file.expanduser().absolute())


def _refuse_both(*given: object) -> None:
    if any(one is not None for one in given):
        raise UserError(
            "A folder is predicted by itself.", "Leave --image, --audio and --text away."
        )


def _folder(home: Path, folder: Path, out: Path | None, *, as_json: bool) -> None:
    if out is None:
        raise UserError("Where shall the table be written?", "Give --out FILE.csv.")
    request = protocol.PredictFolder(
        run=str(home), folder=_path(folder), file=_path(out)
    )  # fmt: skip
    last = studied(request, "Predicting", as_json=as_json)
    answer(as_json, {"file": last.file, "words": last.words}, f"{last.words}\n{last.file}")


def _facts(found: events.Predicted, names: tuple[str, ...]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "answers": dict(zip(names, found.answers, strict=False)),
        "said": list(found.said),
        "lacking": list(found.lacking),
        "removed": list(found.removed),
        "nearest": [{"sample": stem, "likeness": near} for stem, near in found.nearest],
        "seconds": found.seconds,
    }
    if found.spreads:
        facts["spreads"] = dict(zip(names, found.spreads, strict=False))
    if found.likeness:
        facts["likeness"] = found.likeness
    return facts


def _words(found: events.Predicted, names: tuple[str, ...], classes: bool) -> str:
    lines = []
    if classes:
        order = np.argsort(-np.array(found.answers), kind="stable")[:_SHOWN]
        lines += [f"{found.answers[n]:6.1%}  {names[n]}{_mark(names[n], found)}" for n in order]
    else:
        for place, value in enumerate(found.answers):
            spread = f" ± {found.spreads[place]:.3g}" if found.spreads else ""
            lines.append(f"{names[place]}: {value:.6g}{spread}")
    lines += [f"{near:+.3f}  {stem}" for stem, near in found.nearest]
    lines += [f"likeness of {pair}: {value:+.3f}" for pair, value in found.likeness.items()]
    if found.removed:
        lines.append(f"not given, averaged over other samples: {', '.join(found.removed)}")
    return "\n".join(lines)


def _mark(name: str, found: events.Predicted) -> str:
    return "  <" if name in found.said else ""
