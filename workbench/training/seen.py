"""What is kept of each sample that a step sees: its loss, whether it was right, by how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.lazy import Tensor, ops, tf
from workbench.parts import Task
from workbench.training.model import TASK
from workbench.training.objective import Objective, chosen_class

LOSS, METRIC, MARGIN, SAID = range(4)
"""Places of the figures of a sample; ``MARGIN`` and ``SAID`` of categories only."""
FIGURES = 4


class Watch(Protocol):
    """Hears of each sample."""

    def of_each(self, labels: Tensor, given: Mapping[str, Tensor], weights: Tensor) -> Tensor:
        """Inside of a traced step: what is kept, float32 [batch, figures]."""

    def answers(self, given: Mapping[str, Tensor]) -> Tensor:
        """Inside of a traced evaluation: what the fused head says, float32 [batch, outputs]."""

    def saw(self, first: int, seen: NDArray[np.float32]) -> None:
        """Some steps were done, from that number on; [steps, batch of this process, figures]."""

    def validated(self, number: int, seen: Any, said: Any) -> None:
        """That batch of the validation samples was evaluated; both as tensors."""


def nothing_of_each(labels: Any, given: Any, weights: Any) -> Tensor:
    """Keep nothing."""
    return tf.zeros((0, FIGURES))


def of_each(
    objective: Objective, task: Task, labels: Tensor, given: Mapping[str, Tensor], weights: Tensor
) -> Tensor:
    """Loss, metric, margin and class of each sample, float32 [batch, figures].

    Args:
        objective: knows the losses.
        task: what the target is.
        labels: of ``batches.model_labels``.
        given: outputs of the model by name.
        weights: 1 for a sample, 0 for what only fills the batch.
    """
    loss = objective.per_sample(labels, given, weights)
    metric = objective.metric(labels, given)
    margin = said = ops.zeros_like(loss)
    if task == "yes_no":
        logit = objective.answers(given)[:, 0]
        margin = ops.where(labels > 0.5, logit, -logit)
        said = logit > 0
    elif task in ("category", "ordered"):
        logits = ops.cast(objective.answers(given), "float32")
        own = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1], dtype="bool")
        mine = ops.max(ops.where(own, logits, -np.inf), axis=-1)
        others = ops.max(ops.where(own, -np.inf, logits), axis=-1)
        margin = mine - others
        said = chosen_class(logits, objective.by_median)
    figures = [ops.cast(values, "float32") for values in (loss, metric, margin, said)]
    return tf.stop_gradient(ops.stack(figures, axis=-1))


def answers(objective: Objective, given: Mapping[str, Tensor]) -> Tensor:
    """What the fused head says in plain logits or numbers; nothing where there is none.

    Args:
        objective: knows the head.
        given: outputs of the model by name.
    """
    if TASK not in given:
        return tf.zeros((tf.shape(next(iter(given.values())))[0], 0))
    return ops.cast(objective.answers(given), "float32")
