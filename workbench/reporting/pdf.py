"""A run as PDF: the same report on paper."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from fpdf import FPDF
from fpdf.fonts import FontFace

from workbench.reporting.gathered import Example, Gathered
from workbench.reporting.html import MOST_CLASSES, drawings
from workbench.reporting.pictures import Pictured, pictured
from workbench.reporting.typeface import quadratic
from workbench.runs.results import Results

_MARGIN = 18.0
_GAP = 5.0
_LETTERS = 90
# Of a text that stands beside a picture.
_RIGHT, _WRONG = (47, 95, 239), (217, 72, 15)
_INK, _QUIET, _LINE = (31, 36, 48), (91, 98, 112), (227, 230, 236)


class _Paper(FPDF):
    """A4 with a quiet foot."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        self._title = title
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        with TemporaryDirectory() as folder:
            for style, name in (("", "Inter-Regular"), ("B", "Inter-SemiBold")):
                file = Path(folder) / f"{name}.ttf"
                file.write_bytes(quadratic(f"{name}.otf"))
                self.add_font("Inter", style, file)
        self.set_title(title)
        self.add_page()

    def footer(self) -> None:
        """The name of the run and the page."""
        self.set_y(-12)
        self.set_font("Inter", size=8)
        self.set_text_color(*_QUIET)
        self.cell(text=f"{self._title} · page {self.page_no()}")

    def headline(self, words: str, size: int = 13) -> None:
        """A headline."""
        self.ln(4)
        self.set_font("Inter", "B", size)
        self.set_text_color(*_INK)
        self.multi_cell(0, text=words, new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def words(self, words: str, *, quiet: bool = False) -> None:
        """A paragraph."""
        self.set_font("Inter", size=9.5)
        self.set_text_color(*(_QUIET if quiet else _INK))
        self.multi_cell(0, 5, text=words, align="L", new_x="LMARGIN", new_y="NEXT")

    def rows(
        self, rows: Iterable[Sequence[str]], widths: tuple[int, ...], *, head: bool = False
    ) -> None:
        """A table."""
        self.set_font("Inter", size=9)
        self.set_text_color(*_INK)
        self.set_draw_color(*_LINE)
        face = FontFace(emphasis="", color=_QUIET)
        align = ("LEFT", *["RIGHT"] * (len(widths) - 1)) if head else "LEFT"
        with self.table(
            col_widths=widths, borders_layout="HORIZONTAL_LINES", line_height=5.2,
            first_row_as_headings=head, headings_style=face, text_align=align,
        ) as table:  # fmt: skip
            for row in rows:
                table.row(row)


def pdf(run: Gathered) -> bytes:
    """The report, as the bytes of a PDF file.

    Args:
        run: what it tells.
    """
    # Letters that the font lacks are drawn as empty boxes; saying so for each would fill the log.
    logging.getLogger("fpdf").setLevel(logging.ERROR)
    paper = _Paper(run.spec.name)
    paper.headline(run.spec.name, 20)
    paper.words(
        f"{run.facts['Target']} · {run.facts['Modalities']} · made {run.made} by the "
        "Multimodal Workbench", quiet=True,
    )  # fmt: skip
    paper.headline(run.title)
    paper.words(run.sentence)
    if run.figures:
        paper.ln(2)
        paper.rows([(f.caption, f.value, f.note) for f in run.figures], (40, 25, 60))
    paper.headline("Data and training")
    paper.rows(run.facts.items(), (35, 90))
    paper.headline("Recipe")
    paper.rows(run.recipe.items(), (35, 90))
    for title, svg, note in drawings(run):
        if paper.will_page_break(85):
            paper.add_page()
        paper.headline(title)
        paper.image(io.BytesIO(svg.encode()), w=150)
        paper.words(note, quiet=True)
    _tables(paper, run)
    if run.environment:
        paper.headline("Environment")
        paper.rows(((name, str(value)) for name, value in run.environment.items()), (35, 90))
    paper.headline("All settings")
    paper.set_font("Inter", size=7)
    with paper.text_columns(ncols=3, gutter=6, line_height=1.25, text_align="L") as columns:
        # Spaces at the beginning of a line would be left away.
        columns.write(run.spec.to_json().replace("  ", "\u00a0\u00a0\u00a0"))
    return bytes(paper.output())


def _tables(paper: _Paper, run: Gathered) -> None:
    if run.results is not None and run.results.per_class:
        paper.headline("Classes")
        rows = [("Class", "Precision", "Recall", "F1", "Samples")]
        rows += [
            (c.name, f"{c.precision:.1%}", f"{c.recall:.1%}", f"{c.f1:.1%}", f"{c.support:,}")
            for c in run.results.per_class
        ]
        paper.rows(rows, (40, 20, 20, 20, 20), head=True)
    if run.results is not None and 0 < len(run.results.confusion) <= min(MOST_CLASSES, 12):
        _matrix(paper, run.results)
    if run.examples:
        _examples(paper, run)


def _matrix(paper: _Paper, results: Results) -> None:
    """What was taken for what, each row coloured by its shares; never broken over two pages."""
    names, counts = results.classes, results.confusion
    if paper.will_page_break(30 + 6 * len(names)):
        paper.add_page()
    paper.headline("What was taken for what (rows: truth, columns: said)")
    paper.set_font("Inter", size=8)
    paper.set_draw_color(*_LINE)
    face = FontFace(emphasis="", color=_QUIET)
    align = ("LEFT", *["CENTER"] * len(names))
    with paper.table(
        col_widths=(30, *[14] * len(names)), borders_layout="NONE", line_height=5,
        headings_style=face, text_align=align,
    ) as table:  # fmt: skip
        table.row(("", *names))
        for place, (name, row) in enumerate(zip(names, counts, strict=True)):
            drawn = table.row()
            drawn.cell(name)
            for column, count in enumerate(row):
                share = 0.75 * count / max(sum(row), 1)
                colour = _shade(_RIGHT if column == place else _WRONG, share)
                drawn.cell(f"{count:,}", style=FontFace(fill_color=colour))


def _shade(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """A colour on white paper."""
    red, green, blue = (round(255 + (part - 255) * share) for part in colour)
    return red, green, blue


def _examples(paper: _Paper, run: Gathered) -> None:
    """The worst samples as cards, four in a row."""
    shown = pictured(run.spec.data, [each.stem for each in run.examples])
    wide = (paper.epw - 3 * _GAP) / 4
    paper.headline("Worst samples")
    for start in range(0, len(run.examples), 4):
        row = run.examples[start : start + 4]
        if paper.will_page_break(58):
            paper.add_page()
        top = lowest = paper.get_y()
        for place, each in enumerate(row):
            left = _MARGIN + place * (wide + _GAP)
            _example(paper, each, shown.get(each.stem), left, top, wide)
            lowest = max(lowest, paper.get_y())
        paper.set_y(lowest + _GAP)


def _example(
    paper: _Paper, each: Example, shown: Pictured | None, left: float, top: float, wide: float
) -> None:
    at = top
    for encoded, high in ((shown and shown.picture, 24.0), (shown and shown.sound, 12.0)):
        if encoded:
            stream = io.BytesIO(base64.b64decode(encoded))
            paper.image(stream, left, at, min(wide, 24), high, keep_aspect_ratio=True)
            at += high + 1
    sure = f" ({each.sure})" if each.sure else ""
    words = [(each.stem, _INK), (f"true: {each.truth}", _QUIET), (f"said: {each.said}{sure}", _INK)]
    if shown and shown.text:
        words.insert(0, (f"“{shown.text[:_LETTERS]}”", _QUIET))
    paper.set_font("Inter", size=7.5)
    paper.set_xy(left, at)
    for line, colour in words:
        paper.set_text_color(*colour)
        paper.set_x(left)
        paper.multi_cell(wide, 3.6, text=line, align="L", new_x="LEFT", new_y="NEXT")
