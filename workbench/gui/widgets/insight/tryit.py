"""*Try it*: give the model something of your own and see what it says."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.prediction_bars import PredictionBars
from workbench.gui.presenters.insight.tryit import TryItPresenter
from workbench.gui.presenters.insight.tryit_devices import TryItDevices
from workbench.gui.presenters.insight.tryit_state import TryItState
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.insight.tryit_cards import (
    HEAD,
    InputCard,
    PictureCard,
    SoundCard,
    WordsCard,
    local_paths,
)
from workbench.gui.widgets.labels import ElidedLabel, label
from workbench.gui.widgets.sample import open_with_desktop
from workbench.gui.widgets.study import StudyBar
from workbench.parts import Modality


class TryItView(QWidget):
    """Shows a ``TryItState`` and sends what the person wishes.

    Args:
        presenter: who decides.
        devices: microphone and camera.
        player: what plays; made anew when left out.
        parent: its parent.
    """

    sample_chosen = Signal(str)
    """Look at this sample of the data."""

    def __init__(
        self, presenter: TryItPresenter, devices: TryItDevices, player: Player | None = None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("results_tryit")
        self.setAccessibleName("Try it")
        self.setAcceptDrops(True)
        # The window takes no drops over a place that takes them by itself.
        self.setProperty("takes_drops", True)
        self._presenter, self._devices = presenter, devices
        self.picture, self.sound, self.words = PictureCard(), SoundCard(player), WordsCard()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("tryit_banner")
        outer.addWidget(self.banner)
        outer.addLayout(self._top())
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addLayout(self._inputs(), 57)
        columns.addLayout(self._answers(), 43)
        outer.addLayout(columns, 1)
        self._connect()
        self.show_state(presenter.state)
        self._show_devices(devices.state)

    def showEvent(self, event: QShowEvent) -> None:
        """Only what is seen is asked about."""
        super().showEvent(event)
        self._devices.look()
        self._presenter.see(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody listens or looks when it is out of sight."""
        super().hideEvent(event)
        self._devices.rest()
        self._presenter.see(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste, whatever the clipboard holds."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self._paste(None)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders may be dropped anywhere."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Each goes to its card, a folder is predicted as a whole."""
        event.acceptProposedAction()
        self._presenter.drop(local_paths(event))

    def _cards(self) -> tuple[InputCard, ...]:
        return self.picture, self.sound, self.words

    def _connect(self) -> None:
        presenter, devices = self._presenter, self._devices
        for card in self._cards():
            modality: Modality = card.modality
            card.files_given.connect(partial(presenter.drop, wanted=modality))
            card.paste_wished.connect(partial(self._paste, modality))
            card.clear_wished.connect(partial(presenter.clear, modality))
            card.switched.connect(partial(presenter.switch, modality))
        self.picture.camera_wished.connect(devices.switch_camera)
        self.picture.snap_wished.connect(devices.snap)
        self.picture.live_wished.connect(devices.switch_live)
        self.sound.record_wished.connect(self._record)
        self.words.written.connect(presenter.write)
        devices.changed.connect(self._show_devices)
        devices.seen.connect(self.picture.view.show_image)
        devices.level_changed.connect(self.sound.level.show_level)
        presenter.changed.connect(self.show_state)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.take = Button("Take one of the samples", "tryit_sample", icon_name="shuffle")
        self.take.clicked.connect(self._presenter.sample_wished)
        self.clear = Button("Clear", "tryit_clear", flat=True)
        self.clear.clicked.connect(self._presenter.clear_all)
        self.stem = ElidedLabel("", "quiet", "tryit_stem")
        row.addWidget(self.take)
        row.addWidget(self.clear)
        row.addWidget(self.stem, 1)
        return row

    def _inputs(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(12)
        upper = QHBoxLayout()
        upper.setSpacing(12)
        upper.addWidget(self.picture, 1)
        upper.addWidget(self.sound, 1)
        box.addLayout(upper, 7)
        box.addWidget(self.words, 3)
        return box

    def _answers(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(12)
        card = Card("What it says", "", "tryit_answer_card", dense=True)
        card.title.setMinimumHeight(HEAD)
        self.busy = card.hint
        self.headline = label("", "screen-title", "tryit_headline", wrap=True)
        self.doubt = label("", "warn", "tryit_doubt", wrap=True)
        self.note = label("", "quiet", "tryit_note", wrap=True)
        self.bars = PredictionBars("tryit_bars")
        self.bars.chosen.connect(self._choose)
        self.hint = label("", "quiet", "tryit_hint", wrap=True)
        for widget in (self.headline, self.doubt, self.note):
            card.body.addWidget(widget)
        card.body.addWidget(self.bars, 1)
        card.body.addWidget(self.hint, 1, Qt.AlignmentFlag.AlignCenter)
        box.addWidget(card, 1)
        box.addWidget(self._batch())
        return box

    def _batch(self) -> Card:
        card = self.batch = Card("A whole folder", "", "tryit_batch_card", dense=True)
        self.leave = Button("", "tryit_batch_leave", icon_name="x", flat=True,
                            name_for_readers="Leave the folder")  # fmt: skip
        self.leave.clicked.connect(self._presenter.leave_folder)
        card.head.addWidget(self.leave)
        self.bar = StudyBar("tryit_batch", "", self._presenter.study)
        self.outcome = label("", "", "tryit_batch_outcome", wrap=True)
        self.open = Button("Open CSV", "tryit_batch_open", icon_name="table")
        self.open.clicked.connect(self._open_table)
        card.body.addWidget(self.bar)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.outcome, 1)
        row.addWidget(self.open)
        card.body.addLayout(row)
        return card

    @Slot(object)
    def show_state(self, state: TryItState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        for card in self._cards():
            card.setVisible(card.modality in state.modalities)
            if card.modality in state.inputs:
                card.show_input(state.inputs[card.modality])
        truth = f" · the truth is {', '.join(state.truth)}" if state.truth else ""
        self.stem.setText(f"{state.stem}{truth}" if state.stem else "")
        self.clear.setVisible(any(one.given for one in state.inputs.values()))
        self._show_answer(state)
        self._show_batch(state)

    def _show_answer(self, state: TryItState) -> None:
        answer = state.answer
        told = answer is not None and bool(state.used)
        # An answer that comes at once must not make the words flicker.
        slow = state.asking and not state.opened
        self.busy.setText(
            "asking…" if slow else f"{answer.milliseconds:.0f} ms" if answer and told else ""
        )
        self.headline.setText(answer.headline if answer and told else "")
        self.doubt.setText(answer.doubt if answer and told else "")
        self.note.setText(answer.note if answer and told else "")
        for words in (self.headline, self.doubt, self.note):
            words.setVisible(bool(words.text()))
        self.bars.setVisible(told)
        self.hint.setVisible(not told)
        self.hint.setText(state.hint)
        if answer is not None and told:
            self.bars.show_rows(answer.rows, answer.kind)

    def _show_batch(self, state: TryItState) -> None:
        self.batch.setVisible(state.batch is not None)
        if state.batch is None:
            return
        self.batch.hint.setText(state.batch.name)
        done = state.table is not None
        self.outcome.setText(self._presenter.study.state.words if done else "")
        self.outcome.setVisible(done)
        self.open.setVisible(done)

    @Slot(object)
    def _show_devices(self, _: object) -> None:
        state = self._devices.state
        self.picture.show_devices(state)
        self.sound.show_devices(state)

    @Slot(bool)
    def _record(self, on: bool) -> None:
        if on:
            self._devices.record(self._presenter.state.seconds)
        else:
            self._devices.stop_recording()

    def _paste(self, wanted: Modality | None) -> None:
        data = QGuiApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self._presenter.drop(paths, wanted)
        elif data.hasImage() and wanted in (None, "image"):
            self._devices.keep(QGuiApplication.clipboard().image())
        elif data.hasText() and wanted in (None, "text"):
            self._presenter.write(data.text())
        else:
            self._presenter.refuse_clipboard(wanted)

    @Slot(str)
    def _choose(self, name: str) -> None:
        answer = self._presenter.state.answer
        if answer is not None and answer.kind == "near":
            self.sample_chosen.emit(name)

    @Slot()
    def _open_table(self) -> None:
        table = self._presenter.state.table
        if table is not None:
            open_with_desktop(table)
