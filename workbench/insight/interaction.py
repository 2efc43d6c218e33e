"""How much of what a model says needs two modalities together (EMAP, Hessel and Lee 2020)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def additive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is left of a model's outputs when both modalities only add up.

    The best sum of a function of one modality and a function of the other stands at pair (i, i) as
    the mean over all partners of the one, plus that of the other, minus the mean of all. A model
    that only adds keeps its outputs; by how much accuracy falls is what it owes to interaction.

    Args:
        values: outputs for every first half with every second half, [samples, samples] or
            [samples, samples, outputs].

    Returns:
        Outputs of the samples, [samples] or [samples, outputs].

    References:
        Hessel and Lee 2020, Does my multimodal model learn cross-modal interactions?,
        arXiv:2010.06572, algorithm 1.
    """
    projected: NDArray[np.float64] = (
        values.mean(axis=1) + values.mean(axis=0) - values.mean(axis=(0, 1))
    )
    return projected


def interaction(values: NDArray[np.float64]) -> float:
    """The largest change of an output by the projection of ``additive``; 0 of a model that adds.

    Args:
        values: as of ``additive``.
    """
    own = np.einsum("ii...->i...", values)
    return float(np.abs(own - additive(values)).max())
