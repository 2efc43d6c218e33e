"""Opens the window: first what is seen at once, the start screen; the rest when it is painted.

Plots, readers and forms take longer to load than to read the start screen's first line.
"""

from __future__ import annotations

import faulthandler
import locale
import logging
import os
import signal
import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from workbench import places
from workbench.data.samples import SAMPLES
from workbench.gui import theme
from workbench.gui.garbage import Garbage
from workbench.gui.presenters.start import StartPresenter
from workbench.gui.recent import RecentFolders
from workbench.gui.screens.start import StartView
from workbench.gui.window import MainWindow

log = logging.getLogger("workbench")


class Opening(QObject):
    """The window with its start screen.

    Args:
        settings: recent folders.
        parent: its parent.
    """

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.start = StartPresenter(SAMPLES, RecentFolders(settings), parent=self)
        self.view = StartView(self.start)
        self.window = MainWindow({"start": self.view})


def make_application() -> QApplication:
    """The Qt application, dressed; without a display on Linux it paints offscreen."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    # Qt takes the user's locale; numbers in files keep their point.
    locale.setlocale(locale.LC_NUMERIC, "C")
    app.setApplicationName("workbench")
    app.setOrganizationName("workbench")
    chosen = QSettings().value("theme")
    scheme: theme.Scheme = theme.system_scheme(app)
    if chosen in {"light", "dark"}:
        scheme = "dark" if chosen == "dark" else "light"
    theme.wear(app, scheme)
    if app.findChild(Garbage) is None:
        Garbage(app)
    return app


def run() -> int:
    """Open the window and stay until it is closed.

    Returns:
        Exit code.
    """
    app = make_application()
    # Qt's event loop would not hear Ctrl-C; an engine ends by itself when the window is gone.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _log_to(places.home() / "workbench.log")
    settings = QSettings()
    opening = Opening(settings)
    opening.window.show()

    def complete() -> None:
        from workbench.gui.app import Workbench

        bench = Workbench(settings, opening=opening, parent=app)
        app.aboutToQuit.connect(bench.close)
        bench.show()

    QTimer.singleShot(0, opening, complete)
    return app.exec()


def _log_to(file: Path) -> None:
    """Keep what goes wrong in the program itself: never in a dialog, always in the log."""
    file.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=file, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    faulthandler.enable(file.open("a", encoding="utf-8"))

    def note(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("a fault of the program", exc_info=(kind, error, trace))
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = note
