"""Traced steps: forward, backward, reduction over replicas, balance, clipping, update."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.lazy import tf
from workbench.training.accumulating import Accumulating
from workbench.training.cluster import Accord
from workbench.training.gradients import Gradients
from workbench.training.model import Multimodal
from workbench.training.objective import Objective
from workbench.training.seen import Watch, nothing_of_each

MOST_STEPS = 64
"""Steps of one call at most."""
_SPOILED = 4
# Place of that figure among the sums of steps.


@dataclass(frozen=True)
class Figures:
    """Sums over some steps or batches; ``mean`` divides by how many samples they had.

    Args:
        loss: the figure that a run is judged by.
        metric: right answers, or absolute errors.
        samples: how many samples, those that only fill a batch not counted.
        terms: raw losses of the terms and penalties, [terms].
        weights: what the terms were weighed with, [terms]; zeros in evaluation.
        norms: length of the gradient of each encoder, [modalities]; zeros in evaluation.
        cosines: between the gradient of the task and that of all other terms where each encoder
            ends, [modalities]; zeros in evaluation and where there is but one term.
        gradient: length of the gradient over the whole model, before it is clipped; 0 in
            evaluation.
        spoiled: steps whose loss or gradient was no number; they changed nothing.
        waited: seconds that the steps waited for their batches; 0 over several devices.
        steps: how many steps.
    """

    loss: float
    metric: float
    samples: float
    terms: NDArray[np.float64]
    weights: NDArray[np.float64]
    norms: NDArray[np.float64]
    cosines: NDArray[np.float64]
    gradient: float = 0.0
    spoiled: float = 0.0
    waited: float = 0.0
    steps: int = 1

    def __add__(self, other: Figures) -> Figures:
        """The sums over both."""
        return Figures(
            *(getattr(self, name) + getattr(other, name) for name in Figures.__dataclass_fields__)
        )

    def to_plain(self) -> dict[str, Any]:
        """Plain values, for a checkpoint."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Figures:
        """The figures of ``to_plain``."""
        values: dict[str, Any] = dict(plain)
        for name, value in plain.items():
            if isinstance(value, list):
                values[name] = np.asarray(value, float)
        return cls(**values)

    def over(self, accord: Accord) -> Figures:
        """The sums over all workers."""
        plain = vars(self)
        flat = np.concatenate([np.atleast_1d(value) for value in plain.values()])
        ends = np.cumsum([np.size(value) for value in plain.values()])[:-1]
        parts = np.split(accord.total(flat), ends)
        values: dict[str, Any] = {}
        for (name, value), part in zip(plain.items(), parts, strict=True):
            values[name] = part if isinstance(value, np.ndarray) else type(value)(part[0])
        return Figures(**values)

    @property
    def mean(self) -> tuple[float, float]:
        """Mean loss and metric of a sample."""
        many = max(self.samples, 1.0)
        return self.loss / many, self.metric / many


class Steps:
    """Runs optimiser steps inside one traced function, the same for one device and for many.

    The order over several replicas: each takes its share of the mean loss, gradients are summed,
    then balanced, then clipped, then applied once.

    Args:
        built: the model.
        optimizer: a Keras optimiser, built for all variables that may ever be trained.
        objective: from outputs and labels to the losses of the terms.
        balancer: weighs the terms; a ``layers.Balancer`` that has begun.
        strategy: a ``tf.distribute`` strategy; all variables were made in its scope.
        clip_norm: longest gradient over all variables together; None: no limit.
        scale: a ``layers.LossScale``, for float16; None: losses are not scaled.
        timed: measure how long steps wait for data; a clock is refused where all must be the same
            each time.
        parts: into which a batch is cut, so that it needs less memory.
    """

    def __init__(
        self, built: Multimodal, optimizer: Any, objective: Objective, balancer: Any,
        strategy: Any, clip_norm: float | None, scale: Any = None, *, timed: bool = True,
        parts: int = 1,
    ) -> None:  # fmt: skip
        self._parts = parts
        self._scale = scale
        self._timed = timed
        self._compiled = False
        self._model = built.model
        self._built = built
        self._optimizer = optimizer
        self._objective = objective
        self._balancer = balancer
        self._strategy = strategy
        self._clip_norm = clip_norm
        self._watch: Watch | None = None
        self._replicas = strategy.num_replicas_in_sync
        self._modalities = tuple(sorted(built.encoders))
        self._penalties = objective.penalties
        self._terms = len(objective.terms) + len(self._penalties)
        self.freeze(())

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms in the order of ``Figures.terms``."""
        return (*(term.name for term in self._objective.terms), *self._penalties)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities in the order of ``Figures.norms``."""
        return self._modalities

    def freeze(self, variables: Sequence[Any]) -> None:
        """Train all but these from now on; the next step is traced anew."""
        held = {id(variable) for variable in variables}
        every = trainable(self._built, self._objective, self._balancer)
        self._variables = [variable for variable in every if id(variable) not in held]
        mine = {id(v) for v in self._model.trainable_variables}
        self._places = [n for n, v in enumerate(self._variables) if id(v) in mine]
        self._of_model = [self._variables[place].value for place in self._places]
        self._gradients = Gradients(
            self._built, self._objective, self._balancer, self._variables, self._over,
            self._replicas, self._scale,
        )  # fmt: skip
        self._each = nothing_of_each if self._watch is None else self._watch.of_each
        self._found = Accumulating(
            self._gradients, self._objective, self._parts, self._over, self._replicas, self._each
        )  # fmt: skip
        self._trace()

    def watch(self, watch: Watch) -> None:
        """Let somebody hear of each sample from now on; before the first step.

        Args:
            watch: hears of them.
        """
        self._watch = watch
        self.freeze(())

    def compile(self, *, on: bool) -> None:
        """Compile steps by XLA from now on, or no more; the next step is traced anew.

        Args:
            on: over several replicas it stays off, as variables of other devices cannot be read.
        """
        if self._compiled != (on and self._replicas == 1):
            self._compiled = not self._compiled
            self._trace()

    def _trace(self) -> None:
        # Without AutoGraph, which would rewrite all of Keras' Python: it costs seconds.
        step = self._train_one
        compiled = tf.function(step, autograph=False, jit_compile=True)
        self._step = compiled if self._compiled else step
        self._many = tf.function(self._train_many, autograph=False)
        self._one = tf.function(self._evaluate_one, autograph=False)
        self._copied = tf.function(self._copy, autograph=False)
        self._moved = tf.function(self._share_moved, autograph=False)

    def iterate(self, make: Callable[[int, int], Any]) -> Any:
        """An iterator that gives each replica its element in turn.

        Args:
            make: makes the dataset of a worker, by its number and how many there are.
        """
        if self._replicas == 1:
            return iter(make(0, 1))
        return iter(
            self._strategy.distribute_datasets_from_function(
                lambda context: make(context.input_pipeline_id, context.num_input_pipelines)
            )
        )

    def train(
        self, iterator: Any, rates: list[float], first: int
    ) -> tuple[list[float], Figures]:  # fmt: skip
        """Run one step for each learning rate.

        Args:
            iterator: from ``iterate``.
            rates: at most ``MOST_STEPS`` learning rates.
            first: number of the first of these steps, counted from 0 over the whole run.

        Returns:
            The loss of each step, and the sums over all of them. It ends after a step whose loss or
            gradient is no number, which changes no weight.
        """
        padded = np.zeros(MOST_STEPS, np.float32)
        padded[: len(rates)] = rates
        done, losses, sums, waited, seen = self._many(
            iterator, tf.constant(padded), tf.constant(len(rates)), tf.constant(first)
        )
        count = int(done)
        if self._watch is not None:
            self._watch.saw(first, seen.numpy())
        told = losses.numpy()[:count].astype(float).tolist()
        return told, self._figures(sums.numpy(), count, float(waited))

    def measured(
        self, iterator: Any, rate: float, number: int
    ) -> tuple[list[float], Figures, float]:
        """Run one step as ``train`` does, and measure how far it moves the model.

        Returns:
            As of ``train``, and the length of what was added to the model's variables over their
            own length.
        """
        before = self._copied()
        losses, figures = self.train(iterator, [rate], number)
        return losses, figures, float(self._moved(before))

    def _copy(self) -> list[Any]:
        return [tf.identity(variable) for variable in self._of_model]

    def _share_moved(self, before: list[Any]) -> Any:
        pairs = zip(self._of_model, before, strict=True)
        moved = tf.linalg.global_norm([now - then for now, then in pairs])
        return moved / tf.maximum(tf.linalg.global_norm(before), 1e-20)

    def evaluate(self, batch: Any, number: int) -> Figures:
        """Sums over a batch of ``batches.sequential``.

        Args:
            batch: the batch.
            number: which one it is.
        """
        inputs, labels, weights, _ = batch
        sums, seen, said = self._one(inputs, labels, weights)
        if self._watch is not None:
            self._watch.validated(number, seen, said)
        return self._figures(sums.numpy(), 1)

    def _figures(self, sums: NDArray[np.floating[Any]], steps: int, waited: float = 0.0) -> Figures:
        loss, metric, samples, gradient, spoiled, *rest = sums.astype(float)
        lengths = (self._terms, self._terms, len(self._modalities), len(self._modalities))
        cut = np.split(np.asarray(rest), np.cumsum(lengths)[:-1])
        terms, weights, norms, cosines = cut
        return Figures(
            float(loss), float(metric), float(samples), terms, weights, norms, cosines,
            float(gradient), float(spoiled), waited, steps,
        )  # fmt: skip

    @property
    def _width(self) -> int:
        return 5 + 2 * self._terms + 2 * len(self._modalities)

    def _train_many(self, iterator: Any, rates: Any, count: Any, first: Any) -> Any:
        def more(place: Any, losses: Any, sums: Any, waited: Any, seen: Any) -> Any:
            return (place < count) & (sums[_SPOILED] == 0)

        def step(place: Any, losses: Any, sums: Any, waited: Any, seen: Any) -> Any:
            element, seconds = self._next(iterator, sums)
            told, each = self._strategy.run(self._step, (element, rates[place], first + place))
            total = self._strategy.reduce(tf.distribute.ReduceOp.SUM, told, axis=None)
            index = tf.reshape(place, (1, 1))
            losses = tf.tensor_scatter_nd_update(losses, index, total[:1])
            # Twice as long as what is summed: the sums are the same however steps make calls.
            more_sums = sums + tf.cast(total[1:], tf.float64)
            mine = tf.concat(self._strategy.experimental_local_results(each), axis=0)
            return place + 1, losses, more_sums, waited + seconds, seen.write(place, mine)

        sums = tf.zeros(self._width, tf.float64)
        seen = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=(None, None))
        start = (tf.constant(0), tf.zeros(MOST_STEPS), sums, _no_time(), seen)
        *found, seen = tf.while_loop(more, step, start, parallel_iterations=1)
        return *found, seen.stack()

    def _next(self, iterator: Any, after: Any) -> tuple[Any, Any]:
        """The next batch, and how many seconds it took to come once the step before was done."""
        if self._replicas > 1 or not self._timed:
            return next(iterator), _no_time()
        with tf.control_dependencies([after]):
            begun = tf.timestamp()
        with tf.control_dependencies([begun]):
            element = next(iterator)
        with tf.control_dependencies(tf.nest.flatten(element)):
            return element, tf.timestamp() - begun

    def _train_one(self, element: Any, rate: Any, number: Any) -> Any:
        _, _, weights, whole = element
        found, metric, each = self._found.of(element, number)
        sound = tf.math.is_finite(found.length) & tf.reduce_all(tf.math.is_finite(found.raw))
        gradients = self._limited(found.gradients, found.length, sound)
        # With a learning rate of 0 and no gradient, a step changes no weight.
        self._optimizer.learning_rate.assign(tf.where(sound, rate, 0.0))
        self._optimizer.apply(gradients, self._variables)
        headline = self._objective.headline(found.losses)
        share = 1.0 / self._replicas
        spoiled = self._spoiled(sound, found.raw)
        sums = tf.concat(
            [
                tf.stack([headline, headline * whole, metric, tf.reduce_sum(weights)]),
                tf.stack([found.length * share, spoiled * share]),
                # Shares of losses add up over replicas; the rest is the same on each.
                tf.stack([*found.losses, *(p * share for p in found.penalties)]) * whole,
                tf.concat([found.weights, found.norms, found.cosines], axis=0) * share,
            ],
            axis=0,
        )
        return sums, each

    def _spoiled(self, sound: Any, raw: Any) -> Any:
        """1 where the run must end: in float16 an overflow is met by a smaller scale first."""
        if self._scale is None:
            return tf.where(sound, 0.0, 1.0)
        whole = tf.reduce_all(tf.math.is_finite(raw))
        at_end = tf.convert_to_tensor(self._scale.at_end)
        self._scale.hear(sound)
        return tf.where(sound | (whole & ~at_end), 0.0, 1.0)

    def _limited(self, gradients: list[Any], length: Any, sound: Any) -> list[Any]:
        """Gradients no longer than the limit; none at all where one is no number."""
        scale = tf.ones(())
        if self._clip_norm is not None:
            scale = self._clip_norm / tf.maximum(length, self._clip_norm)
        # What losses and balancers learn is no direction of the model: it is not shortened.
        mine = set(self._places)
        limited = []
        for place, gradient in enumerate(gradients):
            factor = scale if place in mine else 1.0
            # The optimiser sums over replicas once more.
            limited.append(_scaled(gradient, tf.where(sound, factor / self._replicas, 0.0)))
        return limited

    def _over(self, values: Any) -> Any:
        """Sum over replicas."""
        if self._replicas == 1:
            return values
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, values)

    def _evaluate_one(self, inputs: Any, labels: Any, weights: Any) -> Any:
        given = self._model(inputs, training=False)
        losses = self._objective.losses(given, inputs, labels, weights, lambda values: values)
        penalties = [self._objective.penalty(n, self._model, given) for n in self._penalties]
        samples = tf.reduce_sum(weights)
        metric = tf.reduce_sum(self._objective.metric(labels, given) * weights)
        sums = tf.concat(
            [
                tf.stack([self._objective.headline(losses) * samples, metric, samples]),
                tf.zeros(2),
                tf.stack([*losses, *penalties]) * samples,
                tf.zeros(self._terms + 2 * len(self._modalities)),
            ],
            axis=0,
        )
        said = tf.zeros((0, 0)) if self._watch is None else self._watch.answers(given)
        return sums, self._each(labels, given, weights), said


def _scaled(gradient: Any, factor: Any) -> Any:
    """A gradient times a factor; 0 where that is 0, whatever the gradient is."""
    factor = tf.cast(factor, gradient.dtype)
    if isinstance(gradient, tf.IndexedSlices):
        # Of an embedding: only the rows that the batch has.
        values = tf.math.multiply_no_nan(gradient.values, factor)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return tf.math.multiply_no_nan(gradient, factor)


def _no_time() -> Any:
    return tf.zeros((), tf.float64)


def trainable(built: Multimodal, objective: Objective, balancer: Any) -> list[Any]:
    """All that may be trained: of the model, of the losses, of the balancer; in this order."""
    return [
        *built.model.trainable_variables,
        *objective.variables,
        *balancer.trainable_variables,
    ]
