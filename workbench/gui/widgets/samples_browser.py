"""All samples, as a table or as a gallery, with what narrows them down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QSlider,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.data.index import Index
from workbench.gui import theme
from workbench.gui.presenters.samples import SamplesPresenter, SamplesState
from workbench.gui.thumbnails import Thumbnails
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.gallery import LARGEST, SMALLEST, USUAL, Gallery
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.samples_filter import Chips, FilterButton
from workbench.gui.widgets.samples_table import RowsTable, search_field


class SamplesBrowser(QWidget):
    """Table and gallery show the same rows, and the same sample is chosen in both.

    Args:
        prefix: of the object names: ``<prefix>_filter``, ``<prefix>_narrow``, ``<prefix>_chips``,
            ``<prefix>_count``, ``<prefix>_as_table``, ``<prefix>_as_gallery``, ``<prefix>_side``,
            ``<prefix>_table``, ``<prefix>_gallery``.
        thumbnails: what decodes the gallery's pictures; one of its own when left out.
        parent: its parent.
    """

    chosen = Signal(int)
    """Number of the sample that the person looks at."""

    def __init__(
        self, prefix: str, thumbnails: Thumbnails | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.presenter = SamplesPresenter(self)
        self._index: Index | None = None
        self.current = -1
        """Number of the chosen sample; -1 for none."""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addLayout(self._head(prefix))
        self.chips = Chips(prefix)
        self.chips.dropped.connect(self.presenter.drop)
        self.chips.all_wished.connect(self.show_all)
        box.addWidget(self.chips)
        self._stack = QStackedLayout()
        self.table = RowsTable(f"{prefix}_table", self.presenter)
        self.gallery = Gallery(f"{prefix}_gallery", self.presenter, thumbnails)
        self.gallery.side_changed.connect(self.side.setValue)
        for page in (self.table, self.gallery):
            page.chosen.connect(self._choose)
            self._stack.addWidget(page)
        self._nothing = label("No sample is like that.", "quiet", f"{prefix}_none")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._nothing)
        box.addLayout(self._stack, 1)
        self.presenter.changed.connect(self._show_state)

    def show_index(self, index: Index, target: str, split: NDArray[np.int8] | None = None) -> None:
        """Show these data, and look at the first sample when they are new.

        Args:
            index: the data.
            target: the column that is learned; "" for none.
            split: int8 [samples]: 0 train, 1 validation, 2 test, -1 none of them; None: the split
                that the data state, if any.
        """
        new = self._index is None or self._index.stems is not index.stems
        self._index = index
        if new:
            self.current = -1
            self.search.clear()
        self.presenter.show_index(index, target, split)
        if self.current < 0:
            self._look_at_first()

    def show_rows(self, rows: Sequence[int] | NDArray[np.int64], words: str) -> None:
        """Show no other samples than these, and look at the first.

        Args:
            rows: their places in the Index.
            words: what they are, such as ``copies``; they stand on a chip that takes it back.
        """
        # The filter that stands in the field would hide some of them.
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self.presenter.show_rows(rows, words)
        if len(rows):
            self._choose(int(rows[0]))
            self._look_at(self.current)

    @Slot()
    def show_all(self) -> None:
        """Take all filters off."""
        self.search.clear()
        self.presenter.show_all()

    @Slot(object)
    def _show_state(self, state: SamplesState) -> None:
        self.count.setText(state.words)
        self.chips.show_chips(state.chips)
        self.narrow.show_state(state)
        empty = state.wish.filters and not state.busy and not len(state.rows)
        page = self.gallery if self.as_gallery.isChecked() else self.table
        self._stack.setCurrentWidget(self._nothing if empty else page)
        self._look_at(self.current)

    def _look_at_first(self) -> None:
        rows = self.presenter.state.rows
        if len(rows):
            self._choose(int(rows[0]))
            self._look_at(self.current)

    def _look_at(self, sample: int) -> None:
        self.table.look_at(sample)
        self.gallery.look_at(sample)

    @Slot(int)
    def _choose(self, sample: int) -> None:
        self.current = sample
        self.chosen.emit(sample)

    @Slot()
    def _turn(self) -> None:
        gallery = self.as_gallery.isChecked()
        self.side.setVisible(gallery)
        self._look_at(self.current)
        self._show_state(self.presenter.state)
        page = self.gallery if gallery else self.table
        page.setFocus()

    def _head(self, prefix: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.search = search_field(prefix, self.presenter)
        self.narrow = FilterButton(prefix)
        self.narrow.narrowed.connect(self.presenter.only)
        self.count = label("", "quiet", f"{prefix}_count")
        self.side = QSlider(Qt.Orientation.Horizontal)
        self.side.setObjectName(f"{prefix}_side")
        self.side.setAccessibleName("Size of the pictures")
        self.side.setToolTip("Size of the pictures")
        self.side.setRange(SMALLEST, LARGEST)
        self.side.setSingleStep(8)
        self.side.setPageStep(32)
        self.side.setValue(USUAL)
        self.side.setFixedWidth(96)
        self.side.valueChanged.connect(self._zoom)
        self.side.hide()
        row.addWidget(self.search, 4)
        row.addWidget(self.narrow)
        row.addStretch(1)
        row.addWidget(self.count)
        row.addWidget(self.side)
        self.as_table = self._way(f"{prefix}_as_table", "table", "Show as a table")
        self.as_gallery = self._way(f"{prefix}_as_gallery", "squares-four", "Show as pictures")
        self.as_table.setChecked(True)
        ways = QButtonGroup(self)
        for button in (self.as_table, self.as_gallery):
            ways.addButton(button)
            button.clicked.connect(self._turn)
            row.addWidget(button)
        return row

    def _way(self, name: str, icon_name: str, words: str) -> Button:
        button = Button("", name, icon_name=icon_name, chip=True, name_for_readers=words)
        button.setToolTip(words)
        return button

    @Slot(int)
    def _zoom(self, side: int) -> None:
        self.gallery.show_side(side)
