"""The gradients of a step: terms weighed, conflicts in encoders settled as the balancer says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.lazy import tf
from workbench.training.model import Multimodal, embedding_of
from workbench.training.objective import Objective


@dataclass(frozen=True)
class Found:
    """What one replica knows after the backward pass.

    Args:
        given: outputs of the model by name.
        losses: this replica's share of the mean loss of each term, scalars.
        penalties: values of the fixed terms, scalars.
        gradients: of each variable, over all replicas.
        weights: what each term and penalty was weighed with, [terms].
        raw: mean loss of each term over all replicas, [terms].
        length: of the gradient of the whole model.
        norms: length of the gradient of each encoder, [modalities].
        cosines: between the gradients of the task and of all other terms, [modalities].
    """

    given: dict[str, Any]
    losses: list[Any]
    penalties: list[Any]
    gradients: list[Any]
    weights: Any
    raw: Any
    length: Any
    norms: Any
    cosines: Any


class Gradients:
    """Computes the gradients of a step inside a traced function.

    Args:
        built: the model.
        objective: its terms.
        balancer: weighs them.
        variables: what is trained.
        over: sums a tensor, or a list of tensors, over all replicas.
        replicas: how many there are.
        scale: what losses are multiplied with on the way back, so that small gradients are not
            lost in float16; None: nothing.
    """

    def __init__(
        self, built: Multimodal, objective: Objective, balancer: Any, variables: Sequence[Any],
        over: Callable[[Any], Any], replicas: int, scale: Any = None,
    ) -> None:  # fmt: skip
        self._scale = scale
        self._built = built
        self._objective = objective
        self._balancer = balancer
        self._variables = list(variables)
        self._over = over
        self._replicas = replicas
        self._modalities = tuple(sorted(built.encoders))
        place = {id(variable): n for n, variable in enumerate(self._variables)}
        self._of_encoder = [
            [place[id(v)] for v in built.encoders[m].trainable_variables if id(v) in place]
            for m in self._modalities
        ]
        self._of_model = [place[id(v)] for v in built.model.trainable_variables if id(v) in place]
        self._several = len(objective.terms) > 1

    def of(self, inputs: Any, labels: Any, weights: Any, step: Any) -> Found:
        """Forward and backward.

        Args:
            inputs: of the model.
            labels: of the samples.
            weights: 1 for a sample, 0 for what only fills the batch, [batch].
            step: number of the step.
        """
        model, objective = self._built.model, self._objective
        # Persistent costs nothing here: in a traced function a tape holds no tensors alive.
        with tf.GradientTape(persistent=True) as tape:
            given = model(inputs, training=True)
            losses = objective.losses(given, inputs, labels, weights, self._over)
            raw = tf.stop_gradient(self._over(tf.stack(losses)))
            shares, extra = self._balancer.weigh(raw, step)
            weighed = [shares[n] * loss for n, loss in enumerate(losses)]
            fixed = {name: objective.penalty(name, model, given) for name in objective.penalties}
            own = self._own(weighed)
            rest = [w for n, w in enumerate(weighed) if n not in own.values()]
            other = extra + sum(objective.penalties[n] * value for n, value in fixed.items())
            other += sum(model.losses) if model.losses else 0.0
            # What is the same on every replica counts once.
            total = sum(rest) + other / self._replicas
        gradients = self._summed(self._slopes(tape, total, self._variables))
        gradients = self._settle(tape, gradients, weighed, own)
        gradients = self._slowed(gradients, given, labels, weights, step)
        features = [given[embedding_of(m)] for m in self._modalities]
        if self._balancer.acts == "norms":
            self._balancer.learn(raw, self._lengths(tape, losses, features))
        length, norms = self.lengths(gradients)
        return Found(
            given=given,
            losses=losses,
            penalties=list(fixed.values()),
            gradients=gradients,
            weights=tf.concat([shares, tf.constant(list(objective.penalties.values()))], axis=0)
            if fixed
            else shares,
            raw=raw,
            length=length,
            norms=norms,
            cosines=self._cosines(tape, weighed, features),
        )

    def lengths(self, gradients: list[Any]) -> tuple[Any, Any]:
        """Length of a gradient over the whole model, and over each encoder, [modalities].

        Args:
            gradients: of each variable.
        """
        squares = [tf.reduce_sum(tf.square(tf.convert_to_tensor(g))) for g in gradients]
        of_encoders = [_root(squares, places) for places in self._of_encoder]
        return _root(squares, self._of_model), tf.stack(of_encoders)

    def _slopes(self, tape: Any, loss: Any, sources: list[Any], **more: Any) -> list[Any]:
        """Gradients of a loss, or of a sum of several, scaled on the way back."""
        if self._scale is None:
            given: list[Any] = tape.gradient(loss, sources, **more)
            return given
        scale = tf.convert_to_tensor(self._scale.scale)
        seed = [scale] * len(loss) if isinstance(loss, list) else scale
        found = tape.gradient(loss, sources, output_gradients=seed, **more)
        return [None if g is None else _divided(g, scale) for g in found]

    def _own(self, weighed: list[Any]) -> dict[int, int]:
        """By place of a modality, that of its head's term; only where these are kept apart."""
        if self._balancer.acts != "encoders":
            return {}
        names = [term.name for term in self._objective.terms]
        return {n: names.index(m) for n, m in enumerate(self._modalities) if m in names}

    def _summed(self, gradients: list[Any]) -> list[Any]:
        """Over replicas; zeros for what no term reaches."""
        full = [
            tf.zeros_like(variable) if gradient is None else gradient
            for gradient, variable in zip(gradients, self._variables, strict=True)
        ]
        if self._replicas == 1:
            return full
        # Embeddings give sparse gradients, which replicas cannot add up.
        dense = [tf.convert_to_tensor(gradient) for gradient in full]
        summed: list[Any] = self._over(dense)
        return summed

    def _settle(
        self, tape: Any, gradients: list[Any], weighed: list[Any], own: dict[int, int]
    ) -> list[Any]:
        """Join the gradient of each modality's own head with the rest, as the balancer says."""
        settled = list(gradients)
        for place, term in own.items():
            found = self._slopes(tape, weighed[term], self._variables)
            # Only its encoder and its head: no other variable is reached by this term.
            reached = [n for n, gradient in enumerate(found) if gradient is not None]
            mine = self._over([tf.convert_to_tensor(found[n]) for n in reached])
            both = {
                n: (tf.convert_to_tensor(settled[n]), g) for n, g in zip(reached, mine, strict=True)
            }
            inside = [n for n in self._of_encoder[place] if n in both]
            joined = self._balancer.combine(
                [both[n][0] for n in inside], [both[n][1] for n in inside], place
            )
            for n, (rest, own_part) in both.items():
                settled[n] = rest + own_part
            for n, gradient in zip(inside, joined, strict=True):
                settled[n] = gradient
        return settled

    def _slowed(
        self, gradients: list[Any], given: Any, labels: Any, weights: Any, step: Any
    ) -> list[Any]:
        """Scale encoders' gradients, where the balancer acts on scores."""
        if self._balancer.acts != "scores":
            return gradients
        scores = self._over(
            tf.stack(
                [
                    tf.reduce_sum(self._objective.truth(labels, given, m) * weights)
                    for m in self._modalities
                ]
            )
        )
        factors = self._balancer.coefficients(tf.stop_gradient(scores))
        slowed = list(gradients)
        for place, inside in enumerate(self._of_encoder):
            for n in inside:
                whole = tf.convert_to_tensor(gradients[n])
                noise = self._balancer.noise_of(whole, step, n)
                slowed[n] = factors[place] * whole + noise
        return slowed

    def _lengths(self, tape: Any, losses: list[Any], features: list[Any]) -> Any:
        """Length of the gradient of each unweighted term where encoders end, [terms]."""
        return tf.sqrt(tf.stack([self._square(tape, loss, features) for loss in losses]))

    def _square(self, tape: Any, loss: Any, features: list[Any]) -> Any:
        found = self._slopes(tape, loss, features, unconnected_gradients="zero")
        return self._over(
            tf.add_n([tf.reduce_sum(tf.square(tf.cast(g, "float32"))) for g in found])
        )

    def _cosines(self, tape: Any, weighed: list[Any], features: list[Any]) -> Any:
        """Whether the first term and all others pull the end of each encoder one way."""
        if not self._several:
            return tf.zeros(len(features))
        first = self._slopes(tape, weighed[0], features, unconnected_gradients="zero")
        total = self._slopes(tape, weighed[1:], features, unconnected_gradients="zero")
        found = []
        for task, rest in zip(first, total, strict=True):
            one, other = tf.cast(task, "float32"), tf.cast(rest, "float32")
            dot, left, right = tf.unstack(
                self._over(tf.stack([_dot(one, other), _dot(one, one), _dot(other, other)]))
            )
            found.append(dot / tf.maximum(tf.sqrt(left * right), 1e-20))
        return tf.stack(found)


def _divided(gradient: Any, scale: Any) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        values = gradient.values / tf.cast(scale, gradient.dtype)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return tf.cast(gradient, "float32") / scale


def _root(squares: list[Any], places: list[int]) -> Any:
    """Length over the gradients at these places."""
    return tf.sqrt(tf.add_n([squares[n] for n in places])) if places else tf.zeros(())


def _dot(one: Any, other: Any) -> Any:
    return tf.reduce_sum(one * other)
