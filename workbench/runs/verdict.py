"""What the curves say, in plain words with the figures behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.runs.curves import Curves, Numbers

Tone = Literal["good", "warn", "quiet"]

PATIENT = 3
"""Epochs without a better validation loss before it is said."""
FALLING = 0.03
"""Share by which the training loss fell since the best epoch that is called falling."""
JUMPY = 0.35
"""Mean relative jump of the validation loss, up and down again, that is called unstable."""


@dataclass(frozen=True)
class Verdict:
    """A word and the figure behind it.

    Args:
        word: ``Learning``, ``Overfitting``...
        reason: one short sentence with the figures.
        tone: good, warn or quiet.
    """

    word: str
    reason: str
    tone: Tone


def verdict(curves: Curves) -> Verdict:
    """What the curves say so far."""
    if "loss" not in curves.validation:
        if not len(curves.steps):
            return Verdict("Warming up", "no step was done yet", "quiet")
        return Verdict("Starting", "the first epoch is under way", "quiet")
    known = curves.validation["loss"]
    if not np.isfinite(known.y).all():
        return Verdict("Unstable", "no number: lower the learning rate", "warn")
    flat = int(known.x[-1]) - curves.best
    jumps = _jumps(known.y[-5:])
    if len(known) >= 4 and jumps > JUMPY:
        return Verdict("Unstable", f"jumps {jumps:.0%}: lower learning rate", "warn")
    if flat >= PATIENT:
        if _still_falls(curves):
            return Verdict("Overfitting", f"only training improves since {curves.best}", "warn")
        return Verdict("Flat", f"nothing better for {flat} epochs", "warn")
    if len(known) == 1:
        return Verdict("Learning", "one epoch done", "good")
    return _progress(known.y)


def _progress(validation: Numbers) -> Verdict:
    """How far the validation loss has fallen; a loss that may be negative has no percentage."""
    first, lowest = float(validation[0]), float(validation.min())
    if lowest >= first:
        return Verdict("No gain yet", "not below that of epoch 1 so far", "quiet")
    if lowest < 0:
        return Verdict("Learning", f"loss from {first:.3g} to {lowest:.3g}", "good")
    return Verdict("Learning", f"loss down {1 - lowest / first:.0%} since epoch 1", "good")


def _jumps(validation: Numbers) -> float:
    """Mean jump relative to the mean loss; a curve that only falls, or only rises, has none."""
    changes = np.diff(validation)
    both_ways = min(changes.clip(min=0).sum(), -changes.clip(max=0).sum())
    if both_ways <= 0:
        return 0.0
    return float(2 * both_ways / len(changes) / np.abs(validation).mean())


def _still_falls(curves: Curves) -> bool:
    """The training loss is well below what it was at the best epoch."""
    train = curves.train.get("loss")
    if train is None or not curves.best:
        return False
    then = float(train.y[np.searchsorted(train.x, curves.best)])
    return float(train.y[-1]) < then - FALLING * abs(then)
