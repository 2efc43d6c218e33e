"""The tokens of a text as chips, with the numbers that the model gets."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.model_eyes import Token

_LINE, _NUMBER_LINE = 21, 14
_GAP, _INSIDE = 4, 6
_LONGEST = 160
"""Pixels of a chip; longer ones are shortened."""


def words_of(token: Token) -> str:
    """A token as it is written on its chip; blanks become signs that can be seen.

    Args:
        token: any token.
    """
    if token.text.strip():
        return token.text.strip()
    return "⏎" if "\n" in token.text else "␣"


def explained(token: Token) -> str:
    """What is to be said of a token, one sentence.

    Args:
        token: any token.
    """
    if token.cut:
        return f"“{words_of(token)}” is cut off: the text is longer than the recipe reads."
    if token.dropped:
        return f"“{words_of(token)}” is left out in this variation; the model gets “unknown”."
    if not token.known:
        return f"“{words_of(token)}” is unknown: too rare in the training texts."
    return f"“{words_of(token)}” is number {token.number}."


class TokensView(QAbstractScrollArea):
    """Chips side by side, line after line; unknown, left out and cut off ones look different.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Tokens")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.tokens: tuple[Token, ...] = ()
        self._numbers = False
        self._boxes: list[QRect] = []
        self.verticalScrollBar().setSingleStep(_LINE)

    def show_tokens(self, tokens: Sequence[Token], *, numbers: bool = False) -> None:
        """Show these tokens.

        Args:
            tokens: of a text.
            numbers: write beneath each the number that the model gets.
        """
        self.tokens, self._numbers = tuple(tokens), numbers
        unknown = [words_of(token) for token in self.tokens if not token.known and not token.cut]
        said = f"{len(self.tokens)} tokens: {' '.join(map(words_of, self.tokens[:100]))}"
        if unknown:
            said += f". Unknown: {' '.join(unknown[:20])}"
        self.setAccessibleDescription(said)
        self._lay_out()
        self.verticalScrollBar().setValue(0)

    def sizeHint(self) -> QSize:
        """As high as its lines, up to four."""
        return QSize(240, self._lines(4))

    def minimumSizeHint(self) -> QSize:
        """As high as its lines, up to two."""
        return QSize(80, self._lines(2))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the lines out anew."""
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        """Explain a chip in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            token = self.token_at(event.pos())
            QToolTip.showText(event.globalPos(), explained(token) if token else "", self)
            return True
        return super().viewportEvent(event)

    def token_at(self, place: QPoint) -> Token | None:
        """The token whose chip lies there, in the viewport; None between them."""
        point = QPoint(place.x(), place.y() + self.verticalScrollBar().value())
        boxes = zip(self.tokens, self._boxes, strict=True)
        return next((token for token, box in boxes if box.contains(point)), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the chips that are seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        top = self.verticalScrollBar().value()
        painter.translate(0, -top)
        seen = QRect(0, top, self.viewport().width(), self.viewport().height())
        for token, box in zip(self.tokens, self._boxes, strict=True):
            if box.intersects(seen):
                self._chip(painter, token, box)
        painter.end()

    def _chip(self, painter: QPainter, token: Token, box: QRect) -> None:
        worn = theme.current()
        odd = token.dropped or not token.known
        ground, edge = (worn.soft_warn, worn.warn) if odd else (worn.soft_accent, worn.soft_accent)
        ink = worn.text
        if token.cut:
            ground, edge, ink = worn.panel, worn.line, worn.quiet
        # A dashed edge, so that colour is never alone.
        style = Qt.PenStyle.DashLine if odd or token.cut else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(edge), 1, style))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        font = QFont(self.font())
        font.setStrikeOut(token.dropped)
        painter.setFont(font)
        painter.setPen(QColor(ink))
        upper = QRect(box.left(), box.top(), box.width(), _LINE)
        words = QFontMetrics(font).elidedText(
            words_of(token), Qt.TextElideMode.ElideRight, box.width() - 2 * _INSIDE + 2
        )
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, words)
        if self._numbers and not token.cut:
            painter.setFont(self._small())
            painter.setPen(QColor(worn.quiet))
            lower = QRect(box.left(), box.top() + _LINE - 3, box.width(), _NUMBER_LINE)
            painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, str(token.number))

    def _lay_out(self) -> None:
        metrics, small = QFontMetrics(self.font()), QFontMetrics(self._small())
        room, line = max(self.viewport().width(), 40), self._line()
        self._boxes, left, top = [], 0, 0
        for token in self.tokens:
            width = metrics.horizontalAdvance(words_of(token))
            if self._numbers and not token.cut:
                width = max(width, small.horizontalAdvance(str(token.number)))
            width = min(width + 2 * _INSIDE, _LONGEST, room)
            if left and left + width > room:
                left, top = 0, top + line + _GAP
            self._boxes.append(QRect(left, top, width, line))
            left += width + _GAP
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._height() - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        self.updateGeometry()
        self.viewport().update()

    def _lines(self, most: int) -> int:
        """Height of its lines, but no more than so many."""
        line = self._line() + _GAP
        return min(max(-(-self._height() // line), 1), most) * line

    def _line(self) -> int:
        return _LINE + (_NUMBER_LINE - 3 if self._numbers else 0)

    def _height(self) -> int:
        return self._boxes[-1].bottom() + 1 if self._boxes else 0

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(theme.QUIET - 2)
        return font
