"""A trained model in two halves: what each encoder makes of its modality, and what follows.

The second half is small: with the first one's results at hand, a modality can be taken away or
exchanged a thousand times in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.batches import presence
from workbench.insight.trained import BATCH, Arrays, Trained
from workbench.lazy import keras, ops
from workbench.parts import Modality
from workbench.training.model import TASK

Encoded = Mapping[Modality, Mapping[str, NDArray[Any]]]
"""Of each modality what leaves its encoder, by name, each [samples, ...]."""


@dataclass(frozen=True)
class Halves:
    """The halves of a trained model.

    Args:
        trained: whose model it is.
        first: of each modality from its samples to what leaves its encoder, by name.
        second: from that, and from who has what, in the order of ``names``, to what the model says.
        names: of what the second half is given.
    """

    trained: Trained
    first: Mapping[Modality, Any]
    second: Any
    names: tuple[str, ...]

    @classmethod
    def of(cls, trained: Trained) -> Halves:
        """Cut a model behind its encoders; it shares all weights with the halves."""
        built = trained.built
        middle = {
            f"{modality}/{name}": tensor
            for modality, tensors in built.encoded.items()
            for name, tensor in tensors.items()
            if tensor is not None
        }
        inputs = built.model.input
        has = {presence(m): inputs[presence(m)] for m in trained.inputs.incomplete}
        first = {
            modality: keras.Model(
                inputs[modality], {n: t for n, t in tensors.items() if t is not None}
            )
            for modality, tensors in built.encoded.items()
        }
        given = {name: tensor for name, tensor in built.model.output.items() if name == TASK}
        # By their place: tensors in the middle of a model do not bear the names they are known by.
        second = keras.Model([*middle.values(), *has.values()], given)
        return cls(trained, first, second, (*middle, *has))

    def encode(self, samples: Arrays) -> Encoded:
        """What the encoders make of samples.

        Args:
            samples: of some or all modalities of the run an array as of ``Prepared.arrays``.
        """
        encoded: dict[Modality, dict[str, NDArray[Any]]] = {}
        for modality, values in samples.items():
            found: dict[str, list[NDArray[Any]]] = {}
            for begin in range(0, len(values), BATCH):
                given = self.first[modality](values[begin : begin + BATCH], training=False)
                for name, tensor in given.items():
                    found.setdefault(name, []).append(ops.convert_to_numpy(tensor))
            encoded[modality] = {name: np.concatenate(parts) for name, parts in found.items()}
        return encoded

    def decide(
        self, encoded: Encoded, present: Mapping[Modality, NDArray[Any]] | None = None
    ) -> NDArray[np.float32]:
        """What the fused head says, [samples, outputs]: logits, or numbers as the model knows them.

        Args:
            encoded: as of ``encode``.
            present: for each incomplete modality which samples have it; all when left out.
        """
        count = len(next(iter(next(iter(encoded.values())).values())))
        every = np.ones(count, bool)
        has = {m: (present or {}).get(m, every) for m in self.trained.inputs.incomplete}
        flat = {f"{m}/{n}": v for m, tensors in encoded.items() for n, v in tensors.items()}
        flat |= {presence(m): np.asarray(v, np.float32) for m, v in has.items()}
        said = []
        for begin in range(0, count, BATCH):
            some = [flat[name][begin : begin + BATCH] for name in self.names]
            given = self.second(some, training=False)
            said.append(ops.convert_to_numpy(self.trained.objective.answers(given)))
        return np.concatenate(said).astype(np.float32)
