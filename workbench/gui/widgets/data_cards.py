"""The cards of the data screen: what is learned, and what is known about the data."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStackedLayout,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.data import DataPresenter, DataState
from workbench.gui.presenters.data_words import counts_in_words
from workbench.gui.widgets.balance import BalanceView, SplitLegend
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.division import DivisionView
from workbench.gui.widgets.findings import FindingsView
from workbench.gui.widgets.labels import MODALITY_ICONS, IconLabel, IconRow, label
from workbench.parts import MODALITIES

_TABS = ("Findings", "Division", "Reading")


class RoomyCard(Card):
    """A card that takes the room it is given: what it shows must not move its neighbours."""

    def hasHeightForWidth(self) -> bool:
        """Wrapped words inside do not ask for more height."""
        return False


class TargetCard(RoomyCard):
    """The target, what it is learned as, and how its values are spread.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    rows_wished = Signal(object, str)
    """Rows of the samples to show, and what they are."""

    def __init__(self, presenter: DataPresenter, parent: QWidget | None = None) -> None:
        super().__init__("What is learned", "", "data_target_card", parent)
        self._presenter = presenter
        self.target = Combo("data_target", "Target column", letters=8)
        self.task = Combo("data_task", "Learned as", letters=8)
        self.target.picked.connect(presenter.choose_target)
        self.task.picked.connect(presenter.choose_task)
        self._as = label("as", "quiet")
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.target, 5)
        row.addWidget(self._as)
        row.addWidget(self.task, 6)
        self.body.addLayout(row)
        self.balance = BalanceView("data_balance")
        self.body.addWidget(self.balance, 1)
        self._legend = SplitLegend("data_legend")
        self.body.addWidget(self._legend)
        note = QHBoxLayout()
        note.setSpacing(theme.GAP)
        self._note = label("", "quiet", "data_balance_note", wrap=True)
        self._missing = Button("Show", "data_missing_show", flat=True)
        self._missing.setProperty("link", True)
        self._missing.clicked.connect(self._show_missing)
        note.addWidget(self._note, 1)
        note.addWidget(self._missing, 0, Qt.AlignmentFlag.AlignTop)
        self._order = Button("Order…", "data_order", flat=True)
        self._order.setProperty("link", True)
        self._order.setToolTip("Put the categories into another order")
        self._order.clicked.connect(presenter.correct)
        note.addWidget(self._order, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(note)

    def show_state(self, state: DataState) -> None:
        """Show the target of the state."""
        figures = state.figures
        self.target.show_choices(state.targets, state.target)
        self.task.show_choices(figures.tasks, state.task)
        self.task.setEnabled(not state.rereading)
        self.task.setVisible(bool(state.target))
        self._as.setVisible(bool(state.target))
        self.hint.setText("Reading anew…" if state.rereading else "")
        self.balance.show_balance(figures.balance)
        self._legend.setVisible(figures.division.splits is not None and bool(state.target))
        self._note.setText(figures.balance.note)
        self._order.setVisible(state.task == "ordered")
        self._missing.setVisible(figures.without_target > 0)
        self._missing.setAccessibleName(f"Show the {figures.without_target:,} without a value")

    def _show_missing(self) -> None:
        rows = self._presenter.state.rows_without_target
        self.rows_wished.emit(rows, f"Without a value of {self._presenter.state.target}")


class AboutCard(RoomyCard):
    """Findings, division and reading, behind three tabs; and how far the look at every file is.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    rows_wished = Signal(object, str)
    """Rows of the samples to show, and what they are."""

    def __init__(self, presenter: DataPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", "", "data_about", parent, dense=True)
        self._presenter = presenter
        self.tabs = QTabBar()
        self.tabs.setObjectName("data_tabs")
        self.tabs.setAccessibleName("What is known about the data")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for words in _TABS:
            self.tabs.addTab(words)
        self.body.addWidget(self.tabs)
        self._pages = QStackedLayout()
        self.findings = FindingsView("data_finding")
        self.findings.rows_wished.connect(self.rows_wished)
        self.findings.apply_wished.connect(presenter.apply)
        self.findings.undo_wished.connect(presenter.undo)
        self.division = DivisionView("data")
        self.division.changed.connect(presenter.change)
        self.division.take_back_wished.connect(presenter.take_back)
        for page in (self.findings, self.division, self._reading()):
            self._pages.addWidget(page)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self.body.addLayout(self._pages, 1)
        self.body.addWidget(self._examination())

    def show_tab(self, name: str) -> None:
        """Show one of the tabs.

        Args:
            name: ``Findings``, ``Division`` or ``Reading``.
        """
        self.tabs.setCurrentIndex(_TABS.index(name))

    def show_state(self, state: DataState) -> None:
        """Show what is known."""
        count = len(state.findings)
        self.tabs.setTabText(0, f"Findings  {count}" if count else "Findings")
        self.tabs.setTabToolTip(0, counts_in_words(state.findings))
        nothing = "Nothing to complain about."
        if state.examination is not None:
            nothing = ""
        elif not state.examined:
            nothing = "Nothing to complain about so far; the files were not opened."
        self.findings.show_findings(state.findings, state.applied, nothing)
        self.division.show_state(state)
        self._words.setText(state.reading)
        for modality, row in self._sizes.items():
            row.setVisible(modality in state.figures.sizes)
            row.words.setText(state.figures.sizes.get(modality, ""))
        self._progress.setVisible(state.examination is not None)
        if state.examination is not None:
            self._bar.setRange(0, state.examination.total)
            self._bar.setValue(state.examination.done)
            self._pace.setText(state.examination.words)

    def _reading(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 4, 0, 0)
        box.setSpacing(theme.GAP)
        self._words = label("", "", "data_reading", wrap=True)
        box.addWidget(self._words)
        self._sizes = {}
        for modality in MODALITIES:
            row = IconRow(MODALITY_ICONS[modality], f"data_size_{modality}")
            self._sizes[modality] = row
            box.addWidget(row)
        box.addStretch(1)
        correct = Button("Correct…", "data_correct", icon_name="pencil-simple")
        correct.setToolTip("Another layout, table, pattern of file names or meaning of columns")
        correct.clicked.connect(self._presenter.correct)
        box.addWidget(correct, 0, Qt.AlignmentFlag.AlignLeft)
        return page

    def _examination(self) -> QWidget:
        self._progress = QWidget()
        box = QVBoxLayout(self._progress)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(IconLabel("magnifying-glass", "quiet", 14))
        self._pace = label("", "quiet", "data_examination")
        row.addWidget(self._pace, 1)
        skip = Button("Skip", "data_skip", flat=True, name_for_readers="Look at no more files")
        skip.setProperty("link", True)
        skip.clicked.connect(self._presenter.skip)
        row.addWidget(skip)
        box.addLayout(row)
        self._bar = QProgressBar()
        self._bar.setObjectName("data_examination_bar")
        self._bar.setAccessibleName("Files opened")
        self._bar.setTextVisible(False)
        box.addWidget(self._bar)
        return self._progress
