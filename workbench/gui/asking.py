"""Asks for a file to write, without blocking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

AskFile = Callable[[QWidget, str, Callable[[Path], None]], None]
"""Asks for a file to write: the widget that it belongs to, what the file is called at first, and
what is called with the one that was chosen."""


def file_to_write(title: str, kind: str, suffix: str) -> AskFile:
    """The desktop's dialog for a file to write.

    Args:
        title: of the dialog.
        kind: what such files are called: ``CSV files``.
        suffix: of the file, without a dot.

    Returns:
        Shows the dialog and returns at once; nothing is called when it is dismissed.
    """

    def ask(parent: QWidget, name: str, then: Callable[[Path], None]) -> None:
        dialog = QFileDialog(parent, title, name, f"{kind} (*.{suffix})")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: then(Path(file)))
        dialog.open()

    return ask
