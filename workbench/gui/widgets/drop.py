"""Places to drop folders, files and zips on, and the dialogs that ask for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.data.sources import is_archive
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


def ask_archive(parent: QWidget, then: Callable[[Path], None]) -> None:
    """Show the desktop's dialog for a zip file; returns at once.

    Args:
        parent: the widget that it belongs to.
        then: called with the file; not called when the dialog is dismissed.
    """
    dialog = QFileDialog(parent, "Open zip file", "", "Zip files (*.zip)")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    dialog.open()


def dropped_folder(data: QMimeData) -> Path | None:
    """What is to be opened of what is being dropped.

    Args:
        data: what the pointer carries.

    Returns:
        A folder or a zip file as it is; of another file the folder it lies in; of several things
        the folder that holds them all; None for anything else.
    """
    urls = [url for url in data.urls() if url.isLocalFile()]
    paths = [path for path in (Path(url.toLocalFile()) for url in urls) if path.exists()]
    if not paths:
        return None
    if len(paths) == 1:
        only = paths[0]
        return only if only.is_dir() or is_archive(only) else only.parent
    common = Path(os.path.commonpath([path.parent for path in paths]))
    # Things of two drives, or of the whole disk, are no folder of data.
    return common if common != Path(common.anchor) else None


class DropHint(QFrame):
    """Covers a window while something that can be opened is dragged over it, and takes it.

    It stays away while a widget is seen that takes drops by itself: one whose property
    ``takes_drops`` is true.

    Args:
        window: what it covers; drops anywhere on it are taken.
        name: its ``objectName``.
    """

    folder_wished = Signal(object)
    """The ``Path`` of a folder or zip file that was dropped."""

    def __init__(self, window: QWidget, name: str = "drop_hint") -> None:
        super().__init__(window)
        self.setObjectName(name)
        self.setAccessibleName("Drop to open")
        self.setAcceptDrops(True)
        set_role(self, "drop-hint")
        box = QVBoxLayout(self)
        box.setSpacing(theme.GAP)
        box.addStretch(1)
        box.addWidget(IconLabel("folder-open", "accent", 56), 0, Qt.AlignmentFlag.AlignHCenter)
        self.words = label("Drop to open", "screen-title", f"{name}_words")
        box.addWidget(self.words, 0, Qt.AlignmentFlag.AlignHCenter)
        self.path = label("", "quiet", f"{name}_path")
        box.addWidget(self.path, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)
        self.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Come up when something is dragged onto the window, and keep its size."""
        if isinstance(event, QDragEnterEvent):
            return self._enter(event)
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.dropEvent(event)
            return True
        if event.type() == QEvent.Type.Resize:
            self._cover()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """The pointer is over the hint itself now."""
        self._enter(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing hovers any more."""
        self.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Something was let go."""
        self.hide()
        path = dropped_folder(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.folder_wished.emit(path)

    def _enter(self, event: QDragEnterEvent) -> bool:
        path = dropped_folder(event.mimeData())
        if path is None or self._taken_elsewhere():
            return False
        event.acceptProposedAction()
        self.path.setText(str(path))
        self._cover()
        self.show()
        self.raise_()
        return True

    def _taken_elsewhere(self) -> bool:
        window = self.parentWidget()
        places = window.findChildren(QWidget) if window is not None else []
        return any(place.property("takes_drops") and place.isVisible() for place in places)

    def _cover(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())


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
    """The ``Path`` of a folder or zip file that was dropped or chosen."""

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
        buttons = QVBoxLayout()
        buttons.setSpacing(theme.GAP_SMALL)
        buttons.addStretch(1)
        buttons.addWidget(self.button)
        self.archive = Button("Zip file…", f"{name}_archive", flat=True)
        self.archive.setProperty("link", True)
        self.archive.setAccessibleName("Open zip file")
        self.archive.clicked.connect(lambda: ask_archive(self, self.folder_wished.emit))
        buttons.addWidget(self.archive, 0, Qt.AlignmentFlag.AlignHCenter)
        buttons.addStretch(1)
        row.addLayout(buttons, 0)
        row.addStretch(1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders, files and zips only."""
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
