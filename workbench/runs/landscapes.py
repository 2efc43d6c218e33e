"""Slices through the loss of a trained run, in ``insight/``."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.errors import UserError
from workbench.runs.maps import is_current
from workbench.writing import write_atomic


class Facts(BaseModel):
    """What a slice was made of.

    Args:
        modality: whose encoder alone was moved; "" for the whole model.
        samples: how many validation samples the loss was measured on.
        seed: of the directions.
        weights: of each term in the recipe, by name.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    modality: str
    samples: int
    seed: int
    weights: dict[str, float]


@dataclass(frozen=True)
class Landscape:
    """The loss over a line or a square around the weights that were found.

    Args:
        facts: what it was made of.
        steps: how far along each direction, in lengths of the filters; 0 is in it.
        terms: mean loss of each term; [steps] of a line, [steps, steps] of a square, whose rows
            go along the second direction.
    """

    facts: Facts
    steps: NDArray[np.float64]
    terms: dict[str, NDArray[np.float64]]

    @property
    def total(self) -> NDArray[np.float64]:
        """All terms together, each with its weight in the recipe."""
        parts = [self.facts.weights[name] * values for name, values in self.terms.items()]
        return np.asarray(np.sum(parts, axis=0))

    @property
    def centre(self) -> int:
        """Number of the step 0."""
        return int(np.abs(self.steps).argmin())


def file_of(modality: str = "") -> str:
    """Where a slice stands inside a run's folder.

    Args:
        modality: whose encoder alone was moved; "" for the whole model.
    """
    return f"insight/landscape-{modality}.npz" if modality else "insight/landscape.npz"


def write(folder: Path, found: Landscape) -> Path:
    """Put a slice into a run's folder.

    Args:
        folder: of the run.
        found: the slice.

    Returns:
        The file.

    Raises:
        UserError: the folder cannot be written.
    """
    file = folder / file_of(found.facts.modality)
    stream = io.BytesIO()
    arrays: dict[str, Any] = {f"term_{n}": values for n, values in enumerate(found.terms.values())}
    words = found.facts.model_dump() | {"terms": list(found.terms)}
    np.savez_compressed(stream, facts=np.array(json.dumps(words)), steps=found.steps, **arrays)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, stream.getvalue())
    except OSError as error:
        raise UserError(
            f"The landscape cannot be written to {file.parent}: {error.strerror}.",
            "Free some space or make the folder writable, then compute it again.",
        ) from None
    return file


def read(folder: Path, modality: str = "") -> Landscape | None:
    """The slice of a run.

    Args:
        folder: of the run.
        modality: whose encoder alone was moved; "" for the whole model.

    Returns:
        None where there is none, or where the run was trained on since.

    Raises:
        UserError: the file is damaged.
    """
    file = folder / file_of(modality)
    if not is_current(folder, file):
        return None
    try:
        with np.load(file, allow_pickle=False) as kept:
            words = json.loads(str(kept["facts"]))
            names = words.pop("terms")
            facts = Facts.model_validate_json(json.dumps(words))
            steps = kept["steps"]
            terms = {str(name): kept[f"term_{n}"] for n, name in enumerate(names)}
        _refuse_misfit(facts, steps, terms)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError,
            zipfile.BadZipFile, ValidationError):  # fmt: skip
        raise UserError(f"{file} is damaged.", "Compute the landscape again.") from None
    return Landscape(facts, steps, terms)


def _refuse_misfit(
    facts: Facts, steps: NDArray[Any], terms: dict[str, NDArray[Any]]
) -> None:  # fmt: skip
    many = len(steps)
    rising = steps.ndim == 1 and many > 1 and bool((np.diff(steps) > 0).all())
    shapes = {values.shape for values in terms.values()}
    kinds = {values.dtype.kind for values in (steps, *terms.values())}
    known = set(terms) == set(facts.weights)
    if not (rising and known and kinds == {"f"} and shapes in ({(many,)}, {(many, many)})):
        raise ValueError("its parts do not fit together")
