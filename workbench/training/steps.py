"""Traced steps: forward, backward, reduction over replicas, balance, clipping, update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.lazy import tf
from workbench.training.gradients import Gradients
from workbench.training.model import Multimodal
from workbench.training.objective import Objective

MOST_STEPS = 64
"""Steps of one call at most."""


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
        steps: how many steps.
    """

    loss: float
    metric: float
    samples: float
    terms: NDArray[np.float64]
    weights: NDArray[np.float64]
    norms: NDArray[np.float64]
    cosines: NDArray[np.float64]
    steps: int = 1

    def __add__(self, other: Figures) -> Figures:
        """The sums over both."""
        return Figures(
            *(getattr(self, name) + getattr(other, name) for name in Figures.__dataclass_fields__)
        )

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
    """

    def __init__(
        self, built: Multimodal, optimizer: Any, objective: Objective, balancer: Any,
        strategy: Any, clip_norm: float | None,
    ) -> None:  # fmt: skip
        self._model = built.model
        self._built = built
        self._optimizer = optimizer
        self._objective = objective
        self._balancer = balancer
        self._strategy = strategy
        self._clip_norm = clip_norm
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
        self._gradients = Gradients(
            self._built, self._objective, self._balancer, self._variables, self._over,
            self._replicas,
        )  # fmt: skip
        # Without AutoGraph, which would rewrite all of Keras' Python: it costs seconds.
        self._many = tf.function(self._train_many, autograph=False)
        self._one = tf.function(self._evaluate_one, autograph=False)

    def iterate(self, dataset: Any) -> Any:
        """An iterator that gives each replica its element of ``dataset`` in turn."""
        if self._replicas == 1:
            return iter(dataset)
        spread = self._strategy.distribute_datasets_from_function(lambda context: dataset)
        return iter(spread)

    def train(
        self, iterator: Any, rates: list[float], first: int
    ) -> tuple[list[float], Figures]:  # fmt: skip
        """Run one step for each learning rate.

        Args:
            iterator: from ``iterate``.
            rates: at most ``MOST_STEPS`` learning rates.
            first: number of the first of these steps, counted from 0 over the whole run.

        Returns:
            The loss of each step, and the sums over all of them.
        """
        padded = np.zeros(MOST_STEPS, np.float32)
        padded[: len(rates)] = rates
        losses, sums = self._many(
            iterator, tf.constant(padded), tf.constant(len(rates)), tf.constant(first)
        )
        told = losses.numpy()[: len(rates)].astype(float).tolist()
        return told, self._figures(sums.numpy(), len(rates))

    def evaluate(self, batch: Any) -> Figures:
        """Sums over a batch of ``batches.sequential``."""
        inputs, labels, weights, _ = batch
        return self._figures(self._one(inputs, labels, weights).numpy(), 1)

    def _figures(self, sums: NDArray[np.float32], steps: int) -> Figures:
        loss, metric, samples, *rest = sums.astype(float)
        lengths = (self._terms, self._terms, len(self._modalities), len(self._modalities))
        cut = np.split(np.asarray(rest), np.cumsum(lengths)[:-1])
        terms, weights, norms, cosines = cut
        return Figures(
            float(loss), float(metric), float(samples), terms, weights, norms, cosines, steps
        )

    @property
    def _width(self) -> int:
        return 3 + 2 * self._terms + 2 * len(self._modalities)

    def _train_many(self, iterator: Any, rates: Any, count: Any, first: Any) -> Any:
        def more(place: Any, losses: Any, sums: Any) -> Any:
            return place < count

        def step(place: Any, losses: Any, sums: Any) -> Any:
            told = self._strategy.run(
                self._train_one, (next(iterator), rates[place], first + place)
            )
            total = self._strategy.reduce(tf.distribute.ReduceOp.SUM, told, axis=None)
            index = tf.reshape(place, (1, 1))
            losses = tf.tensor_scatter_nd_update(losses, index, total[:1])
            return place + 1, losses, sums + total[1:]

        start = (tf.constant(0), tf.zeros(MOST_STEPS), tf.zeros(self._width))
        _, losses, sums = tf.while_loop(more, step, start, parallel_iterations=1)
        return losses, sums

    def _train_one(self, element: Any, rate: Any, number: Any) -> Any:
        inputs, labels, weights, whole = element
        found = self._gradients.of(inputs, labels, weights, number)
        gradients = self._clipped(found.gradients)
        self._optimizer.learning_rate.assign(rate)
        self._optimizer.apply(gradients, self._variables)
        headline = self._objective.headline(found.losses)
        metric = tf.reduce_sum(self._objective.metric(labels, found.given) * weights)
        share = 1.0 / self._replicas
        return tf.concat(
            [
                tf.stack([headline, headline * whole, metric, tf.reduce_sum(weights)]),
                # Shares of losses add up over replicas; the rest is the same on each.
                tf.stack([*found.losses, *(p * share for p in found.penalties)]) * whole,
                tf.concat([found.weights, found.norms, found.cosines], axis=0) * share,
            ],
            axis=0,
        )

    def _clipped(self, gradients: list[Any]) -> list[Any]:
        if self._clip_norm is not None:
            # What losses and balancers learn is no direction of the model: it is not shortened.
            mine = {id(v) for v in self._model.trainable_variables}
            places = [n for n, v in enumerate(self._variables) if id(v) in mine]
            chosen = [tf.convert_to_tensor(gradients[place]) for place in places]
            for place, short in zip(
                places, tf.clip_by_global_norm(chosen, self._clip_norm)[0], strict=True
            ):
                gradients[place] = short
        if self._replicas > 1:
            # The optimiser sums over replicas once more.
            gradients = [gradient / self._replicas for gradient in gradients]
        return gradients

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
        return tf.concat(
            [
                tf.stack([self._objective.headline(losses) * samples, metric, samples]),
                tf.stack([*losses, *penalties]) * samples,
                tf.zeros(self._terms + 2 * len(self._modalities)),
            ],
            axis=0,
        )


def trainable(built: Multimodal, objective: Objective, balancer: Any) -> list[Any]:
    """All that may be trained: of the model, of the losses, of the balancer; in this order."""
    return [
        *built.model.trainable_variables,
        *objective.variables,
        *balancer.trainable_variables,
    ]
