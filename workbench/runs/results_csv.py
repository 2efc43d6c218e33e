"""The rows of an evaluation as CSV, for other programs.

Classes stand by their names, several of one sample as a JSON list of names; several numbers have a
column each, ``target x``.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np

from workbench.runs.results import Results, Samples

_ANSWERS = ("target", "prediction")
_FIGURES = ("confidence", "true_probability", "loss")


def to_csv(results: Results, samples: Samples) -> str:
    """All rows as text, the first line naming the columns.

    Args:
        results: the figures; they name classes and columns.
        samples: the rows.
    """
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


def _header(results: Results) -> list[str]:
    answers = [f"{what} {name}" for what in _ANSWERS for name in results.columns]
    return ["stem", *(answers or _ANSWERS), *_FIGURES, *_spread_header(results)]


def _spread_header(results: Results) -> list[str]:
    if not results.has_spread:
        return []
    return [f"spread {name}" for name in results.columns] or ["spread"]


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
