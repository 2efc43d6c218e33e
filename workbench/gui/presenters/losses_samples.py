"""Where the samples of a run lie on the axis of a loss: its own residuals or probabilities."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.runs import results, store


@dataclass(frozen=True)
class RunSamples:
    """The samples of one evaluated run.

    Args:
        folder: of the run.
        name: what people call it.
        task: what it learned.
        axis: what they lie on.
        places: residuals in spreads of the target, or probabilities of the truth, [samples].
    """

    folder: str
    name: str
    task: str
    axis: Literal["residual", "probability"]
    places: NDArray[np.float64]

    def few(self, most: int) -> NDArray[np.float64]:
        """All places, or an even choice of them by rank where there are more."""
        if len(self.places) <= most:
            return self.places
        chosen: NDArray[np.float64] = np.sort(self.places)
        return chosen.take(np.linspace(0, len(chosen) - 1, most).astype(int))


def evaluated(folder: Path) -> tuple[tuple[str, str], ...]:
    """The runs whose test samples are known, the newest first, as (folder, name)."""
    return tuple(
        (str(run.folder), _title(run.name))
        for run in store.every(folder)
        if (run.folder / "evaluation" / "test.json").is_file()
    )


def _title(name: str) -> str:
    """``20261123-173453-shapes`` as ``shapes · 11-23 17:34``."""
    stamp, rest = name[:15], name[16:]
    if not (rest and stamp.replace("-", "").isdigit()):
        return name
    return f"{rest} · {stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]}"


def read_samples(folder: str) -> RunSamples:
    """Read where the test samples of a run lie.

    Args:
        folder: of the run.

    Raises:
        UserError: it was not evaluated, or its target has no such axis.
    """
    run = store.find(Path(folder))
    known = results.read(run.folder, "test")
    if known is None:
        raise UserError(f"{run.name} was not evaluated.", "Choose another run.")
    found, samples = known
    if found.task in ("number", "numbers"):
        residuals = (samples.prediction - samples.target) / _spread(run.folder)
        return RunSamples(folder, run.name, found.task, "residual", residuals.ravel())
    if found.classes and found.task != "labels":
        return RunSamples(folder, run.name, found.task, "probability", samples.true_probability)
    raise UserError(
        f"The samples of {run.name} lie on none of these axes.",
        "Choose a run that learned a number or one category.",
    )


def _spread(folder: Path) -> NDArray[np.float64]:
    """The spread of the target, in which losses of numbers count; of several one for each."""
    file = folder / "model" / "inputs.json"
    try:
        told = json.loads(file.read_bytes())["spread"]
        spread = np.asarray(told, np.float64)
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{file} is missing or damaged.", "Train the run again.") from None
    if not (np.isfinite(spread).all() and (spread > 0).all()):
        raise UserError(f"{file} holds a spread that is no number above 0.", "Train again.")
    return spread
