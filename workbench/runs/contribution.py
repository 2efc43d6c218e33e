"""Which modality carried a model: ``insight/contribution-<split>.json`` of a run, and its rows."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.errors import UserError
from workbench.writing import write_atomic


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )


class OfModality(_Frozen):
    """What one modality did.

    Args:
        name: of the modality.
        shapley: its Shapley value in the score; those of all add up to ``whole - nothing``.
        between: where that lies with 95 % confidence over the samples.
        alone: the score of a model that knows this modality alone.
        without: the score of a model that knows all others.
        permuted: the mean score when it comes from another sample.
        permuted_spread: standard deviation of that over the permutations.
        removal: how it was taken away: as in training, or by that of other samples.
    """

    name: str
    shapley: float
    between: tuple[float, float]
    alone: float
    without: float
    permuted: float
    permuted_spread: float
    removal: Literal["trained", "others"]


class OfClass(_Frozen):
    """What the modalities did for the samples of one class.

    Args:
        name: the class.
        support: samples of it.
        shapley: by modality, in the log-probability of the truth, in nats: a class that is guessed
            without looking would gain nothing in right answers.
    """

    name: str
    support: int
    shapley: dict[str, float]


class Contribution(_Frozen):
    """What each modality added to the score of a model on a split.

    Args:
        split: which samples.
        samples: how many of them.
        score: share of right answers, or minus the mean error of numbers.
        whole: the score with all modalities.
        nothing: the score with none.
        coalitions: the score of each set of modalities, by their names joined with ``+``; "" for
            none.
        modalities: a row for each.
        synergy: Shapley interaction index of each pair: what both add together beyond what they
            add one by one.
        classes: a row for each class that occurs; empty for numbers and several categories.
        permutations: how often each modality was shuffled.
        draws: others that stood in for a modality; 0 where none did.
    """

    split: str
    samples: int
    score: Literal["accuracy", "error"]
    whole: float
    nothing: float
    coalitions: dict[str, float]
    modalities: tuple[OfModality, ...]
    synergy: dict[str, float] = {}
    classes: tuple[OfClass, ...] = ()
    permutations: int
    draws: int

    @property
    def gain(self) -> float:
        """What all modalities add together."""
        return self.whole - self.nothing


@dataclass(frozen=True)
class Rows:
    """What each modality did for each sample.

    Args:
        stem: names of the samples.
        values: Shapley values in the log-probability of the truth (of numbers in minus the
            absolute error), [samples, modalities].
        modalities: names of the columns.
    """

    stem: NDArray[np.str_]
    values: NDArray[np.float64]
    modalities: tuple[str, ...]


def write(folder: Path, found: Contribution, rows: Rows) -> Path:
    """Put what was found into a run's folder.

    Returns:
        The file of the figures.

    Raises:
        UserError: the folder cannot be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    file = file_of(folder, found.split)
    columns = {"stem": pa.array(rows.stem.tolist(), pa.string())}
    columns |= {m: pa.array(rows.values[:, n]) for n, m in enumerate(rows.modalities)}
    stream = io.BytesIO()
    parquet.write_table(pa.table(columns), stream)
    try:
        file.parent.mkdir(exist_ok=True)
        write_atomic(file.with_suffix(".parquet"), stream.getvalue())
        write_atomic(file, found.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.",
            "Free some space or make the folder writable, then ask again.",
        ) from None
    return file


def read(folder: Path, split: str) -> tuple[Contribution, Rows] | None:
    """What was found of a split; None where nobody has asked.

    Args:
        folder: of the run.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        UserError: a file is damaged.
    """
    import pyarrow as pa
    from pyarrow import parquet

    file = file_of(folder, split)
    try:
        found = Contribution.model_validate_json(file.read_bytes())
        names = tuple(row.name for row in found.modalities)
        table = parquet.read_table(io.BytesIO(file.with_suffix(".parquet").read_bytes()))
        values = np.column_stack([table[name].to_numpy() for name in names]).astype(np.float64)
        rows = Rows(np.array(table["stem"].to_pylist(), np.str_), values, names)
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, KeyError, ValueError, TypeError, pa.ArrowException):
        raise UserError(f"{file} is damaged.", "Ask for the contributions again.") from None
    return found, rows


def file_of(folder: Path, split: str) -> Path:
    """Where the figures of a split stand."""
    return folder / "insight" / f"contribution-{split}.json"
