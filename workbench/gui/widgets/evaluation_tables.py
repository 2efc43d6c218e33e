"""Tables of an evaluation: its samples, and its classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from workbench.gui.presenters import answers
from workbench.gui.widgets.rows_model import LEFT, RIGHT, ROW_HEIGHT, RowsModel
from workbench.runs.results import ClassRow, ColumnRow, Results, Samples
from workbench.runs.results_words import number_words

_LOOKED_AT = 60
# Rows whose words say how wide a column has to be; of a million not all can be measured.
_PADDING, _HEAD_PADDING = 28, 18
# Beside the words of a cell and of its title, both sides together, in pixels.
_SHORTEST = 70
# The names of a row keep so many pixels, and numbers are cut instead.
_WIDEST = 260
# Words that are longer are cut in the middle.
Words = Callable[[int], str]
Column = tuple[str, NDArray[Any], Words, bool]
"""Title, what it is sorted by, words of a sample, and whether it holds numbers."""


class EvaluationModel(RowsModel):
    """Rows of columns, sorted by what they hold and not by how it is written.

    Text is made when a cell is seen; rows are numbers of entries.

    Args:
        parent: its parent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._given: NDArray[np.int64] = np.zeros(0, np.int64)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is shown."""
        return self._columns

    def show_columns(self, columns: tuple[Column, ...], rows: NDArray[np.int64]) -> None:
        """Show these columns.

        Args:
            columns: all of them, each over all entries.
            rows: numbers of the entries to show, in the order in which they stand unsorted.
        """
        self.beginResetModel()
        if tuple(c[0] for c in columns) != tuple(c[0] for c in self._columns):
            self._order = None
        self._columns, self._given = columns, rows
        self._refresh()
        self.endResetModel()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        title, _, _, number = self._columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if number else LEFT
        return title if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words of a cell; the tooltip has them whole."""
        _, _, words, number = self._columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if number else LEFT
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return words(self.entry(index.row()))

    def _refresh(self) -> None:
        self._rows = self._given
        if self._order is not None and self._order[0] < len(self._columns):
            column, descending = self._order
            order = np.argsort(self._columns[column][1][self._given], kind="stable")
            self._rows = self._given[order[::-1] if descending else order]


class EvaluationTable(QTableView):
    """A table over an ``EvaluationModel``, sortable by its header.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        wide: share of the room that is left over, of each column.
        parent: its parent.
    """

    def __init__(
        self, name: str, title: str, wide: tuple[int, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.rows = EvaluationModel(self)
        self._wide = wide
        self._needed: list[int] = []
        self.setModel(self.rows)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        # Fixed heights: with a million rows nothing may be measured.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(40)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSortIndicatorClearable(True)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def show_columns(
        self, columns: tuple[Column, ...], rows: NDArray[np.int64], wide: tuple[int, ...]
    ) -> None:
        """Show these columns.

        Args:
            columns: all of them.
            rows: numbers of the entries to show.
            wide: share of the room that is left over, of each column.
        """
        self._wide = wide
        self.rows.show_columns(columns, rows)
        self._needed = [self._width_of(column, rows[:_LOOKED_AT]) for column in columns]
        self._lay_out()

    def resizeEvent(self, event: Any) -> None:
        """Share a new width among the columns."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        """Every column as wide as its words; what is left over is shared, what lacks too."""
        shares = self._wide[: len(self._needed)]
        if len(shares) < len(self._needed) or not shares:
            return
        room, needed = self.viewport().width(), self._needed
        left = room - sum(needed)
        if left >= 0:
            widths = [n + left * s // sum(shares) for n, s in zip(needed, shares, strict=True)]
        else:
            widths = self._pressed(room)
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)

    def _pressed(self, room: int) -> list[int]:
        """Widths where the room is short: names are cut before numbers are."""
        names = [not number for _, _, _, number in self.rows.columns]
        of_names = sum(n for n, name in zip(self._needed, names, strict=True) if name)
        for_names = max(room - sum(self._needed) + of_names, min(of_names, _SHORTEST))
        return [
            needed * for_names // of_names if name else needed
            for needed, name in zip(self._needed, names, strict=True)
        ]

    def _width_of(self, column: Column, rows: NDArray[np.int64]) -> int:
        title, _, words, _ = column
        metrics = self.fontMetrics()
        told = [metrics.horizontalAdvance(words(int(entry))) for entry in rows]
        titled = self.horizontalHeader().fontMetrics().horizontalAdvance(title)
        return max(min(max(told, default=0), _WIDEST) + _PADDING, titled + _HEAD_PADDING)


def sample_columns(results: Results, samples: Samples) -> tuple[Column, ...]:
    """Columns of the samples: of classes with probabilities, of numbers with the error.

    Args:
        results: the figures.
        samples: the rows.
    """
    stem: Column = ("Sample", samples.stem, lambda i: str(samples.stem[i]), False)
    loss = _number("Loss", samples.loss)
    if results.task == "none":
        return (stem, _number("Place of its partner", samples.prediction), loss)
    if not results.classes:
        error = samples.prediction - samples.target
        off: Column = ("Error", np.abs(error), lambda i: _signed(float(error[i])), True)
        said = (_number("True", samples.target), _number("Predicted", samples.prediction))
        sure = (_number("±", samples.spread, 2),) if len(samples.spread) else ()
        return (stem, *said, *sure, off, loss)

    def named(title: str, values: NDArray[Any]) -> Column:
        key = answers.in_order(results, values)
        return (title, key, lambda i: answers.in_words(results, values[i]), False)

    return (
        stem,
        named("True", samples.target),
        named("Predicted", samples.prediction),
        _share("Confidence", samples.confidence),
        _share("P(true)", samples.true_probability),
        loss,
    )


def class_columns(rows: tuple[ClassRow, ...]) -> tuple[Column, ...]:
    """Columns of the classes.

    Args:
        rows: one for each class.
    """

    def share(title: str, values: list[float]) -> Column:
        # Whole per cents: of a few dozen samples the decimals would be chance.
        return (title, np.array(values), lambda i: f"{values[i]:.0%}", True)

    support = np.array([row.support for row in rows])
    return (
        ("Class", np.array([row.name for row in rows]), lambda i: rows[i].name, False),
        share("Precision", [row.precision for row in rows]),
        share("Recall", [row.recall for row in rows]),
        share("F1", [row.f1 for row in rows]),
        ("Count", support, lambda i: f"{support[i]:,}", True),
    )


def number_columns(rows: tuple[ColumnRow, ...]) -> tuple[Column, ...]:
    """Columns of several numbers: how far off each is.

    Args:
        rows: one for each number.
    """
    return (
        ("Number", np.array([row.name for row in rows]), lambda i: rows[i].name, False),
        _number("MAE", np.array([row.mae for row in rows]), 3),
        _number("RMSE", np.array([row.rmse for row in rows]), 3),
        _explained("R²", np.array([row.r2 for row in rows])),
    )


def _explained(title: str, values: NDArray[Any]) -> Column:
    # Two decimals tell all that a share of the variance can, a dash that it is not defined.
    return (title, values, lambda i: "–" if np.isnan(values[i]) else f"{values[i]:.2f}", True)


def _number(title: str, values: NDArray[Any], digits: int = 4) -> Column:
    return (title, values, lambda i: number_words(float(values[i]), digits), True)


def _share(title: str, values: NDArray[Any]) -> Column:
    return (title, values, lambda i: f"{values[i]:.1%}", True)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number_words(value)
