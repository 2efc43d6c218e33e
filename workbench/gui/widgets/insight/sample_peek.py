"""One sample at a glance: what stands for it, its name, what was true and what was said."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.thumbnails import Thumbnail
from workbench.gui.widgets.evaluation_cards import SampleFacts
from workbench.gui.widgets.gallery_cells import Brush
from workbench.runs.results import Results, Samples

_HEIGHT = 150


class ThumbnailView(QWidget):
    """Shows a ``Thumbnail``, or nothing.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("The sample")
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.shown: Thumbnail | None = None
        """What is shown."""

    def show_thumbnail(self, found: Thumbnail | None) -> None:
        """Show what stands for a sample; None: nothing."""
        self.shown = found
        self.setToolTip(found.problem if found is not None else "")
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Wear another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        if self.shown is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        Brush(painter, self).inside(QRect(0, 0, self.width(), self.height()), self.shown)
        painter.end()


class SamplePeek(QWidget):
    """A sample at a glance.

    Args:
        name: its ``objectName``; its parts begin with it.
        parent: its parent.
    """

    wanted = Signal(str)
    """What stands for the sample of that name is wanted; "" for none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.picture = ThumbnailView(f"{name}_picture")
        self.facts = SampleFacts(name)
        box.addWidget(self.facts)
        box.addWidget(self.picture)
        self._stem = ""

    def show_sample(self, results: Results | None, samples: Samples | None, row: int) -> None:
        """Show a sample; its picture comes later.

        Args:
            results: the figures.
            samples: the rows.
            row: number of the sample; -1 for none.
        """
        if results is None or samples is None or row < 0:
            self._stem = ""
            self.facts.show_nothing()
            self.picture.show_thumbnail(None)
            self.wanted.emit("")
            return
        stem = str(samples.stem[row])
        if stem != self._stem:
            self._stem = stem
            self.picture.show_thumbnail(None)
        self.facts.show_sample(results, samples, row)
        self.wanted.emit(stem)

    @Slot(str, object)
    def show_picture(self, stem: str, found: Thumbnail) -> None:
        """What stands for a sample came; late ones are passed over."""
        if stem == self._stem:
            self.picture.show_thumbnail(found)
