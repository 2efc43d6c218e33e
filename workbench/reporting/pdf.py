"""A run as PDF: the same report on paper."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Sequence

from fpdf import FPDF
from fpdf.fonts import FontFace

from workbench import resources
from workbench.reporting.gathered import Gathered
from workbench.reporting.html import MOST_CLASSES, drawings

_MARGIN = 18.0
_INK, _QUIET, _LINE = (31, 36, 48), (91, 98, 112), (227, 230, 236)


class _Paper(FPDF):
    """A4 with a quiet foot."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        self._title = title
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        fonts = resources.path("fonts")
        for style, file in (("", "Inter-Regular.otf"), ("B", "Inter-SemiBold.otf")):
            self.add_font("Inter", style, fonts / file)
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
    paper.headline("All settings")
    paper.set_font("Inter", size=7.5)
    paper.multi_cell(0, 3.6, text=run.spec.to_json(), align="L", new_x="LMARGIN", new_y="NEXT")
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
        paper.headline("What was taken for what (rows: truth, columns: said)")
        names = run.results.classes
        rows2 = [("", *names)]
        rows2 += [
            (name, *(f"{n:,}" for n in row))
            for name, row in zip(names, run.results.confusion, strict=True)
        ]
        paper.rows(rows2, (30, *[14] * len(names)), head=True)
    if run.examples:
        paper.headline("Worst samples")
        rows3 = [("Sample", "Truth", "Said", "Sure")]
        rows3 += [(e.stem, e.truth, e.said, e.sure) for e in run.examples]
        paper.rows(rows3, (50, 30, 30, 15), head=True)
