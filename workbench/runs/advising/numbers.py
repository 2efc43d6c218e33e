"""Advice for numbers: heavy tails among the training targets, and errors that grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from workbench.duels.spec import Value
from workbench.runs import scaling
from workbench.runs.advising.finding import Finding, Known, histogram, proposal

FAR = 5.0
"""Robust spreads beyond which a residual is far, as in the advice before training."""
SHARE, EFFORT = 0.01, 0.3
"""Share of samples that are far, and of the squared error that they carry, to speak of tails."""
HUBER = 1.345
"""Delta in spreads at which Huber's loss is 95 % efficient for normal errors (Huber 1964)."""
_NORMAL = 1.4826
# Median absolute deviation to standard deviation, of a normal distribution.
_LATE = 3
# Epochs at the end over which a sample's error is averaged.
_ROBUST = ("absolute_error", "adaptive_robust")
_FEWEST = 60
GROWING = 0.3
"""Rank correlation between prediction and size of error from which on errors grow."""


def of_numbers(known: Known) -> Iterator[Finding]:
    """What the residuals say.

    Args:
        known: of a run that learned one number or several.
    """
    if known.task not in ("number", "numbers"):
        return
    yield from _tails(known)
    if known.task == "number":
        yield from _growing(known)


def _tails(known: Known) -> Iterator[Finding]:
    """Training samples whose error stays far beyond the others': outliers or mistyped targets."""
    recorded = known.history
    if recorded is None or known.loss in _ROBUST:
        return
    late = recorded.train.metric[-_LATE:].astype(np.float64)
    seen = np.isfinite(late).any(axis=0)
    errors = np.nanmean(late[:, seen], axis=0)
    if len(errors) < _FEWEST:
        return
    spread = _NORMAL * float(np.median(errors))
    far = errors > FAR * spread
    effort = float((errors[far] ** 2).sum() / max(float((errors**2).sum()), 1e-300))
    if far.mean() < SHARE or effort < EFFORT:
        return
    delta = HUBER * spread / _unit(known)
    changes: dict[str, dict[str, Value]] = {}
    if known.loss != "huber":
        changes["Huber"] = {
            "objective.loss.name": "huber", "objective.loss.delta": _rounded(delta),
        }  # fmt: skip
    changes["Adaptive robust"] = {
        "objective.loss.name": "adaptive_robust", "objective.loss.shape": 0.0,
        "objective.loss.scale": _rounded(delta / HUBER),
    }  # fmt: skip
    yield Finding(
        "tails", "A few targets pull hard",
        f"{far.mean():.1%} of the training samples stay off by more than {FAR:.0f} usual spreads, "
        f"and carry {effort:.0%} of the squared error.",
        "A robust loss lets them count less. If they are mistyped, that should bring down the "
        "error of all the others; if they are real and matter, keep the loss.",
        0.5 if known.loss == "huber" else min(1.0, 0.6 + 0.4 * effort),
        proposal(known, "Robust losses", changes),
        histogram(errors, errors[far], "Training errors in the target's unit"),
    )  # fmt: skip


def _growing(known: Known) -> Iterator[Finding]:
    """Errors that grow with the prediction: how sure the model can be differs by sample."""
    samples = known.samples
    if known.loss == "gaussian_nll" or len(samples) < _FEWEST:
        return
    off = np.abs(samples.prediction - samples.target)
    kept = np.isfinite(off)
    if np.ptp(samples.prediction[kept]) == 0 or np.ptp(off[kept]) == 0:
        return
    found: Any = stats.spearmanr(samples.prediction[kept], off[kept])
    rank, p = float(found.statistic), float(found.pvalue)
    if abs(rank) < GROWING or p > 0.01:
        return
    way = "larger" if rank > 0 else "smaller"
    changes = {"Gaussian NLL": {"objective.loss.name": "gaussian_nll"}}
    yield Finding(
        "growing", "Errors differ in size",
        f"Errors get larger where predictions are {way} (rank correlation {rank:+.2f} over "
        f"{kept.sum():,} samples).",
        "A loss that learns a spread with each number says how far off it may be, and is not "
        "distracted by samples that are hard by nature.",
        0.35, proposal(known, "A spread for each number", changes),
    )  # fmt: skip


def _unit(known: Known) -> float:
    """What one unit of the model is in the target's own; of several numbers the middle one."""
    return float(np.median(np.atleast_1d(np.asarray(scaling.read(known.folder).spread))))


def _rounded(value: float) -> float:
    return float(f"{min(max(value, 1e-3), 1e3):.2g}")
