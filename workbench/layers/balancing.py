"""Balancers of the weights of terms; what they learn are weights of their layer, and so saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

Acts = Literal["weights", "norms", "encoders", "scores"]


@dataclass(frozen=True)
class Term:
    """One weighed term of an objective.

    Args:
        name: ``task``, a modality for its head, or a pair of modalities for an alignment.
        weight: that of the recipe.
        noise: which likelihood its loss stands for, as of ``parts.Noise``.
    """

    name: str
    weight: float
    noise: str = "none"


class Balancer(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Base, and the rule that changes nothing: every term keeps its weight.

    What it acts on says which facts training computes for it: ``weights`` needs none; ``norms``
    is given the length of every term's gradient where encoders end (``learn``); ``encoders``
    joins two gradients in each encoder (``combine``); ``scores`` scales the gradient of each
    encoder by what its head scores (``coefficients``).

    Args:
        seed: start of its chance.
    """

    acts: ClassVar[Acts] = "weights"

    def __init__(self, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.terms: tuple[Term, ...] = ()
        self.modalities: tuple[str, ...] = ()

    def begin(self, terms: Sequence[Term], modalities: Sequence[str]) -> None:
        """Make the variables for these terms.

        Args:
            terms: in the order in which losses will come.
            modalities: in the order in which norms and scores will come.
        """
        self.terms, self.modalities = tuple(terms), tuple(modalities)
        self.given = np.asarray([term.weight for term in terms], np.float32)
        self.make()
        self.built = True

    def make(self) -> None:
        """Make variables of a rule that has some."""

    def weigh(self, losses: Any, step: Any) -> tuple[Any, Any]:
        """The weights of a step, and what a rule adds to the sum.

        Args:
            losses: of the terms over all replicas, no gradient flows through them, [terms].
            step: number of the step, int scalar.

        Returns:
            Weights [terms], and a scalar; both may depend on trainable variables.
        """
        return ops.convert_to_tensor(self.given), ops.zeros(())

    def learn(self, losses: Any, norms: Any) -> None:
        """Hear the gradients' lengths of a step; only where it acts on norms.

        Args:
            losses: [terms].
            norms: length of the gradient of each unweighted term, [terms].
        """

    def combine(self, rest: list[Any], own: list[Any], place: int) -> list[Any]:
        """One gradient from two in an encoder; only where it acts on encoders.

        Args:
            rest: gradients of all terms but the modality's own head.
            own: gradients of the term of its own head, of the same shapes.
            place: which modality.
        """
        return [a + b for a, b in zip(rest, own, strict=True)]

    def coefficients(self, scores: Any) -> Any:
        """Factors of the encoders' gradients, [modalities]; only where it acts on scores.

        Args:
            scores: of each modality, the sum over the batch of the probability that its head gives
                to the truth, [modalities].
        """
        return ops.ones_like(scores)

    def noise_of(self, gradient: Any, step: Any, place: int) -> Any:
        """What is added to a gradient of an encoder; only where it acts on scores.

        Args:
            gradient: one tensor.
            step: number of the step.
            place: of the tensor among all.
        """
        return ops.zeros_like(gradient)

    def end_epoch(self, train: NDArray[np.float64], validation: NDArray[np.float64]) -> None:
        """Hear the mean losses of an epoch, outside of any traced function.

        Args:
            train: of the terms, [terms].
            validation: of the terms, [terms].
        """

    def traces(self) -> Mapping[str, float]:
        """Figures worth a curve, by name; a name ends in ``.<term or modality>``."""
        return {}

    def state(self, name: str, start: Any) -> Any:
        """A variable that is saved but that no gradient changes."""
        start = np.asarray(start, np.float32)
        return self.add_weight(
            shape=start.shape,
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(start, dtype),
            trainable=False,
            name=name,
        )

    def by_term(self, name: str, values: NDArray[Any]) -> dict[str, float]:
        """Figures of the terms under one name."""
        return {f"{name}.{t.name}": v for t, v in zip(self.terms, values.tolist(), strict=True)}

    def by_modality(self, name: str, values: NDArray[Any]) -> dict[str, float]:
        """Figures of the modalities under one name."""
        return {f"{name}.{m}": v for m, v in zip(self.modalities, values.tolist(), strict=True)}


def read(variable: Any) -> NDArray[Any]:
    """The value of a variable, outside of any traced function."""
    value: NDArray[Any] = variable.value.numpy()
    return value


class Uncertainty(Balancer):
    """Learns the logarithm of a variance for each term (Kendall, Gal and Cipolla 2018).

    A Gaussian on half the squared error and softmax cross-entropy both weigh
    ``exp(-s) L + s / 2``; a Laplacian on the absolute error ``exp(-s) L + s``.

    Args:
        start: s at the start.
        limit: s stays between -limit and limit.
    """

    def __init__(self, start: float = 0.0, limit: float = 5.0, **options: Any) -> None:
        super().__init__(**options)
        self.start, self.limit = start, limit

    def make(self) -> None:
        """One s a term."""
        limit = self.limit
        self.log_variance = self.add_weight(
            shape=(len(self.terms),),
            initializer=keras.initializers.Constant(self.start),
            constraint=lambda values: ops.clip(values, -limit, limit),
            name="log_variance",
        )
        price = [1.0 if term.noise == "laplace" else 0.5 for term in self.terms]
        self.price = np.asarray(price, np.float32)

    def weigh(self, losses: Any, step: Any) -> tuple[Any, Any]:
        """``exp(-s)``, and the price of the variances."""
        s = ops.convert_to_tensor(self.log_variance)
        return ops.exp(-s) * self.given, ops.sum(s * (self.given * self.price))

    def traces(self) -> Mapping[str, float]:
        """The standard deviation (of a Laplacian: its scale) of each term."""
        s = read(self.log_variance)
        return self.by_term("sigma", np.exp(s * self.price))


class RandomWeights(Balancer):
    """New weights each step, a softmax of normal numbers (Lin et al. 2022)."""

    def weigh(self, losses: Any, step: Any) -> tuple[Any, Any]:
        """Weights of this step, the same on every replica and after a resume."""
        import tensorflow as tf

        dice = tf.stack([tf.constant(self.seed, tf.int32), tf.cast(step, tf.int32)])
        drawn = tf.random.stateless_normal((len(self.terms),), dice)
        return tf.nn.softmax(drawn) * (self.given * len(self.terms)), ops.zeros(())


class DynamicWeightAverage(Balancer):
    """Weighs terms more whose loss falls slower (Liu, Johns and Davison 2019).

    Args:
        temperature: the higher, the more alike the weights.
    """

    def __init__(self, temperature: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        self.temperature = temperature

    def make(self) -> None:
        """The weights in force, and the losses of the last epoch."""
        self.weights_now = self.state("weights", np.ones(len(self.terms)))
        self.last = self.state("last", np.zeros(len(self.terms)))
        self.ratio = self.state("ratio", np.ones(len(self.terms)))
        self.epochs = self.state("epochs", 0.0)

    def weigh(self, losses: Any, step: Any) -> tuple[Any, Any]:
        """The weights of this epoch."""
        return ops.multiply(self.weights_now, self.given), ops.zeros(())

    def end_epoch(self, train: NDArray[np.float64], validation: NDArray[np.float64]) -> None:
        """``K softmax(r / T)`` with r the loss over that of the epoch before; from epoch 3 on."""
        self.epochs.assign(self.epochs + 1)
        if float(read(self.epochs)) >= 2:
            before = read(self.last)
            ratio = train / np.where(np.abs(before) > 1e-12, before, 1e-12)
            raised = np.exp((ratio - ratio.max()) / self.temperature)
            self.ratio.assign(ratio)
            self.weights_now.assign(len(ratio) * raised / raised.sum())
        self.last.assign(train)

    def traces(self) -> Mapping[str, float]:
        """The ratios."""
        return self.by_term("ratio", read(self.ratio))


class GradNorm(Balancer):
    """Makes the terms' gradients of one length, longer where a loss falls slower (Chen 2018).

    The gradients are those at the ends of the encoders, the last place that terms share. The first
    epoch is trained with the given weights: its mean losses are those that later ones are
    compared with.

    Args:
        alpha: how much longer the gradient of a slow term may be.
        rate: step length of the weights.
    """

    acts: ClassVar[Acts] = "norms"

    def __init__(self, alpha: float = 1.5, rate: float = 0.025, **options: Any) -> None:
        super().__init__(**options)
        self.alpha, self.rate = alpha, rate

    def make(self) -> None:
        """The weights, the first losses, and what the last step made of them."""
        self.weights_now = self.state("weights", np.ones(len(self.terms)))
        self.first = self.state("first", np.zeros(len(self.terms)))
        self.lengths = self.state("lengths", np.zeros(len(self.terms)))
        self.targets = self.state("targets", np.zeros(len(self.terms)))

    def weigh(self, losses: Any, step: Any) -> tuple[Any, Any]:
        """The weights in force."""
        return ops.multiply(self.weights_now, self.given), ops.zeros(())

    def learn(self, losses: Any, norms: Any) -> None:
        """One step down ``sum |G - target|``; then the weights sum to their count again."""
        weights = ops.convert_to_tensor(self.weights_now)
        first = ops.convert_to_tensor(self.first)
        known = ops.cast(ops.all(first > 0), "float32")
        lengths, targets, slopes = gradnorm(
            weights, norms, losses, ops.where(first > 0, first, 1.0), self.alpha
        )
        # A weight that reached 0 would never come back, as its gradient would be 0 too.
        moved = ops.maximum(weights - self.rate * slopes, 1e-3)
        moved = moved * len(self.terms) / ops.sum(moved)
        self.weights_now.assign(known * moved + (1 - known) * weights)
        self.lengths.assign(lengths)
        self.targets.assign(targets)

    def end_epoch(self, train: NDArray[np.float64], validation: NDArray[np.float64]) -> None:
        """Keep the losses of the first epoch."""
        if not np.any(read(self.first)):
            self.first.assign(np.maximum(train, 1e-8))

    def traces(self) -> Mapping[str, float]:
        """The gradients' lengths and what they should be."""
        return self.by_term("length", read(self.lengths)) | self.by_term(
            "target", read(self.targets)
        )


def gradnorm(weights: Any, norms: Any, losses: Any, first: Any, alpha: float) -> tuple[Any, ...]:
    """Lengths, their targets, and the slope of ``sum |G - target|`` in the weights.

    Args:
        weights: [terms].
        norms: length of the gradient of each unweighted term, [terms].
        losses: now, [terms].
        first: at the start, above 0, [terms].
        alpha: exponent of the relative inverse training rate.
    """
    lengths = weights * norms
    share = losses / first
    rates = share / ops.maximum(ops.mean(share), 1e-12)
    targets = ops.mean(lengths) * ops.power(ops.maximum(rates, 1e-12), alpha)
    return lengths, targets, ops.sign(lengths - targets) * norms


class GradientBlending(Balancer):
    """Weighs heads by how much they generalise over how much they overfit (Wang 2020).

    Every few epochs: ``w = dG / dO ** 2``, with dG by how much the validation loss has fallen and
    dO by how much its distance from the training loss has grown. Alignments keep their weight.

    Args:
        period: epochs between two looks.
    """

    def __init__(self, period: int = 5, **options: Any) -> None:
        super().__init__(**options)
        self.period = period

    def make(self) -> None:
        """The weights, and both losses at the last look."""
        count = len(self.terms)
        self.heads = np.asarray(["+" not in term.name for term in self.terms])
        self.weights_now = self.state("weights", np.ones(count))
        self.seen = self.state("seen", np.zeros((2, count)))
        self.epochs = self.state("epochs", 0.0)
        self.overfitting = self.state("overfitting", np.zeros(count))

    def weigh(self, losses: Any, step: Any) -> tuple[Any, Any]:
        """The weights in force."""
        return ops.multiply(self.weights_now, self.given), ops.zeros(())

    def end_epoch(self, train: NDArray[np.float64], validation: NDArray[np.float64]) -> None:
        """At the first epoch, and every few from there, look and weigh anew."""
        epochs = int(read(self.epochs))
        self.epochs.assign(epochs + 1)
        if epochs % self.period:
            return
        if epochs:
            before = read(self.seen).astype(float)
            generalised = before[1] - validation
            overfit = (validation - train) - (before[1] - before[0])
            shares = blend(generalised[self.heads], overfit[self.heads])
            weights = np.ones(len(self.terms))
            weights[self.heads] = shares * self.heads.sum()
            self.weights_now.assign(weights)
            gained = np.where(np.abs(generalised) > 1e-8, generalised, 1e-8)
            self.overfitting.assign(np.minimum(np.abs(overfit / gained), 1e6))
        self.seen.assign(np.stack([train, validation]))

    def traces(self) -> Mapping[str, float]:
        """The ratio of overfitting to generalisation."""
        return self.by_term("overfitting", read(self.overfitting))


def blend(generalised: NDArray[np.float64], overfit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights ``dG / dO ** 2`` that sum to 1; 0 where nothing generalised; equal where nothing did.

    Args:
        generalised: by how much the validation loss fell.
        overfit: by how much its distance from the training loss grew.
    """
    # Without a floor a head that did not overfit at all would get all of the weight.
    weights = np.maximum(generalised, 0) / np.maximum(overfit**2, 1e-4)
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / max(len(weights), 1))
