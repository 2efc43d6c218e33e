"""Labels by the role that their words play."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from workbench.gui.widgets.icons import icon

MODALITY_ICONS = {"image": "image", "audio": "speaker-high", "text": "text-aa"}
"""The icon that stands for a modality everywhere."""


def label(
    text: str = "", role: str = "", name: str = "", *, wrap: bool = False,
    parent: QWidget | None = None,
) -> QLabel:  # fmt: skip
    """A label of plain text.

    Args:
        text: its words; never read as HTML.
        role: ``screen-title``, ``card-title``, ``figure``, ``quiet``, ``strong``, ``good``,
            ``warn`` or ``bad``; "" for body text.
        name: its ``objectName``.
        wrap: break long text into lines.
        parent: its parent.
    """
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setObjectName(name)
    made.setWordWrap(wrap)
    set_role(made, role)
    return made


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another role of the style sheet, and redraw it."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def plain_tip(text: str) -> str:
    """A tooltip that shows words as they are.

    Args:
        text: anybody's words. What looks like a document would be taken for one, for a tooltip
            has no format of its own.
    """
    if "<" not in text:
        return text
    return f"<qt>{html.escape(text).replace(chr(10), '<br>')}</qt>"


class ElidedLabel(QLabel):
    """A label of one line that shortens its words with an ellipsis; the tooltip has all of them.

    Args:
        text: its words.
        role: as of ``label``.
        name: its ``objectName``.
        mode: where the ellipsis stands.
        parent: its parent.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "",
        name: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._mode = mode
        set_role(self, role)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show these words."""
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:
        """Narrow as a few letters."""
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words that fit."""
        painter = QPainter(self)
        words = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        self.style().drawItemText(
            painter, self.rect(), int(self.alignment()), self.palette(), self.isEnabled(), words,
            self.foregroundRole(),
        )  # fmt: skip
        painter.end()


class IconLabel(QLabel):
    """An icon that follows the theme.

    Args:
        icon_name: name of an icon.
        role: a colour of the theme.
        size: side in device-independent pixels.
        parent: its parent.
    """

    def __init__(
        self, icon_name: str, role: str = "quiet", size: int = 16, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._what, self._side = (icon_name, role), size
        self._dress()

    def show_icon(self, icon_name: str, role: str = "quiet") -> None:
        """Show another icon."""
        self._what = (icon_name, role)
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the icon when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        self.setPixmap(icon(*self._what).pixmap(self._side, self._side))


class IconRow(QWidget):
    """An icon and a quiet line of words that shortens.

    Args:
        icon_name: name of an icon.
        name: ``objectName`` of the words.
        parent: its parent.
    """

    def __init__(self, icon_name: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel(icon_name, "quiet", 16))
        self.words = ElidedLabel("", "quiet", name)
        row.addWidget(self.words, 1)
