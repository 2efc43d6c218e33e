"""What is said of one sample: why it is listed, the largest probabilities, its epochs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.sample_course import SampleCourse
from workbench.gui.presenters.insight.sample_facts import BARS, Bar, Facts
from workbench.gui.widgets.labels import ElidedLabel, label, set_role
from workbench.runs.results_words import number_words

_ROW = 20
_SHARE_WIDTH = 48


class BarsView(QWidget):
    """A few classes with a bar each.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Largest probabilities")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.bars: tuple[Bar, ...] = ()

    def show_bars(self, title: str, bars: tuple[Bar, ...]) -> None:
        """Show these classes.

        Args:
            title: what the bars are.
            bars: of the classes, from above.
        """
        self.bars = bars
        self.setAccessibleName(title)
        told = [f"{b.name}{' (true)' if b.true else ''} {b.share:.0%}" for b in bars]
        self.setAccessibleDescription(", ".join(told))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A row for each class."""
        return QSize(160, _ROW * min(len(self.bars), BARS))

    def minimumSizeHint(self) -> QSize:
        """As high as its rows, and as narrow as need be."""
        return QSize(80, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Change colours with the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names, bars and shares."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = theme.current()
        names = self.width() * 2 // 5
        room = self.width() - names - _SHARE_WIDTH - 2 * theme.GAP
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for place, bar in enumerate(self.bars):
            top = place * _ROW
            words = self.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideRight, names)
            painter.setPen(QColor(worn.text if bar.true else worn.quiet))
            painter.drawText(0, top, names, _ROW, flags, words)
            painter.drawText(self.width() - _SHARE_WIDTH, top, _SHARE_WIDTH, _ROW, right,
                             f"{bar.share:.1%}")  # fmt: skip
            left = names + theme.GAP
            self._bar(painter, QRectF(left, top + 5, room, _ROW - 10), worn.line)
            colour = worn.good if bar.true else worn.accent
            if bar.share > 0:
                wide = max(room * min(bar.share, 1.0), 1.0)
                self._bar(painter, QRectF(left, top + 5, wide, _ROW - 10), colour)
        painter.end()

    def _bar(self, painter: QPainter, box: QRectF, colour: str) -> None:
        path = QPainterPath()
        path.addRoundedRect(box, 3, 3)
        painter.fillPath(path, QColor(colour))


class SampleWords(QWidget):
    """What is known of one sample beside its picture, sound and text.

    Args:
        prefix: of the object names: ``<prefix>_stem``, ``<prefix>_true``, ``<prefix>_said``,
            ``<prefix>_why``, ``<prefix>_bars``, ``<prefix>_course``, ``<prefix>_course_note``.
        parent: its parent.
    """

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(prefix)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP_SMALL)
        middle = Qt.TextElideMode.ElideMiddle
        self.stem = ElidedLabel("", "card-title", f"{prefix}_stem", middle)
        box.addWidget(self.stem)
        self.true, self._true = self._line(box, "True", f"{prefix}_true")
        self.said, self._said = self._line(box, "Predicted", f"{prefix}_said")
        self.why = label("", "quiet", f"{prefix}_why", wrap=True)
        box.addWidget(self.why)
        self.bars_title = ElidedLabel("", "quiet")
        self.bars = BarsView(f"{prefix}_bars")
        box.addWidget(self.bars_title)
        box.addWidget(self.bars)
        self.course_title = label("", "quiet", f"{prefix}_course_note", wrap=True)
        self.course = SampleCourse(f"{prefix}_course")
        box.addWidget(self.course_title)
        box.addWidget(self.course)

    def show_facts(self, facts: Facts) -> None:
        """Show what is said of a sample."""
        self.stem.setText(facts.stem)
        self.true.setText(facts.true)
        self._true.setVisible(bool(facts.true))
        loss = f" · loss {number_words(facts.loss)}"
        self.said.setText(f"{facts.said or '–'}{loss}")
        roles = {None: "", True: "bad", False: "good"}
        set_role(self.said, roles[facts.wrong])
        self.why.setText(facts.why)
        self.bars_title.setText(facts.bars_title)
        for part in (self.bars_title, self.bars):
            part.setVisible(bool(facts.bars))
        self.bars.show_bars(facts.bars_title, facts.bars)
        self.course.setVisible(facts.course is not None)
        if facts.course is None:
            self.course_title.setText(facts.no_course)
            return
        marks = "filled: right · " if len(facts.course.right) else ""
        self.course_title.setText(f"Loss by epoch · {marks}dashed: median")
        self.course.show_course(facts.course)

    def _line(self, box: QVBoxLayout, words: str, name: str) -> tuple[ElidedLabel, QWidget]:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        value = ElidedLabel("", "", name, Qt.TextElideMode.ElideMiddle)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(label(words, "quiet"))
        row.addWidget(value, 1)
        box.addWidget(whole)
        return value, whole
