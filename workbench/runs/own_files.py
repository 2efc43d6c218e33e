"""Files of a run that others may have made: read only where they are the run's own."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import UserError

READ = ("spec.json", "model", "model/inputs.json", "checkpoints", "checkpoints/best.npz")
"""What a model is built from."""


def refuse_links(run: Path) -> None:
    """Refuse a run whose model would be read from outside its folder.

    A link among its files could make the program read, and hand over, what somebody else may not
    see.

    Args:
        run: its folder.

    Raises:
        UserError: one of its files is a link, or no ordinary file.
    """
    for name in READ:
        file = run / name
        if file.is_symlink():
            raise UserError(
                f"{name} of the run {run.name} is a link to somewhere else and is not opened.",
                "Put the file itself in its place.",
            )
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise UserError(f"{name} of the run {run.name} is no ordinary file.", "Replace it.")
