"""One modality of a sample: a caption, a way to open its file, and what is to be seen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import label, set_role
from workbench.parts import Modality


class Section(QWidget):
    """The caption stays when there is nothing to see: it says why.

    Args:
        prefix: of the object names: ``<prefix>_<modality>_caption``, ``<prefix>_open_<modality>``.
        modality: which.
        content: what shows it.
        stretch: how much of the height that is left it takes.
        parent: its parent.
    """

    open_wished = Signal()
    """Open the file."""

    def __init__(
        self,
        prefix: str,
        modality: Modality,
        content: Sequence[QWidget],
        stretch: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.modality, self.stretch = modality, stretch
        self._inside = QWidget()
        outer, inner = QVBoxLayout(self), QVBoxLayout(self._inside)
        for layout in (outer, inner):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(theme.GAP_SMALL)
        self.caption = label(modality.title(), "quiet", f"{prefix}_{modality}_caption", wrap=True)
        self.open = self.link("Open", f"{prefix}_open_{modality}", f"Open the {modality} file")
        self.open.clicked.connect(self.open_wished)
        self.head = QHBoxLayout()
        self.head.setSpacing(0)
        self.head.addWidget(self.caption, 1)
        self.head.addWidget(self.open, 0, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(self.head)
        for widget in content:
            inner.addWidget(widget, 1)
        outer.addWidget(self._inside, 1)

    @staticmethod
    def link(words: str, name: str, name_for_readers: str) -> Button:
        """A small button that looks like a link.

        Args:
            words: what it says.
            name: its ``objectName``.
            name_for_readers: its accessible name.
        """
        button = Button(words, name, flat=True, name_for_readers=name_for_readers)
        button.setProperty("link", True)
        return button

    def show_content(self, shown: bool, words: str, problem: str, file: str) -> None:
        """Show what there is, or why there is nothing.

        Args:
            shown: there is something to see.
            words: what it is.
            problem: why it cannot be shown, one sentence; "" when it can.
            file: its file; "" when it has none.
        """
        self.setVisible(shown or bool(problem))
        self._inside.setVisible(shown)
        self.open.setVisible(bool(file))
        self.open.setToolTip(file)
        self.caption.setText(problem or words)
        # A file that is missing is a fact; one that cannot be read is a fault.
        set_role(self.caption, "bad" if problem and file else "quiet")
