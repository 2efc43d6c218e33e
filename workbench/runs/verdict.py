"""What the curves say, in plain words with the figures behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.runs.curves import Curves

Tone = Literal["good", "warn", "quiet"]

PATIENT = 3
"""Epochs without a better validation loss before it is said."""
FALLING = 0.97
"""Training loss below this share of what it was at the best epoch goes on falling."""
JUMPY = 0.35
"""Mean relative jump of the validation loss from one epoch to the next that is called unstable."""


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
    validation, epoch = known.y, len(known)
    flat = int(known.x[-1]) - curves.best
    recent = validation[-5:]
    jumps = np.abs(np.diff(recent)) / np.maximum(np.abs(recent[:-1]), 1e-12)
    if epoch >= 4 and jumps.mean() > JUMPY:
        percent = f"{jumps.mean():.0%}"
        return Verdict("Unstable", f"jumps by {percent}: lower the learning rate", "warn")
    if flat >= PATIENT:
        if _still_falls(curves):
            return Verdict("Overfitting", f"only training improves since {curves.best}", "warn")
        return Verdict("Flat", f"nothing better for {flat} epochs", "warn")
    if epoch == 1:
        return Verdict("Learning", "one epoch done", "good")
    fallen = 1 - validation.min() / max(float(validation[0]), 1e-12)
    return Verdict("Learning", f"loss down {fallen:.0%} since epoch 1", "good")


def _still_falls(curves: Curves) -> bool:
    """The training loss is well below what it was at the best epoch."""
    train = curves.train.get("loss")
    if train is None or not curves.best:
        return False
    then = float(train.y[np.searchsorted(train.x, curves.best)])
    return float(train.y[-1]) < FALLING * then
