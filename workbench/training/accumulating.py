"""A step whose batch is taken in parts, one after another, so that it needs less memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.lazy import tf
from workbench.training.gradients import Found, Gradients
from workbench.training.objective import Objective


class Accumulating:
    """Sums the gradients of the parts of a batch, each by its share of the samples.

    A loss that is a mean over samples comes out as if the batch had been taken whole. What looks
    at a batch as such sees a part: batch normalisation, and alignments with their negatives.

    Args:
        gradients: of one part.
        objective: what they are of.
        parts: how many there are.
        over: sums a tensor over all replicas.
        replicas: how many there are.
        each: makes of labels, outputs and weights what is kept of each sample, [batch, figures].
    """

    def __init__(
        self, gradients: Gradients, objective: Objective, parts: int,
        over: Callable[[Any], Any], replicas: int, each: Callable[[Any, Any, Any], Any],
    ) -> None:  # fmt: skip
        self._each = each
        self._gradients = gradients
        self._objective = objective
        self._parts = parts
        self._over = over
        self._replicas = replicas

    def of(self, element: Any, number: Any) -> tuple[Found, Any, Any]:
        """What a step finds; of this replica the sum of its metric, and what is kept of each.

        Args:
            element: as of ``batches.training``.
            number: of the step.
        """
        inputs, labels, weights, whole = element
        if self._parts == 1:
            found = self._gradients.of(inputs, labels, weights, number)
            metric = tf.reduce_sum(self._objective.metric(labels, found.given) * weights)
            return found, metric, self._each(labels, found.given, weights)
        each = tf.shape(weights)[0] // self._parts
        static = weights.shape[0] // self._parts if weights.shape[0] else None

        def part(place: Any) -> list[Any]:
            def cut(values: Any) -> Any:
                mine = values[place * each : (place + 1) * each]
                mine.set_shape((static, *values.shape[1:]))
                return mine

            mine = [tf.nest.map_structure(cut, one) for one in (inputs, labels, weights)]
            seen, *sums = self._part(mine[0], mine[1], mine[2], whole, number)
            # Each sample is in one part: sums over all parts put them side by side.
            before = place * tf.shape(seen)[0]
            after = (self._parts - 1 - place) * tf.shape(seen)[0]
            padded = tf.pad(seen, tf.stack([tf.stack([before, after]), tf.zeros(2, tf.int32)]))
            rows = None if seen.shape[0] is None else seen.shape[0] * self._parts
            padded.set_shape((rows, seen.shape[1]))
            return [padded, *sums]

        return self._joined(self._summed(part))

    def _part(self, inputs: Any, labels: Any, weights: Any, whole: Any, number: Any) -> list[Any]:
        """All sums that a part adds to, as a flat list; gradients last."""
        found = self._gradients.of(inputs, labels, weights, number)
        share = self._over(tf.reduce_sum(weights)) / whole
        metric = tf.reduce_sum(self._objective.metric(labels, found.given) * weights)
        penalties = found.penalties or [tf.zeros(())]
        means = [tf.stack(found.losses), tf.stack(penalties), found.weights, found.raw]
        means += [found.cosines, *(tf.convert_to_tensor(g) for g in found.gradients)]
        # A part of nothing but filling counts for nothing, whatever its gradient is.
        seen = self._each(labels, found.given, weights)
        return [seen, metric, *(tf.math.multiply_no_nan(mean, share) for mean in means)]

    def _summed(self, part: Callable[[Any], list[Any]]) -> list[Any]:
        """The sums over all parts, of which only one is held in memory at a time."""
        first = part(tf.constant(0))
        if self._replicas > 1:
            # Replicas cannot meet inside of a loop of the graph.
            sums = first
            for place in range(1, self._parts):
                with tf.control_dependencies(sums):
                    sums = [a + b for a, b in zip(sums, part(tf.constant(place)), strict=True)]
            return sums

        def more(place: Any, *sums: Any) -> Any:
            return place < self._parts

        def add(place: Any, *sums: Any) -> Any:
            return place + 1, *(a + b for a, b in zip(sums, part(place), strict=True))

        _, *sums = tf.while_loop(more, add, (tf.constant(1), *first), parallel_iterations=1)
        return list(sums)

    def _joined(self, sums: list[Any]) -> tuple[Found, Any, Any]:
        seen, metric, losses, penalties, weights, raw, cosines, *gradients = sums
        length, norms = self._gradients.lengths(gradients)
        count = len(self._objective.penalties)
        return (
            Found(
                given={},
                losses=tf.unstack(losses),
                penalties=tf.unstack(penalties)[:count],
                gradients=gradients,
                weights=weights,
                raw=raw,
                length=length,
                norms=norms,
                cosines=cosines,
            ),
            metric,
            seen,
        )
