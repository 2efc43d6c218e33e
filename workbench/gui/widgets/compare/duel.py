"""The duels of the compare screen: their list, the form of a new one, the one that is looked at."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.compare.duel import DuelPresenter, DuelRow, DuelState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.compare.duel_form import DuelFormView
from workbench.gui.widgets.compare.duel_shown import DuelShownView
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.seen import SeenPage

_FOLDER = Qt.ItemDataRole.UserRole
_WIDTH = 220
_NOTHING = "Duels that were begun stand here, with their verdicts."


class DuelView(SeenPage):
    """Shows a ``DuelState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: DuelPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "duel", "Duels", parent)
        self._presenter = presenter
        self._rows: tuple[DuelRow, ...] = ()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("duel_banner")
        outer.addWidget(self.banner)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._list())
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        self.form = DuelFormView(presenter)
        self.shown = DuelShownView(presenter)
        self._stack.addWidget(self.form)
        self._stack.addWidget(self.shown)
        row.addWidget(pages, 1)
        outer.addLayout(row, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: DuelState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(1 if state.page == "duel" else 0)
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self.nothing.setVisible(not state.rows)
        self.list.setVisible(bool(state.rows))
        if state.rows != self._rows:
            self._show_rows(state.rows)
        with QSignalBlocker(self.list):
            place = next(
                (n for n, each in enumerate(state.rows) if each.folder == state.chosen), -1
            )
            self.list.setCurrentRow(place)

    def _show_rows(self, rows: tuple[DuelRow, ...]) -> None:
        self._rows = rows
        with QSignalBlocker(self.list):
            while self.list.count() > len(rows):
                self.list.takeItem(self.list.count() - 1)
            while self.list.count() < len(rows):
                self.list.addItem(QListWidgetItem())
            for place, row in enumerate(rows):
                item = self.list.item(place)
                item.setText(f"{row.title}\n{row.words}")
                item.setToolTip(f"{row.title}: {row.words}")
                item.setData(_FOLDER, row.folder)

    def _list(self) -> Card:
        card = Card("Duels", " ", "duel_list_card")
        card.setFixedWidth(_WIDTH)
        self.new = Button("New duel", "duel_new", icon_name="plus")
        self.new.clicked.connect(self._presenter.begin_form)
        card.body.addWidget(self.new)
        self.nothing = label(_NOTHING, "quiet", "duel_nothing", wrap=True)
        card.body.addWidget(self.nothing)
        self.list = QListWidget()
        self.list.setObjectName("duel_list")
        self.list.setAccessibleName("Duels")
        self.list.setSpacing(2)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemSelectionChanged.connect(self._open)
        card.body.addWidget(self.list, 1)
        card.body.addSpacing(theme.GAP_SMALL)
        card.body.addStretch(0)
        return card

    @Slot()
    def _open(self) -> None:
        item = self.list.currentItem()
        if item is not None and item.isSelected():
            self._presenter.open(item.data(_FOLDER))
