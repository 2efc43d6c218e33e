"""The data screen: what a folder holds, its target, its findings, and every sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui import theme
from workbench.gui.presenters.data import DataPresenter, DataState
from workbench.gui.presenters.data_words import scanned_words, summary_in_words
from workbench.gui.presenters.reading import ReadingState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.data_cards import AboutCard, TargetCard
from workbench.gui.widgets.drop import AskFolder, DropZone, ask_folder
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.reading_panel import ReadingPanel
from workbench.gui.widgets.sample import SampleView
from workbench.gui.widgets.samples_browser import SamplesBrowser
from workbench.gui.widgets.screen import Screen

_HOW = (
    "A folder for each class, a folder for each modality, a table such as labels.csv, file names "
    "that say what they hold, or a zip of any of these."
)
_EMPTY, _SCANNING, _SHOWN, _CORRECTING = range(4)


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
        self._listed: tuple[Index, str, NDArray[np.int8] | None] | None = None
        self.sample = sample or SampleView("data_sample")
        self._head(ask)
        self.correction = ReadingPanel(presenter.reading)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty(ask))
        self._stack.addWidget(self._scanning())
        self._stack.addWidget(self._shown())
        self._stack.addWidget(self.correction)
        self.body.addLayout(self._stack, 1)
        self.folder_wished.connect(presenter.open)
        presenter.changed.connect(self.show_state)
        presenter.reading.changed.connect(self._show_reading)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: DataState) -> None:
        """Show the state."""
        page = {"scanning": _SCANNING, "shown": _SHOWN}.get(state.phase, _EMPTY)
        correcting = self._presenter.reading.state.open
        self._stack.setCurrentIndex(_CORRECTING if correcting else page)
        shown = state.phase == "shown" and not correcting
        self.next.setVisible(shown)
        self.other.setVisible(shown)
        self.say.setVisible(state.phase == "failed")
        named = state.folder is not None and (correcting or state.phase == "shown")
        self.title.setText(state.folder.name if named and state.folder is not None else "Data")
        self._show_error(None if correcting else state.error)
        if state.phase == "scanning":
            self._show_progress(state)
        elif state.phase == "shown":
            self._show_index(state)
        else:
            self.subtitle.setText(
                str(state.folder) if correcting else "Open a folder with pictures, sounds or texts."
            )

    @Slot(object, str)
    def show_rows(self, rows: Sequence[int], words: str) -> None:
        """Show these samples in the table, and the first of them beside it.

        Args:
            rows: their places in the Index.
            words: what they are.
        """
        self.samples.show_rows(rows, words)

    @Slot(object)
    def _show_reading(self, state: ReadingState) -> None:
        self.show_state(self._presenter.state)

    def _show_error(self, error: UserError | None) -> None:
        if error is not None:
            self.banner.show_error(error)
        else:
            self.banner.hide()

    def _show_progress(self, state: DataState) -> None:
        self.subtitle.setText(str(state.folder))
        self._bar.setRange(0, state.total)
        self._bar.setValue(state.done)
        self._files.setText(scanned_words(state.done, state.total))

    def _show_index(self, state: DataState) -> None:
        index, data = state.index, state.data
        assert index is not None
        assert data is not None
        self.subtitle.setText(f"{summary_in_words(index, data)} · {state.folder}")
        self.target_card.show_state(state)
        self.about_card.show_state(state)
        self._show_samples(index, state.target, state.figures.division.splits)

    def _show_samples(self, index: Index, target: str, splits: NDArray[np.int8] | None) -> None:
        """Fill the table anew only where that changes it."""
        before = self._listed
        same = before is not None and index is before[0] and target == before[1]
        if before is None or not same or splits is not before[2]:
            self._listed = (index, target, splits)
            self.sample.target_name = target
            self.samples.show_index(index, target, splits)
            if not same and self.samples.current >= 0:
                self._look(self.samples.current)

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
        zone = DropZone("data_drop", "Drop a folder or a zip file here", _HOW, ask=ask)
        zone.setMinimumHeight(220)
        zone.folder_wished.connect(self.folder_wished)
        box.addWidget(zone)
        self.say = Button("Say how it is read…", "data_say", icon_name="sliders-horizontal")
        self.say.clicked.connect(self._presenter.correct)
        box.addWidget(self.say, 0, Qt.AlignmentFlag.AlignHCenter)
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
        card = Card("Looking for files", "", "data_scanning")
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
        self.target_card = TargetCard(self._presenter)
        self.target_card.rows_wished.connect(self.show_rows)
        self.about_card = AboutCard(self._presenter)
        self.about_card.rows_wished.connect(self.show_rows)
        top.addWidget(self.target_card, 1)
        top.addWidget(self.about_card, 1)
        left.addLayout(top, 6)
        samples = Card("", "", "data_samples")
        self.samples = SamplesBrowser("data")
        self.samples.chosen.connect(self._look)
        samples.body.addWidget(self.samples)
        left.addWidget(samples, 7)
        for widget in (self.target_card, self.about_card, samples):
            # Rooms are shared by the screen alone: another tab must not move the table.
            widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        columns.addLayout(left, 68)
        card = Card("", "", "data_sample_card")
        card.body.addWidget(self.sample)
        columns.addWidget(card, 32)
        return page

    def _look(self, row: int) -> None:
        index = self._presenter.state.index
        if index is not None:
            self.sample.show_sample(index, row)
