"""The start screen: sample projects, a place to drop a folder, recent folders and runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui.presenters.start import StartPresenter, StartState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.drop import AskFolder, DropZone, ask_folder, dropped_folder
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.runs_list import RunsCard
from workbench.gui.widgets.screen import Screen
from workbench.gui.widgets.start_cards import RowsCard, SampleProjectCard, folder_row

_HOW = (
    "One folder for each class, or one for each modality and a table labels.csv. "
    "Pictures, sounds and texts of one name belong together."
)


class StartView(Screen):
    """Shows a ``StartState`` and sends what the person wishes to its presenter.

    Args:
        presenter: who decides.
        ask: asks for a folder.
        parent: its parent.
    """

    capture_wished = Signal()
    """Record data of one's own."""

    def __init__(
        self,
        presenter: StartPresenter,
        ask: AskFolder = ask_folder,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Start", "start", parent=parent)
        self._presenter = presenter
        self.setAcceptDrops(True)
        self.subtitle.setText("Open a sample project and press Train, or bring your own folder.")
        self._cards: dict[str, SampleProjectCard] = {}
        self._folders: tuple[Path, ...] | None = None
        columns = QHBoxLayout()
        columns.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(label("Sample projects", "card-title"))
        self._samples = QHBoxLayout()
        self._samples.setSpacing(12)
        left.addLayout(self._samples, 3)
        left.addSpacing(4)
        own = QHBoxLayout()
        own.addWidget(label("Your own data", "card-title"))
        own.addStretch(1)
        self.capture = Button(
            "Record with microphone and camera…", "start_capture", flat=True, icon_name="microphone"
        )
        self.capture.clicked.connect(self.capture_wished)
        own.addWidget(self.capture)
        left.addLayout(own)
        zone = DropZone("start_drop", "Drop a folder here", _HOW, ask=ask)
        zone.setMinimumHeight(132)
        zone.folder_wished.connect(presenter.open_folder)
        left.addWidget(zone, 2)
        columns.addLayout(left, 66)
        right = QVBoxLayout()
        right.setSpacing(12)
        self._run_list = RunsCard(presenter.runs)
        self._folder_list = RowsCard(
            "Recent folders", "Folders that you open are listed here.", "start_folders"
        )
        right.addWidget(self._run_list, 3)
        right.addWidget(self._folder_list, 2)
        columns.addLayout(right, 34)
        self.body.addLayout(columns, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: StartState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        for card in state.samples:
            if card.name not in self._cards:
                made = SampleProjectCard(card)
                made.opened.connect(self._presenter.open_sample)
                made.cancelled.connect(self._presenter.cancel_sample)
                self._samples.addWidget(made, 1)
                self._cards[card.name] = made
            self._cards[card.name].show_card(card)
        if state.folders != self._folders:
            self._folders = state.folders
            self._show_folders(state.folders)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A folder may be dropped anywhere on the screen."""
        if dropped_folder(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder was let go."""
        folder = dropped_folder(event.mimeData())
        if folder is not None:
            event.acceptProposedAction()
            self._presenter.open_folder(folder)

    def _show_folders(self, folders: tuple[Path, ...]) -> None:
        rows = []
        for number, folder in enumerate(folders):
            row = folder_row(folder, number)
            row.clicked.connect(lambda folder=folder: self._presenter.open_folder(folder))
            rows.append(row)
        self._folder_list.show_rows(rows)
