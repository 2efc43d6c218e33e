"""``workbench report``: a run to be read by others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.commands.arguments import JsonFlag, answer
from workbench.errors import UserError, nearest
from workbench.runs import store

FORMATS = {
    "html": "report.html", "pdf": "report.pdf", "card": "MODEL_CARD.md",
    "script": "script/train.py",
}  # fmt: skip


def report(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    form: Annotated[str, typer.Option("--format", help="html, pdf, card or script.")] = "html",
    to: Annotated[
        Path | None, typer.Option(help="The file to write.", show_default="in the run's folder")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a report of a run, its model card, or a program in plain Keras that trains the same."""
    if form not in FORMATS:
        raise UserError(f"There is no format '{form}'.", nearest(form, FORMATS))
    folder = store.find(run).folder
    file = to or folder / "report" / FORMATS[form]
    from workbench.reporting.writing import write_report

    remarks = write_report(folder, form, file)
    words = "\n".join([str(file), *remarks])
    answer(as_json, {"file": str(file.resolve()), "remarks": list(remarks)}, words)
