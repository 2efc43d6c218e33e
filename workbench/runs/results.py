"""What an evaluation found: figures as JSON, one row per sample as Parquet, in ``evaluation/``.

The figures are small and whole; the samples may be many and are wanted in other programs, hence
two files of one name. Classes stand in the rows by their names, in memory by their index; of
several of one sample 1 where a class applies; several numbers have a column each, ``target x``.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from workbench.errors import UserError
from workbench.writing import write_atomic

_ANSWERS = ("target", "prediction")
_FIGURES = ("confidence", "true_probability", "loss")
_FORMAT = "1"
# Of the file of rows; another number is another layout.


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
        intervals: of these figures, as of ``Results``.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )

    name: str
    mae: float
    rmse: float
    r2: float = math.nan
    baseline_mae: float
    intervals: dict[str, tuple[float, float]] = {}


class PairRow(BaseModel):
    """How well one half of a pair finds the other in the space where they were aligned.

    Args:
        pair: of which alignment.
        asked: the modality that is given.
        found: the modality whose samples are ranked.
        recall_at_1: share of samples whose partner is the nearest, 0..1.
        recall_at_5: share whose partner is among the five nearest.
        recall_at_10: share whose partner is among the ten nearest.
        median_rank: place of the partner in the middle case, 1 is best.
        support: samples that have both.
        gap: distance between the mean unit vectors of both modalities, 0..2 (Liang et al. 2022,
            arXiv:2203.02053).
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )

    pair: str
    asked: str
    found: str
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    median_rank: float
    support: int
    gap: float


class Results(BaseModel):
    """The figures of one evaluation.

    Metrics by task, beside ``loss``: category and yes_no ``accuracy macro_f1 balanced_accuracy
    weighted_f1 mcc``; with many classes ``top_3 top_5``; ``log_loss`` where the loss teaches
    probabilities; labels ``accuracy`` (share of samples whose whole set is right), ``micro_f1
    macro_f1``; ordered ``accuracy mae_steps quadratic_kappa macro_f1``; number ``mae rmse r2
    median_error``; numbers the same, each over all columns; pairs ``recall_at_1`` and so on. A
    figure that is not defined, such as the r2 of one sample or a kappa where all is of one class,
    is left out.

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
        intervals: where a metric lies with 95 % confidence, given how many samples there are
            (percentile bootstrap over the samples).
        per_pair: two rows for each alignment, one for each direction.
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
    intervals: dict[str, tuple[float, float]] = {}
    per_pair: tuple[PairRow, ...] = ()

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
        outputs: logits, float32 [samples, classes], one column for yes or no; empty for numbers
            and where there is no target.
    """

    stem: NDArray[np.str_]
    target: NDArray[Any]
    prediction: NDArray[Any]
    confidence: NDArray[np.float64]
    true_probability: NDArray[np.float64]
    loss: NDArray[np.float64]
    spread: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    outputs: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))

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
    _refuse_misfit(results, samples)
    json_file, table_file = _files(folder, results.split)
    try:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        # The figures come last: where they stand, the rows stand too.
        write_atomic(table_file, _to_parquet(results, samples))
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
    json_file, table_file = _files(folder, split)
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
    return results, _from_parquet(results, table_file)


def _files(folder: Path, split: str) -> tuple[Path, Path]:
    place = folder / "evaluation"
    return place / f"{split}.json", place / f"{split}.parquet"


def _damaged(file: Path, what: str) -> UserError:
    return UserError(f"{file} cannot be read: {what}.", "Evaluate the run again.")


def _to_parquet(results: Results, samples: Samples) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    columns: dict[str, Any] = {"stem": pa.array(samples.stem.tolist(), pa.string())}
    for what in _ANSWERS:
        columns |= _answer_columns(results, what, getattr(samples, what))
    for name in _FIGURES:
        values = getattr(samples, name)
        columns[name] = pa.array(values) if len(values) else pa.nulls(len(samples), pa.float64())
    if results.has_spread:
        names = results.columns or ("",)
        by_column = samples.spread.reshape(len(samples), len(names)).T
        columns |= {
            f"spread {name}".strip(): pa.array(values)
            for name, values in zip(names, by_column, strict=True)
        }
    if samples.outputs.size:
        columns["outputs"] = _rows(samples.outputs.astype(np.float32))
    table = pa.table(columns).replace_schema_metadata({"workbench": _FORMAT})
    stream = io.BytesIO()
    parquet.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def _rows(values: NDArray[Any]) -> Any:
    """A column of rows of numbers, [samples, numbers]."""
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])


def _answer_columns(results: Results, what: str, values: NDArray[Any]) -> dict[str, Any]:
    import pyarrow as pa

    if results.task == "labels":
        return {what: _rows(values)}
    if results.classes:
        index = pa.array(values.astype(np.int32))
        return {what: pa.DictionaryArray.from_arrays(index, pa.array(results.classes))}
    if results.columns:
        return {f"{what} {n}": pa.array(v) for n, v in zip(results.columns, values.T, strict=True)}
    return {what: pa.array(values)}


def _from_parquet(results: Results, file: Path) -> Samples:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(io.BytesIO(file.read_bytes()))
    except FileNotFoundError:
        raise _damaged(file, "it is missing") from None
    except OSError as error:
        raise _damaged(file, str(error.strerror or error)) from None
    except pa.ArrowException as error:
        raise _damaged(file, str(error).splitlines()[0]) from None
    version = (table.schema.metadata or {}).get(b"workbench", b"").decode("ascii", "replace")
    if version != _FORMAT:
        raise _damaged(file, f"its layout is {version or 'not known'}, {_FORMAT} is expected")
    try:
        found = _samples(results, table)
        _refuse_misfit(results, found)
    except KeyError as error:
        raise _damaged(file, f"it lacks the column {error}") from None
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise _damaged(file, str(error).splitlines()[0]) from None
    return found


def _samples(results: Results, table: Any) -> Samples:
    told = len(table) if results.classes else 0
    names = [f" {name}" for name in results.columns] or [""]
    spread = np.empty(0)
    if results.has_spread:
        spread = np.column_stack([_floats(table, f"spread{name}") for name in names])
        spread = spread if results.columns else spread[:, 0]
    outputs = np.empty(0, np.float32)
    if "outputs" in table.column_names:
        outputs = _matrix(table, "outputs").astype(np.float32)
    return Samples(
        stem=np.array(table["stem"].to_pylist(), np.str_),
        target=_answers(results, table, "target"),
        prediction=_answers(results, table, "prediction"),
        confidence=_floats(table, "confidence")[:told],
        true_probability=_floats(table, "true_probability")[:told],
        loss=_floats(table, "loss"),
        spread=spread,
        outputs=outputs,
    )


def _floats(table: Any, name: str) -> NDArray[np.float64]:
    values: NDArray[np.float64] = table[name].to_numpy().astype(np.float64)
    return values


def _matrix(table: Any, name: str) -> NDArray[Any]:
    import pyarrow as pa

    column = table[name].combine_chunks()
    if not pa.types.is_fixed_size_list(column.type):
        raise ValueError(f"the column {name} does not hold rows of numbers")
    values: NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    # Missing lists leave nothing behind when flattened: the shape would be another.
    return values.reshape(len(table), column.type.list_size)


def _answers(results: Results, table: Any, what: str) -> NDArray[Any]:
    if results.task == "labels":
        return _matrix(table, what).astype(np.int8)
    if results.classes:
        coded = table[what].combine_chunks()
        if not hasattr(coded, "dictionary"):
            raise ValueError(f"the column {what} does not hold classes")
        known = {name: number for number, name in enumerate(results.classes)}
        names = coded.dictionary.to_pylist()
        strange = [name for name in names if name not in known]
        if strange:
            raise ValueError(f"'{strange[0]}' is no class")
        codes = np.array([known[name] for name in names], np.int64)
        found: NDArray[np.int64] = codes[coded.indices.to_numpy(zero_copy_only=False)]
        return found
    if results.columns:
        return np.column_stack([_floats(table, f"{what} {name}") for name in results.columns])
    return _floats(table, what)


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
    if samples.outputs.size and len(samples.outputs) != rows:
        raise ValueError(f"outputs has {len(samples.outputs)} rows, {rows} expected")
    if results.has_spread and np.shape(samples.spread) != answer:
        raise ValueError(f"spread has {list(np.shape(samples.spread))} values")
    for name in _ANSWERS if classes and wide is None and rows else ():
        values = getattr(samples, name)
        if not (values.min() >= 0 and values.max() < len(classes)):
            raise ValueError(f"{name} holds an index that names no class")
