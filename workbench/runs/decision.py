"""How the answers of a trained model are turned into decisions: thresholds and a temperature.

``model/decision.json`` of a run; chosen by a person, and obeyed wherever the model predicts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import UserError
from workbench.writing import write_atomic

Share = Annotated[float, Field(ge=0, le=1)]


class Decision(BaseModel):
    """What was chosen.

    Args:
        thresholds: by class the probability from which on it is a yes; 0.5 for the others.
        temperature: what logits are divided by; 1 leaves them as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    thresholds: dict[str, Share] = {}
    temperature: Annotated[float, Field(gt=0, le=1000)] = 1.0

    def threshold(self, name: str) -> float:
        """The probability from which on that class is a yes."""
        return self.thresholds.get(name, 0.5)


def read(folder: Path) -> Decision:
    """The decision of a run; the usual one where nothing was chosen.

    Args:
        folder: of the run.

    Raises:
        UserError: the file is damaged.
    """
    file = folder / "model" / "decision.json"
    try:
        return Decision.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Decision()
    except (OSError, ValidationError):
        raise UserError(f"{file} is damaged.", "Delete it, then choose again.") from None


def write(folder: Path, decision: Decision) -> None:
    """Keep a decision with its run.

    Raises:
        UserError: the folder cannot be written.
    """
    file = folder / "model" / "decision.json"
    try:
        file.parent.mkdir(exist_ok=True)
        write_atomic(file, decision.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Make the folder writable."
        ) from None
