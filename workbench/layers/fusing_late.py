"""Layers that join what the heads of the modalities say. They compute in float32, as heads do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from workbench.layers.fusing import Shape, Shapes, blanked, share

NUMBERS = ("number", "numbers")
BINARY = ("yes_no", "labels")


class Deciding(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Base: takes ``{modality: [batch, outputs]}``, gives [batch, outputs].

    Args:
        task: what is learned.
        learn: a weight for each modality is learned; otherwise all are equal.
    """

    def __init__(self, task: str, learn: bool = False, **options: Any) -> None:
        # Differences of large logits would be lost in half precision.
        super().__init__(**{"dtype": "float32", **options})
        self.task, self.learn = task, learn

    def build(self, shapes: Shapes) -> None:
        """Build for these modalities."""
        self.names = sorted(shapes)
        if self.learn and len(self.names) > 1:
            self.says = self.add_weight(shape=(len(self.names),), initializer="zeros", name="says")
        self.built = True

    def compute_output_shape(self, shapes: Shapes) -> Shape:
        """That of what one head says."""
        return tuple(next(iter(shapes.values())))

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "task": self.task, "learn": self.learn}

    def shares(self) -> dict[str, Any]:
        """The weight of each modality where all are present; they sum to 1."""
        if not self.learn or len(self.names) == 1:
            return dict.fromkeys(self.names, 1 / len(self.names))
        every = ops.softmax(self.says)
        return {name: every[place] for place, name in enumerate(self.names)}

    def weights_of(self, present: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The weight of each modality, summing to 1 over those that a sample has.

        Args:
            present: as of ``call``.

        Returns:
            {modality: a number, or [batch, 1] where that differs between samples}. Where a sample
            has none of them, their heads count as undecided, each with its full weight.
        """
        every = self.shares()
        if not present:
            return every
        has = {name: share(present, name, self.compute_dtype) for name in every}
        some = sum(has.values()) > 0
        left = {name: ops.where(some, part * has[name], part) for name, part in every.items()}
        whole = sum(left.values())
        return {name: part / whole for name, part in left.items()}


@keras.saving.register_keras_serializable(package="workbench")
class LateAverage(Deciding):
    """The mixture of what the heads say: the weighted mean of their probabilities or numbers.

    Probabilities leave as their logarithms, those of yes and no as log-odds. Softmax of a mean of
    probabilities would squash them a second time, and no loss would notice.
    """

    def call(self, outputs: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """Join them.

        Args:
            outputs: of the head of each modality, [batch, outputs]: logits, or numbers.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.

        Returns:
            Log-probabilities of categories, log-odds of yes and no, or numbers, [batch, outputs].
            Where a sample has none of the modalities: equal chances, or 0.
        """
        weights = self.weights_of(present)
        said = {name: blanked(outputs[name], present, name) for name in self.names}
        if self.task in NUMBERS:
            return sum(weights[name] * said[name] for name in self.names)
        if self.task in BINARY:
            yes = {name: ops.log_sigmoid(logits) for name, logits in said.items()}
            no = {name: ops.log_sigmoid(-logits) for name, logits in said.items()}
            return _mixed(yes, weights) - _mixed(no, weights)
        return _mixed({name: ops.log_softmax(logits) for name, logits in said.items()}, weights)


@keras.saving.register_keras_serializable(package="workbench")
class LateProduct(Deciding):
    """The product of what the heads say: a weighted sum of logarithms of probabilities.

    Every term depends on one modality alone.

    Args:
        task: what is learned.
        learn: a weight for each modality is learned; otherwise all are 1.
        mean: divide by how much weight a sample's modalities have: the geometric mean.
    """

    def __init__(self, task: str, learn: bool = False, mean: bool = False, **options: Any) -> None:
        super().__init__(task, learn, **options)
        self.mean = mean

    def call(self, outputs: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """Join them.

        Args:
            outputs: of the head of each modality, [batch, outputs]: logits.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.

        Returns:
            Logits, [batch, outputs]; 0 where a sample has none of the modalities.
        """
        weights = self.weights_of(present)
        total = 0.0
        for name in self.names:
            said = blanked(outputs[name], present, name)
            # Log-odds of independent witnesses add up; so do logarithms of probabilities.
            log = said if self.task in BINARY else ops.log_softmax(said)
            total = total + weights[name] * log
        return total

    def weights_of(self, present: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The factor of each modality: 0 of one that is missing.

        Args:
            present: as of ``call``.

        Returns:
            {modality: a number, or [batch, 1] where that differs between samples}.
        """
        if self.mean:
            return super().weights_of(present)
        many = len(self.names)
        return {
            name: many * part * share(present, name, self.dtype)
            for name, part in self.shares().items()
        }

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "mean": self.mean}


def _mixed(logs: Mapping[str, Any], weights: Mapping[str, Any]) -> Any:
    """Logarithm of the weighted mean of what these are logarithms of, [batch, outputs]."""
    parts = []
    for name, log in logs.items():
        weight = ops.convert_to_tensor(weights[name], log.dtype)
        some = weight > 0
        # The logarithm of a weight of 0 has no gradient.
        raised = log + ops.log(ops.where(some, weight, ops.ones_like(weight)))
        parts.append(ops.where(some, raised, ops.full_like(raised, -1e30)))
    return ops.logsumexp(ops.stack(parts), axis=0)
