"""The tab of samples: what to list, the list as table or pictures, and the chosen sample."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QItemSelection, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.listing import samples_of
from workbench.gui.presenters.insight.sample_rows import Rows
from workbench.gui.presenters.insight.samples import BrowserPresenter, BrowserState
from workbench.gui.presenters.samples import SamplesPresenter, SamplesState
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable
from workbench.gui.widgets.gallery import Gallery
from workbench.gui.widgets.insight.sample_facts import SampleWords
from workbench.gui.widgets.insight.samples_head import SamplesHead
from workbench.gui.widgets.labels import label, set_role
from workbench.gui.widgets.sample import SampleView
from workbench.runs.browsing import Order, Pool
from workbench.runs.results_words import number_words

_WIDTHS = (24, 18, 18, 14, 26)
_NO_CLASSES = (32, 15, 15, 14, 24)


class BrowserView(QWidget):
    """Shows a ``BrowserState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: BrowserPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results_browser")
        self.setAccessibleName("Samples")
        self._presenter = presenter
        self._listed: tuple[object, ...] = ()
        self._pictured: tuple[object, ...] = ()
        self._shown: tuple[object, ...] = ()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("browser_banner")
        outer.addWidget(self.banner)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(self._list(), 66)
        columns.addWidget(self._sample(), 34)
        outer.addLayout(columns, 1)
        for keys, by in (("Alt+Down", 1), ("Alt+Up", -1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: presenter.step(by))
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def showEvent(self, event: QShowEvent) -> None:
        """Read what is to be shown, now that somebody looks."""
        super().showEvent(event)
        self._presenter.look(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is read while nobody looks."""
        super().hideEvent(event)
        self._presenter.look(False)
        self.sample.sound.player.stop()

    @Slot(object)
    def show_state(self, state: BrowserState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        elif state.told:
            self.banner.show_info(state.told)
        else:
            self.banner.hide()
        self.head.show_state(state)
        self._show_list(state)
        self._show_facts(state)

    def _show_list(self, state: BrowserState) -> None:
        pictures = self.head.as_gallery.isChecked() and state.index is not None
        listed = (state.pool, state.rows, state.wish.order)
        if not _same(listed, self._listed) and not state.busy:
            self._listed = listed
            self._fill(state)
        pictured = (state.index, state.rows, state.places)
        if pictures and not _same(pictured, self._pictured) and len(state.places):
            self._pictured = pictured
            self._picture(state)
        page: QWidget = self.gallery if pictures else self.table
        if state.nothing:
            self._nothing.setText(state.nothing)
            page = self._nothing
        self._stack.setCurrentWidget(page)
        self._mark(state)

    def _fill(self, state: BrowserState) -> None:
        if state.pool is None:
            self.table.show_columns((), np.zeros(0, np.int64), ())
            return
        columns = _columns(state.pool, state.wish.order, state.rows)
        widths = _WIDTHS if state.pool.classes else _NO_CLASSES
        with QSignalBlocker(self.table.selectionModel()):
            self.table.show_columns(columns, state.rows, widths)

    def _picture(self, state: BrowserState) -> None:
        assert state.index is not None
        assert state.pools is not None
        wanted = state.pools.split.results.target
        target = wanted if wanted in state.index.targets else ""
        places = state.places[state.rows]
        samples = samples_of(state.index, target)
        self.gallery.show_state(SamplesState(samples=samples, rows=places[places >= 0]))

    def _mark(self, state: BrowserState) -> None:
        """Choose in table and gallery what is looked at."""
        if state.facts is None:
            return
        row = self.table.rows.row_of(state.facts.row)
        if row >= 0 and self.table.currentIndex().row() != row:
            with QSignalBlocker(self.table.selectionModel()):
                self.table.selectRow(row)
            self.table.viewport().update()
            self.table.scrollTo(self.table.rows.index(row, 0))
        if self.head.as_gallery.isChecked() and len(state.places):
            self.gallery.look_at(int(state.places[state.facts.row]))

    def _show_facts(self, state: BrowserState) -> None:
        facts = state.facts
        self.words.setVisible(facts is not None)
        shown = (state.pool, state.index, None if facts is None else facts.row, len(state.places))
        if facts is not None:
            self.words.show_facts(facts)
        if _same(shown, self._shown):
            return
        self._shown = shown
        place = int(state.places[facts.row]) if facts is not None and len(state.places) else -1
        if state.index is None or place < 0:
            self.sample.clear()
        else:
            self.sample.show_sample(state.index, place)

    def _list(self) -> Card:
        card = Card("", "", "browser_card")
        self.head = SamplesHead(self._presenter)
        card.body.addWidget(self.head)
        self.table = EvaluationTable("browser_table", "Samples of the run", _WIDTHS)
        self.table.selectionModel().selectionChanged.connect(self._select)
        # Only its signals are used: what is listed comes from this tab's own presenter.
        self.gallery = Gallery("browser_gallery", SamplesPresenter(self))
        self.gallery.chosen.connect(self._choose_place)
        self.gallery.side_changed.connect(self.head.side.setValue)
        self.head.side.valueChanged.connect(self.gallery.show_side)
        self._nothing = label("", "quiet", "browser_nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        for page in (self.table, self.gallery, self._nothing):
            self._stack.addWidget(page)
        card.body.addLayout(self._stack, 1)
        ways = QButtonGroup(self)
        for button in (self.head.as_table, self.head.as_gallery):
            ways.addButton(button)
            button.clicked.connect(self._turn)
        self.head.export.clicked.connect(self._ask_where)
        return card

    def _sample(self) -> Card:
        card = Card("", "", "browser_sample_card")
        inside = QWidget()
        set_role(inside, "panel")
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, theme.GAP, 0)
        box.setSpacing(theme.GAP)
        self.words = SampleWords("browser_words")
        self.sample = SampleView("browser_sample")
        self.sample.title.hide()
        self.sample.target.hide()
        box.addWidget(self.words)
        box.addWidget(self.sample, 1)
        area = QScrollArea()
        set_role(area, "panel")
        area.setObjectName("browser_sample_area")
        area.setAccessibleName("The sample")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        card.body.addWidget(area, 1)
        return card

    def _select(self, selected: QItemSelection) -> None:
        if selected.indexes():
            self._presenter.choose(self.table.rows.entry(selected.indexes()[0].row()))

    @Slot(int)
    def _choose_place(self, place: int) -> None:
        found = np.flatnonzero(self._presenter.state.places == place)
        if len(found):
            self._presenter.choose(int(found[0]))

    @Slot()
    def _turn(self) -> None:
        self.head.side.setVisible(self.head.as_gallery.isChecked())
        self._show_list(self._presenter.state)
        page: QWidget = self.gallery if self.head.as_gallery.isChecked() else self.table
        page.setFocus()

    @Slot()
    def _ask_where(self) -> None:
        order = self._presenter.state.wish.order
        dialog = QFileDialog(self, "Save the list", f"{order}.csv", "Tables (*.csv)")
        dialog.setObjectName("browser_save")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(self._presenter.export)
        dialog.open()


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two states show the same; arrays are never compared number by number."""
    return len(one) == len(other) and all(
        a is b or (isinstance(a, int | str) and a == b) for a, b in zip(one, other, strict=True)
    )


def _columns(pool: Pool, order: Order, rows: Rows) -> tuple[Column, ...]:
    rank = np.zeros(len(pool.stems), np.int64)
    rank[rows] = np.arange(len(rows))
    true, said = pool.keys
    shown = pool.loss
    title = "Mean loss" if pool.name == "training" else "Loss"
    number = not pool.classes
    told = (
        ("True", true, lambda n: pool.true(n) or "–", number),
        ("Predicted", said, lambda n: pool.said(n) or "–", number),
    )
    if len(rows) and number and not pool.true(int(rows[0])) and not pool.said(int(rows[0])):
        # Pairs have neither.
        return (
            ("Sample", pool.stems, lambda n: str(pool.stems[n]), False),
            (title, shown, lambda n: number_words(float(shown[n])), True),
        )
    return (
        ("Sample", pool.stems, lambda n: str(pool.stems[n]), False),
        *told,
        (title, shown, lambda n: number_words(float(shown[n])), True),
        ("Why", rank, lambda n: pool.brief(order, n), False),
    )
