"""What the slice through the loss says in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.gui.choices import Choice
from workbench.runs.landscapes import Landscape
from workbench.runs.results_words import FigureWords, number_words

EXPLANATION = (
    "The middle is the model as it was trained. From there its weights are moved along random "
    "directions, in each of which every filter keeps the length of its own, and the loss of the "
    "same validation samples is measured at every place.\n\n"
    "A flat valley: small changes of the weights hardly matter. A sharp one: they matter at once, "
    "so rounding, pruning or a little more training may cost much.\n\n"
    "It does not say that the model is good on new data: flat models may be poor and sharp ones "
    "good. Two directions of many are seen, so a path downwards may lie beside them. Compare "
    "models only with the same loss, the same reach and the same colours. Penalties such as L2 "
    "are not in it."
)

_NAMES = {"task": "Task loss"}


def terms_of(found: Landscape) -> tuple[Choice, ...]:
    """What the loss can be seen of; of a single term that alone."""
    names = tuple(found.terms)
    every = tuple(Choice(n, _NAMES.get(n, n.replace("+", " with ").capitalize())) for n in names)
    if len(names) == 1:
        return (Choice("", every[0].title),)
    told = " + ".join(
        f"{found.facts.weights[choice.name]:g} × {choice.title}" for choice in every
    )  # fmt: skip
    return (Choice("", "All terms", told), *every)


def figures_of(found: Landscape, values: NDArray[np.float64]) -> tuple[FigureWords, ...]:
    """The loss in the middle, how fast it rises, and where it is lowest.

    Args:
        found: the slice.
        values: that are looked at, no logarithms.
    """
    middle = found.centre
    here = float(values[(middle,) * values.ndim])
    away = _distances(found.steps, values.ndim)
    reach = float(found.steps[-1])
    step = float(found.steps[1] - found.steps[0])
    near = (np.abs(away - reach / 4) <= step) & (away > 0) & np.isfinite(values)
    rise = float(values[near].mean() - here) if near.any() else np.nan
    share = f"{rise / here:+.0%} of it" if here > 0 and np.isfinite(rise) else ""
    return (
        FigureWords(
            "here", "Loss at the weights", number_words(here),
            f"{found.facts.samples:,} validation samples", "The loss in the middle.",
        ),
        FigureWords(
            "rise", f"Change at {reach / 4:.2g}", _signed(rise), share,
            "How much higher the loss is on average a quarter of the way out: the less, the "
            "flatter the valley.",
        ),
        _lowest(values, away, here),
    )  # fmt: skip


def _lowest(values: NDArray[np.float64], away: NDArray[np.float64], here: float) -> FigureWords:
    meaning = (
        "The lowest loss of all places. A little lower beside the middle is common: the weights "
        "were chosen for other samples."
    )
    if not np.isfinite(values).any():
        return FigureWords("lowest", "Lowest in this slice", "–", "no loss is finite", meaning)
    place = np.unravel_index(
        np.nanargmin(np.where(np.isfinite(values), values, np.nan)), away.shape
    )
    far = float(away[place])
    lower = number_words(here - float(values[place]), 2)
    note = "at the weights" if far == 0 else f"{lower} lower, {far:.2g} away"
    return FigureWords(
        "lowest", "Lowest in this slice", number_words(float(values[place])), note, meaning
    )


def _distances(steps: NDArray[np.float64], ways: int) -> NDArray[np.float64]:
    if ways == 1:
        return np.abs(steps)
    return np.hypot(steps[:, None], steps[None, :])


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number_words(value, 3)
