"""Runs beside each other as one HTML file that needs no network and runs no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from workbench.comparing import overlay, words
from workbench.comparing.answers import PARTS
from workbench.comparing.comparison import Against, Comparison
from workbench.reporting import drawing
from workbench.reporting.html import templates
from workbench.reporting.writing import write

MOST_ROWS = 20
"""Samples of each part that two runs disagree on."""
_MOST_FIGURES = 4


def write_comparison(comparison: Comparison, file: Path) -> None:
    """Write the page.

    Args:
        comparison: what it tells.
        file: where; its folder is made where it is missing.

    Raises:
        UserError: it cannot be written.
    """
    write(file, page(comparison))


def page(comparison: Comparison) -> str:
    """The page; everything that comes from data, names and settings is escaped.

    Args:
        comparison: what it tells.
    """
    first = comparison.sides[0].name
    return templates().get_template("comparison.html.j2").render(
        runs=[side.name for side in comparison.sides],
        made=f"{datetime.now():%Y-%m-%d %H:%M}",
        sentences=[words.headline(comparison, each) for each in comparison.against],
        warnings=[*comparison.warnings, words.ONE_EACH],
        figures=words.figure_rows(comparison),
        settings=words.setting_rows(comparison),
        table=_table,
        drawings=[(title, Markup(svg), note) for title, svg, note in _drawings(comparison)],
        pairs=[_pair(first, each) for each in comparison.against if each.answers is not None],
    )  # fmt: skip


def _table(rows: Sequence[Sequence[str]], numbers: bool) -> Markup:
    css = Markup(' class="n"') if numbers else Markup("")
    lines = []
    for place, row in enumerate(rows):
        tag = Markup("th") if place == 0 else Markup("td")
        cells = [Markup("<th>{}</th>").format(row[0])]
        cells += [Markup("<{}{}>{}</{}>").format(tag, css, cell, tag) for cell in row[1:]]
        lines.append(Markup("<tr>{}</tr>").format(Markup("").join(cells)))
    return Markup("<table>{}</table>").format(Markup("").join(lines))


def _drawings(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    tracks = [side.track for side in comparison.sides]
    for figure in overlay.figures_of(tracks)[:_MOST_FIGURES]:
        found = overlay.lines(tracks, figure)
        if not any(len(line.x) > 1 for line in found):
            continue
        series = {line.name: (line.x.tolist(), line.y.tolist()) for line in found}
        means = [f"{line.name}: mean of {line.runs}" for line in found if line.runs > 1]
        note = "; ".join(means) or "One line a run."
        if "loss" in figure and len(found) > 1:
            note += " Values of different losses do not compare."
        title = words.metric_title(figure).capitalize()
        yield title, drawing.lines(series, "epoch", title), note


def _pair(first: str, against: Against) -> dict[str, Any]:
    both, second = against.answers, against.side.name
    if both is None:
        raise ValueError("there are no answers")
    shown = [part for part in PARTS if both.score == "right" or part in ("first", "second")]
    told = [words.part_words(part, both, first, second).rpartition(" · ") for part in shown]
    rows = [
        words.answer_words(both, row)
        for part in PARTS[:2]
        for row in both.rows(part)[:MOST_ROWS].tolist()
    ]
    note = f"Up to {MOST_ROWS} samples where each leads, the surest or largest first."
    return {
        "title": f"{first} and {second}", "first": first, "second": second, "rows": rows,
        "counts": [(each[0], each[2]) for each in told], "note": note,
    }  # fmt: skip
