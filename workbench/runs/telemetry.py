"""What the steps and the machine do, in figures to draw and in one sentence each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.runs.curves import RECENT, Curves
from workbench.runs.series import Numbers, Series

USUAL_UPDATE = 1e-3
"""Share of its weights that a step usually moves a model by where it learns well."""
SPENT = {
    "data": "reading data",
    "compute": "computing",
    "checkpoint": "checkpoints",
    "told": "telling",
}
"""What time is spent on, in words."""

_GIGA = 1e9


@dataclass(frozen=True)
class Figure:
    """A figure over the steps.

    Args:
        title: what it is.
        left: what its upright axis shows.
        empty: what is said while there is nothing.
        series: its curves by name.
        sentence: what the curves say now; "" where nothing is known.
        factor: what values are multiplied with.
        rule: a value to compare with, drawn as a line.
        log: the upright axis is logarithmic.
    """

    title: str
    left: str
    empty: str
    series: Callable[[Curves], dict[str, Series]]
    sentence: Callable[[Curves], str]
    factor: float = 1.0
    rule: float | None = None
    log: bool = False


def figures() -> dict[str, Figure]:
    """All figures but the time by what it is spent on, by name."""
    first = "Shown from the first step on."
    soon = "Measured about once a second while the run trains."
    return {
        "learning_rate": Figure(
            "Learning rate", "", first, lambda c: {"learning rate": c.learning_rate}, _rate
        ),
        "gradient": Figure(
            "Length of the gradient of the whole model, before it is limited", "length", first,
            lambda c: {"gradient": c.gradient}, _gradient,
        ),
        "update": Figure(
            "How far a step moves the weights, over their own length", "share",
            "Measured now and then; the first figure comes some seconds after the first step.",
            lambda c: {"update": c.update}, _update, rule=USUAL_UPDATE, log=True,
        ),
        "speed": Figure(
            "Samples per second", "", first, lambda c: {"samples per second": c.speed}, _speed
        ),
        "processor": Figure(
            "Share of all processors that the engine keeps busy", "%", soon,
            lambda c: {"processor": c.processor}, _processor, factor=100,
        ),
        "memory": Figure(
            "Memory that the engine holds, and that is free", "GB", soon,
            lambda c: {"engine": c.memory, "free": c.memory_free}, _memory, factor=1 / _GIGA,
        ),
        "busy": Figure(
            "Share of time that each GPU is busy", "%", soon, lambda c: c.busy, _busy, factor=100
        ),
        "graphics": Figure(
            "Memory in use of each GPU", "GB", soon, lambda c: c.graphics, _graphics,
            factor=1 / _GIGA,
        ),
    }  # fmt: skip


def time_sentence(curves: Curves) -> str:
    """Where the time of the last epoch went, beside computing."""
    split = curves.time_split()
    if not split:
        return ""
    told = [f"{split.get('data', 0.0):.0%} of the time goes to reading data"]
    told += [
        f"{share:.0%} to {SPENT.get(name, name)}"
        for name, share in split.items()
        if name not in ("data", "compute") and share >= 0.005
    ]
    return f"{', '.join(told)}."


def time_shares(
    curves: Curves, low: float, high: float, columns: int
) -> tuple[Numbers, dict[str, Numbers]]:
    """Shares of the time by what it is spent on, column by column.

    Args:
        curves: of the run.
        low: place where the first column begins.
        high: place where the last one ends.
        columns: how many.

    Returns:
        The middle of each column, and each share there; they sum to 1, and are 0 where nothing is
        known.
    """
    low, high = max(0.0, low), min(high, curves.place)
    edges = np.linspace(low, max(low, high), columns + 1)
    spent = {}
    for name, series in curves.spent.items():
        x, y = series.within(low, high)
        spent[name] = np.diff(np.interp(edges, x, y)) if len(x) else np.zeros(columns)
    total = sum(spent.values(), np.zeros(columns))
    shares = {
        name: np.divide(seconds, total, out=np.zeros(columns), where=total > 0)
        for name, seconds in spent.items()
    }
    return (edges[1:] + edges[:-1]) / 2, shares


def _recent(series: Series, curves: Curves) -> Numbers:
    values = series.since(curves.place - RECENT)
    return values[np.isfinite(values)]


def _rate(curves: Curves) -> str:
    known = curves.learning_rate
    return f"Learning rate {known.last:.3g} now." if len(known) else ""


def _gradient(curves: Curves) -> str:
    recent = _recent(curves.gradient, curves)
    if not len(recent):
        return ""
    return (
        f"Length {recent[-1]:.3g} now; {recent.min():.3g} to {recent.max():.3g} over the last "
        "epoch, before any limit."
    )


def _update(curves: Curves) -> str:
    known = curves.update.y[-5:]
    if not len(known):
        return ""
    share = float(np.median(known))
    told = (
        f"A step moves the weights by {share:.1e} of their length; {USUAL_UPDATE:g}, dotted, is "
        "usual"
    )
    if share > 10 * USUAL_UPDATE:
        return f"{told}: a lower learning rate may be steadier."
    if share < USUAL_UPDATE / 10:
        return f"{told}: a higher learning rate may be faster."
    return f"{told}."


def _speed(curves: Curves) -> str:
    recent = _recent(curves.speed, curves)
    if not len(recent):
        return ""
    return f"{recent[-1]:,.0f} samples a second now, {recent.mean():,.0f} over the last epoch."


def _processor(curves: Curves) -> str:
    recent = curves.processor.y[-10:]
    return f"The engine keeps {recent.mean():.0%} of the processors busy." if len(recent) else ""


def _memory(curves: Curves) -> str:
    if not len(curves.memory):
        return ""
    held, free = curves.memory.last / _GIGA, curves.memory_free.last / _GIGA
    return f"The engine holds {held:.1f} GB; {free:.1f} GB of the machine are free."


def _busy(curves: Curves) -> str:
    told = (f"{name} {series.y[-10:].mean():.0%}" for name, series in curves.busy.items())
    return f"Busy: {', '.join(told)} of the time." if curves.busy else ""


def _graphics(curves: Curves) -> str:
    told = (f"{name} {series.last / _GIGA:.1f} GB" for name, series in curves.graphics.items())
    return f"In use: {', '.join(told)}." if curves.graphics else ""
