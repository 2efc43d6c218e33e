"""Who is learning: a bar of shares, one sentence, and the curves behind them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.plots.terms import Legend, TermsPlot
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import label, set_role
from workbench.runs.curves import Curves
from workbench.runs.learning import Learning

_HEIGHT = 22


class SharesBar(QWidget):
    """One bar, parted into the shares of the modalities.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Shares of the pull of the gradients")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shares: dict[str, float] = {}

    def show_shares(self, shares: dict[str, float]) -> None:
        """Show these shares, which sum to 1."""
        if shares != self._shares:
            self._shares = dict(shares)
            told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
            self.setAccessibleDescription(told)
            self.setToolTip(told)
            self.update()

    def sizeHint(self) -> QSize:
        """A low bar."""
        return QSize(200, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the shares, each with its name where it fits."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = theme.current()
        whole = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(whole, 5, 5)
        painter.setClipPath(outline)
        painter.fillRect(whole, QColor(worn.ground))
        left = whole.left()
        for name, share in self._shares.items():
            width = share * whole.width()
            part = QRectF(left, whole.top(), width, whole.height())
            painter.fillRect(part.adjusted(0, 0, -1, 0), QColor(worn.colour_of(name)))
            words = f"{name} {share:.0%}"
            if painter.fontMetrics().horizontalAdvance(words) + 10 < width:
                painter.setPen(QColor(worn.panel))
                painter.drawText(part, Qt.AlignmentFlag.AlignCenter, words)
            left += width
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()


class LearningView(QWidget):
    """The gauge, its sentence and the curves of gradients.

    Args:
        parent: its parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.GAP, 0, 0)
        box.setSpacing(theme.GAP)
        self.bar = SharesBar("train_learning_bar")
        self.sentence = label("", "quiet", "train_learning", wrap=True)
        self.plot = TermsPlot("train_gradients_plot", "gradients", "Shown from the first step on.")
        self.legend = Legend("train_gradients_legend")
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.chips = QButtonGroup(self)
        for place, (group, words, tip) in enumerate(
            (
                ("gradients", "Length",
                 "Length of the gradient of each encoder, measured in every step"),
                ("cosines", "Agreement",
                 "Cosine between the gradients of the task and of all other terms, measured in "
                 "every step; below 0 they pull apart"),
            )
        ):  # fmt: skip
            chip = Button(words, f"train_gradients_{group}", chip=True, name_for_readers=tip)
            chip.setToolTip(tip)
            chip.setChecked(place == 0)
            self.chips.addButton(chip, place)
            row.addWidget(chip)
        self.chips.idClicked.connect(self._choose)
        row.addWidget(self.legend, 1)
        for part in (self.bar, self.sentence):
            box.addWidget(part)
        box.addWidget(self.plot, 1)
        box.addLayout(row)

    def show_curves(self, curves: Curves) -> None:
        """Show another run."""
        self.plot.show_curves(curves)

    def show_learning(self, learning: Learning, *, several: bool) -> None:
        """Show who is learning.

        Args:
            learning: the shares and the sentence.
            several: there are several terms, whose gradients can agree or not.
        """
        self.bar.show_shares(learning.shares)
        self.bar.setVisible(bool(learning.shares))
        self.sentence.setText(learning.sentence or "Known from the first steps on.")
        set_role(self.sentence, "warn" if learning.apart else "quiet")
        self.legend.show_names(list(learning.shares))
        for chip in self.chips.buttons():
            chip.setVisible(several)
        if not several and self.plot.group != "gradients":
            self._choose(0)

    @Slot(int)
    def _choose(self, place: int) -> None:
        self.chips.button(place).setChecked(True)
        self.plot.show_group(("gradients", "cosines")[place])


class TermsView(QWidget):
    """What each term of the objective does: raw loss, weight, share, and the balancer's figures.

    Args:
        parent: its parent.
    """

    _GROUPS = (
        ("terms", "Raw", "Loss of each term, before any weight"),
        ("weights", "Weight", "What each term is multiplied with"),
        ("shares", "Share", "Share of each weighed term in their sum"),
        ("traces", "Balancer", "What the balancer tells of itself"),
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.GAP, 0, 0)
        box.setSpacing(theme.GAP)
        self.plot = TermsPlot(
            "train_terms_plot", "terms", "This run has one term; several are drawn here."
        )
        self.legend = Legend("train_terms_legend")
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.chips = QButtonGroup(self)
        for place, (group, words, tip) in enumerate(self._GROUPS):
            chip = Button(words, f"train_terms_{group}", chip=True, name_for_readers=tip)
            chip.setToolTip(tip)
            chip.setChecked(place == 0)
            self.chips.addButton(chip, place)
            row.addWidget(chip)
        row.addStretch(1)
        self.chips.idClicked.connect(self._choose)
        box.addLayout(row)
        box.addWidget(self.plot, 1)
        box.addWidget(self.legend)

    def show_curves(self, curves: Curves) -> None:
        """Show another run."""
        self.plot.show_curves(curves)
        self._choose(0)

    def tell(self, curves: Curves) -> None:
        """Offer what there is of a run, and name its curves."""
        self.chips.button(len(self._GROUPS) - 1).setVisible(bool(curves.traces))
        self.legend.show_names(list(self.plot.known()))

    @Slot(int)
    def _choose(self, place: int) -> None:
        self.chips.button(place).setChecked(True)
        self.plot.show_group(self._GROUPS[place][0])
        self.legend.show_names(list(self.plot.known()))
