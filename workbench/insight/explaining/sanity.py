"""Whether an explanation depends on what the model has learned at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from workbench.insight.explaining.inside import Inside
from workbench.insight.explaining.maps import Explanation
from workbench.parts import Modality

ALIKE = 0.7
"""Maps whose ranks correlate more than this look the same to a person."""
_LEAST = 12
# Ranks of fewer places, such as those of a short sentence, are alike by chance.
_SEED = 161803


@dataclass(frozen=True)
class Sanity:
    """How like the maps of the model are to those of one that has learned nothing.

    Args:
        likeness: by modality the rank correlation of both maps, without its sign, 0..1; NaN where
            one of them is the same everywhere. Maps of too few places are left out.
    """

    likeness: dict[Modality, float]

    @property
    def passed(self) -> bool:
        """No map looks the same."""
        return all(not value > ALIKE for value in self.likeness.values())


def check(inside: Inside, explain: Callable[[], Explanation], real: Explanation) -> Sanity:
    """Explain the same with all weights shuffled; they are put back, whatever happens.

    Each weight keeps its values in another order: its size and spread stay, what it has learned is
    gone.

    Args:
        inside: the model.
        explain: explains by it.
        real: what it explained as it is.

    References:
        Adebayo et al. 2018, Sanity checks for saliency maps, arXiv:1810.03292, section 3.
    """
    variables = inside.trained.model.variables
    kept = [variable.numpy() for variable in variables]
    dice = np.random.default_rng(_SEED)
    try:
        for variable, values in zip(variables, kept, strict=True):
            if values.size > 1:
                variable.assign(dice.permutation(values.reshape(-1)).reshape(values.shape))
        shuffled = explain()
    finally:
        for variable, values in zip(variables, kept, strict=True):
            variable.assign(values)
    likeness = {}
    for modality, found in real.maps.items():
        other = shuffled.maps.get(modality)
        if other is None:
            continue
        # Padding is 0 in both, whatever the weights.
        told = (found != 0) | (other != 0)
        if told.sum() >= _LEAST:
            likeness[modality] = _likeness(found[told], other[told])
    return Sanity(likeness)


def _likeness(one: np.typing.NDArray[np.float32], two: np.typing.NDArray[np.float32]) -> float:
    if np.ptp(one) == 0 or np.ptp(two) == 0:
        return float("nan")
    return abs(float(spearmanr(one, two).statistic))
