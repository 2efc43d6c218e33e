"""Conditional ordinal regression."""

from workbench.lazy import Tensor, ops
from workbench.losses import levels
from workbench.parts import loss


@loss(target="ordered", head="steps", order=3)
def corn(labels: Tensor, logits: Tensor, *, weights: Tensor) -> Tensor:
    """Asks each step of the order only of those samples that have got so far.

    ``-log(s_k) if above, else -log(1 - s_k)`` for each step k that the sample has reached, with
    ``s`` the sigmoid of its score; the chance of lying above k is the product of all steps up to
    it. Use it as CORAL where the steps differ in kind, for each has a direction of its own. The
    last steps are learned from few samples.

    Args:
        labels: class indices in their order, int [batch].
        logits: one score for each step, float [batch, classes - 1].
        weights: 1 for a sample, 0 for what only fills the batch, [batch].

    Returns:
        Loss of each sample, [batch], such that their mean is the mean over all steps asked.

    Raises:
        ValueError: shapes that do not fit.

    References:
        Shi, Cao and Raschka 2021, Deep Neural Networks for Rank-Consistent Ordinal Regression
        Based on Conditional Probabilities, arXiv:2111.08851.
    """
    above = levels(labels, logits)
    reached = ops.concatenate([ops.ones_like(above[:, :1]), above[:, :-1]], axis=1)
    losses = ops.sum(reached * (ops.softplus(logits) - above * logits), axis=-1)
    counted = ops.cast(weights, logits.dtype)
    asked = ops.sum(counted[:, None] * reached)
    return losses * ops.sum(counted) / ops.maximum(asked, 1.0)
