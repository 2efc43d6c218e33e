"""What a trained run says of samples it has never met: shares, numbers, sets, or who lies near."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.batches import presence
from workbench.data.parallel import one_core_each
from workbench.errors import UserError
from workbench.insight.class_curves import decided, probabilities
from workbench.insight.reading import NOUNS, Raw, Reader
from workbench.insight.removal import Remover
from workbench.insight.trained import BATCH, Arrays, Trained
from workbench.lazy import ops, tf
from workbench.parts import MODALITIES, Modality
from workbench.runs import decision, pairs
from workbench.spec import PAIRS
from workbench.training.model import TASK, projection_of

NEIGHBOURS = 10
_SPREAD = "spread"


@dataclass(frozen=True)
class Neighbour:
    """A sample of the data that lies near.

    Args:
        stem: its name.
        modality: what of it lies near.
        cosine: how near, -1..1.
    """

    stem: str
    modality: Modality
    cosine: float


@dataclass(frozen=True)
class Predictions:
    """What was said of some samples.

    Args:
        shares: probability of each class, [samples, classes]; empty of numbers.
        said: which classes are said, bool [samples, classes]; empty of numbers.
        numbers: in the unit of the target, [samples, numbers]; empty of classes.
        spreads: standard deviations of these, where the model gives them and nobody else's
            modality stands in.
        confidence: probability of what is said, of a class or of the whole set, [samples].
    """

    shares: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    said: NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), bool))
    numbers: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    spreads: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


class Predictor:
    """Predicts with one trained run; its model is compiled once for each size of a batch.

    Args:
        trained: the run.
    """

    def __init__(self, trained: Trained) -> None:
        self.trained = trained
        self.reader = Reader(trained)
        self._compiled = tf.function(self._graph, autograph=False)

    def warm(self) -> None:
        """Compile for one sample ahead, so that the first answer comes as fast as the others."""
        self._whole({m: self.reader.nothing(m)[None] for m in self.reader.modalities}, {})

    def arrays(self, given: Mapping[Modality, Raw]) -> dict[Modality, NDArray[Any]]:
        """What is given of one sample, read, [1, ...].

        Args:
            given: files or words by modality; at least one.

        Raises:
            UserError: nothing is given, or something cannot be read.
        """
        # As the cache was filled: the same sums to the last bit.
        with one_core_each():
            found = {m: self.reader.row(m, given[m])[None] for m in MODALITIES if m in given}
        if not found:
            wanted = " or ".join(f"a {NOUNS[m]}" for m in self.reader.modalities)
            raise UserError("There is nothing to predict from.", f"Give {wanted}.")
        return found

    def predict(self, arrays: Arrays) -> Predictions:
        """What the run says of samples that all have the same modalities.

        Args:
            arrays: of each modality that they have, as of ``Prepared.arrays``; of the others the
                model is told that they are lacking where it was trained so; else those of ordinary
                samples stand in, and what is said is averaged.

        Raises:
            UserError: the run learned no target, or keeps no ordinary samples to stand in.
        """
        trained = self.trained
        if trained.spec.objective.loss is None:
            raise UserError(
                "This run learned no target, only which samples belong together.",
                "Ask it for the nearest samples instead.",
            )
        lacking = [m for m in self.reader.modalities if m not in arrays]
        if all(m in trained.inputs.incomplete for m in lacking):
            given = self._filled(arrays)
            said = self._batched(given, lacking)
        else:
            said = {TASK: self._removed(arrays)}
        return self._judged(said[TASK].astype(np.float64), said.get(_SPREAD))

    def neighbours(self, arrays: Arrays, split: str = "test") -> tuple[Neighbour, ...]:
        """Who of a split lies nearest to one sample in the spaces of the alignments.

        Args:
            arrays: of each modality that it has, [1, ...].
            split: whose samples; as the evaluation kept them.

        Raises:
            UserError: the run aligned nothing, or that split was not evaluated.
        """
        known = pairs.read(self.trained.folder, split)
        if not known:
            raise UserError(
                f"The {split} samples were not evaluated, so that there is nobody to find.",
                "Evaluate the run first.",
            )
        lacking = [m for m in self.reader.modalities if m not in arrays]
        said = self._batched(self._filled(arrays), lacking)
        found: list[Neighbour] = []
        for name, aligned in known.items():
            for asked, other in (PAIRS[name], PAIRS[name][::-1]):
                # Both halves are given: nobody needs to be found.
                if asked in arrays and other not in arrays:
                    place = said[projection_of(name, asked)][0].astype(np.float64)
                    place /= max(float(np.linalg.norm(place)), 1e-12)
                    near = aligned.halves[other] @ place
                    near[~aligned.has] = -np.inf
                    rows = np.argsort(-near, kind="stable")[: min(NEIGHBOURS, aligned.has.sum())]
                    found += [Neighbour(str(aligned.stems[n]), other, float(near[n])) for n in rows]
        return tuple(sorted(found, key=lambda one: -one.cosine)[:NEIGHBOURS])

    def likeness(self, arrays: Arrays) -> dict[str, float]:
        """How near the halves of each aligned pair lie, of one sample that has both; cosines.

        Args:
            arrays: of each modality that it has, [1, ...].
        """
        names = [n for n in self.trained.spec.objective.alignments if set(PAIRS[n]) <= set(arrays)]
        if not names:
            return {}
        lacking = [m for m in self.reader.modalities if m not in arrays]
        said = self._batched(self._filled(arrays), lacking)
        found = {}
        for name in names:
            one, two = (said[projection_of(name, m)][0].astype(np.float64) for m in PAIRS[name])
            length = max(float(np.linalg.norm(one) * np.linalg.norm(two)), 1e-12)
            found[name] = float(one @ two) / length
        return found

    def _filled(self, arrays: Arrays) -> dict[Modality, NDArray[Any]]:
        count = len(next(iter(arrays.values())))
        return {
            m: arrays[m] if m in arrays else np.stack([self.reader.nothing(m)] * count)
            for m in self.reader.modalities
        }

    def _batched(self, arrays: Arrays, lacking: Collection[Modality]) -> dict[str, NDArray[Any]]:
        count = len(next(iter(arrays.values())))
        wide = 1 if count == 1 else BATCH
        found: dict[str, list[NDArray[Any]]] = {}
        for begin in range(0, count, wide):
            some = {m: _padded(values[begin : begin + wide], wide) for m, values in arrays.items()}
            for name, values in self._whole(some, dict.fromkeys(lacking, False)).items():
                found.setdefault(name, []).append(values)
        return {name: np.concatenate(parts)[:count] for name, parts in found.items()}

    def _whole(self, arrays: Arrays, has: Mapping[Modality, bool]) -> dict[str, NDArray[Any]]:
        count = len(next(iter(arrays.values())))
        given = {str(m): tf.convert_to_tensor(np.asarray(values)) for m, values in arrays.items()}
        for modality in self.trained.inputs.incomplete:
            mask = np.full(count, has.get(modality, True), np.float32)
            given[presence(modality)] = tf.convert_to_tensor(mask)
        return {n: ops.convert_to_numpy(v) for n, v in self._compiled(given).items()}

    def _graph(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Traced once for each shape; only what a prediction needs is computed."""
        trained = self.trained
        said = trained.model(given, training=False)
        wanted = {
            name: said[name]
            for pair in trained.spec.objective.alignments
            for name in (projection_of(pair, m) for m in PAIRS[pair])
        }
        if TASK in said:
            wanted[TASK] = trained.objective.answers(said)
            spread = trained.objective.spreads(said)
            if spread is not None:
                wanted[_SPREAD] = spread
        return wanted

    @cached_property
    def _remover(self) -> Remover:
        return Remover.of(self.trained)

    def _removed(self, arrays: Arrays) -> NDArray[np.float32]:
        """Logits or numbers, averaged over all ordinary samples that stand in."""
        remover, kept = self._remover, list(arrays)
        encoded = remover.halves.encode(self._filled(arrays))
        many = len(next(iter(next(iter(remover.others.values())).values())))
        if len(next(iter(arrays.values()))) > 1:
            return remover.outputs(encoded, kept, draws=many)
        # One sample as many times as there are others: one call of the model instead of many.
        alike = {
            m: {name: np.repeat(values, many, axis=0) for name, values in found.items()}
            for m, found in encoded.items()
        }
        each = remover.outputs(alike, kept, draws=1)
        return np.asarray(each.mean(axis=0, keepdims=True))

    def _judged(self, said: NDArray[np.float64], spread: NDArray[Any] | None) -> Predictions:
        trained = self.trained
        scaling = trained.inputs.scaling
        if scaling is not None:
            wide = np.empty((0, 0))
            if spread is not None:
                wide = np.atleast_2d(spread.astype(np.float64) * np.asarray(scaling.spread))
            return Predictions(numbers=np.atleast_2d(scaling.to_unit(said)), spreads=wide)
        chosen = decision.read(trained.folder)
        classes, logits = trained.inputs.classes, said / chosen.temperature
        if trained.spec.data.task == "labels":
            shares = np.exp(-np.logaddexp(0, -logits))
            held = shares >= [chosen.threshold(name) for name in classes]
            # Each class is a yes or no of its own, so that their chances are multiplied.
            whole = np.where(held, shares, 1 - shares).prod(axis=1)
            return Predictions(shares, held, confidence=whole)
        shares = probabilities(logits)
        if trained.spec.data.task == "yes_no":
            number = (shares[:, 1] >= chosen.threshold(classes[1])).astype(np.int64)
        else:
            number = decided(shares, trained.objective.by_median)
        held = np.arange(len(classes)) == number[:, None]
        return Predictions(shares, held, confidence=shares[held])


def _padded(values: NDArray[Any], count: int) -> NDArray[Any]:
    """As many rows as the compiled model takes; those that are too many repeat the last."""
    short = count - len(values)
    return np.concatenate([values, np.repeat(values[-1:], short, axis=0)]) if short else values
