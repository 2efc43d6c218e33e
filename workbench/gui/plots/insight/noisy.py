"""One modality of a sample under noise, as the model gets it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.model_eyes import Token
from workbench.gui.pixels import Colours, image_of
from workbench.gui.widgets.sound_views import FULL_SPAN, Pane
from workbench.gui.widgets.tokens import TokensView

_UNKNOWN = "[UNK]"


class NoisyPane(Pane):
    """A picture, a spectrogram or a wave.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "What the model gets", 140, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._values: NDArray[Any] | None = None
        self._image = QImage()

    def show_values(self, values: NDArray[Any] | None) -> None:
        """Show what the model was given.

        Args:
            values: picture uint8 [side, side, 3], log-mel [frames, bands] or wave [values].
        """
        if values is not self._values:
            self._values = values
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Draw a sound in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_values"):
            self._draw()

    def _draw(self) -> None:
        values = self._values
        self._image = QImage()
        if values is not None and values.ndim == 3:
            self._image = image_of(values)
        elif values is not None and values.ndim == 2:
            self._image = image_of(Colours.worn().of(values, FULL_SPAN))
        self.update()

    def place(self) -> QRectF:
        """Where the image lies: a picture keeps its sides, a spectrogram fills the room."""
        room = QRectF(self.rect())
        if self._values is None or self._values.ndim != 3:
            return room
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        box = QRectF(QPointF(), size.toSizeF())
        box.moveCenter(room.center())
        return box

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        self.ground(painter)
        if not self._image.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.place(), self._image)
        elif self._values is not None and self._values.ndim == 1 and len(self._values):
            self._paint_wave(painter, self._values)
        self.frame(painter)

    def _paint_wave(self, painter: QPainter, wave: NDArray[Any]) -> None:
        """A line from the lowest to the highest value in each column."""
        columns = np.array_split(wave.astype(np.float32), min(self.width(), len(wave)))
        middle, half = self.height() / 2, self.height() / 2 - 4
        wide = self.width() / len(columns)
        lines = [
            QLineF(n * wide, middle - half * float(c.max()), n * wide,
                   middle - half * float(c.min()) + 0.5)
            for n, c in enumerate(columns)
        ]  # fmt: skip
        painter.setPen(QPen(QColor(theme.current().colour_of("audio")), 1))
        painter.drawLines(lines)


class NoisyWords(TokensView):
    """Words as chips; those that the noise changed look different."""

    def show_words(self, words: tuple[str, ...], struck: tuple[int, ...]) -> None:
        """Show words.

        Args:
            words: as the model gets them.
            struck: places of those that the noise changed.
        """
        changed = set(struck)
        tokens = tuple(
            Token("lost" if n in changed and word == _UNKNOWN else word, known=n not in changed)
            for n, word in enumerate(words)
        )
        if tokens == self.tokens:
            return
        self.show_tokens(tokens)
        self.setAccessibleDescription(
            f"{' '.join(t.text for t in tokens[:100])}. Changed: {len(changed)} of {len(tokens)}"
        )

    def viewportEvent(self, event: QEvent) -> bool:
        """Say of a chip that noise has changed it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            token = self.token_at(event.pos())
            words = "" if token is None else "As it is" if token.known else "Changed by the noise"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().viewportEvent(event)
