"""Where the cells of a confusion matrix lie, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor

from workbench.gui.theme import Theme

Cell = tuple[int, int]
"""Row (true class) and column (predicted class)."""

LINE = 16
"""Height of a line of names, in pixels."""

_EDGE = 4.0
_WIDEST, _HIGHEST = 280.0, 160.0


@dataclass(frozen=True)
class Grid:
    """Where the cells lie, in pixels.

    Args:
        left: left edge of the first column.
        top: upper edge of the first row.
        width: of a cell.
        height: of a cell.
        many: rows, and columns.
        foot: room for the names beneath the columns.
        upright: these names stand upright.
    """

    left: float
    top: float
    width: float
    height: float
    many: int
    foot: float
    upright: bool

    @property
    def floor(self) -> float:
        """Lower edge of the last row."""
        return self.top + self.many * self.height

    def cell(self, row: int, column: int) -> QRectF:
        """The place of a cell."""
        return QRectF(
            self.left + column * self.width, self.top + row * self.height, self.width, self.height
        )

    def at(self, place: QPointF) -> Cell | None:
        """The cell at a place."""
        column = int((place.x() - self.left) // self.width)
        row = int((place.y() - self.top) // self.height)
        inside = 0 <= row < self.many and 0 <= column < self.many
        return (row, column) if inside else None


def grid_of(width: float, height: float, many: int, widest: float) -> Grid:
    """Lay a matrix out: names at the left and beneath, cells in the room that is left.

    Args:
        width: of the whole, in pixels.
        height: of the whole, in pixels.
        many: classes.
        widest: width of the longest name.
    """
    many = max(many, 1)
    left = LINE + min(widest, width * 0.28) + 8
    cell = max(min((width - left - _EDGE) / many, _WIDEST), 1.0)
    # Names that fit beneath neither their column nor in part stand upright.
    upright = widest > cell - 6 and cell < 64
    foot = (min(widest, height * 0.24) if upright else LINE) + 8.0
    high = max(min((height - foot - LINE - 2 * _EDGE) / many, _HIGHEST), 1.0)
    return Grid(left, _EDGE, cell, high, many, foot, upright)


def colour_of(worn: Theme, share: float, right: bool) -> QColor:
    """The panel mixed with the accent, or with a warm colour; an empty cell is the ground.

    Args:
        worn: the theme.
        share: of the row, 0..1.
        right: the cell lies on the diagonal.
    """
    if share <= 0:
        return QColor(worn.ground)
    over = QColor(worn.accent if right else worn.colour_of("validation"))
    under = QColor(worn.panel)
    # The root lifts small shares above the ground: single mistakes must be seen.
    part = 0.12 + 0.88 * share**0.7
    return QColor.fromRgbF(
        part * over.redF() + (1 - part) * under.redF(),
        part * over.greenF() + (1 - part) * under.greenF(),
        part * over.blueF() + (1 - part) * under.blueF(),
    )


def luminance(colour: QColor) -> float:
    """Relative luminance, 0..1, as WCAG 2.1 defines it."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """Contrast of two colours, 1..21, as WCAG 2.1 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable(worn: Theme, ground: QColor) -> QColor:
    """The colour of words on a ground, with a contrast of at least 4.5.

    Args:
        worn: the theme.
        ground: what is behind.
    """
    # Black or white reaches 4.58 on any ground; the theme's own colours look better where they do.
    own = [QColor(worn.text), QColor(worn.on_accent)]
    best = max(own, key=lambda colour: contrast(colour, ground))
    if contrast(best, ground) >= 4.5:
        return best
    return max((QColor("black"), QColor("white")), key=lambda colour: contrast(colour, ground))
