"""Live views of microphone and camera."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.widgets.sound_views import Pane

_LOUD = 0.97
"""Peak from which a recording is in danger of being clipped."""
_FALL = 0.85
"""Share of the shown level that stays when it gets quieter, so that the eye can follow."""


class LevelMeter(QWidget):
    """How loud the microphone hears.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Level of the microphone")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.level = 0.0

    def sizeHint(self) -> QSize:
        """A thin bar."""
        return QSize(160, 10)

    def show_level(self, level: float) -> None:
        """Show a level.

        Args:
            level: peak, 0..1.
        """
        self.level = max(level, self.level * _FALL)
        self.setAccessibleDescription("too loud" if level > _LOUD else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar."""
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.line))
        painter.drawRoundedRect(QRectF(self.rect()), 5, 5)
        colour = worn.bad if self.level > _LOUD else worn.good
        painter.setBrush(QColor(colour))
        filled = QRectF(self.rect())
        filled.setWidth(filled.width() * min(self.level, 1.0))
        painter.drawRoundedRect(filled, 5, 5)
        painter.end()


class LiveView(Pane):
    """What the camera sees, mirrored like a mirror, with the countdown over it.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Camera", 220, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image = QImage()
        self._note = ""
        self._count = ""

    def show_image(self, image: QImage) -> None:
        """Show the newest picture."""
        self._image = image.flipped(Qt.Orientation.Horizontal)
        self.update()

    def show_still(self, image: QImage) -> None:
        """Show a picture that was taken, as others see it."""
        self._image = image
        self.update()

    def show_note(self, words: str) -> None:
        """Show words in the place of a picture; "" for none."""
        self._note = words
        if words:
            self._image = QImage()
        self.update()

    def show_count(self, words: str) -> None:
        """Show a large word over the picture; "" for none."""
        self._count = words
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint picture, note and countdown."""
        worn = theme.current()
        painter = QPainter(self)
        self.ground(painter)
        if not self._image.isNull():
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)
        elif self._note and not self._count:
            painter.setPen(QColor(worn.quiet))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(32, 16, -32, -16), middle, self._note)
        if self._count:
            font = QFont(painter.font())
            font.setPixelSize(min(self.height() // 2, 120))
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(QColor(worn.accent))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self._count)
        painter.end()
