"""A trained model opened for gradients: eager, in inference mode, its layers can be listened to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.data.batches import presence
from workbench.errors import UserError
from workbench.insight.removal import Remover
from workbench.insight.trained import Arrays, Trained
from workbench.lazy import Tensor, ops
from workbench.parts import Modality

STANDINS = 8
"""Others that stand in for a hidden modality where the model knows no lack."""

Floats = Mapping[Modality, Tensor]
"""Of each modality a batch: pictures 0..255 and sounds float32, token numbers int32, vectors."""


@dataclass(frozen=True)
class Question:
    """What is explained.

    Args:
        output: number of the class, or of the number; of yes or no 1 is yes.
        against: a class whose score is taken off; None: the score alone.
        hidden: modalities that the model may not know.
    """

    output: int
    against: int | None = None
    hidden: tuple[Modality, ...] = ()


class Inside:
    """Asks one model about one sample and variations of it.

    Args:
        trained: the run.
    """

    def __init__(self, trained: Trained) -> None:
        self.trained = trained
        self.remover = Remover.of(trained)
        self.task = trained.spec.data.task
        if trained.spec.objective.loss is None:
            raise UserError(
                "This run predicts nothing: it only draws pairs together.",
                "Look at its partners instead.",
            )

    @property
    def outputs(self) -> int:
        """How many classes or numbers can be asked about."""
        inputs = self.trained.inputs
        return len(inputs.classes) or len(inputs.columns) or 1

    def seen(self, question: Question) -> list[Modality]:
        """The modalities that the model knows."""
        return [m for m in sorted(self.trained.spec.modalities) if m not in question.hidden]

    def floats(self, samples: Arrays) -> dict[Modality, Tensor]:
        """Samples as gradients want them."""
        found = {}
        for modality, values in samples.items():
            kind = "int32" if values.dtype == np.int32 else "float32"
            found[modality] = ops.convert_to_tensor(np.asarray(values, kind))
        return found

    def encode(self, modality: Modality, values: Tensor) -> dict[str, Tensor]:
        """What the encoder of a modality makes of a batch."""
        given = values / 255.0 if modality == "image" else values
        found = self.trained.built.encoders[modality](given, training=False)
        return dict(found) if isinstance(found, dict) else {"vector": found}

    def score(self, floats: Floats, question: Question) -> Tensor:
        """What is asked about, of each of a batch, [batch]: a logit, a difference, or a number.

        Args:
            floats: of each modality that is seen.
            question: what is asked about; numbers are in the unit of the target.
        """
        encoded = {m: self.encode(m, floats[m]) for m in self.seen(question)}
        return self.chosen(self.decide(encoded, question), question)

    def decide(
        self, encoded: Mapping[Modality, Mapping[str, Tensor]], question: Question
    ) -> Tensor:
        """Logits or numbers of a batch, [batch, outputs]; hidden modalities are left out."""
        first = next(iter(next(iter(encoded.values())).values()))
        count = int(first.shape[0])
        hidden = [m for m in question.hidden if m in self.trained.spec.modalities]
        swapped = [m for m in hidden if self.remover.removal(m) == "others"]
        times = min(STANDINS, self._others(swapped)) if swapped else 1
        flat: dict[str, Tensor] = {}
        for modality, tensors in encoded.items():
            for name, tensor in tensors.items():
                flat[f"{modality}/{name}"] = ops.repeat(tensor, times, axis=0)
        for modality in hidden:
            # Of one that is hidden as in training any row serves: it is not looked at.
            rows = np.tile(np.arange(times), count)
            for name, values in self._standins(modality, rows).items():
                flat[f"{modality}/{name}"] = ops.convert_to_tensor(values)
        for modality in self.trained.inputs.incomplete:
            has = 0.0 if modality in hidden else 1.0
            flat[presence(modality)] = ops.full((count * times,), has)
        names = self.remover.halves.names
        given = self.remover.halves.second([flat[name] for name in names], training=False)
        said = ops.cast(self.trained.objective.answers(given), "float32")
        return ops.mean(ops.reshape(said, (count, times, -1)), axis=1)

    def _others(self, swapped: list[Modality]) -> int:
        return len(next(iter(self.remover.others[swapped[0]].values())))

    def _standins(self, modality: Modality, rows: Any) -> dict[str, Any]:
        if self.remover.removal(modality) == "others":
            return {n: v[rows] for n, v in self.remover.others[modality].items()}
        shapes = {
            name: tensor.shape[1:]
            for name, tensor in self.trained.built.encoded[modality].items()
            if tensor is not None
        }
        kinds = self.trained.built.encoded[modality]
        return {
            name: np.zeros(
                (len(rows), *shape), str(kinds[name].dtype).replace("bfloat16", "float32")
            )
            for name, shape in shapes.items()
        }

    def chosen(self, said: Tensor, question: Question) -> Tensor:
        """What is asked about, [batch], of what ``decide`` says."""
        scaling = self.trained.inputs.scaling
        if scaling is not None:
            spread, center = np.atleast_1d(scaling.spread), np.atleast_1d(scaling.center)
            column = question.output
            return said[:, column] * float(spread[column]) + float(center[column])
        if self.task == "yes_no":
            sign = 1.0 if question.output == 1 else -1.0
            return sign * said[:, 0]
        score = said[:, question.output]
        return score if question.against is None else score - said[:, question.against]


@contextmanager
def changed(layer: Any, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """While inside, what a layer gives goes through ``change``.

    Args:
        layer: a Keras layer.
        change: from its output to another one of the same shape; may only listen.
    """
    call = layer.call

    def instead(*given: Any, **options: Any) -> Any:
        return change(call(*given, **options))

    # Keras watches what is set on a layer; this is none of its business.
    object.__setattr__(layer, "call", instead)
    try:
        yield
    finally:
        object.__delattr__(layer, "call")
