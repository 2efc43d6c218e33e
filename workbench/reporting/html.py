"""A run as one HTML file that needs no network and runs no script."""

from __future__ import annotations

from collections.abc import Iterator

import jinja2
from markupsafe import Markup

from workbench import resources
from workbench.reporting import drawing
from workbench.reporting.gathered import Gathered
from workbench.reporting.pictures import pictured

MOST_CLASSES = 30
"""A larger confusion matrix is no picture any more."""
_TITLES = {"image": "picture", "audio": "sound", "text": "text"}


def templates() -> jinja2.Environment:
    """Templates of pages; what is put in is escaped, and what is missing is an error."""
    loader = jinja2.FileSystemLoader(str(resources.path("report")))
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )


def html(run: Gathered) -> str:
    """The report.

    Everything that comes from data, names and settings is escaped.

    Args:
        run: what it tells.
    """
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            run=run,
            # Drawn here, and escaped where it is drawn.
            drawings=[(title, Markup(svg), note) for title, svg, note in drawings(run)],
            matrix=list(_matrix(run)),
            pictures=pictured(run.spec.data, [sample.stem for sample in run.examples]),
            settings=run.spec.to_json(),
        )
    )


def drawings(run: Gathered) -> Iterator[tuple[str, str, str]]:
    """Title, SVG and a note of each drawing.

    Args:
        run: what is drawn.
    """
    curves = run.curves
    if "loss" in curves.train or "loss" in curves.validation:
        series = {
            name: (group["loss"].x.tolist(), group["loss"].y.tolist())
            for name, group in (("train", curves.train), ("validation", curves.validation))
            if "loss" in group
        }
        note = f"Dotted: the best epoch, {curves.best}, whose weights are kept."
        yield (
            "Loss in training",
            drawing.lines(series, "epoch", "loss", mark=float(curves.best) or None),
            note,
        )
    carried = run.carried
    if carried is not None:
        points = 100.0 if carried.score == "accuracy" else 1.0
        values = {
            _TITLES[row.name]: tuple(points * v for v in (row.shapley, *row.between))
            for row in carried.modalities
        }
        unit = " points" if carried.score == "accuracy" else ""
        note = (
            f"Shapley values over {carried.samples:,} samples: together they are exactly what the "
            f"model gains over knowing nothing. Lines: 95 % intervals."
        )
        yield "What each modality added", drawing.bars(values, unit), note  # type: ignore[arg-type]  # three numbers each
    if run.calibration is not None:
        plain = run.calibration.plain
        series = {"as it says": (plain.confidence, plain.accuracy)}
        if run.calibration.scaled is not None:
            scaled = run.calibration.scaled
            series["mended"] = (scaled.confidence, scaled.accuracy)
        note = f"Expected calibration error {plain.error:.1%} ({run.calibration.bins} bins)."
        yield (
            "Does it know how sure it is?",
            drawing.lines(series, "says to be sure", "is right", diagonal=True),
            note,
        )


def _matrix(run: Gathered) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    if run.results is None or not 0 < len(run.results.confusion) <= MOST_CLASSES:
        return
    for place, (name, row) in enumerate(
        zip(run.results.classes, run.results.confusion, strict=True)
    ):
        total = max(sum(row), 1)
        cells = []
        for column, count in enumerate(row):
            colour = "47,95,239" if column == place else "217,72,15"
            cells.append((count, f"background:rgba({colour},{0.75 * count / total:.2f})"))
        yield name, cells
