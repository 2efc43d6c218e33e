"""The main window: rail, screens, status bar. It wires and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QContextMenuEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.drop import DropHint
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.rail import Rail

if TYPE_CHECKING:
    from workbench.gui.engines import EngineState

STAGES = [
    ("start", "Start", "house"),
    ("data", "Data", "folder-open"),
    ("recipe", "Recipe", "sliders-horizontal"),
    ("train", "Train", "chart-line"),
    ("results", "Results", "chart-bar"),
    ("compare", "Compare", "scales"),
    ("losses", "Losses", "trend-down"),
]


class CloseBox(QMessageBox):
    """Asks what becomes of the runs when the window closes.

    Args:
        training: how many runs are under way.
        waiting: how many wait in the queue.
        parent: its parent.
    """

    def __init__(self, training: int, waiting: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("close_box")
        self.setIcon(QMessageBox.Icon.Question)
        one = training <= 1
        self.setText("A run is under way." if one else f"{training} runs are under way.")
        words = [
            f"{'It' if one else 'They'} can go on without the window; when you open the workbench "
            f"again, you find {'it' if one else 'them'} on the Start screen."
        ]
        if waiting:
            runs = "1 waiting run begins" if waiting == 1 else f"{waiting} waiting runs begin"
            words.append(f"{runs} when the window is open again.")
        self.setInformativeText(" ".join(words))
        roles = QMessageBox.ButtonRole
        self.background = self._button("Go on in the background", roles.AcceptRole, "background")
        self.stop = self._button("Stop and keep the best", roles.DestructiveRole, "stop")
        self.cancel = self._button("Cancel", roles.RejectRole, "cancel")
        self.setDefaultButton(self.background)
        self.setEscapeButton(self.cancel)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def _button(self, words: str, role: QMessageBox.ButtonRole, name: str) -> QPushButton:
        made: QPushButton = self.addButton(words, role)
        made.setObjectName(f"close_{name}")
        made.setAccessibleName(words)
        return made


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

    machine_wished = Signal()
    """Look at what training may use of the machine."""

    close_wished = Signal()
    """The person wants to end the program while a run is under way."""

    menu_wished = Signal(object, QPoint)
    """Offer what can be done with the ``QWidget`` that is pointed at, at a place of the screen."""

    stage_shown = Signal(str)
    """Name of the stage that is shown now."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What no widget has taken up is asked of those who know all plots and tables."""
        pointed = self.childAt(event.pos())
        if pointed is not None:
            self.menu_wished.emit(pointed, event.globalPos())

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
        self.device.setText(state.device or "This machine")

    def show_scheme(self, scheme: str) -> None:
        """Say which theme a click on the button brings."""
        other = "light" if scheme == "dark" else "dark"
        self.scheme.setText(f"{other.capitalize()} theme")
        self.scheme.show_icon("sun" if scheme == "dark" else "moon", "quiet")

    def ask_before_closing(self, training: int, waiting: int) -> CloseBox:
        """Ask what becomes of the runs; the answer is the button that was clicked.

        Args:
            training: how many runs are under way.
            waiting: how many wait in the queue.
        """
        box = CloseBox(training, waiting, self)
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
        self.device = Button("", "status_device", flat=True, name_for_readers="This machine")
        self.device.setToolTip("What training may use of this machine")
        self.device.clicked.connect(self.machine_wished)
        self.scheme = Button("", "status_theme", name_for_readers="Light or dark theme")
        self.scheme.clicked.connect(self.theme_wished)
        bar.addWidget(self.engine)
        bar.addWidget(self.device)
        bar.addPermanentWidget(self.scheme)
