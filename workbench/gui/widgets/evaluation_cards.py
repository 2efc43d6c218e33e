"""What stands around the tables of an evaluation: the verdict, the curve, one sample's facts."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters import answers
from workbench.gui.presenters.evaluation import Curve
from workbench.gui.widgets.labels import ElidedLabel, IconLabel, set_role
from workbench.runs.results import Results, Samples
from workbench.runs.results_words import Verdict, number_words


class VerdictTile(QFrame):
    """What to think of an evaluation: a few words and a sentence.

    Args:
        name: its ``objectName``; its words are ``<name>_title`` and ``<name>_sentence``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Verdict")
        set_role(self, "card")
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP_LARGE, 12, theme.GAP_LARGE, 12)
        box.setSpacing(theme.GAP_SMALL)
        head = QHBoxLayout()
        head.setSpacing(theme.GAP)
        self._icon = IconLabel("check-circle", "good", 20)
        self.title = ElidedLabel("", "card-title", f"{name}_title")
        head.addWidget(self._icon)
        head.addWidget(self.title, 1)
        box.addLayout(head)
        self.sentence = _Sentence(f"{name}_sentence")
        box.addWidget(self.sentence, 1)

    def show_verdict(self, verdict: Verdict) -> None:
        """Show a verdict."""
        good = verdict.tone == "good"
        self._icon.show_icon("check-circle" if good else "warning", verdict.tone)
        self.title.setText(verdict.title)
        self.sentence.setText(verdict.sentence)
        self.sentence.setToolTip(verdict.sentence)
        self.setAccessibleDescription(f"{verdict.title}. {verdict.sentence}")


class _Sentence(QLabel):
    """Words that wrap into the room there is; the tooltip has all of them.

    A label that wraps would ask for the height of all its lines and push the tables away.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWordWrap(True)
        set_role(self, "quiet")

    def hasHeightForWidth(self) -> bool:
        return False

    def sizeHint(self) -> QSize:
        return QSize(200, 2 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class CurveTile(QFrame):
    """The validation loss of all epochs as one small line, with its best epoch.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Validation loss in training")
        set_role(self, "card")
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP_LARGE, 12, theme.GAP_LARGE, 12)
        box.setSpacing(2)
        box.addWidget(ElidedLabel("Validation loss in training", "quiet"))
        self._line = _Line()
        box.addWidget(self._line, 1)
        self.note = ElidedLabel("", "quiet", f"{name}_note")
        box.addWidget(self.note)

    def show_curve(self, curve: Curve) -> None:
        """Show how a training went."""
        self._line.show_curve(curve)
        words = "No complete epoch"
        if curve.best in curve.epochs:
            best = curve.losses[curve.epochs.index(curve.best)]
            words = f"best {number_words(best)}, epoch {curve.best}"
        elif curve.epochs:
            words = f"last {number_words(curve.losses[-1])}, epoch {curve.epochs[-1]}"
        self.note.setText(words)
        self.setAccessibleDescription(words)


class _Line(QWidget):
    """A line without axes."""

    def __init__(self) -> None:
        super().__init__()
        self._curve = Curve()

    def sizeHint(self) -> QSize:
        return QSize(140, 34)

    def show_curve(self, curve: Curve) -> None:
        self._curve = curve
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        losses = np.array(self._curve.losses)
        epochs = np.array(self._curve.epochs)
        finite = np.isfinite(losses)
        if not finite.any():
            return
        losses, epochs = losses[finite], epochs[finite]
        room = QRectF(self.rect()).adjusted(4, 5, -4, -5)
        across = (epochs - epochs[0]) / max(epochs[-1] - epochs[0], 1)
        up = (losses - losses.min()) / max(losses.max() - losses.min(), 1e-300)
        points = [
            QPointF(room.left() + x * room.width(), room.bottom() - y * room.height())
            for x, y in zip(across.tolist(), up.tolist(), strict=True)
        ]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(theme.current().colour_of("validation"))
        painter.setPen(QPen(ink, 1.5))
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(ink)
        best = np.flatnonzero(epochs == self._curve.best)
        painter.drawEllipse(points[int(best[0]) if len(best) else -1], 3, 3)
        painter.end()


class SampleFacts(QWidget):
    """What a model said of one sample.

    Args:
        name: its ``objectName``; the sample's name is ``<name>_stem``, the facts ``<name>_facts``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP_SMALL)
        middle = Qt.TextElideMode.ElideMiddle
        self.stem = ElidedLabel("", "card-title", f"{name}_stem", middle)
        box.addWidget(self.stem)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._lines: list[tuple[ElidedLabel, ElidedLabel]] = []
        for number in range(5):
            row = QHBoxLayout()
            row.setSpacing(theme.GAP)
            what = ElidedLabel("", "quiet")
            value = ElidedLabel("", "", f"{name}_{number}", middle)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(what, 1)
            row.addWidget(value, 3)
            box.addLayout(row)
            self._lines.append((what, value))
        self.show_nothing()

    def show_nothing(self) -> None:
        """Show that no sample is chosen."""
        self.stem.setText("No sample chosen")
        for what, value in self._lines:
            what.setText("")
            value.setText("")

    def show_sample(self, results: Results, samples: Samples, row: int) -> None:
        """Show one sample.

        Args:
            results: the figures.
            samples: the rows.
            row: number of the sample.
        """
        self.stem.setText(str(samples.stem[row]))
        facts = _facts(results, samples, row)
        for number, (what, value) in enumerate(self._lines):
            name, words = facts[number] if number < len(facts) else ("", "")
            what.setText(name)
            value.setText(words)
            what.setVisible(bool(name))
            value.setVisible(bool(name))
        if results.classes:
            right = np.array_equal(samples.target[row], samples.prediction[row])
            set_role(self._lines[1][1], "good" if right else "bad")
        else:
            set_role(self._lines[1][1], "")


def _facts(results: Results, samples: Samples, row: int) -> tuple[tuple[str, str], ...]:
    if results.task == "none":
        place = float(samples.prediction[row])
        words = f"number {place:,.3g}" if place else "has no pair"
        return (("Its partner", words), ("Loss", number_words(float(samples.loss[row]))))
    if not results.classes:
        number, told = float(samples.target[row]), float(samples.prediction[row])
        sure = f" ± {number_words(float(samples.spread[row]), 2)}" if len(samples.spread) else ""
        return (
            ("True", number_words(number)),
            ("Predicted", number_words(told) + sure),
            ("Error", ("+" if told > number else "") + number_words(told - number)),
        )
    true = answers.in_words(results, samples.target[row])
    said = answers.in_words(results, samples.prediction[row])
    true_share, share = samples.true_probability[row], samples.confidence[row]
    facts = (
        ("True", f"{true} · p = {true_share:.1%}"),
        ("Predicted", f"{said} · p = {share:.1%}"),
        ("Loss", number_words(float(samples.loss[row]))),
    )
    if results.task == "labels":
        wrong = answers.difference(results, samples.target[row], samples.prediction[row])
        return (*facts, *wrong)
    if results.task == "ordered":
        steps = abs(int(samples.prediction[row]) - int(samples.target[row]))
        return (*facts, ("Steps off", f"{steps:,}")) if steps else facts
    return facts
