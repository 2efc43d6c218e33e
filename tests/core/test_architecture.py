"""What a fresh process imports, and what it costs."""

import subprocess
import sys

HEAVY = ("tensorflow", "keras")
QT = ("PySide6", "pyqtgraph")


def imported(code, names):
    """Which of these modules a fresh process has after that code."""
    check = f"import sys\n{code}\nprint([n for n in {names!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_the_window_is_made_without_tensorflow():
    code = (
        "from PySide6.QtCore import QSettings\n"
        "from workbench.gui.app import Workbench\n"
        "from workbench.gui.opening import make_application\n"
        "app = make_application(); bench = Workbench(QSettings())\n"
        "bench.window.show(); bench.window.show_stage('recipe')\n"
    )
    assert imported(code, HEAVY) == "[]"


def test_every_part_is_known_without_tensorflow():
    code = "from workbench import parts\nassert len(list(parts.every_part())) > 10"
    assert imported(code, HEAVY) == "[]"


def test_the_command_line_needs_neither_window_nor_tensorflow():
    assert imported("import workbench.cli", HEAVY + QT) == "[]"


def test_the_data_side_needs_no_window():
    assert imported("import workbench.suggest, workbench.data.cache", HEAVY + QT) == "[]"


def test_void_qt_calls_keep_their_references_to_none():
    """PySide6 6.12.0 loses them on Python before 3.12, and the process aborts within seconds."""
    from PySide6.QtCore import QObject

    if sys.version_info >= (3, 12):
        return
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("x")
    assert before - sys.getrefcount(None) < 100
