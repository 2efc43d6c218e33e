"""Whether a model is as often right as it says: calibration, and the temperature that mends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

BINS = 15
"""As in Guo et al. 2017, arXiv:1706.04599."""
_LOG_RANGE = (-4.0, 4.0)
# Natural logarithms of the temperatures that are searched.
_LESS = 1e-9
# Differences of the mean log-likelihood that say nothing.


@dataclass(frozen=True)
class Reliability:
    """How sure a model says to be, and how often it is right then.

    Args:
        confidence: mean confidence in each bin that holds samples, 0..1.
        accuracy: share that is right there, 0..1.
        count: samples there.
        error: expected calibration error: the mean distance of both, weighted by count.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]
    error: float


def reliability(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS
) -> Reliability:
    """Confidence against accuracy in bins of equal width, each open at its low end.

    Args:
        confidence: probability of what is said, 0..1, [samples].
        right: whether that is true, [samples].
        bins: how many.

    References:
        Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, eq. 3.
    """
    # The low end belongs to the bin below; 0 itself to the first.
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    sure = np.bincount(place, confidence, bins)
    hits = np.bincount(place, right.astype(np.float64), bins)
    kept = count > 0
    mean, share = sure[kept] / count[kept], hits[kept] / count[kept]
    gap = np.abs(mean - share)
    error = float((gap * count[kept]).sum() / max(count.sum(), 1))
    return Reliability(mean, share, count[kept], error)


def negative_log_likelihood(logits: NDArray[np.float64], true: NDArray[np.int64]) -> float:
    """Mean of minus the log-probability of the true class, in nats.

    Args:
        logits: [samples, classes].
        true: class indices, [samples].
    """
    own = logits - logits.max(axis=1, keepdims=True)
    total = np.log(np.exp(own).sum(axis=1))
    return float((total - own[np.arange(len(true)), true]).mean())


def temperature(logits: NDArray[np.float64], true: NDArray[np.int64]) -> float | None:
    """The number that logits are divided by so that these samples are most likely.

    Fitted on samples that the figures are not measured on. The predicted class stays the same.
    None where there is no such number: samples that are all told right are the more likely the
    smaller it is, and logits that say nothing the larger it is.

    Args:
        logits: [samples, classes].
        true: class indices, [samples].

    References:
        Guo et al. 2017, arXiv:1706.04599, section 4.2.
    """

    def unlikely(log: float) -> float:
        return negative_log_likelihood(logits / np.exp(log), true)

    found = minimize_scalar(
        unlikely,
        bounds=_LOG_RANGE,
        method="bounded",
        options={"xatol": 1e-8},
    )
    # At an end as likely as at the best place: the search would stop anywhere on the way there.
    if not min(map(unlikely, _LOG_RANGE)) > found.fun + _LESS:
        return None
    return float(np.exp(found.x))
