"""Traced steps: forward, backward, reduction over replicas, clipping, update; and evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.lazy import tf
from workbench.training.objective import Objective

MOST_STEPS = 64
"""Steps of one call at most."""


class Steps:
    """Runs optimiser steps inside one traced function, the same for one device and for many.

    The order over several replicas: each takes its share of the mean loss, gradients are summed,
    then clipped, then applied once.

    Args:
        model: a Keras model.
        optimizer: a Keras optimiser, built.
        objective: from labels and outputs to the loss.
        strategy: a ``tf.distribute`` strategy; model and optimiser were made in its scope.
        clip_norm: longest gradient over all variables together; None: no limit.
    """

    def __init__(
        self, model: Any, optimizer: Any, objective: Objective, strategy: Any,
        clip_norm: float | None,
    ) -> None:  # fmt: skip
        self._model = model
        self._optimizer = optimizer
        self._objective = objective
        self._strategy = strategy
        self._clip_norm = clip_norm
        self._replicas = strategy.num_replicas_in_sync
        # Without AutoGraph, which would rewrite all of Keras' Python: it costs seconds.
        self._many = tf.function(self._train_many, autograph=False)
        self._one = tf.function(self._evaluate_one, autograph=False)

    def iterate(self, dataset: Any) -> Any:
        """An iterator that gives each replica its element of ``dataset`` in turn."""
        if self._replicas == 1:
            return iter(dataset)
        spread = self._strategy.distribute_datasets_from_function(lambda context: dataset)
        return iter(spread)

    def train(self, iterator: Any, rates: list[float]) -> tuple[list[float], list[float]]:
        """Run one step for each learning rate.

        Args:
            iterator: from ``iterate``.
            rates: at most ``MOST_STEPS`` learning rates.

        Returns:
            The loss of each step; and the sums of loss, metric and weight over all their samples.
        """
        padded = np.zeros(MOST_STEPS, np.float32)
        padded[: len(rates)] = rates
        losses, sums = self._many(iterator, tf.constant(padded), tf.constant(len(rates)))
        return losses.numpy()[: len(rates)].astype(float).tolist(), sums.numpy().tolist()

    def evaluate(self, batch: Any) -> list[float]:
        """Sums of loss, metric and weight over a batch of ``batches.sequential``."""
        inputs, labels, weights, _ = batch
        sums: list[float] = self._one(inputs, labels, weights).numpy().tolist()
        return sums

    def _train_many(self, iterator: Any, rates: Any, count: Any) -> Any:
        def more(place: Any, losses: Any, sums: Any) -> Any:
            return place < count

        def step(place: Any, losses: Any, sums: Any) -> Any:
            of_replicas = self._strategy.run(self._train_one, (next(iterator), rates[place]))
            total = self._strategy.reduce(tf.distribute.ReduceOp.SUM, of_replicas, axis=None)
            index = tf.reshape(place, (1, 1))
            losses = tf.tensor_scatter_nd_update(losses, index, total[:1])
            return place + 1, losses, sums + total[1:]

        start = (tf.constant(0), tf.zeros(MOST_STEPS), tf.zeros(3))
        _, losses, sums = tf.while_loop(more, step, start, parallel_iterations=1)
        return losses, sums

    def _train_one(self, element: Any, rate: Any) -> Any:
        inputs, labels, weights, whole = element
        variables = self._model.trainable_variables
        with tf.GradientTape() as tape:
            outputs = self._model(inputs, training=True)
            loss = self._objective.total(labels, outputs, weights, whole)
            loss += sum(self._model.losses) / self._replicas if self._model.losses else 0.0
        gradients = self._reduce(tape.gradient(loss, variables))
        self._optimizer.learning_rate.assign(rate)
        self._optimizer.apply(gradients, variables)
        return tf.stack([loss, *self._sums(labels, outputs, weights)])

    def _reduce(self, gradients: Any) -> Any:
        if self._replicas > 1 or self._clip_norm is not None:
            # Embeddings give sparse gradients with rows that come twice: their norm is not that of
            # their sum, and replicas cannot add them up.
            gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        if self._replicas > 1:
            context = tf.distribute.get_replica_context()
            gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        if self._clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self._clip_norm)
        if self._replicas > 1:
            # The optimiser sums over replicas once more.
            gradients = [gradient / self._replicas for gradient in gradients]
        return gradients

    def _evaluate_one(self, inputs: Any, labels: Any, weights: Any) -> Any:
        return tf.stack(self._sums(labels, self._model(inputs, training=False), weights))

    def _sums(self, labels: Any, outputs: Any, weights: Any) -> list[Any]:
        return [
            tf.reduce_sum(self._objective.per_sample(labels, outputs) * weights),
            tf.reduce_sum(self._objective.metric(labels, outputs) * weights),
            tf.reduce_sum(weights),
        ]
