"""The Poly-1 cross-entropy."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import of_true, refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), takes=("logits", "log_probabilities"), order=10)
def poly1(
    labels: Tensor, logits: Tensor, *, epsilon: Annotated[float, Field(ge=-1, le=10)] = 1.0
) -> Tensor:
    """Cross-entropy with its first polynomial term made heavier or lighter.

    ``-log(p) + e (1 - p)`` with ``p`` the softmax probability of the true class. Use it to tune
    cross-entropy with one number: above 0, samples that are nearly right keep pulling; below, they
    rest sooner, as an object detector wants it. The best e differs from data to data; e is no gain
    without a search.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].
        epsilon: e, weight of the added term; 0 is plain cross-entropy.

    Returns:
        Loss of each sample, [batch].

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Leng et al. 2022, PolyLoss, arXiv:2204.12511, eq. 6.
    """
    refuse_broadcasting(labels, logits, classes=True)
    log_true = of_true(labels, ops.log_softmax(logits, axis=-1))
    return -log_true - epsilon * ops.expm1(log_true)
