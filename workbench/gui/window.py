"""The main window: rail, screens, status bar. It wires and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMessageBox, QStackedWidget, QWidget

from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.drop import DropHint
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.rail import Rail

if TYPE_CHECKING:
    from workbench.gui.engine import EngineState

STAGES = [
    ("start", "Start", "house"),
    ("data", "Data", "folder-open"),
    ("recipe", "Recipe", "sliders-horizontal"),
    ("train", "Train", "chart-line"),
    ("results", "Results", "chart-bar"),
    ("losses", "Losses", "trend-down"),
]


class MainWindow(QMainWindow):
    """Shows one screen at a time.

    Args:
        screens: the screens that are there from the start; others are added later.
        parent: its parent.
    """

    folder_wished = Signal(object)
    """The ``Path`` of a folder or zip file that was dropped on the window."""

    theme_wished = Signal()
    """Change between light and dark."""

    close_wished = Signal()
    """The person wants to end the program while a run is under way."""

    stage_shown = Signal(str)
    """Name of the stage that is shown now."""

    def __init__(self, screens: dict[str, QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("workbench")
        self.setWindowTitle("Multimodal Workbench")
        self.setMinimumSize(1024, 680)
        self.resize(1280, 800)
        self.busy = False
        self.rail = Rail(STAGES)
        self._stack = QStackedWidget()
        self._screens: dict[str, QWidget] = {}
        self.add_screens(screens)
        centre = QWidget()
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self._stack, 1)
        # The keyboard starts on the window itself: no stage looks chosen before one was.
        centre.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(centre)
        centre.setFocus()
        self._status()
        self.drop_hint = DropHint(self)
        self.drop_hint.folder_wished.connect(self.folder_wished)
        self.rail.chosen.connect(self.show_stage)
        for number, (name, _, _) in enumerate(STAGES, start=1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda name=name: self.show_stage(name))
            self.rail.buttons[name].setToolTip(f"Ctrl+{number}")
        self.show_stage("start")

    def add_screens(self, screens: dict[str, QWidget]) -> None:
        """Add the screens of further stages."""
        for name, screen in screens.items():
            self._screens[name] = screen
            self._stack.addWidget(screen)

    @property
    def stage(self) -> str:
        """Name of the stage that is shown."""
        shown = self._stack.currentWidget()
        return next(name for name, screen in self._screens.items() if screen is shown)

    def show_stage(self, name: str) -> None:
        """Show the screen of a stage; nothing happens while it is not there yet."""
        if name not in self._screens:
            self.rail.show_stage(self.stage)
            return
        self._stack.setCurrentWidget(self._screens[name])
        self.rail.show_stage(name)
        self.stage_shown.emit(name)

    def show_engine(self, state: EngineState) -> None:
        """Show what the engine does."""
        self.engine.setText(state.words)
        self.device.setText(state.device)

    def show_scheme(self, scheme: str) -> None:
        """Say which theme a click on the button brings."""
        other = "light" if scheme == "dark" else "dark"
        self.scheme.setText(f"{other.capitalize()} theme")
        self.scheme.show_icon("sun" if scheme == "dark" else "moon", "quiet")

    def ask_before_closing(self) -> QMessageBox:
        """Ask what becomes of the run; the answer is in the box's signals."""
        box = QMessageBox(self)
        box.setObjectName("close_box")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText("A run is under way.")
        box.setInformativeText("Stop it, keep the best weights and close, or go on training?")
        box.addButton("Stop, keep and close", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Go on training", QMessageBox.ButtonRole.RejectRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
        return box

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, or ask first while a run is under way."""
        if self.busy:
            event.ignore()
            self.close_wished.emit()
        else:
            super().closeEvent(event)

    def _status(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        self.engine = label("Engine: not started", name="status_engine")
        self.device = label("", name="status_device")
        self.scheme = Button("", "status_theme", name_for_readers="Light or dark theme")
        self.scheme.clicked.connect(self.theme_wished)
        bar.addWidget(self.engine)
        bar.addWidget(self.device)
        bar.addPermanentWidget(self.scheme)
