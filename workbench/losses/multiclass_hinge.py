"""The multi-class hinge loss."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), chances=False, order=13)
def multiclass_hinge(
    labels: Tensor, logits: Tensor, *, margin: Annotated[float, Field(gt=0, le=10)] = 1.0
) -> Tensor:
    """Asks the true class to lead by a margin, and is content then.

    ``max(0, m + z_other - z)`` with ``z`` the score of the true class and ``z_other`` the highest
    of the others. Use it where only the answer counts, not how sure it is: its scores are no
    probabilities, so calibration and confidence mean nothing.

    Args:
        labels: class indices, int [batch].
        logits: scores, float [batch, classes].
        margin: m, the lead that is enough.

    Returns:
        Loss of each sample, [batch].

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Crammer and Singer 2001, On the Algorithmic Implementation of Multiclass SVMs.
    """
    refuse_broadcasting(labels, logits, classes=True)
    mine = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1], dtype=logits.dtype)
    # The true class is no rival of itself; finite, as its gradient is then 0 and not NaN.
    rival = ops.max(ops.where(mine > 0, ops.full_like(logits, -1e30), logits), axis=-1)
    return ops.relu(margin + rival - ops.sum(mine * logits, axis=-1))
