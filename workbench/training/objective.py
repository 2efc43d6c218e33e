"""What training makes small: the loss of each sample, weighted and averaged."""

from __future__ import annotations

from workbench import parts
from workbench.lazy import Tensor, ops
from workbench.spec import RunSpec


class Objective:
    """The loss of the fused head.

    Args:
        spec: names the loss and its options, and the task.
    """

    def __init__(self, spec: RunSpec) -> None:
        chosen = spec.objective.loss
        part = parts.find("loss", chosen.name)
        self._name = part.name
        self._loss = part.function
        self._options = part.check(chosen.options)
        self._task = spec.data.task

    def per_sample(self, labels: Tensor, outputs: Tensor) -> Tensor:
        """The loss of each sample.

        Args:
            labels: class indices int32 [batch], or 0/1 or numbers float32 [batch].
            outputs: of the model, float32 [batch, outputs].

        Returns:
            float32 [batch].

        Raises:
            ValueError: the loss gives anything but one value a sample.
        """
        logits = outputs if self._task == "category" else outputs[:, 0]
        losses = self._loss(labels, logits, **self._options)
        given, wanted = tuple(losses.shape), tuple(labels.shape)
        if len(given) != 1 or (None not in given + wanted and given != wanted):
            # A mean or a [batch, batch] would be weighted and summed without complaint.
            raise ValueError(
                f"loss {self._name} gives shape {list(given)}; "
                f"it must give one value a sample, {list(wanted)}"
            )
        return losses

    def total(self, labels: Tensor, outputs: Tensor, weights: Tensor, whole: Tensor) -> Tensor:
        """This replica's share of the mean loss of a step; the shares of all replicas add up.

        Args:
            labels: as of ``per_sample``.
            outputs: as of ``per_sample``.
            weights: 1 for a sample, 0 for what only fills the batch, [batch].
            whole: sum of the weights of all replicas, scalar.
        """
        return ops.sum(self.per_sample(labels, outputs) * weights) / whole

    def metric(self, labels: Tensor, outputs: Tensor) -> Tensor:
        """Of each sample: 1 where it is right, else 0; of numbers the absolute error. [batch]."""
        match self._task:
            case "category":
                right = ops.argmax(outputs, axis=-1) == ops.cast(labels, "int32")
                return ops.cast(right, "float32")
            case "yes_no":
                return ops.cast((outputs[:, 0] > 0) == (labels > 0.5), "float32")
        return ops.abs(outputs[:, 0] - labels)
