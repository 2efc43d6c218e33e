"""Consistent rank logits."""

from workbench.lazy import Tensor, ops
from workbench.losses import levels
from workbench.parts import loss


@loss(target="ordered", head="ranks", order=2)
def coral(labels: Tensor, logits: Tensor) -> Tensor:
    """Asks, for each step of the order, whether the sample lies above it.

    ``sum over k of -(t log(s) + (1 - t) log(1 - s))`` with ``s`` the sigmoid of the score against
    threshold k and t whether the class lies above it. All thresholds share one direction, so the
    answers never contradict each other. Use it where the order is real and a near miss is better
    than a far one. Classes that differ in kind rather than in degree do not fit on one line.

    Args:
        labels: class indices in their order, int [batch].
        logits: one score against each threshold, float [batch, classes - 1].

    Returns:
        Loss of each sample, [batch]; the sum over the thresholds.

    Raises:
        ValueError: shapes that do not fit.

    References:
        Cao, Mirjalili and Raschka 2020, Rank consistent ordinal regression, arXiv:1901.07884.
    """
    above = levels(labels, logits)
    return ops.sum(ops.softplus(logits) - above * logits, axis=-1)
