"""What training makes small: the terms of the objective, each the mean over its samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import parts
from workbench.data.batches import presence
from workbench.data.prepared import Prepared, Scaling
from workbench.lazy import Tensor, keras, layers, ops
from workbench.losses import mean_of_each
from workbench.parts import Part
from workbench.spec import PAIRS, ObjectiveSpec, PartSpec, RunSpec
from workbench.training import heads
from workbench.training.model import TASK, embedding_of, head_of, projection_of

Over = Callable[[Tensor], Tensor]
"""Sums a tensor over all replicas."""


@dataclass(frozen=True)
class Chosen:
    """A loss of one term with all that it needs.

    Args:
        name: of the term: ``task``, a modality, or a pair of modalities.
        part: the loss or alignment.
        options: of the part.
        weight: that of the recipe.
        learned: variables that it learns, by name; each 0 at first.
    """

    name: str
    part: Part
    options: Mapping[str, Any]
    weight: float
    learned: Mapping[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """Options and learned numbers as arguments."""
        learned = {"learned": dict(self.learned)} if self.learned else {}
        return {**self.options, **learned}


class Objective:
    """The terms of a run.

    Args:
        spec: names losses and options, and the task.
        scaling: of numbers: their metric is in the target's unit; None: in that of the model.
        counts: training samples of each class, [classes]; empty where there are no classes.
        columns: how many numbers are learned at once.
    """

    def __init__(
        self, spec: RunSpec, scaling: Scaling | None = None,
        counts: NDArray[np.float32] | None = None, columns: int = 0,
    ) -> None:  # fmt: skip
        self._spec = spec
        self._task = spec.data.task
        self._spread = scaling.spread if scaling is not None else 1.0
        self._counts = np.zeros(0, np.float32) if counts is None else counts
        self._columns = columns
        self._modalities = tuple(sorted(spec.modalities))
        self._weighed = spec.objective.weighed(spec.modalities)
        self.terms = tuple(self._chosen(name, part) for name, part in self._weighed.items())

    @classmethod
    def of(cls, spec: RunSpec, prepared: Prepared) -> Objective:
        """The objective of a run on these samples.

        Args:
            spec: of the run.
            prepared: its samples; classes are counted among those for training.
        """
        return cls(spec, prepared.scaling, class_counts(prepared), len(prepared.columns))

    @property
    def variables(self) -> list[Any]:
        """What the losses learn."""
        return [v for term in self.terms for v in term.learned.values()]

    @property
    def balanced(self) -> list[Any]:
        """The terms as balancers know them."""
        return [layers.Term(term.name, term.weight, term.part.noise) for term in self.terms]

    @property
    def penalties(self) -> dict[str, float]:
        """Weights of the fixed terms that are on, by name."""
        chosen = self._spec.objective
        known = {"l2": chosen.l2, "l1": chosen.l1, "embedding_l2": chosen.embedding_l2}
        return {name: weight for name, weight in known.items() if weight > 0}

    def losses(
        self, given: Mapping[str, Tensor], inputs: Mapping[str, Tensor], labels: Tensor,
        weights: Tensor, over: Over,
    ) -> list[Tensor]:  # fmt: skip
        """This replica's share of the mean loss of each term; the shares of all add up.

        Args:
            given: outputs of the model by name.
            inputs: of the model; say which samples have which modality.
            labels: of ``batches.model_labels``.
            weights: 1 for a sample, 0 for what only fills the batch, [batch].
            over: sums over replicas.
        """
        found = []
        for term in self.terms:
            mask = weights * self._has(term.name, inputs, weights)
            each = self._each(term, given, labels, mask)
            found.append(ops.sum(each * mask) / ops.maximum(over(ops.sum(mask)), 1.0))
        return found

    def penalty(self, name: str, model: Any, given: Mapping[str, Tensor]) -> Tensor:
        """The value of a fixed term, its weight not yet counted.

        Args:
            name: one of ``penalties``.
            model: the Keras model.
            given: its outputs.
        """
        if name == "embedding_l2":
            vectors = [ops.cast(given[embedding_of(m)], "float32") for m in self._modalities]
            squares = [ops.mean(ops.square(vector)) for vector in vectors]
            return sum(squares) / len(squares)
        kernels = [v for v in model.trainable_variables if len(v.shape) > 1]
        if name == "l1":
            return sum(ops.sum(ops.abs(kernel)) for kernel in kernels)
        return sum(ops.sum(ops.square(kernel)) for kernel in kernels)

    def per_sample(
        self, labels: Tensor, given: Mapping[str, Tensor], weights: Tensor | None = None
    ) -> Tensor:
        """The loss of each sample at the fused head; of pairs alone, that of all alignments.

        Args:
            labels: of ``batches.model_labels``, [batch], or [batch, any] of several categories or
                several numbers.
            given: outputs of the model by name.
            weights: 1 for a sample, 0 for what only fills the batch, [batch]; all 1 when left out.

        Returns:
            float32 [batch].

        Raises:
            ValueError: the loss gives anything but one value a sample.
        """
        if weights is None:
            weights = ops.ones((next(iter(given.values())).shape[0],))
        if self._spec.objective.loss is not None:
            return self._each(self.terms[0], given, labels, weights)
        return sum(t.weight * self._each(t, given, labels, weights) for t in self.terms)

    def of_each_term(
        self, given: Mapping[str, Tensor], inputs: Mapping[str, Tensor], labels: Tensor,
        weights: Tensor,
    ) -> dict[str, Tensor]:  # fmt: skip
        """The loss of each sample by term, [batch]; 0 where a sample lacks a modality of it.

        Args:
            given: outputs of the model by name.
            inputs: of the model.
            labels: as of ``per_sample``.
            weights: 1 for a sample, 0 for what only fills the batch, [batch].
        """
        found = {}
        for term in self.terms:
            has = self._has(term.name, inputs, weights)
            each = self._each(term, given, labels, has * weights)
            found[term.name] = ops.where(has > 0, each, 0.0)
        return found

    def headline(self, losses: list[Tensor]) -> Tensor:
        """The one figure that runs are judged by: the task loss; of pairs alone, the sum."""
        if self._spec.objective.loss is not None:
            return losses[0]
        return sum(t.weight * loss for t, loss in zip(self.terms, losses, strict=True))

    def answers(self, given: Mapping[str, Tensor], output: str = TASK) -> Tensor:
        """What a head says as logits of all classes or as numbers, [batch, outputs].

        Args:
            given: outputs of the model by name.
            output: which head.
        """
        return heads.plain(self._head, given[output], self._scale)

    @property
    def by_median(self) -> bool:
        """Whether the class of a sample is the median of what its head says."""
        return heads.by_median(self._head)

    @property
    def chances(self) -> bool:
        """Whether softmax or sigmoid of what its head says mean probabilities."""
        loss = self._spec.objective.loss
        return loss is not None and parts.find("loss", loss.name).chances

    @property
    def has_spread(self) -> bool:
        """Whether its head gives a standard deviation with each number."""
        return self._head == "spread"

    def spreads(self, given: Mapping[str, Tensor]) -> Tensor | None:
        """The standard deviation that a head gives with its numbers, [batch, outputs]; or None."""
        return heads.spread(self._head, given[TASK]) if TASK in given else None

    def metric(self, labels: Tensor, given: Mapping[str, Tensor], output: str = TASK) -> Tensor:
        """Of each sample: 1 where it is right, else 0; of numbers the absolute error. [batch].

        Of several categories a sample is right where each of them is; of several numbers it is the
        mean of their errors; of pairs alone it is right where its partner is the nearest in the
        batch.

        Args:
            labels: as of ``per_sample``.
            given: outputs of the model by name.
            output: which head.
        """
        if self._spec.objective.loss is None:
            return self._matched(given)
        said = self.answers(given, output)
        logits = said[:, 0] if self._task in ("yes_no", "number") else said
        match self._task:
            case "category" | "ordered":
                right = chosen_class(logits, self.by_median) == ops.cast(labels, "int32")
            case "yes_no":
                right = (logits > 0) == (labels > 0.5)
            case "labels":
                right = ops.all((logits > 0) == (labels > 0.5), axis=-1)
            case _:
                spread = ops.convert_to_tensor(self._spread, dtype=logits.dtype)
                return mean_of_each(ops.abs(logits - labels) * spread)
        return ops.cast(right, "float32")

    def truth(self, labels: Tensor, given: Mapping[str, Tensor], modality: str) -> Tensor:
        """The probability that the head of a modality gives to the true class, [batch].

        Args:
            labels: class indices, or 0 and 1.
            given: outputs of the model by name.
            modality: whose head.
        """
        said = self.answers(given, head_of(modality))
        if self._task == "yes_no":
            return ops.sigmoid(ops.where(labels > 0.5, said[:, 0], -said[:, 0]))
        index = ops.expand_dims(ops.cast(labels, "int32"), -1)
        return ops.squeeze(ops.take_along_axis(ops.softmax(said, axis=-1), index, axis=-1), -1)

    def _chosen(self, name: str, chosen: PartSpec) -> Chosen:
        objective = self._spec.objective
        part = parts.find("alignment" if name in PAIRS else "loss", chosen.name)
        options = part.check(chosen.options)
        weight = _weight(objective, name)
        shape = (self._columns,) if self._task == "numbers" and name not in PAIRS else ()
        names = part.learns if options.get("learn", True) else ()
        plain = name.replace("+", "_")
        learned = {
            each: keras.Variable(np.zeros(shape, np.float32), name=f"{plain}_{each}")
            for each in names
        }
        return Chosen(name, part, options, weight, learned)

    @property
    def _head(self) -> parts.Head:
        loss = self._spec.objective.loss
        return parts.find("loss", loss.name).head if loss is not None else "plain"

    @property
    def _scale(self) -> float:
        """The factor that a loss on cosines brings them to."""
        return float(self.terms[0].options.get("scale", 1.0)) if self._head == "cosine" else 1.0

    def _has(self, name: str, inputs: Mapping[str, Tensor], like: Tensor) -> Tensor:
        """1 for samples that a term can be computed of, [batch]."""
        needed = PAIRS.get(name, () if name == TASK else (name,))
        has = ops.ones_like(like)
        for modality in needed:
            key = presence(modality)  # type: ignore[arg-type]  # a term's name is a modality here
            if key in inputs:
                has = has * inputs[key]
        return has

    def _each(
        self, term: Chosen, given: Mapping[str, Tensor], labels: Tensor, weights: Tensor
    ) -> Tensor:
        """The loss of a term for each sample, [batch]; those of weight 0 mean nothing."""
        if term.name in PAIRS:
            return self._of_pair(term, given, labels, weights)
        outputs = given[TASK if term.name == TASK else head_of(term.name)]
        if self._task in ("yes_no", "number"):
            outputs = outputs[:, 0]
        facts = _wanted(term.part, {"counts": self._counts, "weights": weights})
        losses = term.part.function(labels, outputs, **term.told, **facts)
        shape, wanted = tuple(losses.shape), tuple(labels.shape)[:1]
        if len(shape) != 1 or (None not in shape + wanted and shape != wanted):
            # A mean or a [batch, batch] would be weighted and summed without complaint.
            raise ValueError(
                f"loss {term.part.name} gives shape {list(shape)}; "
                f"it must give one value a sample, {list(wanted)}"
            )
        return losses

    def _of_pair(
        self, term: Chosen, given: Mapping[str, Tensor], labels: Tensor, weights: Tensor
    ) -> Tensor:
        first, second = (given[projection_of(term.name, m)] for m in PAIRS[term.name])
        classes = labels if self._task in ("category", "ordered", "yes_no") else None
        facts = _wanted(
            term.part,
            {
                "weights": weights,
                "labels": None if classes is None else ops.cast(classes, "int32"),
            },
        )
        return term.part.function(first, second, **term.told, **facts)

    def _matched(self, given: Mapping[str, Tensor]) -> Tensor:
        right = []
        for term in self.terms:
            first, second = (
                ops.normalize(given[projection_of(term.name, m)], axis=-1) for m in PAIRS[term.name]
            )
            nearest = ops.argmax(ops.matmul(first, ops.transpose(second)), axis=-1)
            right.append(ops.cast(nearest == ops.arange(ops.shape(first)[0]), "float32"))
        return sum(right) / len(right)


def chosen_class(logits: Tensor, median: bool) -> Tensor:
    """The class that logits say, int32 [batch].

    Args:
        logits: [batch, classes].
        median: the last class that more than half of the probability lies at or above, rather than
            the most probable one: of ordered classes the one of least expected distance.
    """
    if not median:
        return ops.cast(ops.argmax(logits, axis=-1), "int32")
    below = ops.cumsum(ops.softmax(logits, axis=-1), axis=-1)
    return ops.sum(ops.cast(below[:, :-1] < 0.5, "int32"), axis=-1)


def class_counts(prepared: Prepared) -> NDArray[np.float32]:
    """Training samples of each class; empty where the target is no class."""
    if prepared.task not in ("category", "ordered"):
        return np.zeros(0, np.float32)
    labels = prepared.labels[prepared.rows("train")].astype(np.int64)
    return np.bincount(labels, minlength=len(prepared.classes)).astype(np.float32)


def _weight(objective: ObjectiveSpec, name: str) -> float:
    if name in PAIRS:
        return objective.alignments[name].weight
    return objective.weight if name == TASK else objective.heads_weight


def _wanted(part: Part, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in part.facts}
