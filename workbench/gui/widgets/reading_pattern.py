"""A pattern of file names, and what it says of the first names, in coloured fields."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.reading_preview import SHOWN_NAMES, PatternView
from workbench.gui.widgets.labels import label, set_role

_LINE = 24
_SOFT = 60
"""How strong the colour of a field is behind its letters, of 255."""


class PatternField(QWidget):
    """The pattern as typed, and how it parts the first names.

    Args:
        prefix: of the object names: ``<prefix>_pattern``, ``<prefix>_pattern_names``,
            ``<prefix>_pattern_count``.
        parent: its parent.
    """

    typed = Signal(str)
    """The pattern as it stands."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        self.line = QLineEdit()
        self.line.setObjectName(f"{prefix}_pattern")
        self.line.setAccessibleName("Pattern of the file names")
        self.line.setPlaceholderText("{label}_{speaker}_{index}")
        self.line.setToolTip(
            "Each part in braces is a field: {label} is learned, {_} is passed over. What stands "
            "between must be in the names as it is."
        )
        self.line.textEdited.connect(self.typed)
        box.addWidget(self.line)
        self.names = PatternNames(f"{prefix}_pattern_names")
        box.addWidget(self.names)
        self.count = label("", "quiet", f"{prefix}_pattern_count", wrap=True)
        box.addWidget(self.count)

    def show_pattern(self, pattern: str, view: PatternView) -> None:
        """Show a pattern and what it says.

        Args:
            pattern: as it stands.
            view: of the first names.
        """
        if self.line.text() != pattern:
            self.line.setText(pattern)
        wrong = bool(view.error)
        if bool(self.line.property("wrong")) != wrong:
            self.line.setProperty("wrong", wrong)
            self.line.style().unpolish(self.line)
            self.line.style().polish(self.line)
        self.names.show_view(view)
        self.count.setText(view.words)
        self.count.setVisible(bool(view.words))
        set_role(self.count, "bad" if wrong else "quiet")


class PatternNames(QWidget):
    """Some file names, each part behind a tint of its field, with the field's name beneath.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("What the pattern says of the first names")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._view = PatternView()

    def show_view(self, view: PatternView) -> None:
        """Show what a pattern says."""
        if view == self._view:
            return
        self._view = view
        told = [
            f"{name}: " + ", ".join(f"{field} {name[a:b]}" for field, a, b in parts)
            for name, parts in view.names
            if parts
        ]
        self.setAccessibleDescription("; ".join(told) or "No name matches.")
        self.setToolTip("\n".join(told))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A line for each name, and one for the fields."""
        lines = len(self._view.names) or SHOWN_NAMES
        return QSize(240, _LINE * (lines + (1 if self._view.fields else 0)))

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the fields' names in their colours, then the names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        y = 0
        if self._view.fields:
            self._draw_fields(painter)
            y = _LINE
        for name, parts in self._view.names:
            self._draw_name(painter, y, name, parts)
            y += _LINE
        painter.end()

    def _draw_fields(self, painter: QPainter) -> None:
        x = 0.0
        metrics = painter.fontMetrics()
        for number, field in enumerate(self._view.fields):
            width = metrics.horizontalAdvance(field) + 12
            self._draw_chip(painter, QRectF(x, 2, width, _LINE - 6), number, field)
            x += width + 6

    def _draw_name(
        self, painter: QPainter, y: int, name: str, parts: tuple[tuple[str, int, int], ...]
    ) -> None:
        worn = theme.current()
        metrics = painter.fontMetrics()
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        if not parts:
            painter.setPen(QColor(worn.bad if self._view.fields else worn.quiet))
            mark = "✕ " if self._view.fields else ""
            words = metrics.elidedText(mark + name, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(QRectF(0, y, self.width(), _LINE), flags, words)
            return
        numbers = {field: number for number, field in enumerate(self._view.fields)}
        x, end = 0.0, 0
        for field, start, stop in sorted(parts, key=lambda part: part[1]):
            x = self._draw_plain(painter, x, y, name[end:start])
            width = metrics.horizontalAdvance(name[start:stop]) + 6
            room = QRectF(x, y + 2, width, _LINE - 6)
            self._draw_chip(painter, room, numbers[field], name[start:stop])
            x, end = x + width, stop
        self._draw_plain(painter, x, y, name[end:])

    def _draw_plain(self, painter: QPainter, x: float, y: int, words: str) -> float:
        painter.setPen(QColor(theme.current().quiet))
        width = painter.fontMetrics().horizontalAdvance(words)
        room = QRectF(x + 1, y, width + 2, _LINE - 2)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        return x + width + 2

    def _draw_chip(self, painter: QPainter, room: QRectF, number: int, words: str) -> None:
        worn = theme.current()
        tint = QColor(worn.colour_of(number))
        tint.setAlpha(_SOFT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(room, 4, 4)
        painter.setPen(QColor(worn.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
