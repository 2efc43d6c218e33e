"""A place to drop a folder on, and the dialog that asks for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import IconLabel, label, set_role

AskFolder = Callable[[QWidget, Callable[[Path], None]], None]
"""Asks for a folder beside a widget, without blocking, and calls back with the one chosen."""


def ask_folder(parent: QWidget, then: Callable[[Path], None]) -> None:
    """Show the desktop's folder dialog; returns at once.

    Args:
        parent: the widget that it belongs to.
        then: called with the folder; not called when the dialog is dismissed.
    """
    dialog = QFileDialog(parent, "Open folder")
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    dialog.open()


def dropped_folder(data: QMimeData) -> Path | None:
    """The folder that is being dropped; of a file the folder it lies in; None for anything else."""
    for url in data.urls():
        if url.isLocalFile():
            path = Path(url.toLocalFile())
            if path.is_dir():
                return path
            if path.is_file():
                return path.parent
    return None


class DropZone(QFrame):
    """A large dashed frame that takes folders, with a button that asks for one.

    Args:
        name: its ``objectName``; the button is ``<name>_open``.
        title: what to do.
        sentence: what a folder may look like.
        primary: its button is the one large action of the screen.
        ask: asks for a folder.
        parent: its parent.
    """

    folder_wished = Signal(object)
    """The ``Path`` of a folder that was dropped or chosen."""

    def __init__(
        self,
        name: str,
        title: str,
        sentence: str,
        *,
        primary: bool = True,
        ask: AskFolder = ask_folder,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAcceptDrops(True)
        set_role(self, "drop")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.MARGIN, theme.GAP_LARGE, theme.MARGIN, theme.GAP_LARGE)
        row.setSpacing(theme.GAP_LARGE)
        row.addStretch(1)
        row.addWidget(IconLabel("folder-open", "accent", 36), 0)
        words = QVBoxLayout()
        words.setSpacing(theme.GAP_SMALL)
        words.addStretch(1)
        words.addWidget(label(title, "card-title"))
        words.addWidget(label(sentence, "quiet", wrap=True))
        words.addStretch(1)
        row.addLayout(words, 6)
        self.button = Button(
            "Open folder…", f"{name}_open", icon_name="folder-open", primary=primary
        )
        self.button.clicked.connect(lambda: ask(self, self.folder_wished.emit))
        row.addWidget(self.button, 0)
        row.addStretch(1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders only."""
        if dropped_folder(event.mimeData()) is not None:
            event.acceptProposedAction()
            self._over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing hovers any more."""
        self._over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder was let go."""
        self._over(False)
        folder = dropped_folder(event.mimeData())
        if folder is not None:
            event.acceptProposedAction()
            self.folder_wished.emit(folder)

    def _over(self, over: bool) -> None:
        self.setProperty("over", over)
        self.style().unpolish(self)
        self.style().polish(self)
