"""What a trained model says of anything that it is given, as people read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.data.folder import Stopped, scan
from workbench.data.index import Index
from workbench.errors import UserError
from workbench.insight.class_curves import decided, probabilities
from workbench.insight.reading import Given, read, together
from workbench.insight.removal import Remover
from workbench.insight.sample import OneSample
from workbench.insight.trained import Trained
from workbench.parts import MODALITIES, Modality
from workbench.runs import decision, pairs
from workbench.spec import PAIRS
from workbench.training.model import projection_of
from workbench.writing import write_atomic

NEAREST = 10
_AT_ONCE = 64
_HELD = "test"
# The samples among which partners are looked for.


@dataclass(frozen=True)
class Prediction:
    """What the model says of one sample.

    Args:
        answers: probability of each class, or the numbers in their unit; empty without a target.
        said: the classes that are said: one, of several categories those that apply; of numbers
            none.
        nearest: without a target, samples of the run that lie nearest, and their likeness.
    """

    answers: NDArray[np.float64]
    said: tuple[str, ...] = ()
    nearest: tuple[tuple[str, float], ...] = ()


class Predictor:
    """Asks one trained run; obeys the thresholds and the temperature that were chosen for it.

    Args:
        trained: the run.
    """

    def __init__(self, trained: Trained) -> None:
        self.trained = trained
        self._decision = decision.read(trained.folder)
        self._remover = Remover.of(trained) if trained.spec.objective.loss is not None else None

    def predict(self, samples: list[OneSample]) -> list[Prediction]:
        """What the model says of samples, each of which may lack modalities.

        Args:
            samples: in the form of the model's inputs.
        """
        if self._remover is None:
            return [self._nearest(sample) for sample in samples]
        found: list[Prediction | None] = [None] * len(samples)
        by_lack: dict[tuple[Modality, ...], list[int]] = {}
        for place, sample in enumerate(samples):
            by_lack.setdefault(sample.lacking, []).append(place)
        for lacking, places in by_lack.items():
            batch = together([samples[place] for place in places])
            encoded = self._remover.halves.encode(batch)
            kept = [m for m in batch if m not in lacking]
            said = self._remover.outputs(encoded, kept).astype(np.float64)
            for place, row in zip(places, said, strict=True):
                found[place] = self._as_words(row)
        return [one for one in found if one is not None]

    def _as_words(self, row: NDArray[np.float64]) -> Prediction:
        trained = self.trained
        scaling, classes = trained.inputs.scaling, trained.inputs.classes
        if scaling is not None:
            values = scaling.to_unit(row if trained.spec.data.task == "numbers" else row[0])
            return Prediction(np.atleast_1d(np.asarray(values, np.float64)))
        logits = row / self._decision.temperature
        if trained.spec.data.task == "labels":
            shares = np.exp(-np.logaddexp(0, -logits))
            yes = [s >= self._decision.threshold(c) for c, s in zip(classes, shares, strict=True)]
            return Prediction(shares, tuple(c for c, on in zip(classes, yes, strict=True) if on))
        shares = probabilities(logits[None])[0]
        if trained.spec.data.task == "yes_no":
            said = int(shares[1] >= self._decision.threshold(classes[1]))
        else:
            said = int(decided(shares[None], trained.objective.by_median)[0])
        return Prediction(shares, (classes[said],))

    def _nearest(self, sample: OneSample) -> Prediction:
        """Who of the run's own samples lies nearest, by the first alignment that can be asked."""
        known = pairs.read(self.trained.folder, _HELD)
        for name, pair in known.items():
            for asked in PAIRS[name]:
                if asked in sample.lacking:
                    continue
                vector = self.trained.says(sample.arrays)[projection_of(name, asked)][0]
                unit = vector / max(float(np.linalg.norm(vector)), 1e-12)
                (other,) = (m for m in pair.halves if m != asked)
                near = np.where(pair.has, pair.halves[other] @ unit, -np.inf)
                rows = np.argsort(-near, kind="stable")[: min(NEAREST, int(pair.has.sum()))]
                found = tuple((str(pair.stems[row]), float(near[row])) for row in rows)
                return Prediction(np.empty(0), (), found)
        raise UserError(
            "This run predicts nothing, and keeps no samples to compare with.", "Evaluate it again."
        )


def predict_folder(
    trained: Trained, folder: Path, file: Path, tell: Callable[[str, int, int], object],
    stop: Callable[[], bool],
) -> str:  # fmt: skip
    """Predict every sample of a folder into a CSV file; one bad file never ends it.

    Args:
        trained: the run.
        folder: a folder or zip of samples, laid out as data for training may be.
        file: the CSV file to write; a line a sample, in their order.
        tell: told how far it is.
        stop: asked often; true ends it, and nothing is written.

    Returns:
        What came of it, in a sentence.

    Raises:
        UserError: there is nothing to predict, or the file cannot be written.
        Stopped: the wish to stop was heard.
    """
    tell("Looking at the folder", 0, 0)
    index = scan(folder, check=False, stop=stop)
    predictor = Predictor(trained)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_header(trained))
    lost = 0
    for begin in range(0, len(index), _AT_ONCE):
        if stop():
            raise Stopped
        tell("Predicting", begin, len(index))
        rows = range(begin, min(begin + _AT_ONCE, len(index)))
        for line in _lines(predictor, index, rows):
            lost += bool(line[-1])
            writer.writerow(line)
    try:
        write_atomic(file, stream.getvalue())
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
    words = f"{len(index):,} samples were predicted"
    return f"{words}; {lost:,} of them could not be read." if lost else f"{words}."


def _header(trained: Trained) -> list[str]:
    inputs = trained.inputs
    if inputs.classes:
        return ["sample", "prediction", "confidence", *inputs.classes, "problem"]
    if trained.spec.objective.loss is None:
        return ["sample", "nearest", "likeness", "problem"]
    return ["sample", *(inputs.columns or (trained.spec.data.target or "prediction",)), "problem"]


def _lines(predictor: Predictor, index: Index, rows: range) -> Iterator[list[str]]:
    """The lines of some samples; of one that cannot be read only the problem."""
    read_ones: dict[int, OneSample] = {}
    problems: dict[int, str] = {}
    for row in rows:
        try:
            read_ones[row] = read(predictor.trained, _given(index, row))
        except UserError as error:
            problems[row] = f"{error.problem} {error.remedy}".strip()
    found = dict(zip(read_ones, predictor.predict(list(read_ones.values())), strict=True))
    wide = len(_header(predictor.trained)) - 2
    for row in rows:
        stem = str(index.stems[row])
        if row in problems:
            yield [stem, *[""] * wide, problems[row]]
        else:
            yield [stem, *_cells(predictor.trained, found[row]), ""]


def _given(index: Index, row: int) -> Given:
    has = {m: bool(index.has(m)[row]) for m in MODALITIES if m in index.modalities}
    return Given(
        image=index.path("image", row) if has.get("image") else None,
        audio=index.path("audio", row) if has.get("audio") else None,
        text=index.text(row) if has.get("text") else None,
    )


def _cells(trained: Trained, one: Prediction) -> list[str]:
    numbers = [repr(float(value)) for value in one.answers]
    if not trained.inputs.classes:
        first = one.nearest[0] if one.nearest else ("", 0.0)
        return numbers or [first[0], repr(first[1])]
    if trained.spec.data.task == "labels":
        return [" | ".join(one.said), repr(float(one.answers.max())), *numbers]
    place = trained.inputs.classes.index(one.said[0])
    return [one.said[0], numbers[place], *numbers]
