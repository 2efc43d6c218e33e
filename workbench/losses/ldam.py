"""Label-distribution-aware margins."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import of_true, refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), head="cosine", order=11)
def ldam(
    labels: Tensor,
    logits: Tensor,
    *,
    counts: Tensor,
    margin: Annotated[float, Field(gt=0, le=1)] = 0.5,
    scale: Annotated[float, Field(ge=1, le=64)] = 30.0,
) -> Tensor:
    """Asks rare classes to be told apart by a wider margin than frequent ones.

    Cross-entropy of ``s (cos - d)`` with the margin ``d = C / n ** (1/4)`` taken from the true
    class only, n its training samples and C such that the widest is ``margin``. It comes with a
    head of cosines. Use it where a few classes have very few samples. It trains slowly at first,
    and its probabilities are too sure.

    Args:
        labels: class indices, int [batch].
        logits: cosines between embedding and classes, float [batch, classes], each in -1..1.
        counts: training samples of each class, float [classes].
        margin: of the rarest class, in cosines.
        scale: s, how sharp the softmax of cosines is.

    Returns:
        Loss of each sample, [batch], in nats.

    Raises:
        ValueError: shapes that would be broadcast, or another number of counts than classes.

    References:
        Cao et al. 2019, Learning Imbalanced Datasets with LDAM, arXiv:1906.07413, eq. 11 and 13.
    """
    refuse_broadcasting(labels, logits, classes=True)
    if tuple(counts.shape) != tuple(logits.shape)[1:]:
        raise ValueError(
            f"there must be a count for each of {logits.shape[1]} classes; "
            f"they are {list(counts.shape)}"
        )
    # A class that does not train stands as the rarest that does: as one of a single sample it
    # would take the widest margin and leave little to the others.
    known = ops.cast(counts, logits.dtype)
    rarest = ops.min(ops.where(known > 0, known, ops.max(known)))
    seen = ops.maximum(known, ops.maximum(rarest, 1.0))
    margins = ops.power(seen, -0.25)
    margins = margin * margins / ops.max(margins)
    mine = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1], dtype=logits.dtype)
    log_p = ops.log_softmax(scale * (logits - mine * margins), axis=-1)
    return -of_true(labels, log_p)
