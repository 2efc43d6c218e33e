"""Live views of microphone and camera."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.widgets.sound_views import Pane

_LOUD = 0.97
"""Peak from which a recording is in danger of being clipped."""
_FALL = 0.85
"""Share of the shown level that stays when it gets quieter, so that the eye can follow."""


STILL_MS = 2500
"""How long a picture that was taken stands before the camera's."""


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
        self._still = QImage()
        self._words = ""
        self._standing = QTimer(self)
        self._standing.setSingleShot(True)
        self._standing.setInterval(STILL_MS)
        self._standing.timeout.connect(self.show_live)

    def show_image(self, image: QImage) -> None:
        """Show the newest picture, if no take is looked at."""
        self._image = image.flipped(Qt.Orientation.Horizontal)
        self.update()

    def show_take(self, picture: QImage, words: str) -> None:
        """Show what was taken, as others see it; a live picture takes its place again soon.

        Args:
            picture: a null one when the take has none.
            words: the text of the take; "" when it has none.
        """
        self._still, self._words = picture, words
        if not self._note:
            self._standing.start()
        self.update()

    @Slot()
    def show_live(self) -> None:
        """Show the camera's picture again."""
        self._standing.stop()
        self._still, self._words = QImage(), ""
        self.update()

    def show_note(self, words: str) -> None:
        """Show words in the place of a picture; "" for none."""
        if words == self._note:
            return
        self._note = words
        self._image = QImage()
        self.show_live()

    def show_count(self, words: str) -> None:
        """Show a large word over the picture; "" for none."""
        self._count = words
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint picture, note and countdown."""
        painter = QPainter(self)
        self.ground(painter)
        picture = self._image if self._still.isNull() else self._still
        words = self._words or ("" if not picture.isNull() or self._count else self._note)
        if not picture.isNull() and (not self._words or not self._still.isNull()):
            size = picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(left, top, size.width(), size.height()), picture)
        if words:
            self._paint_words(painter, words)
        if self._count:
            self._paint_count(painter)
        painter.end()

    def _paint_count(self, painter: QPainter) -> None:
        """The countdown on a plate of its own, to be read over any picture."""
        worn = theme.current()
        font = QFont(painter.font())
        font.setPixelSize(max(12, min(self.height() // 3, 96)))
        font.setBold(True)
        painter.setFont(font)
        middle = Qt.AlignmentFlag.AlignCenter
        words = QFontMetricsF(font)
        plate = QRectF(0, 0, words.horizontalAdvance(self._count) + 56, words.height() + 16)
        plate.moveCenter(QRectF(self.rect()).center())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.panel))
        painter.drawRoundedRect(plate, 16, 16)
        painter.setPen(QColor(worn.accent))
        painter.drawText(QRectF(self.rect()), middle, self._count)

    def _paint_words(self, painter: QPainter, words: str) -> None:
        """A text: below the picture of a take, else in the middle."""
        worn = theme.current()
        below = not self._still.isNull()
        where = Qt.AlignmentFlag.AlignBottom if below else Qt.AlignmentFlag.AlignVCenter
        flags = where | Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        room = QRectF(self.rect()).adjusted(32, 16, -32, -16)
        if below:
            words_only = QFontMetricsF(painter.font()).boundingRect(room, flags.value, words)
            box = words_only.adjusted(-8, -4, 8, 4)
            painter.fillRect(box, QColor(worn.panel))
        painter.setPen(QColor(worn.text if self._words else worn.quiet))
        painter.drawText(room, flags, words)
