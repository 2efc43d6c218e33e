"""Negative log-likelihood of a normal distribution whose spread is learned with its mean."""

import math

from workbench.lazy import Tensor, ops
from workbench.losses import bent_log_variance, mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"), head="spread", order=9)
def gaussian_nll(labels: Tensor, logits: Tensor) -> Tensor:
    """Learns how sure it is: a mean and a spread for each sample.

    ``(r ** 2 / v + log(v) + log(2 pi)) / 2`` with ``r`` the mean minus the target and ``v`` the
    variance that the model gives. Use it where some samples are noisier than others and you want
    to know which. It may be negative, and early on it can hide a bad mean behind a large variance:
    compare runs by their error, not by this loss.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: means and logarithms of variances, float [batch, 2] or [batch, numbers, 2].

    Returns:
        Loss of each sample, [batch], in nats; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast, or another last axis than 2.

    References:
        Nix and Weigend 1994, Estimating the mean and variance of the target distribution.
    """
    if logits.shape[-1] != 2:
        raise ValueError(f"there must be logits [..., 2]; they are {list(logits.shape)}")
    mean, log_variance = logits[..., 0], bent_log_variance(logits[..., 1])
    refuse_broadcasting(labels, mean)
    residual = mean - ops.cast(labels, mean.dtype)
    squared = ops.square(residual) * ops.exp(-log_variance)
    return mean_of_each((squared + log_variance + math.log(2 * math.pi)) / 2)
