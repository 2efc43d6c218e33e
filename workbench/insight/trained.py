"""A trained run in memory: what it was trained as, and what its model says of samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.batches import presence
from workbench.data.prepared import Prepared
from workbench.insight.evaluate import refuse_changed
from workbench.lazy import ops
from workbench.parts import Modality
from workbench.runs import own_files, store
from workbench.spec import RunSpec
from workbench.training import checkpoints
from workbench.training.inputs import ModelInputs
from workbench.training.model import TASK, Multimodal, build
from workbench.training.objective import Objective

BATCH = 128

Arrays = Mapping[Modality, NDArray[Any]]


@dataclass(frozen=True)
class Trained:
    """A run with its best weights.

    Args:
        folder: of the run.
        spec: of the run.
        inputs: shapes, classes, scaling and tokeniser.
        built: the model, and what of it belongs to which modality.
        objective: the terms, with what they have learned.
        stamp: when its weights were written, and how large they are.
    """

    folder: Path
    spec: RunSpec
    inputs: ModelInputs
    built: Multimodal
    objective: Objective
    stamp: tuple[int, int]

    @classmethod
    def open(cls, folder: Path) -> Trained:
        """Read a run: its model is built from its spec and filled with its best weights.

        Nothing that stands in the folder is executed: specs and facts are JSON, weights arrays.

        Raises:
            UserError: the run holds no trained weights, or they do not fit its spec.
        """
        run = store.find(folder)
        own_files.refuse_links(run.folder)
        spec, inputs = run.spec(), ModelInputs.read(run.folder)
        built = build(
            spec, inputs.shapes, inputs.outputs, inputs.vocabulary, inputs.incomplete, fresh=False
        )
        objective = Objective(
            spec, inputs.scaling, np.ones(len(inputs.classes), np.float32), len(inputs.columns)
        )
        best = run.folder / "checkpoints" / "best.npz"
        wanted = {"model": built.model.variables}
        if objective.variables:
            wanted["objective"] = objective.variables
        checkpoints.load(best, wanted)
        return cls(run.folder, spec, inputs, built, objective, _stamp(best))

    @property
    def model(self) -> Any:
        """The Keras model as of ``training.model.Multimodal``."""
        return self.built.model

    def is_of(self, folder: Path) -> bool:
        """Whether it is that run, and its weights are still those on disk."""
        best = folder / "checkpoints" / "best.npz"
        return self.folder == folder and best.is_file() and self.stamp == _stamp(best)

    def samples(self, prepared: Prepared) -> Prepared:
        """Samples as the model takes them: scaled and masked as those it was trained on.

        Args:
            prepared: the data of the run as they are now.

        Raises:
            UserError: they have changed so that they no longer fit the model.
        """
        refuse_changed(self.inputs, prepared)
        return self.inputs.masked(replace(prepared, scaling=self.inputs.scaling))

    def says(self, samples: Arrays, present: Arrays | None = None) -> dict[str, NDArray[Any]]:
        """What the model says of samples, by name of its output, [samples, ...] float32.

        The fused head speaks in logits of all classes (one logit for yes or no) or in numbers as
        the model knows them; ``inputs.scaling`` brings those to the unit of the target.

        Args:
            samples: of each modality of the run an array as of ``Prepared.arrays``.
            present: for each incomplete modality which samples have it, bool [samples]; all when
                left out.
        """
        count = len(next(iter(samples.values())))
        whole = dict(samples) | {
            presence(m): np.asarray((present or {}).get(m, np.ones(count, bool)), np.float32)
            for m in self.inputs.incomplete
        }
        found: dict[str, list[NDArray[Any]]] = {}
        for begin in range(0, count, BATCH):
            given = self.model({n: v[begin : begin + BATCH] for n, v in whole.items()},
                               training=False)  # fmt: skip
            told = dict(given)
            if TASK in given:
                told[TASK] = self.objective.answers(given)
            for name, values in told.items():
                found.setdefault(name, []).append(ops.convert_to_numpy(values))
        return {n: np.concatenate(v).astype(np.float32) for n, v in found.items()}


def _stamp(file: Path) -> tuple[int, int]:
    known = file.stat()
    return known.st_mtime_ns, known.st_size
