"""``workbench predict``: what a trained run says of files, words, or a whole folder."""

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


def predict(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    image: Annotated[Path | None, typer.Option(help="A picture.")] = None,
    audio: Annotated[Path | None, typer.Option(help="A sound.")] = None,
    text: Annotated[
        str | None, typer.Option(help="Words; - reads them from standard input.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="A folder or zip of many samples.")] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for those of a folder.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a trained run says of a picture, a sound, words, or of every sample of a folder."""
    place = store.find(run).folder
    if folder is not None:
        if out is None:
            raise UserError("Predictions of a folder go to a file.", "Name it with --out.")
        request = protocol.PredictFolder(
            run=str(place), folder=str(folder.resolve()), file=str(out.resolve())
        )
        done = studied(request, "Predicting", as_json=as_json)
        answer(as_json, {"file": done.file, "words": done.words}, f"{done.words} {done.file}")
        return
    if image is None and audio is None and text is None:
        raise UserError(
            "Nothing is given to predict.", "Use --image, --audio, --text, or --folder with --out."
        )
    words = sys.stdin.read() if text == "-" else text
    os.environ.update(protocol.environment())
    from workbench.engine.looks import Looks

    found = Looks().answered(
        protocol.Predict(
            number=0, run=str(place), image=str(image.resolve()) if image else "",
            audio=str(audio.resolve()) if audio else "", text=words,
        )
    )  # fmt: skip
    if isinstance(found, events.NotAnswered):
        raise UserError(found.problem, found.remedy)
    assert isinstance(found, events.Predicted)
    _tell(found, names_of(place), as_json)


def _tell(found: events.Predicted, names: tuple[str, ...], as_json: bool) -> None:
    facts: dict[str, Any] = {
        "answers": dict(zip(names, found.answers, strict=False)),
        "said": list(found.said),
        "lacking": list(found.lacking),
        "nearest": [{"sample": stem, "likeness": near} for stem, near in found.nearest],
    }
    lines = []
    order = np.argsort(-np.array(found.answers))[:10] if found.said else range(len(found.answers))
    lines += [f"{names[n]}: {found.answers[n]:.4g}" for n in order]
    lines += [f"{stem}: {near:.3f}" for stem, near in found.nearest]
    if found.removed:
        lines.append(f"not given, averaged over other samples: {', '.join(found.removed)}")
    answer(as_json, facts, "\n".join(lines))
