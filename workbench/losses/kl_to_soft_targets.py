"""Divergence from soft targets."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.parts import loss


@loss(target=("category", "ordered"), takes=("logits", "log_probabilities"), order=9)
def kl_to_soft_targets(
    labels: Tensor,
    logits: Tensor,
    *,
    soften: Literal["evenly", "neighbours"] = "evenly",
    share: Annotated[float, Field(ge=0, lt=1)] = 0.1,
    width: Annotated[float, Field(gt=0, le=10)] = 0.5,
) -> Tensor:
    """Aims at a distribution over the classes instead of at the true one alone.

    ``sum of t log(t / p)`` with ``p`` the softmax and ``t`` the soft target. Evenly, all classes
    divide a share of it: the pull of cross-entropy with label smoothing, yet 0 is within reach. By
    neighbours, it falls off as ``exp(-distance / width)`` to both sides of the true class. Use it
    where one label is too hard a word; for ordered classes choose neighbours. Of classes without
    order, neighbours are neighbours in the alphabet, which teaches nonsense.

    Args:
        labels: class indices, int [batch]; or soft targets that sum to 1, float [batch, classes].
        logits: scores before softmax, float [batch, classes].
        soften: towards all classes evenly, or by the distance of the classes in their order.
        share: of certainty that is spread evenly; 0 is plain cross-entropy.
        width: how far the target reaches to its neighbours; small is nearly one class.

    Returns:
        Loss of each sample, [batch], in nats.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Diaz and Marathe 2019, Soft Labels for Ordinal Regression; Kullback and Leibler 1951.
    """
    soft = tuple(labels.shape)
    if len(logits.shape) != 2 or len(soft) not in (1, 2) or soft[1:] not in ((), logits.shape[1:]):
        raise ValueError(
            "there must be labels [batch] or [batch, classes] and logits [batch, classes]; "
            f"they are {list(soft)} and {list(logits.shape)}"
        )
    if None not in (soft[0], logits.shape[0]) and soft[0] != logits.shape[0]:
        raise ValueError(f"there are labels for {soft[0]} samples, logits for {logits.shape[0]}")
    target = labels
    if len(soft) == 1:
        near = soften == "neighbours"
        target = _near(labels, logits, width) if near else _spread(labels, logits, share)
    target = ops.cast(target, logits.dtype)
    # 0 log 0 is 0, and its gradient too.
    surprise = ops.log(ops.maximum(target, 1e-30)) - ops.log_softmax(logits, axis=-1)
    return ops.sum(target * surprise, axis=-1)


def _near(labels: Tensor, logits: Tensor, width: float) -> Tensor:
    """Targets that fall off with the distance from the true class, [batch, classes]."""
    places = ops.arange(logits.shape[-1], dtype=logits.dtype)
    distance = ops.abs(places[None] - ops.cast(labels, logits.dtype)[:, None])
    # A width that float32 takes for 0 would divide 0 by 0.
    return ops.softmax(-distance / max(width, 1e-30), axis=-1)


def _spread(labels: Tensor, logits: Tensor, share: float) -> Tensor:
    """Targets of which all classes have an equal part of the share, [batch, classes]."""
    classes = logits.shape[-1]
    mine = ops.one_hot(ops.cast(labels, "int32"), classes, dtype=logits.dtype)
    return (1 - share) * mine + share / classes
