"""Writes what is told of a run into a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.errors import UserError
from workbench.reporting.gathered import Gathered, gather
from workbench.reporting.html import html
from workbench.reporting.model_card import model_card
from workbench.reporting.pdf import pdf
from workbench.reporting.script import write_script
from workbench.writing import write_atomic


def write_report(folder: Path, form: str, file: Path) -> None:
    """Write a report.

    Args:
        folder: of the run.
        form: ``html``, ``pdf``, ``card``, or ``script`` for a program that trains the same, with
            its table of samples beside it.
        file: where; its folder is made where it is missing.

    Raises:
        UserError: the run is damaged, or the file cannot be written.
    """
    if form == "script":
        write_script(folder, file.parent)
        return
    run = gather(folder)
    makers: dict[str, Callable[[Gathered], str | bytes]] = {
        "html": html, "pdf": pdf, "card": model_card,
    }  # fmt: skip
    content = makers[form](run)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, content)
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
