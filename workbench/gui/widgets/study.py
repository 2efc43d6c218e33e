"""A bar that begins longer work on a trained run, shows how far it is, and stops it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.study import StudyPresenter, StudyState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.labels import label


class StudyBar(QWidget):
    """One row: a button, or a progress bar with *Stop*; below it why the work failed.

    Args:
        name: its ``objectName``; its button is ``<name>_start``, the other ``<name>_stop``.
        words: what the button says; "" where the work is wished elsewhere: then nothing is seen
            while nothing is done.
        study: who does the work.
        parent: its parent.
    """

    wished = Signal()
    """Begin the work."""

    def __init__(
        self, name: str, words: str, study: StudyPresenter, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(words or "Work under way")
        self._wished_here = bool(words)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.start = Button(words, f"{name}_start", icon_name="play")
        self.start.clicked.connect(self.wished)
        self.start.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.progress = QProgressBar()
        self.progress.setObjectName(f"{name}_progress")
        self.progress.setAccessibleName(f"Progress: {words}".rstrip(": "))
        self.progress.setTextVisible(False)
        self.progress.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.words = label("", "quiet", f"{name}_words")
        self.stop = Button("Stop", f"{name}_stop", icon_name="x")
        self.stop.clicked.connect(study.stop)
        row.addWidget(self.start)
        row.addWidget(self.words)
        row.addWidget(self.progress, 1)
        row.addWidget(self.stop)
        self.banner = Banner(f"{name}_banner")
        box.addLayout(row)
        box.addWidget(self.banner)
        study.changed.connect(self.show_state)
        self.show_state(study.state)

    @Slot(object)
    def show_state(self, state: StudyState) -> None:
        """Show how far the work is."""
        working = state.phase == "working"
        self.start.setVisible(not working and self._wished_here)
        self.setVisible(self._wished_here or working or state.error is not None)
        self.progress.setVisible(working)
        self.stop.setVisible(working)
        self.progress.setRange(0, 0 if state.progress < 0 else 1000)
        self.progress.setValue(round(1000 * state.progress))
        self.words.setText(_with_time(state))
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()


def _with_time(state: StudyState) -> str:
    if state.phase != "working" or state.seconds_left < 1:
        return state.words
    left = state.seconds_left
    time = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"
    return f"{state.words} · {time} left"
