"""What an evaluation found: figures as JSON, one row per sample as CSV, in ``evaluation/``.

The figures are small and whole; the samples may be many and are wanted in other programs, hence
two files of one name. Classes stand in the CSV by their names, in memory by their index.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from workbench.errors import UserError
from workbench.runs.store import write_atomic

_COLUMNS = ("stem", "target", "prediction", "confidence", "true_probability", "loss")


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


class Results(BaseModel):
    """The figures of one evaluation.

    Args:
        split: the part of the samples: ``train``, ``validation`` or ``test``.
        task: what was learned, as the recipe names it.
        target: the name of what was predicted.
        classes: names by index; empty for numbers.
        metrics: figures of the model by name, for numbers in the target's own unit.
        baseline: the same figures of guessing without looking.
        confusion: counts, row: true class, column: predicted class; empty for numbers.
        per_class: one row per class; empty for numbers.
        loss_name: the loss that was trained with, in words.
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

    @model_validator(mode="after")
    def _sizes_agree(self) -> Results:
        many = len(self.classes)
        if len(set(self.classes)) != many:
            raise ValueError("a class is named twice")
        if len(self.confusion) != many or any(len(row) != many for row in self.confusion):
            raise ValueError(f"the confusion matrix is not {many} x {many}")
        if any(count < 0 for row in self.confusion for count in row):
            raise ValueError("the confusion matrix counts less than nothing")
        if tuple(row.name for row in self.per_class) != self.classes:
            raise ValueError("the rows per class are not the classes")
        return self


@dataclass(frozen=True)
class Samples:
    """What the model said of each sample; all columns of one length, or empty where said so.

    Args:
        stem: names of the samples, strings.
        target: true class index (int64) or true number (float64).
        prediction: predicted class index (int64) or predicted number (float64).
        confidence: probability of the predicted class, 0..1; empty for numbers.
        true_probability: probability of the true class, 0..1; empty for numbers.
        loss: the loss of each sample.
    """

    stem: NDArray[np.str_]
    target: NDArray[Any]
    prediction: NDArray[Any]
    confidence: NDArray[np.float64]
    true_probability: NDArray[np.float64]
    loss: NDArray[np.float64]

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
    text = _to_csv(results.classes, samples)
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
            samples = _from_csv(results.classes, csv.reader(stream, strict=True), csv_file)
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


def _to_csv(classes: tuple[str, ...], samples: Samples) -> str:
    rows = len(samples)
    told = rows if classes else 0
    lengths = [rows, rows, told, told, rows]
    columns = [getattr(samples, name) for name in _COLUMNS[1:]]
    for name, column, length in zip(_COLUMNS[1:], columns, lengths, strict=True):
        if len(column) != length:
            raise ValueError(f"{name} has {len(column)} values, {length} expected")
    if classes:
        for name, column in zip(_COLUMNS[1:3], columns[:2], strict=True):
            if rows and not (column.min() >= 0 and column.max() < len(classes)):
                raise ValueError(f"{name} holds an index that names no class")
        columns[:2] = [[classes[int(index)] for index in column] for column in columns[:2]]
    cells = [[_cell(value) for value in column] or [""] * rows for column in columns]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(zip([str(stem) for stem in samples.stem], *cells, strict=True))
    return stream.getvalue()


def _cell(value: Any) -> str:
    # repr of a float is the shortest text that reads back as the same number.
    return value if isinstance(value, str) else repr(float(value))


def _from_csv(classes: tuple[str, ...], reader: Any, file: Path) -> Samples:
    if tuple(next(reader, ())) != _COLUMNS:
        raise _damaged(file, f"its first line is not {','.join(_COLUMNS)}")
    index = {name: number for number, name in enumerate(classes)}
    columns: tuple[list[Any], ...] = tuple([] for _ in _COLUMNS)
    for row in reader:
        try:
            stem, target, prediction, *numbers = row
            said = [index[target], index[prediction]] if classes else [target, prediction]
            told = numbers if classes else ["0", "0", *numbers[2:]]
            values = [stem, *(float(cell) if not classes else cell for cell in said)]
            values += [float(cell) for cell in told]
        except KeyError as error:
            raise _damaged(file, f"line {reader.line_num}: {error} is no class") from None
        except ValueError as error:
            raise _damaged(file, f"line {reader.line_num}: {error}") from None
        if len(values) != len(_COLUMNS):
            raise _damaged(file, f"line {reader.line_num} has {len(row)} cells")
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    kind = np.int64 if classes else np.float64
    told_rows = slice(None) if classes else slice(0)
    return Samples(
        stem=np.array(columns[0], dtype=np.str_),
        target=np.array(columns[1], dtype=kind),
        prediction=np.array(columns[2], dtype=kind),
        confidence=np.array(columns[3][told_rows], dtype=np.float64),
        true_probability=np.array(columns[4][told_rows], dtype=np.float64),
        loss=np.array(columns[5], dtype=np.float64),
    )
