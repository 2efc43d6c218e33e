"""What the curves say, in plain words with the figures behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.runs.curves import RECENT, Curves
from workbench.runs.series import Numbers

Tone = Literal["good", "warn", "quiet"]

PATIENT = 3
"""Epochs without a better validation loss before it is said."""
FALLING = 0.03
"""Share by which the training loss fell since the best epoch that is called falling."""
JUMPY = 0.35
"""Mean relative jump of the validation loss, up and down again, that is called unstable."""
SPIKY = 0.02
"""Share of the steps of late that are spikes from which training is called unstable."""
FEWEST_SPIKES = 3
"""Spikes of late before anything is said of them."""
WAITING = 0.3
"""Share of the time spent on waiting for data from which that is said."""
FEWEST_SECONDS = 5.0
"""Time of steps before anything is said of how it is spent."""


@dataclass(frozen=True)
class Verdict:
    """A word and the figures behind it.

    Args:
        word: ``Learning``, ``Overfitting``...
        reason: a few words with the most telling figure.
        tone: good, warn or quiet.
        details: whole sentences with all figures, and what can be done.
    """

    word: str
    reason: str
    tone: Tone
    details: str = ""


def verdict(curves: Curves) -> Verdict:
    """What the curves say so far; the worst of it where several things are true."""
    return (
        _unstable(curves)
        or _stalled(curves)
        or _waiting(curves)
        or _progress(curves)
    )  # fmt: skip


def _progress(curves: Curves) -> Verdict:
    """How far the validation loss has fallen; a loss that may be negative has no percentage."""
    if "loss" not in curves.validation:
        if not len(curves.steps):
            return Verdict("Warming up", "no step was done yet", "quiet")
        return Verdict("Starting", "the first epoch is under way", "quiet")
    known = curves.validation["loss"].y
    if len(known) == 1:
        return Verdict("Learning", "one epoch done", "good")
    first, lowest = float(known[0]), float(known.min())
    if lowest >= first:
        details = (
            f"Validation loss {first:.3g} after the first epoch, {known[-1]:.3g} now; at no time "
            "was it lower than after the first."
        )
        return Verdict("No gain yet", "not below that of epoch 1 so far", "quiet", details)
    details = (
        f"Validation loss {first:.3g} after the first epoch, {lowest:.3g} at best, in epoch "
        f"{curves.best}; {known[-1]:.3g} now."
    )
    if lowest < 0:
        return Verdict("Learning", f"loss from {first:.3g} to {lowest:.3g}", "good", details)
    return Verdict("Learning", f"loss down {1 - lowest / first:.0%} since epoch 1", "good", details)


def _unstable(curves: Curves) -> Verdict | None:
    known = curves.validation["loss"].y if "loss" in curves.validation else np.empty(0)
    if not np.isfinite(known).all():
        reason = "no number: lower the learning rate"
        return Verdict(
            "Unstable", reason, "warn",
            "The validation loss is not a number any more. Lower the learning rate, or limit the "
            "length of gradients.",
        )  # fmt: skip
    jumps = _jumps(known[-5:])
    if len(known) >= 4 and jumps > JUMPY:
        told = ", ".join(f"{value:.3g}" for value in known[-5:])
        return Verdict(
            "Unstable", f"jumps {jumps:.0%}: lower learning rate", "warn",
            f"From epoch to epoch the validation loss goes up and down again by {jumps:.0%} of its "
            f"mean: {told}. Lower the learning rate, or take larger batches.",
        )  # fmt: skip
    return _spiky(curves)


def _spiky(curves: Curves) -> Verdict | None:
    begun = curves.place - RECENT
    spikes, steps = curves.spikes.since(begun), curves.steps.since(begun)
    share = len(spikes) / max(1, len(steps))
    if len(spikes) < FEWEST_SPIKES or share < SPIKY:
        return None
    usual = float(np.median(steps[-1000:]))
    return Verdict(
        "Unstable", f"{len(spikes):,} spikes of the loss in an epoch", "warn",
        f"{len(spikes):,} of the last {len(steps):,} steps ({share:.0%}) have a loss far above the "
        f"usual {usual:.3g}, up to {spikes.max():.3g}. Lower the learning rate, limit the length "
        "of gradients, or look at the samples with the highest loss.",
    )  # fmt: skip


def _stalled(curves: Curves) -> Verdict | None:
    """Overfitting, or flat."""
    if "loss" not in curves.validation:
        return None
    known = curves.validation["loss"]
    flat = int(known.x[-1]) - curves.best
    if flat < PATIENT:
        return None
    best, now = curves.best_loss, float(known.y[-1])
    seen = f"validation loss {best:.3g} in epoch {curves.best}, the best, and {now:.3g} now"
    then, fit = _training(curves)
    if fit < then - FALLING * abs(then):
        return Verdict(
            "Overfitting", f"only training improves since {curves.best}", "warn",
            f"Overfitting since epoch {curves.best}: {seen}, while the training loss went from "
            f"{then:.3g} to {fit:.3g}. More samples, augmentation, dropout or weight decay help; "
            f"the weights of epoch {curves.best} are kept.",
        )  # fmt: skip
    return Verdict(
        "Flat", f"nothing better for {flat} epochs", "warn",
        f"Flat for {flat} epochs: {seen}; training loss {then:.3g} then, {fit:.3g} now. It may "
        "have learned what there is; else change the learning rate or the model.",
    )  # fmt: skip


def _training(curves: Curves) -> tuple[float, float]:
    """Training loss in the best epoch, and in the last one."""
    train = curves.train.get("loss")
    if train is None or not len(train):
        return np.nan, np.nan
    if not curves.best:
        return train.last, train.last
    return float(train.y[np.searchsorted(train.x, curves.best)]), train.last


def _waiting(curves: Curves) -> Verdict | None:
    begun = curves.place - RECENT
    seconds = sum(series.total_since(begun) for series in curves.spent.values())
    waiting = curves.time_split().get("data", 0.0)
    if waiting < WAITING or seconds < FEWEST_SECONDS:
        return None
    return Verdict(
        "Data-bound", f"{waiting:.0%} of the time waits for data", "warn",
        f"Over the last epoch {waiting:.0%} of the time went to waiting for data. The model learns "
        "as it should, but a faster disk, fewer or cheaper augmentations, or smaller samples would "
        "make it faster.",
    )  # fmt: skip


def _jumps(validation: Numbers) -> float:
    """Mean jump relative to the mean loss; a curve that only falls, or only rises, has none."""
    changes = np.diff(validation)
    both_ways = min(changes.clip(min=0).sum(), -changes.clip(max=0).sum()) if len(changes) else 0.0
    if both_ways <= 0:
        return 0.0
    return float(2 * both_ways / len(changes) / np.abs(validation).mean())
