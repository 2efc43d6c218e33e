"""Capsules in the window: what one holds and what differs here; and the card that packs a run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.capsules.checking import Check
from workbench.capsules.packing import SUFFIX
from workbench.gui import theme
from workbench.gui.asking import AskFile, file_to_write
from workbench.gui.presenters.capsule import CapsulePresenter, CapsuleState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.drop import AskFolder, ask_folder
from workbench.gui.widgets.labels import IconLabel, label, set_role
from workbench.runs.store import slug_of, title_of

_ICONS = {"good": ("check-circle", "good"), "warn": ("warning", "warn"), "bad": ("x-circle", "bad")}
_NOTHING_RUNS = (
    "Opening a capsule runs nothing of it: recipes and facts are text, weights are numbers."
)
ask_capsule = file_to_write("Pack a capsule", "Capsules", "zip")


class CapsuleDialog(QDialog):
    """Shows what a capsule holds and what differs here, and opens it.

    Args:
        presenter: who decides.
        ask: asks for the folder of its data.
        parent: its parent.
    """

    def __init__(
        self, presenter: CapsulePresenter, ask: AskFolder = ask_folder,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("capsule")
        self.setWindowTitle("Open a capsule")
        self._presenter, self._ask = presenter, ask
        self._checks: tuple[Check, ...] | None = None
        self._filled = 0
        self.resize(680, 520)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.MARGIN, theme.GAP_LARGE, theme.MARGIN, theme.GAP_LARGE)
        box.setSpacing(theme.GAP)
        self.title = label("", "screen-title", "capsule_title", wrap=True)
        self.about = label("", "quiet", "capsule_about", wrap=True)
        self.figures = label("", "strong", "capsule_figures", wrap=True)
        self.banner = Banner("capsule_banner")
        for widget in (self.title, self.about, self.figures, self.banner):
            box.addWidget(widget)
        box.addWidget(self._list(), 1)
        box.addWidget(label(_NOTHING_RUNS, "quiet", "capsule_safe", wrap=True))
        self.progress = QProgressBar()
        self.progress.setObjectName("capsule_progress")
        self.progress.setAccessibleName("Progress of the capsule")
        self.progress.setTextVisible(False)
        box.addWidget(self.progress)
        box.addLayout(self._buttons())
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: CapsuleState) -> None:
        """Show the state."""
        if state.phase in ("idle", "packing") and state.error is None:
            self.hide()
            return
        manifest = state.manifest
        name = state.file.name if state.file is not None else ""
        self.title.setText(manifest.title if manifest is not None else name)
        self.about.setText(state.title if manifest is not None else "Looking into it…")
        self.figures.setText(state.figures)
        self.figures.setVisible(bool(state.figures))
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        if state.checks != self._checks:
            self._checks = state.checks
            self._fill(state.checks)
        self.progress.setVisible(state.busy)
        self.progress.setRange(0, 0 if state.phase == "looking" else 1000)
        self.progress.setValue(round(1000 * state.done))
        ready = state.phase == "looked" and manifest is not None
        self.take.setEnabled(ready)
        self.again.setEnabled(ready and not any(each.tone == "bad" for each in state.checks))
        self.data.setVisible(state.asks_for_data)
        self.data.setEnabled(ready)
        self.end.setText("Stop" if state.phase == "opening" else "Cancel")

    def done(self, result: int) -> None:
        """However it is closed, nothing goes on."""
        self._presenter.dismiss()
        super().done(result)

    def _fill(self, checks: tuple[Check, ...]) -> None:
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        # What stands in the way first.
        order = ("bad", "warn", "good")
        for row, each in enumerate(sorted(checks, key=lambda one: order.index(one.tone))):
            icon = IconLabel(*_ICONS[each.tone], 16)
            told = f"{each.sentence} {each.remedy}".strip()
            words = label(told, "", f"capsule_check_{each.name}", wrap=True)
            self._rows.addWidget(icon, row, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(words, row, 1)
        self._rows.setRowStretch(self._filled, 0)
        self._filled = len(checks)
        self._rows.setRowStretch(self._filled, 1)

    def _list(self) -> QScrollArea:
        inside = QWidget()
        set_role(inside, "panel")
        self._rows = QGridLayout(inside)
        self._rows.setHorizontalSpacing(theme.GAP)
        self._rows.setVerticalSpacing(theme.GAP)
        self._rows.setColumnStretch(1, 1)
        area = QScrollArea()
        area.setObjectName("capsule_checks")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        return area

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.data = Button("Where its data are…", "capsule_data", icon_name="folder-open")
        self.data.clicked.connect(lambda: self._ask(self, self._presenter.point_at))
        self.end = Button("Cancel", "capsule_cancel")
        self.end.clicked.connect(self._end)
        self.again = Button("Open and train again", "capsule_again", icon_name="repeat")
        self.again.setToolTip("Opens it, and trains its recipe again to compare the figures")
        self.again.clicked.connect(lambda: self._presenter.open(again=True))
        self.take = Button("Open", "capsule_open", icon_name="check", primary=True)
        self.take.clicked.connect(lambda: self._presenter.open(again=False))
        row.addWidget(self.data)
        row.addStretch(1)
        for button in (self.end, self.again, self.take):
            row.addWidget(button)
        return row

    @Slot()
    def _end(self) -> None:
        if self._presenter.state.phase == "opening":
            self._presenter.stop()
        else:
            self.reject()


class CapsuleCard(Card):
    """Packs the run that is looked at.

    Args:
        presenter: who decides.
        ask: asks where the capsule goes.
        parent: its parent.
    """

    def __init__(
        self, presenter: CapsulePresenter, ask: AskFile = ask_capsule,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__("Capsule", "the whole run in one file", "capsule_card", parent)
        self._presenter, self._ask = presenter, ask
        self.body.addWidget(
            label(
                "Recipe, events, results, weights and environment, for another machine: it says "
                "there what differs, and can be trained again. Drop it on the window to open it.",
                "quiet", "capsule_how", wrap=True,
            )
        )  # fmt: skip
        self.with_data = _box("capsule_with_data", "With its data")
        self.with_checkpoints = _box("capsule_with_checkpoints", "With all places to go on from")
        self.body.addWidget(self.with_data)
        self.body.addWidget(self.with_checkpoints)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.pack = Button("Pack…", "capsule_pack", icon_name="package")
        self.pack.clicked.connect(self._pack)
        self.progress = QProgressBar()
        self.progress.setObjectName("capsule_packing")
        self.progress.setAccessibleName("Progress of packing")
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.end = Button("Stop", "capsule_stop")
        self.end.clicked.connect(presenter.stop)
        row.addWidget(self.pack)
        row.addWidget(self.progress, 1)
        row.addWidget(self.end)
        row.addStretch(0)
        self.body.addLayout(row)
        self.words = label("", "quiet", "capsule_written", wrap=True)
        self.body.addWidget(self.words)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: CapsuleState) -> None:
        """Show the state."""
        packs = state.phase == "packing"
        self.pack.setEnabled(state.folder is not None and not state.busy)
        self.progress.setVisible(packs)
        self.progress.setValue(round(1000 * state.done))
        self.end.setVisible(packs)
        said = f"Packed: {state.written}" if state.written is not None else ""
        if state.error is not None and state.manifest is None and state.file is None:
            said = f"{state.error.problem} {state.error.remedy}"
        self.words.setText(said)
        self.words.setVisible(bool(said))

    @Slot()
    def _pack(self) -> None:
        folder = self._presenter.state.folder
        if folder is None:
            return
        name = f"{slug_of(title_of(folder.name))}{SUFFIX}"
        self._ask(self, name, self._begin)

    def _begin(self, file: Path) -> None:
        self._presenter.pack(
            file, with_data=self.with_data.isChecked(),
            with_checkpoints=self.with_checkpoints.isChecked(),
        )  # fmt: skip


def _box(name: str, words: str) -> QCheckBox:
    made = QCheckBox(words)
    made.setObjectName(name)
    made.setAccessibleName(words)
    return made
