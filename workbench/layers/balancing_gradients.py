"""Balancers that act on the gradients of encoders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from keras import ops
from numpy.typing import NDArray

from workbench.layers.balancing import Acts, Balancer, read


class TwoGradients(Balancer):
    """Joins, in each encoder, the gradient of its own head with that of all other terms.

    Args:
        rule: ``pcgrad`` takes from each what works against the other (Yu et al. 2020);
            ``mmpareto`` takes the shortest mixture of both where they conflict, at its old length
            times gamma (Wei and Hu 2024).
        gamma: factor of the joined gradient; only of ``mmpareto``.
    """

    acts: ClassVar[Acts] = "encoders"

    def __init__(
        self, rule: Literal["pcgrad", "mmpareto"], gamma: float = 1.5, **options: Any
    ) -> None:
        super().__init__(**options)
        self.rule, self.gamma = rule, gamma

    def make(self) -> None:
        """The cosine of the last step, by modality."""
        self.cosines = [self.state(f"cosine_{m}", 0.0) for m in self.modalities]

    def combine(self, rest: list[Any], own: list[Any], place: int) -> list[Any]:
        """One gradient for one encoder."""
        shares, cosine = (
            pcgrad(rest, own) if self.rule == "pcgrad" else mmpareto(rest, own, self.gamma)
        )
        self.cosines[place].assign(cosine)
        return [shares[0] * a + shares[1] * b for a, b in zip(rest, own, strict=True)]

    def traces(self) -> Mapping[str, float]:
        """The cosines between both gradients."""
        return self.by_modality("conflict", np.stack([read(cosine) for cosine in self.cosines]))


def _products(first: list[Any], second: list[Any]) -> tuple[Any, Any, Any, Any]:
    """Squared lengths of both, their product, and the cosine between them; over all tensors."""
    dot = sum(ops.sum(a * b) for a, b in zip(first, second, strict=True))
    one = sum(ops.sum(a * a) for a in first)
    two = sum(ops.sum(b * b) for b in second)
    return one, two, dot, dot / ops.maximum(ops.sqrt(one * two), 1e-20)


def pcgrad(first: list[Any], second: list[Any]) -> tuple[tuple[Any, Any], Any]:
    """How much of both gradients the sum holds after each was projected, and their cosine.

    Args:
        first: tensors of one gradient.
        second: tensors of the other, of the same shapes.
    """
    one, two, dot, cosine = _products(first, second)
    against = ops.minimum(dot, 0.0)
    shares = (1 - against / ops.maximum(one, 1e-20), 1 - against / ops.maximum(two, 1e-20))
    return shares, cosine


def mmpareto(first: list[Any], second: list[Any], gamma: float) -> tuple[tuple[Any, Any], Any]:
    """How much of both gradients MMPareto takes, and their cosine.

    Args:
        first: tensors of one gradient.
        second: tensors of the other, of the same shapes.
        gamma: factor of the whole.
    """
    one, two, dot, cosine = _products(first, second)
    shortest = ops.clip((two - dot) / ops.maximum(one + two - 2 * dot, 1e-20), 0.0, 1.0)
    alike = cosine >= 0
    left = ops.where(alike, 1.0, 2 * shortest)
    right = ops.where(alike, 1.0, 2 * (1 - shortest))
    summed = one + two + 2 * dot
    mixed = left * left * one + right * right * two + 2 * left * right * dot
    # Relative to the sum: a mixture of two opposite gradients of one length is 0 but for rounding.
    longer = ops.sqrt(summed / ops.maximum(mixed, 1e-12 * (one + two) + 1e-30))
    factor = gamma * ops.maximum(longer, 1.0)
    return (factor * left, factor * right), cosine


class OnTheFly(Balancer):
    """Slows the encoder whose modality is ahead (OGM-GE, Peng et al. 2022).

    Args:
        alpha: how much it is slowed.
        generalise: add noise as strong as the gradient, against settling too early.
        until: epochs after which nothing is slowed any more.
    """

    acts: ClassVar[Acts] = "scores"

    def __init__(
        self, alpha: float = 0.3, generalise: bool = True, until: int = 50, **options: Any
    ) -> None:
        super().__init__(**options)
        self.alpha, self.generalise, self.until = alpha, generalise, until

    def make(self) -> None:
        """Ratios and factors of the last step, and the epochs so far."""
        ones = np.ones(len(self.modalities))
        self.ratios, self.factors = self.state("ratios", ones), self.state("factors", ones)
        self.epochs = self.state("epochs", 0.0)

    def coefficients(self, scores: Any) -> Any:
        """``1 - tanh(alpha rho)`` where rho, how far a modality is ahead, exceeds 1; else 1."""
        ratios = ahead(scores)
        slowed = ops.where(ratios > 1, 1 - ops.tanh(self.alpha * ratios), 1.0)
        early = ops.cast(ops.convert_to_tensor(self.epochs) < self.until, slowed.dtype)
        factors = early * slowed + (1 - early)
        self.ratios.assign(ratios)
        self.factors.assign(factors)
        return factors

    def noise_of(self, gradient: Any, step: Any, place: int) -> Any:
        """Normal noise of the gradient's own spread, on kernels; the same on every replica."""
        if not self.generalise or len(gradient.shape) < 2:
            return ops.zeros_like(gradient)
        import tensorflow as tf

        dice = tf.stack([tf.constant(self.seed * 4096 + place, tf.int32), tf.cast(step, tf.int32)])
        drawn = tf.random.stateless_normal(tf.shape(gradient), dice, dtype=gradient.dtype)
        early = tf.cast(tf.convert_to_tensor(self.epochs) < self.until, gradient.dtype)
        return early * drawn * tf.math.reduce_std(gradient)

    def end_epoch(self, train: NDArray[np.float64], validation: NDArray[np.float64]) -> None:
        """Count."""
        self.epochs.assign(self.epochs + 1)

    def traces(self) -> Mapping[str, float]:
        """How far each modality is ahead, and the factor of its gradient."""
        return self.by_modality("ahead", read(self.ratios)) | self.by_modality(
            "factor", read(self.factors)
        )


def ahead(scores: Any) -> Any:
    """The mean ratio of each score to the others, [modalities]; 1 of a single one.

    Args:
        scores: above 0, [modalities].
    """
    count = scores.shape[0]
    if count == 1:
        return ops.ones_like(scores)
    scores = ops.maximum(scores, 1e-12)
    ratios = scores[:, None] / scores[None, :]
    return (ops.sum(ratios, axis=1) - 1) / (count - 1)
