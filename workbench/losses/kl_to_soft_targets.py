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
    soften: Literal["neighbours", "evenly"] = "neighbours",
    width: Annotated[float, Field(gt=0, le=10)] = 0.5,
) -> Tensor:
    """Aims at a distribution over the classes instead of at one: near misses are half right.

    ``sum of t log(t / p)`` with ``p`` the softmax and ``t`` the soft target: of ordered classes one
    that falls off as ``exp(-distance / width)`` to both sides; evenly, the true class keeps most
    and the others share the rest. Use it for ordered classes, or where one label is too hard a
    word. 0 is reached where the model repeats the soft target, not where it is sure.

    Args:
        labels: class indices, int [batch]; or soft targets that sum to 1, float [batch, classes].
        logits: scores before softmax, float [batch, classes].
        soften: by the distance of the classes in their order, or all others evenly.
        width: how far the target reaches; small is nearly one class.

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
    target = labels if len(soft) == 2 else _softened(labels, logits, soften, width)
    target = ops.cast(target, logits.dtype)
    # 0 log 0 is 0, and its gradient too.
    surprise = ops.log(ops.maximum(target, 1e-30)) - ops.log_softmax(logits, axis=-1)
    return ops.sum(target * surprise, axis=-1)


def _softened(labels: Tensor, logits: Tensor, soften: str, width: float) -> Tensor:
    """Soft targets of class indices, [batch, classes]."""
    places = ops.arange(logits.shape[-1], dtype=logits.dtype)
    distance = ops.abs(places[None] - ops.cast(labels, logits.dtype)[:, None])
    if soften == "evenly":
        distance = ops.cast(distance > 0, logits.dtype)
    return ops.softmax(-distance / width, axis=-1)
