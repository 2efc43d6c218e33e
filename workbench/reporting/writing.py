"""Writes what is told of a run into a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.errors import UserError
from workbench.reporting.gathered import Gathered, gather
from workbench.reporting.html import html
from workbench.reporting.model_card import model_card
from workbench.reporting.pdf import pdf
from workbench.writing import write_atomic


def write_report(
    folder: Path, form: str, file: Path, stop: Callable[[], bool] | None = None
) -> tuple[str, ...]:
    """Write a report, or a script that trains the run again.

    Args:
        folder: of the run.
        form: ``html``, ``pdf``, ``card`` or ``script``.
        file: where; its folder is made where it is missing. Of a script, the table that it reads
            is written beside it.
        stop: asked often while a script's data are looked at; true ends it.

    Returns:
        Sentences that a person should know about what was written.

    Raises:
        Stopped: the wish to stop was heard.
        UserError: the run is damaged, or the file cannot be written.
    """
    if form == "script":
        # Imported here: reports need none of what reads samples.
        from workbench.reporting.script import write_out

        script = write_out(folder, file.name, stop)
        write(file.with_name(script.table_name), script.table)
        write(file, script.text)
        return script.differs
    makers: dict[str, Callable[[Gathered], str | bytes]] = {
        "html": html, "pdf": pdf, "card": model_card,
    }  # fmt: skip
    write(file, makers[form](gather(folder)))
    return ()


def write(file: Path, content: str | bytes) -> None:
    """Write a report.

    Args:
        file: where; its folder is made where it is missing.
        content: what it holds.

    Raises:
        UserError: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, content)
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
