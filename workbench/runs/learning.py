"""Who is learning: which encoder the gradient pulls at, and whether the terms pull one way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from workbench.parts import MODALITIES
from workbench.runs.curves import Curves

RECENT = 1.0
"""Epochs that the shares are taken over."""
LEADS = 0.5
"""Share of the pull from which one modality is said to learn most; of two, more is needed."""
_ORDER = " ".join(MODALITIES)
APART = -0.1
"""Cosine below which terms are said to pull apart."""


@dataclass(frozen=True)
class Learning:
    """Who is learning, in figures and one sentence.

    Args:
        shares: each modality's share of the gradients' lengths over the last epoch, summing to 1.
        sentence: what that means; "" where nothing is known.
        apart: a modality in whose encoder task and other terms pull apart; "" where none does.
    """

    shares: dict[str, float] = field(default_factory=dict)
    sentence: str = ""
    apart: str = ""


def who_is_learning(curves: Curves) -> Learning:
    """What the gradients of the last epoch say.

    The pull at a modality is the length of the gradient of its encoder over its steps. It tells
    where the weights are moved, not which modality is the more useful.
    """
    if not curves.gradients:
        return Learning()
    now = _shares(curves, curves.place)
    first = _shares(curves, RECENT)
    if len(now) == 1:
        return Learning(now, f"{_name(next(iter(now)))} learns alone.")
    apart, cosine = _most_apart(curves)
    sentence = _sentence(now, first)
    if apart:
        sentence += (
            f" In the {apart} encoder the terms pull apart (cosine {cosine:.2f}): "
            "a balancer that joins gradients may help."
        )
    return Learning(now, sentence, apart)


def _sentence(now: dict[str, float], first: dict[str, float]) -> str:
    ranked = sorted(now, key=lambda name: -now[name])
    lead, last = ranked[0], ranked[-1]
    leads = max(LEADS, 1.4 / len(now))
    if now[lead] < leads:
        told = ", ".join(f"{name} {now[name]:.0%}" for name in ranked)
        return f"All modalities learn: {told} of the pull."
    words = f"{_name(lead)} learns most: {now[lead]:.0%} of the pull"
    then = first.get(last, now[last])
    if now[last] < 0.7 * then:
        return f"{words}; {last} has fallen from {then:.0%} to {now[last]:.0%}."
    return f"{words}, {last} {now[last]:.0%}."


def _shares(curves: Curves, end: float) -> dict[str, float]:
    """Shares of the pull over the epoch that ends there."""
    pull = {}
    for name, series in curves.gradients.items():
        first, last = np.searchsorted(series.x, (end - RECENT, end + 1e-9), side="right")
        values = series.y[first:last] if last > first else series.y[:1]
        pull[name] = float(np.mean(values[np.isfinite(values)])) if len(values) else 0.0
    total = sum(pull.values())
    ranked = sorted(pull, key=_ORDER.find)
    return {name: pull[name] / total if total > 0 else 0.0 for name in ranked}


def _most_apart(curves: Curves) -> tuple[str, float]:
    found = {}
    for name, series in curves.cosines.items():
        recent = series.since(curves.place - RECENT)
        recent = recent[np.isfinite(recent)]
        if len(recent):
            found[name] = float(recent.mean())
    lowest = min(found, key=lambda name: found[name], default="")
    return (lowest, found[lowest]) if lowest and found[lowest] < APART else ("", 0.0)


def _name(modality: str) -> str:
    return {"image": "The image", "audio": "The sound", "text": "The text"}.get(modality, modality)
