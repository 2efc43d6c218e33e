"""How a run's numbers are scaled, from ``model/inputs.json``; no Keras."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.data.prepared import Scaling
from workbench.errors import UserError


class _Facts(BaseModel):
    """Of the file no more than this is looked at here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    center: float | tuple[float, ...] = 0.0
    spread: float | tuple[float, ...] = 1.0


def read(folder: Path) -> Scaling:
    """The map between a target's own unit and what the model says.

    Args:
        folder: of the run.

    Raises:
        UserError: the file is missing or damaged.
    """
    file = folder / "model" / "inputs.json"
    try:
        found = _Facts.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        words = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
        raise UserError(f"{file} cannot be read: {words}.", "Train the run again.") from None
    return Scaling(found.center, found.spread)
