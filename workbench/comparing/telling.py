"""A comparison of runs for the command line: as lines of text, as data, as CSV."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from workbench.comparing import words
from workbench.comparing.answers import PARTS
from workbench.comparing.comparison import Against, Comparison
from workbench.writing import harmless_cell


def facts(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain data.

    Args:
        comparison: it.
    """
    return {
        "split": comparison.split,
        "runs": [
            {
                "run": str(side.run.folder),
                "name": side.name,
                "metrics": {name: _number(value) for name, value in side.metrics.items()},
                "settings": {place: side.values.get(place) for place in comparison.differing},
            }
            for side in comparison.sides
        ],
        "against_first": [_against(each) for each in comparison.against],
        "warnings": list(comparison.warnings),
    }


def _against(against: Against) -> dict[str, Any]:
    told: dict[str, Any] = {"run": str(against.side.run.folder), "problem": against.problem}
    both = against.answers
    if both is None:
        return told
    return told | {
        "score": both.score,
        "samples": len(both.one),
        "left_out": both.left_out,
        "lead": _number(against.lead),
        "interval": [_number(end) for end in against.interval],
        "p": _number(against.p),
        # "first" and "second" as the answers know them: the first of all runs, and this one.
        "disagreement": {part: both.one.stem[both.rows(part)].tolist() for part in PARTS[:2]},
        "counts": {part: len(both.rows(part)) for part in PARTS},
    }


def _number(value: float) -> float | None:
    # JSON knows no NaN.
    return value if math.isfinite(value) else None


def lines(comparison: Comparison) -> str:
    """A comparison in lines of text.

    Args:
        comparison: it.
    """
    found = [words.headline(comparison, each) for each in comparison.against]
    found += ["", *_table(words.figure_rows(comparison))]
    if comparison.differing:
        found += ["", *_table(words.setting_rows(comparison))]
    found += ["", *(f"Beware: {each}" for each in (*comparison.warnings, words.ONE_EACH))]
    return "\n".join(found)


def _table(rows: list[list[str]]) -> list[str]:
    wide = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:<{size}}" for cell, size in zip(row, wide, strict=True)).rstrip()
        for row in rows
    ]


def to_csv(comparison: Comparison) -> str:
    """Figures and differing settings, a line for each run.

    Args:
        comparison: it.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["run", "name", *comparison.metrics, *comparison.differing])
    for side in comparison.sides:
        figures = [side.metrics.get(name, "") for name in comparison.metrics]
        told = [side.values.get(place) for place in comparison.differing]
        settings = [harmless_cell("" if each is None else str(each)) for each in told]
        names = [harmless_cell(side.run.name), harmless_cell(side.name)]
        writer.writerow([*names, *figures, *settings])
    return stream.getvalue()
