"""What an evaluation found: figures as JSON, one row per sample as CSV, in ``evaluation/``.

The figures are small and whole; the samples may be many and are wanted in other programs, hence
two files of one name. Classes stand in the CSV by their names, in memory by their index; several
of one sample as a JSON list of names; several numbers have a column each, ``target x``.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from workbench.errors import UserError
from workbench.writing import write_atomic

_ANSWERS = ("target", "prediction")
_FIGURES = ("confidence", "true_probability", "loss")


class ClassRow(BaseModel):
    """How well one class was told from the others.

    Args:
        name: the class.
        precision: right ones of all that were predicted as this class, 0..1.
        recall: right ones of all that are of this class, 0..1.
        f1: harmonic mean of both, 0..1.
        support: samples that are of this class.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )

    name: str
    precision: float
    recall: float
    f1: float
    support: int


class ColumnRow(BaseModel):
    """How well one of several numbers was told, in its own unit.

    Args:
        name: of the number.
        mae: mean absolute error.
        rmse: root of the mean squared error.
        r2: share of its variance that is explained; not a number for a single sample.
        baseline_mae: mean absolute error of always saying the median of the training samples.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )

    name: str
    mae: float
    rmse: float
    r2: float = math.nan
    baseline_mae: float


class Results(BaseModel):
    """The figures of one evaluation.

    Metrics by task, beside ``loss``: category and yes_no ``accuracy macro_f1 balanced_accuracy``;
    labels ``accuracy`` (share of samples whose whole set is right), ``micro_f1 macro_f1``; ordered
    ``accuracy mae_steps quadratic_kappa macro_f1``; number ``mae rmse r2``; numbers the same, each
    the mean over the columns. A figure that is not defined, such as the r2 of one sample or a kappa
    where all is of one class, is left out.

    Args:
        split: the part of the samples: ``train``, ``validation`` or ``test``.
        task: what was learned, as the recipe names it.
        target: the name of what was predicted.
        classes: names by index; empty for numbers.
        metrics: figures of the model by name, for numbers in the target's own unit.
        baseline: the same figures of guessing without looking.
        confusion: counts, row: true class, column: predicted class; empty for numbers and for
            several categories at once.
        per_class: one row per class; empty for numbers.
        loss_name: the loss that was trained with, in words.
        columns: names of several numbers; empty otherwise.
        per_column: one row for each of several numbers; empty otherwise.
        has_spread: the model also said how far off each of its numbers may be.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )

    split: str
    task: str
    target: str
    classes: tuple[str, ...] = ()
    metrics: dict[str, float]
    baseline: dict[str, float]
    confusion: tuple[tuple[int, ...], ...] = ()
    per_class: tuple[ClassRow, ...] = ()
    loss_name: str
    columns: tuple[str, ...] = ()
    per_column: tuple[ColumnRow, ...] = ()
    has_spread: bool = False

    @model_validator(mode="after")
    def _sizes_agree(self) -> Results:
        many = len(self.classes)
        if len(set(self.classes)) != many:
            raise ValueError("a class is named twice")
        side = 0 if self.task == "labels" else many
        if len(self.confusion) != side or any(len(row) != side for row in self.confusion):
            raise ValueError(f"the confusion matrix is not {side} x {side}")
        if any(count < 0 for row in self.confusion for count in row):
            raise ValueError("the confusion matrix counts less than nothing")
        if tuple(row.name for row in self.per_class) != self.classes:
            raise ValueError("the rows per class are not the classes")
        if len(set(self.columns)) != len(self.columns) or (self.columns and self.classes):
            raise ValueError("a column is named twice or stands beside classes")
        if tuple(row.name for row in self.per_column) != self.columns:
            raise ValueError("the rows per column are not the columns")
        return self


@dataclass(frozen=True)
class Samples:
    """What the model said of each sample; all columns of one length, or empty where said so.

    Args:
        stem: names of the samples, strings.
        target: true class index, int64; true number, float64; of several categories 1 where a
            class applies, else 0, int8 [samples, classes]; of several numbers float64 [samples,
            columns].
        prediction: predicted, of the same type and shape.
        confidence: probability of the predicted class, 0..1; of several categories that of the
            whole set, as if they were independent; empty for numbers.
        true_probability: probability of the true class or set, 0..1; empty for numbers.
        loss: the loss of each sample.
        spread: the standard deviation that the model gave with each number, in the target's unit,
            of the shape of the prediction; empty where it gave none.
    """

    stem: NDArray[np.str_]
    target: NDArray[Any]
    prediction: NDArray[Any]
    confidence: NDArray[np.float64]
    true_probability: NDArray[np.float64]
    loss: NDArray[np.float64]
    spread: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.stem)


def write(folder: Path, results: Results, samples: Samples) -> None:
    """Put an evaluation into a run's folder, in place of an older one of the same split.

    Args:
        folder: the run's folder.
        results: the figures.
        samples: the rows.

    Raises:
        UserError: the folder cannot be written.
        ValueError: columns differ in length, or a class index names no class.
    """
    text = _to_csv(results, samples)
    json_file, csv_file = _files(folder, results.split)
    try:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        # The figures come last: where they stand, the rows stand too.
        write_atomic(csv_file, text)
        write_atomic(json_file, results.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise UserError(
            f"The evaluation cannot be written to {json_file.parent}: {error.strerror}.",
            "Free some space or make the folder writable, then evaluate again.",
        ) from None


def read(folder: Path, split: str) -> tuple[Results, Samples] | None:
    """The evaluation of one split.

    Args:
        folder: the run's folder.
        split: the part of the samples: ``train``, ``validation`` or ``test``.

    Returns:
        Figures and rows; None when this split was not evaluated.

    Raises:
        UserError: a file is damaged; says which and where.
    """
    json_file, csv_file = _files(folder, split)
    try:
        results = Results.model_validate_json(json_file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _damaged(json_file, f"{where}: {first['msg']}" if where else first["msg"]) from None
    except OSError as error:
        raise _damaged(json_file, str(error.strerror)) from None
    try:
        with csv_file.open(encoding="utf-8", newline="") as stream:
            samples = _from_csv(results, csv.reader(stream, strict=True), csv_file)
    except UnicodeDecodeError:
        raise _damaged(csv_file, "it is not UTF-8 text") from None
    except csv.Error as error:
        raise _damaged(csv_file, str(error)) from None
    except OSError as error:
        raise _damaged(csv_file, str(error.strerror)) from None
    return results, samples


def _files(folder: Path, split: str) -> tuple[Path, Path]:
    place = folder / "evaluation"
    return place / f"{split}.json", place / f"{split}.csv"


def _damaged(file: Path, what: str) -> UserError:
    return UserError(f"{file} cannot be read: {what}.", "Evaluate the run again.")


def _header(results: Results) -> list[str]:
    answers = [f"{what} {name}" for what in _ANSWERS for name in results.columns]
    return ["stem", *(answers or _ANSWERS), *_FIGURES, *_spread_header(results)]


def _spread_header(results: Results) -> list[str]:
    if not results.has_spread:
        return []
    return [f"spread {name}" for name in results.columns] or ["spread"]


def _to_csv(results: Results, samples: Samples) -> str:
    _refuse_misfit(results, samples)
    answers = [
        [_answer_cells(results, value) for value in values]
        for values in (samples.target, samples.prediction)
    ]
    figures = [
        [_cell(value) for value in getattr(samples, name)] or [""] * len(samples)
        for name in _FIGURES
    ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_header(results))
    spreads = [
        [_cell(number) for number in np.atleast_1d(row)] if results.has_spread else []
        for row in (samples.spread if results.has_spread else samples.stem)
    ]
    for stem, true, said, *told, spread in zip(
        samples.stem, *answers, *figures, spreads, strict=True
    ):
        writer.writerow([str(stem), *true, *said, *told, *spread])
    return stream.getvalue()


def _refuse_misfit(results: Results, samples: Samples) -> None:
    rows, classes = len(samples), results.classes
    wide = {"labels": len(classes), "numbers": len(results.columns)}.get(results.task)
    answer = (rows,) if wide is None else (rows, wide)
    told = (rows if classes else 0,)
    for name, shape in zip(
        (*_ANSWERS, *_FIGURES), (answer, answer, told, told, (rows,)), strict=True
    ):
        found = np.shape(getattr(samples, name))
        if found != shape:
            raise ValueError(f"{name} has {list(found)} values, {list(shape)} expected")
    if results.has_spread and np.shape(samples.spread) != answer:
        raise ValueError(f"spread has {list(np.shape(samples.spread))} values")
    for name in _ANSWERS if classes and wide is None and rows else ():
        values = getattr(samples, name)
        if not (values.min() >= 0 and values.max() < len(classes)):
            raise ValueError(f"{name} holds an index that names no class")


def _answer_cells(results: Results, value: Any) -> list[str]:
    """One sample's target or prediction, in one cell or, of several numbers, in one each."""
    if results.task == "labels":
        names = [results.classes[index] for index in np.flatnonzero(value)]
        return [json.dumps(names, ensure_ascii=False)]
    if results.classes:
        return [results.classes[int(value)]]
    return [_cell(number) for number in np.atleast_1d(value)]


def _cell(value: Any) -> str:
    # repr of a float is the shortest text that reads back as the same number.
    return repr(float(value))


def _from_csv(results: Results, reader: Any, file: Path) -> Samples:
    header = _header(results)
    if next(reader, []) != header:
        raise _damaged(file, f"its first line is not {','.join(header)}")
    index = {name: number for number, name in enumerate(results.classes)}
    wide = len(results.columns) or 1
    stems, answers, figures, spreads = [], [], [], []
    spread = len(_spread_header(results))
    for row in reader:
        where = f"line {reader.line_num}"
        if len(row) != len(header):
            raise _damaged(file, f"{where} has {len(row)} cells")
        try:
            both = row[1 : 1 + wide], row[1 + wide : 1 + 2 * wide]
            answers.append([_answer(results, index, cells) for cells in both])
            told = row[1 + 2 * wide : len(row) - spread]
            spreads.append([float(cell) for cell in row[len(row) - spread :]])
            figures.append([float(cell) for cell in (told if index else ["0", "0", *told[2:]])])
        except KeyError as error:
            raise _damaged(file, f"{where}: {error} is no class") from None
        except ValueError as error:
            raise _damaged(file, f"{where}: {error}") from None
        stems.append(row[0])
    found = _samples(results, stems, answers, figures)
    if not results.has_spread:
        return found
    return replace(found, spread=np.array(spreads, np.float64).reshape(found.prediction.shape))


def _answer(results: Results, index: Mapping[str, int], cells: list[str]) -> Any:
    """What ``_answer_cells`` wrote: an index, a number, a row of numbers, or of 0 and 1."""
    if results.task == "labels":
        names = json.loads(cells[0])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{cells[0]} is no list of classes")
        applies = [0] * len(index)
        for name in names:
            applies[index[name]] = 1
        return applies
    if index:
        return index[cells[0]]
    return [float(cell) for cell in cells] if results.columns else float(cells[0])


def _samples(
    results: Results, stems: list[str], answers: list[list[Any]], figures: list[list[float]]
) -> Samples:
    kind: Any = np.float64
    if results.classes:
        kind = np.int8 if results.task == "labels" else np.int64
    wide = len(results.columns) or (len(results.classes) if results.task == "labels" else 0)
    shape = (len(stems), wide) if wide else (len(stems),)
    target, prediction = (
        np.array([pair[place] for pair in answers], dtype=kind).reshape(shape) for place in (0, 1)
    )
    numbers = np.array(figures, dtype=np.float64).reshape(len(stems), len(_FIGURES))
    told = slice(None) if results.classes else slice(0)
    return Samples(
        stem=np.array(stems, dtype=np.str_),
        target=target,
        prediction=prediction,
        confidence=numbers[told, 0],
        true_probability=numbers[told, 1],
        loss=numbers[:, 2],
    )
