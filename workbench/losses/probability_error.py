"""The absolute error of probabilities."""

from workbench.lazy import Tensor, ops
from workbench.losses import of_true, refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), takes=("logits", "log_probabilities"), order=12)
def probability_error(labels: Tensor, logits: Tensor) -> Tensor:
    """Counts how much probability was given to the wrong classes, and no more.

    ``1 - p`` with ``p`` the softmax probability of the true class, half the absolute error of all
    probabilities. No sample can cost more than 1, so wrong labels do little harm. Use it with few
    classes and many wrong labels. With many classes it hardly starts: at the beginning its gradient
    is as small as the probability of the true class.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].

    Returns:
        Loss of each sample, [batch], 0..1.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Ghosh, Kumar and Sastry 2017, Robust Loss Functions under Label Noise, arXiv:1712.09482.
    """
    refuse_broadcasting(labels, logits, classes=True)
    return -ops.expm1(of_true(labels, ops.log_softmax(logits, axis=-1)))
