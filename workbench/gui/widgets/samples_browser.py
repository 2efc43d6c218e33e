"""All samples, as a table or as a gallery, with a filter; both show and choose the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from workbench.data.index import Index
from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.sample_query import Kept
from workbench.gui.thumbnails import Thumbnails
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.gallery import LARGEST, SMALLEST, USUAL, Gallery
from workbench.gui.widgets.samples_table import SamplesTable


class SamplesBrowser(SamplesTable):
    """Table and gallery of one index.

    Args:
        prefix: of the object names, beside those of the table: ``<prefix>_gallery``,
            ``<prefix>_as_table``, ``<prefix>_as_gallery``, ``<prefix>_cell_size``,
            ``<prefix>_kept``, ``<prefix>_only``.
        thumbnails: what decodes for the gallery; made anew when left out.
        parent: its parent.
    """

    rows_released = Signal()
    """The person wants to see all samples again, no longer those of a finding."""

    def __init__(
        self, prefix: str, thumbnails: Thumbnails | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(prefix, parent)
        self.gallery = Gallery(f"{prefix}_gallery", thumbnails)
        self.views.addWidget(self.gallery)
        self._only_words = ""
        self._tools()
        self.gallery.sample_chosen.connect(self.choose)
        self.sample_chosen.connect(self.gallery.choose)
        self.model.rows_changed.connect(self._fill_gallery)
        self.show_gallery(False)

    def show_index(self, index: Index, target: str) -> None:
        """Show these data.

        Args:
            index: the data.
            target: the column to tell.
        """
        if index is not self._index:
            self._release()
            self._offer(index)
        super().show_index(index, target)

    def show_rows(self, rows: Sequence[int], words: str) -> None:
        """Show only some samples until the person wants to see all again.

        Args:
            rows: their numbers.
            words: what they have in common, a few words.
        """
        self._only_words = words
        self.model.ask(replace(self.model.query, rows=tuple(rows), words="", kept="all"))
        with QSignalBlocker(self.search):
            self.search.clear()
        self.kept.show_choices(self._choices, "all")
        self.only.setText(f"{words}  ×")
        self.only.setToolTip("Show all samples again")
        self.only.show()
        if len(self.model.rows):
            self.choose(int(self.model.rows[0]))

    def show_gallery(self, shown: bool) -> None:
        """Show the gallery, or the table.

        Args:
            shown: true for the gallery.
        """
        self.as_gallery.setChecked(shown)
        self.as_table.setChecked(not shown)
        self.cell_size.setVisible(shown)
        self.views.setCurrentWidget(self.gallery if shown else self.table)
        self._fill_gallery()

    def close_threads(self) -> None:
        """Give all decoding up; returns when no thread is at work."""
        self.gallery.thumbnails.close()

    def _tools(self) -> None:
        self.kept = Combo(f"{self.prefix}_kept", "Which samples", letters=12)
        self.kept.setMaximumWidth(190)
        self._choices: tuple[Choice, ...] = ()
        self.kept.picked.connect(self._keep)
        self.only = Button("", f"{self.prefix}_only", chip=True)
        self.only.setChecked(True)
        self.only.clicked.connect(self._show_all)
        self.only.hide()
        self.as_table = Button(
            "", f"{self.prefix}_as_table", icon_name="table", chip=True, name_for_readers="Table"
        )
        self.as_gallery = Button(
            "", f"{self.prefix}_as_gallery", icon_name="squares-four", chip=True,
            name_for_readers="Gallery",
        )  # fmt: skip
        self.as_table.setToolTip("Table")
        self.as_gallery.setToolTip("Gallery")
        self.as_table.clicked.connect(lambda: self.show_gallery(False))
        self.as_gallery.clicked.connect(lambda: self.show_gallery(True))
        self.cell_size = QSlider(Qt.Orientation.Horizontal)
        self.cell_size.setObjectName(f"{self.prefix}_cell_size")
        self.cell_size.setAccessibleName("Size of the pictures")
        self.cell_size.setRange(SMALLEST, LARGEST)
        self.cell_size.setValue(USUAL)
        self.cell_size.setFixedWidth(96)
        self.cell_size.valueChanged.connect(self.gallery.set_side)
        pair = QHBoxLayout()
        pair.setSpacing(theme.GAP_SMALL)
        pair.addWidget(self.as_table)
        pair.addWidget(self.as_gallery)
        self.head.insertWidget(1, self.kept)
        self.head.insertWidget(2, self.only)
        self.head.insertWidget(self.head.count() - 1, self.cell_size)
        self.head.addLayout(pair)

    def _offer(self, index: Index) -> None:
        """Offer the filters that can leave something out."""
        choices = [Choice("all", "All samples")]
        if any(not index.has(modality).all() for modality in index.modalities):
            choices += [Choice("complete", "Complete"), Choice("incomplete", "Lacking a modality")]
        if any(not target.present.all() for target in index.targets.values()):
            choices.append(Choice("no_target", "Without a target"))
        if index.fixed_split is not None:
            choices += [Choice(name, name.title()) for name in ("train", "validation", "test")]
        self._choices = tuple(choices)
        self.kept.show_choices(self._choices, "all")
        self.kept.setVisible(len(choices) > 1)

    @Slot(str)
    def _keep(self, name: str) -> None:
        self.model.ask(replace(self.model.query, kept=cast("Kept", name)))

    @Slot()
    def _show_all(self) -> None:
        self._release()
        self.model.ask(replace(self.model.query, rows=None))
        self.rows_released.emit()

    def _release(self) -> None:
        self._only_words = ""
        self.only.hide()
        self.only.setChecked(True)

    @Slot()
    def _fill_gallery(self) -> None:
        if self._index is not None and self.as_gallery.isChecked():
            self.gallery.show_rows(self._index, self.model.rows, self.model.query.target)
