"""The data screen: what a folder holds, its target, its findings, and every sample."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.data import DataPresenter, DataState
from workbench.gui.widgets.balance import BalanceView
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.drop import AskFolder, DropZone, ask_folder
from workbench.gui.widgets.findings import FindingsView
from workbench.gui.widgets.labels import MODALITY_ICONS, IconLabel, IconRow, label
from workbench.gui.widgets.sample import SampleView
from workbench.gui.widgets.samples_table import SamplesTable
from workbench.gui.widgets.screen import Screen
from workbench.parts import MODALITIES

_HOW = (
    "Either one folder for each class, or one folder for each modality (image, audio, text) and a "
    "table labels.csv. Files of one name belong to one sample."
)


class DataView(Screen):
    """Shows a ``DataState`` and sends what the person wishes to its presenter.

    Args:
        presenter: who decides.
        sample: what shows one sample; a new one when left out.
        ask: asks for a folder.
        parent: its parent.
    """

    folder_wished = Signal(object)
    """The ``Path`` of another folder to open."""

    recipe_wished = Signal()
    """Go on to the recipe."""

    start_wished = Signal()
    """Go back to the sample projects."""

    def __init__(
        self,
        presenter: DataPresenter,
        sample: SampleView | None = None,
        ask: AskFolder = ask_folder,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Data", "data", parent=parent)
        self._presenter = presenter
        self.sample = sample or SampleView("data_sample")
        self._head(ask)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty(ask))
        self._stack.addWidget(self._scanning())
        self._stack.addWidget(self._shown())
        self.body.addLayout(self._stack, 1)
        self.folder_wished.connect(presenter.open)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: DataState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex({"scanning": 1, "shown": 2}.get(state.phase, 0))
        shown = state.phase == "shown"
        self.next.setVisible(shown)
        self.other.setVisible(shown)
        self.title.setText(state.folder.name if shown and state.folder is not None else "Data")
        self._show_error(state)
        if state.phase == "scanning":
            self._show_progress(state)
        elif shown:
            self._show_index(state)
        else:
            self.subtitle.setText("Open a folder with pictures, sounds or texts.")

    def _show_error(self, state: DataState) -> None:
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()

    def _show_progress(self, state: DataState) -> None:
        self.subtitle.setText(str(state.folder))
        self._bar.setRange(0, state.total)
        self._bar.setValue(state.done)
        self._files.setText(
            f"{state.done:,} of {state.total:,} files" if state.total else "Looking for files…"
        )

    def _show_index(self, state: DataState) -> None:
        index = state.index
        assert index is not None
        self.subtitle.setText(f"{index.summary()} · {state.layout} · {index.root}")
        self.target.show_choices(state.targets, state.target)
        self.target.setEnabled(len(state.targets) > 1)
        self.task.show_choices(state.tasks, state.task)
        self.balance.show_balance(state.balance)
        self._note.setText(state.balance.note)
        self._splits.setText(state.splits)
        self.findings.show_findings(state.findings)
        self._findings_card.hint.setText(_counted(state))
        for modality, row in self._sizes.items():
            row.setVisible(modality in state.sizes)
            row.words.setText(state.sizes.get(modality, ""))
        self.sample.target_name = state.target
        self.samples.show_index(index, state.target)

    def _head(self, ask: AskFolder) -> None:
        self.other = Button("Open folder…", "data_open", icon_name="folder-open")
        self.other.clicked.connect(lambda: ask(self, self.folder_wished.emit))
        self.next = Button("Choose the recipe", "data_next", icon_name="arrow-right", primary=True)
        self.next.clicked.connect(self.recipe_wished)
        self.tools.addWidget(self.other)
        self.tools.addWidget(self.next)

    def _empty(self, ask: AskFolder) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addStretch(2)
        zone = DropZone("data_drop", "Drop a folder here", _HOW, ask=ask)
        zone.setMinimumHeight(220)
        zone.folder_wished.connect(self.folder_wished)
        box.addWidget(zone)
        start = Button(
            "Begin with a sample project", "data_start", icon_name="arrow-left", flat=True
        )
        start.clicked.connect(self.start_wished)
        box.addWidget(start, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(3)
        return page

    def _scanning(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.addStretch(2)
        card = Card("Looking at every file", "", "data_scanning")
        self._bar = QProgressBar()
        self._bar.setObjectName("data_progress")
        self._bar.setAccessibleName("Files looked at")
        self._bar.setTextVisible(False)
        self._files = label("", "quiet", "data_files")
        cancel = Button("Cancel", "data_cancel")
        cancel.clicked.connect(self._presenter.cancel)
        card.body.addWidget(self._bar)
        row = QHBoxLayout()
        row.addWidget(self._files, 1)
        row.addWidget(cancel)
        card.body.addLayout(row)
        box.addWidget(card)
        box.addStretch(3)
        return page

    def _shown(self) -> QWidget:
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(12)
        left = QVBoxLayout()
        left.setSpacing(12)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._target_card(), 1)
        self.findings = FindingsView("data_finding")
        self._findings_card = Card("Findings", "", "data_findings")
        self._findings_card.body.addWidget(self.findings, 1)
        self._sizes = {}
        for modality in MODALITIES:
            row = IconRow(MODALITY_ICONS[modality], f"data_size_{modality}")
            self._sizes[modality] = row
            self._findings_card.body.addWidget(row)
        top.addWidget(self._findings_card, 1)
        left.addLayout(top, 5)
        samples = Card("", "", "data_samples")
        self.samples = SamplesTable("data")
        self.samples.sample_chosen.connect(self._look)
        samples.body.addWidget(self.samples)
        left.addWidget(samples, 7)
        columns.addLayout(left, 68)
        card = Card("", "", "data_sample_card")
        card.body.addWidget(self.sample)
        columns.addWidget(card, 32)
        return page

    def _target_card(self) -> Card:
        card = Card("What is learned", "", "data_target_card")
        self.target = Combo("data_target", "Target column", letters=8)
        self.task = Combo("data_task", "Learned as", letters=8)
        self.target.picked.connect(self._presenter.choose_target)
        self.task.picked.connect(self._presenter.choose_task)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.target, 1)
        row.addWidget(label("as", "quiet"))
        row.addWidget(self.task, 1)
        card.body.addLayout(row)
        self.balance = BalanceView("data_balance")
        card.body.addWidget(self.balance, 1)
        self._note = label("", "quiet", "data_balance_note", wrap=True)
        card.body.addWidget(self._note)
        splits = QHBoxLayout()
        splits.setSpacing(6)
        splits.addWidget(IconLabel("chart-pie-slice", "quiet", 14), 0, Qt.AlignmentFlag.AlignTop)
        self._splits = label("", "quiet", "data_splits", wrap=True)
        splits.addWidget(self._splits, 1)
        card.body.addLayout(splits)
        return card

    def _look(self, row: int) -> None:
        index = self._presenter.state.index
        if index is not None:
            self.sample.show_sample(index, row)


def _counted(state: DataState) -> str:
    counts = state.counts or {}
    names = {"error": "error", "warning": "warning", "info": "note"}
    told = (
        f"{counts[severity]} {name}{'' if counts[severity] == 1 else 's'}"
        for severity, name in names.items()
        if counts.get(severity)
    )
    return " · ".join(told)
