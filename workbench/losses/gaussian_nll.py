"""Negative log-likelihood of a normal distribution whose spread is learned with its mean."""

import math

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss

_LEAST, _MOST = -12.0, 12.0
# Logarithms of the variance, in squared spreads of the target: beyond these float32 gains nothing,
# and a target that is hit exactly would draw the variance to 0 and the loss to minus infinity.


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
        ValueError: shapes that would be broadcast.

    References:
        Nix and Weigend 1994, Estimating the mean and variance of the target distribution.
    """
    mean, log_variance = logits[..., 0], logits[..., 1]
    refuse_broadcasting(labels, mean)
    # Bent, not cut: a variance beyond the limits still feels which way is back.
    half = (_MOST - _LEAST) / 2
    log_variance = _LEAST + half + half * ops.tanh((log_variance - _LEAST - half) / half)
    residual = mean - ops.cast(labels, mean.dtype)
    squared = ops.square(residual) * ops.exp(-log_variance)
    return mean_of_each((squared + log_variance + math.log(2 * math.pi)) / 2)
