"""Predictions of all samples of a folder, as CSV; what cannot be read is told and passed over.

Columns: ``stem``; ``prediction`` (a class, a JSON list of classes, a number, or ``prediction x`` of
several); ``confidence`` and ``probability <class>`` of classes, ``spread`` of numbers where the
model gives it; of a run without a target ``nearest`` and ``cosine``; ``lacking``, modalities that
the sample did not have; ``problem``, why there is no prediction.
"""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.folder import Stopped, scan
from workbench.data.index import Index
from workbench.data.media import modality_of
from workbench.data.parallel import in_parallel
from workbench.data.walk import walk
from workbench.errors import UserError
from workbench.insight.prediction import Predictions, Predictor
from workbench.insight.reading import NOUNS, Raw
from workbench.parts import MODALITIES, Modality
from workbench.spec import Reading
from workbench.writing import write_atomic

Told = Callable[[str, int, int], object]

_BYTES = 64 * 2**20
"""Of samples that are held at once."""
_TOGETHER = 4
_WORDS = "Predicting"


@dataclass(frozen=True)
class Found:
    """A sample of a folder.

    Args:
        stem: its name.
        given: its files or words by modality, only those that the run takes.
    """

    stem: str
    given: Mapping[Modality, Raw]


@dataclass(frozen=True)
class Outcome:
    """What came of a folder.

    Args:
        file: the table.
        predicted: how many samples have a prediction.
        problems: how many have none.
    """

    file: Path
    predicted: int
    problems: int

    @property
    def words(self) -> str:
        """The same in a sentence."""
        noun = "sample was" if self.predicted == 1 else "samples were"
        words = f"{self.predicted:,} {noun} predicted."
        if self.problems:
            words += f" {self.problems:,} could not be; the table says why."
        return words


def predict_folder(
    predictor: Predictor, folder: Path, file: Path, told: Told, stop: Callable[[], bool]
) -> Outcome:
    """Predict every sample of a folder into a CSV file.

    Args:
        predictor: of the run.
        folder: with files as the run was trained on, or loose ones of which those of one name are
            one sample; or a zip file of that.
        file: the table; an older one is replaced once all is done.
        told: what is done, how many samples are done, how many there are.
        stop: asked often; true ends it.

    Raises:
        UserError: there is nothing to predict, or the table cannot be written.
        Stopped: the wish to stop was heard; no table was written.
    """
    _refuse_place(file)
    told("Looking at the folder", 0, 0)
    found = samples_of(predictor, folder, stop)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _header(predictor), restval="", lineterminator="\n")
    writer.writeheader()
    problems = 0
    for row in _rows(predictor, found, told, stop):
        problems += bool(row.get("problem"))
        writer.writerow(row)
    try:
        write_atomic(file, stream.getvalue().encode("utf-8", "replace"))
    except OSError as error:
        raise _unwritable(file, error) from None
    return Outcome(file, len(found) - problems, problems)


def samples_of(predictor: Predictor, folder: Path, stop: Callable[[], bool]) -> list[Found]:
    """The samples of a folder: as the run's own data are read, and what else lies there.

    Args:
        predictor: of the run.
        folder: the folder or zip file.
        stop: asked often; true ends it.

    Raises:
        UserError: it holds nothing that the run takes.
        Stopped: the wish to stop was heard.
    """
    takes = predictor.reader.modalities
    index = _index(predictor, folder, stop)
    listed = [] if index is None else _listed(index, takes)
    known = {given for one in listed for given in one.given.values() if isinstance(given, Path)}
    if index is not None and "text" in index.files:
        # A file of many texts is no text itself.
        known |= {index.root / name for name in index.files["text"].tolist() if name}
    loose = _loose(folder if index is None else index.root, takes, known, stop)
    if not listed and not loose:
        nouns = " or ".join(f"{NOUNS[m]}s" for m in takes)
        raise UserError(f"{folder} holds no {nouns}.", "Choose a folder with such files in it.")
    return listed + loose


def _index(predictor: Predictor, folder: Path, stop: Callable[[], bool]) -> Index | None:
    """The folder read as the run's data were, else as it looks; None where neither fits."""
    problem = None
    for reading in (predictor.trained.spec.data.reading, Reading()):
        try:
            return scan(folder, reading=reading, stop=stop, check=False)
        except UserError as error:
            problem = error
    if folder.is_dir():
        return None
    assert problem is not None
    raise problem


def _listed(index: Index, takes: Sequence[Modality]) -> list[Found]:
    found = []
    for row, stem in enumerate(index.stems.tolist()):
        given: dict[Modality, Raw] = {}
        for modality in takes:
            if modality not in index.files or not index.files[modality][row]:
                continue
            if modality == "text" and index.texts is not None:
                if index.texts[row]:
                    given["text"] = str(index.texts[row])
            else:
                given[modality] = index.root / str(index.files[modality][row])
        if given:
            found.append(Found(str(stem), given))
    return found


def _loose(
    root: Path, takes: Sequence[Modality], known: set[Path], stop: Callable[[], bool]
) -> list[Found]:
    """Files that no layout has; those of one folder and name are one sample."""
    media = walk(root.resolve(), stop, lambda done, total: None).media
    grouped: dict[str, dict[Modality, Raw]] = {}
    for name in media.paths().tolist():
        path = root.resolve() / name
        modality = modality_of(path)
        if modality not in takes or path in known:
            continue
        assert modality is not None
        stem = name.removesuffix(path.suffix)
        # Two pictures of one name are two samples.
        if modality in grouped.get(stem, {}):
            stem = name
        grouped.setdefault(stem, {})[modality] = path
    return [Found(stem, given) for stem, given in grouped.items()]


def _rows(
    predictor: Predictor, found: Sequence[Found], told: Told, stop: Callable[[], bool]
) -> Iterator[dict[str, str]]:
    """The rows of the table, in the order of the samples."""
    shapes = predictor.trained.inputs.shapes
    each = sum(4 * int(np.prod(shapes[m])) for m in predictor.reader.modalities)
    many = int(np.clip(_BYTES // max(each, 1), 16, 1024))
    for begin in range(0, len(found), many):
        some = found[begin : begin + many]

        def tell(done: int, begin: int = begin) -> None:
            told(_WORDS, begin + done, len(found))

        arrays, problems = _read(predictor, some, tell, stop)
        said = _predicted(predictor, some, arrays)
        for place, one in enumerate(some):
            row = {"stem": one.stem, "problem": problems.get(place, "")}
            lacking = [m for m in predictor.reader.modalities if m not in one.given]
            yield row | said.get(place, {}) | {"lacking": " ".join(lacking)}
    told(_WORDS, len(found), len(found))


def _read(
    predictor: Predictor, some: Sequence[Found], tell: Callable[[int], object],
    stop: Callable[[], bool],
) -> tuple[dict[int, dict[Modality, NDArray[Any]]], dict[int, str]]:  # fmt: skip
    """Of each sample that can be read its arrays; of the others why they cannot."""
    arrays: dict[int, dict[Modality, NDArray[Any]]] = {}
    problems: dict[int, str] = {}
    ended = threading.Event()

    def read(places: list[int]) -> None:
        for place in places:
            if ended.is_set():
                return
            given = some[place].given
            try:
                arrays[place] = {m: predictor.reader.row(m, raw) for m, raw in given.items()}
            except UserError as error:
                problems[place] = error.problem

    parts = [
        list(range(at, min(at + _TOGETHER, len(some)))) for at in range(0, len(some), _TOGETHER)
    ]
    rounds = in_parallel(read, parts, ended)
    try:
        for _ in rounds:
            if stop():
                raise Stopped
            tell(len(arrays) + len(problems))
    finally:
        rounds.close()
    return arrays, problems


def _predicted(
    predictor: Predictor, some: Sequence[Found], arrays: Mapping[int, dict[Modality, NDArray[Any]]]
) -> dict[int, dict[str, str]]:
    """The cells of each sample that was read; those with the same modalities go together."""
    alike: dict[tuple[Modality, ...], list[int]] = {}
    for place in sorted(arrays):
        alike.setdefault(tuple(m for m in MODALITIES if m in arrays[place]), []).append(place)
    cells: dict[int, dict[str, str]] = {}
    for modalities, places in alike.items():
        whole = {m: np.stack([arrays[place][m] for place in places]) for m in modalities}
        if predictor.trained.spec.objective.loss is None:
            for at, place in enumerate(places):
                cells[place] = _near(predictor, {m: v[at : at + 1] for m, v in whole.items()})
            continue
        said = predictor.predict(whole)
        for at, place in enumerate(places):
            cells[place] = _cells(predictor, said, at)
    return cells


def _near(predictor: Predictor, arrays: Mapping[Modality, NDArray[Any]]) -> dict[str, str]:
    for one in predictor.neighbours(arrays)[:1]:
        return {"nearest": one.stem, "cosine": repr(one.cosine)}
    return {}


def _cells(predictor: Predictor, said: Predictions, row: int) -> dict[str, str]:
    inputs = predictor.trained.inputs
    if not inputs.classes:
        names = [f" {name}" for name in inputs.columns] or [""]
        found = {f"prediction{n}": _cell(v) for n, v in zip(names, said.numbers[row], strict=True)}
        if said.spreads.size:
            found |= {f"spread{n}": _cell(v) for n, v in zip(names, said.spreads[row], strict=True)}
        return found
    held = [inputs.classes[n] for n in np.flatnonzero(said.said[row])]
    sets = inputs.task == "labels"
    return {
        "prediction": json.dumps(held, ensure_ascii=False) if sets else held[0],
        "confidence": _cell(said.confidence[row]),
    } | {
        f"probability {name}": _cell(share)
        for name, share in zip(inputs.classes, said.shares[row], strict=True)
    }


def _header(predictor: Predictor) -> list[str]:
    trained = predictor.trained
    names = [f" {name}" for name in trained.inputs.columns] or [""]
    if trained.spec.objective.loss is None:
        told = ["nearest", "cosine"]
    elif trained.inputs.classes:
        told = ["prediction", "confidence"]
        told += [f"probability {name}" for name in trained.inputs.classes]
    else:
        told = [f"prediction{name}" for name in names]
        if trained.objective.has_spread:
            told += [f"spread{name}" for name in names]
    return ["stem", *told, "lacking", "problem"]


def _cell(value: float) -> str:
    # repr of a float is the shortest text that reads back as the same number.
    return repr(float(value))


def _refuse_place(file: Path) -> None:
    """Told now, not after an hour of work."""
    if file.is_dir():
        raise UserError(f"{file} is a folder.", "Name a file, such as predictions.csv.")
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise UserError(f"{file.parent} is no folder that can be written.", "Choose another one.")


def _unwritable(file: Path, error: OSError) -> UserError:
    return UserError(
        f"{file} cannot be written: {error.strerror}.", "Free some space or choose another place."
    )
