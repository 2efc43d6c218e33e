"""What duels and searches look alike in: a list beside a form or the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.compare.experiments import ExperimentsPresenter
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.seen import SeenPage

_FOLDER = Qt.ItemDataRole.UserRole
_WIDTH = 220


class ExperimentRow(Protocol):
    """An experiment in the list."""

    @property
    def folder(self) -> Path:
        """Its folder."""
        ...

    @property
    def title(self) -> str:
        """Its name."""
        ...

    @property
    def words(self) -> str:
        """How it stands."""
        ...


class ExperimentList(Card):
    """Experiments, the newest first, and a button for a new one.

    Args:
        title: of the card.
        name: objectNames of its parts begin with it.
        new: words of the button.
        nothing: what is said before there are any.
        parent: its parent.
    """

    new_wished = Signal()
    """The form of a new one is wished."""

    opened = Signal(object)
    """The ``Path`` of the one that was chosen."""

    def __init__(
        self, title: str, name: str, new: str, nothing: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, " ", f"{name}_list_card", parent=parent)
        self.setFixedWidth(_WIDTH)
        self._rows: tuple[ExperimentRow, ...] = ()
        self.new = Button(new, f"{name}_new", icon_name="plus")
        self.new.clicked.connect(self.new_wished)
        self.body.addWidget(self.new)
        self.nothing = label(nothing, "quiet", f"{name}_nothing", wrap=True)
        self.body.addWidget(self.nothing)
        self.list = QListWidget()
        self.list.setObjectName(f"{name}_list")
        self.list.setAccessibleName(title)
        self.list.setSpacing(2)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemSelectionChanged.connect(self._open)
        self.body.addWidget(self.list, 1)
        self.body.addSpacing(theme.GAP_SMALL)
        self.body.addStretch(0)

    def show_rows(self, rows: Sequence[ExperimentRow], chosen: Path | None) -> None:
        """Show these experiments.

        Args:
            rows: the newest first.
            chosen: folder of the one that is looked at; None for none.
        """
        self.nothing.setVisible(not rows)
        self.list.setVisible(bool(rows))
        with QSignalBlocker(self.list):
            if tuple(rows) != self._rows:
                self._fill(tuple(rows))
            place = next((n for n, each in enumerate(rows) if each.folder == chosen), -1)
            self.list.setCurrentRow(place)

    def _fill(self, rows: tuple[ExperimentRow, ...]) -> None:
        self._rows = rows
        while self.list.count() > len(rows):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(rows):
            self.list.addItem(QListWidgetItem())
        for place, row in enumerate(rows):
            item = self.list.item(place)
            item.setText(f"{row.title}\n{row.words}")
            item.setToolTip(f"{row.title}: {row.words}")
            item.setData(_FOLDER, row.folder)

    @Slot()
    def _open(self) -> None:
        item = self.list.currentItem()
        if item is not None and item.isSelected():
            self.opened.emit(item.data(_FOLDER))


class ExperimentsView(SeenPage):
    """The list, and beside it the form of a new experiment or the one that is looked at.

    Args:
        presenter: who decides; its state has ``page``, ``rows``, ``chosen`` and ``error``.
        experiments: the list.
        form: the form; shown on the page of that name.
        shown: shows the one that is looked at.
        name: its ``objectName``.
        title: its accessible name.
        parent: its parent.
    """

    def __init__(
        self, presenter: ExperimentsPresenter, experiments: ExperimentList, form: QWidget,
        shown: QWidget, name: str, title: str, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(presenter, name, title, parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner(f"{name}_banner")
        outer.addWidget(self.banner)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.experiments = experiments
        experiments.opened.connect(presenter.open)
        row.addWidget(experiments)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        self._stack.addWidget(form)
        self._stack.addWidget(shown)
        row.addWidget(pages, 1)
        outer.addLayout(row, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: Any) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(0 if state.page == "form" else 1)
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self.experiments.show_rows(state.rows, state.chosen)
