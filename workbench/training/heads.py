"""What stands between an embedding and the loss, and what its outputs say."""

from __future__ import annotations

from typing import Any

from workbench.lazy import Tensor, keras, layers, ops
from workbench.losses import bent_log_variance
from workbench.parts import Head


def make(head: Head, outputs: int, name: str) -> Any:
    """A layer from embeddings [batch, any] to what the loss reads, float32.

    Args:
        head: which kind.
        outputs: how many classes or numbers there are; 1 of a yes or no.
        name: of the layer.

    Returns:
        A layer to [batch, outputs]; of ``spread`` [batch, outputs, 2]; of ``ranks`` and ``steps``
        [batch, outputs - 1].
    """
    match head:
        case "spread":
            return layers.Spread(outputs, name=name)
        case "ranks":
            return layers.Ranks(outputs, name=name)
        case "cosine":
            return layers.Cosines(outputs, name=name)
        case "steps":
            outputs -= 1
    return keras.layers.Dense(outputs, dtype="float32", name=name)


def plain(head: Head, outputs: Tensor, scale: float = 1.0) -> Tensor:
    """What the outputs of a head say as logits of all classes, or as numbers.

    Args:
        head: which kind.
        outputs: of its layer.
        scale: factor of cosines.

    Returns:
        [batch, outputs].
    """
    match head:
        case "spread":
            return outputs[..., 0]
        case "cosine":
            return scale * outputs
        case "ranks":
            return _of_thresholds(ops.log_sigmoid(outputs))
        case "steps":
            return _of_thresholds(ops.cumsum(ops.log_sigmoid(outputs), axis=-1))
    return outputs


def spread(head: Head, outputs: Tensor) -> Tensor | None:
    """The standard deviation that a head gives with its numbers, [batch, outputs]; or None."""
    return ops.exp(bent_log_variance(outputs[..., 1]) / 2) if head == "spread" else None


def by_median(head: Head) -> bool:
    """Whether a class is chosen by its median: the last that more than half lies at or above."""
    return head in ("ranks", "steps")


def _of_thresholds(log_above: Tensor) -> Tensor:
    """Logarithms of class probabilities from those of lying above each threshold, [batch, K]."""
    above = ops.exp(log_above)
    first, last = ops.ones_like(above[:, :1]), ops.zeros_like(above[:, :1])
    shares = ops.concatenate([first, above], axis=1) - ops.concatenate([above, last], axis=1)
    # Thresholds that were learned may cross a little; no class has less than no chance.
    shares = ops.maximum(shares, 1e-7)
    return ops.log(shares / ops.sum(shares, axis=1, keepdims=True))
