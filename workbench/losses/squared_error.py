"""Half the squared error."""

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"), noise="gauss", order=1)
def squared_error(labels: Tensor, logits: Tensor) -> Tensor:
    """Punishes errors by their square: large ones count far more than small ones.

    ``r ** 2 / 2`` with ``r`` the prediction minus the target; the best constant is the mean. One
    mistyped target can outweigh hundreds of good ones. Keras' mean squared error is twice this.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: predictions on the same scale, float of the same shape.

    Returns:
        Loss of each sample, [batch]; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Gauss, Theoria motus, 1809; the half is that of Bishop, Pattern Recognition, 2006, eq. 1.2.
    """
    refuse_broadcasting(labels, logits)
    return mean_of_each(ops.square(logits - ops.cast(labels, logits.dtype)) / 2)
