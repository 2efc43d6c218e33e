"""The object names of the window, for those who drive it from their own tests.

``python -m workbench.gui.names`` prints the README's list.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QWidget,
)

_USED = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
)


def names(window: QWidget) -> dict[str, str]:
    """Name and class of every named widget that a person uses or reads.

    Widgets that Qt makes for itself (``qt_...``) and those of forms, which follow the chosen parts,
    are left out.

    Args:
        window: the main window.
    """
    found: dict[str, str] = {}
    for widget in window.findChildren(QWidget):
        name = widget.objectName()
        if name[:1].islower() and not name.startswith("qt_") and isinstance(widget, _USED):
            found[name] = type(widget).__name__
    return dict(sorted(found.items()))


def as_markdown(window: QWidget) -> str:
    """The README's list, one line for each prefix."""
    groups: dict[str, list[str]] = {}
    for name in names(window):
        groups.setdefault(name.partition("_")[0], []).append(f"`{name}`")
    return "\n".join(f"- **{group}**: {', '.join(members)}" for group, members in groups.items())


def main() -> None:
    """Print the list of a window that has just been opened."""
    from workbench.gui.app import Workbench
    from workbench.gui.opening import make_application

    make_application()
    with TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        bench = Workbench(settings)
        sys.stdout.write(as_markdown(bench.window) + "\n")
        bench.close()


if __name__ == "__main__":
    main()
