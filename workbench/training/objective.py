"""What training makes small: the loss of each sample, weighted and averaged."""

from __future__ import annotations

from workbench import parts
from workbench.data.prepared import Scaling
from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each
from workbench.spec import RunSpec


class Objective:
    """The loss of the fused head.

    Args:
        spec: names the loss and its options, and the task.
        scaling: of numbers: their metric is in the target's unit; None: in that of the model.
    """

    def __init__(self, spec: RunSpec, scaling: Scaling | None = None) -> None:
        chosen = spec.objective.loss
        part = parts.find("loss", chosen.name)
        self._name = part.name
        self._loss = part.function
        self._options = part.check(chosen.options)
        self._task = spec.data.task
        self._spread = scaling.spread if scaling is not None else 1.0

    def per_sample(self, labels: Tensor, outputs: Tensor) -> Tensor:
        """The loss of each sample.

        Args:
            labels: of ``batches.model_labels``, [batch], or [batch, any] of several categories or
                several numbers.
            outputs: of the model, float32 [batch, outputs].

        Returns:
            float32 [batch].

        Raises:
            ValueError: the loss gives anything but one value a sample.
        """
        losses = self._loss(labels, self._logits(outputs), **self._options)
        given, wanted = tuple(losses.shape), tuple(labels.shape)[:1]
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
        """Of each sample: 1 where it is right, else 0; of numbers the absolute error. [batch].

        Of several categories a sample is right where each of them is; of several numbers it is the
        mean of their errors.
        """
        logits = self._logits(outputs)
        match self._task:
            case "category" | "ordered":
                right = ops.argmax(logits, axis=-1) == ops.cast(labels, "int32")
            case "yes_no":
                right = (logits > 0) == (labels > 0.5)
            case "labels":
                right = ops.all((logits > 0) == (labels > 0.5), axis=-1)
            case _:
                spread = ops.convert_to_tensor(self._spread, dtype=logits.dtype)
                return mean_of_each(ops.abs(logits - labels) * spread)
        return ops.cast(right, "float32")

    def _logits(self, outputs: Tensor) -> Tensor:
        """Without the axis of columns where there is one number a sample."""
        return outputs[:, 0] if self._task in ("yes_no", "number") else outputs
