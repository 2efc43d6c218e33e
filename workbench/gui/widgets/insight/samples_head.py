"""What is above the list of samples: order, filters, and the way they are shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSlider, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.presenters.insight.samples import BrowserPresenter, BrowserState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.gallery import LARGEST, SMALLEST, USUAL
from workbench.gui.widgets.labels import ElidedLabel, label
from workbench.runs.browsing import meaning_of

_ARROW, _ORDER = 36, 220
# Wide enough for an icon, and for the longest order; pixels.


class SamplesHead(QWidget):
    """Two rows of tools, and a sentence on what is listed.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: BrowserPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("browser_head")
        self._presenter = presenter
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addLayout(self._first())
        box.addLayout(self._second())
        third = QHBoxLayout()
        third.setSpacing(theme.GAP_LARGE)
        self.meaning = ElidedLabel("", "quiet", "browser_meaning")
        self.count = label("", "quiet", "browser_count")
        third.addWidget(self.meaning, 1)
        third.addWidget(self.count)
        box.addLayout(third)

    def show_state(self, state: BrowserState) -> None:
        """Show what is wished, and what can be."""
        wish, classes = state.wish, state.classes
        self.order.show_choices(state.orders, wish.order)
        task = state.pools.split.results.task if state.pools is not None else ""
        meaning = meaning_of(wish.order, numbers=task in ("number", "numbers"))
        self.meaning.setText(meaning)
        self.meaning.setToolTip(meaning)
        names = [choice.name for choice in classes]
        for combo, title, number in (
            (self.true, "Any true class", wish.true), (self.said, "Any prediction", wish.said),
        ):  # fmt: skip
            combo.setVisible(bool(classes))
            chosen = names[number] if 0 <= number < len(names) else ""
            combo.show_choices((Choice("", title), *classes), chosen)
        self.wrong.setVisible(bool(classes))
        self.wrong.setChecked(wish.wrong_only)
        self.modality.setVisible(bool(state.modalities))
        self.modality.show_choices(state.modalities, wish.modality)
        if self.search.text().strip().lower() != wish.words:
            self.search.setText(wish.words)
        self.all.setVisible(wish.narrows)
        self.count.setText(state.counted)
        some = bool(len(state.rows))
        for button in (self.before, self.after, self.export):
            button.setEnabled(some)
        self.as_gallery.setEnabled(state.index is not None)
        self.as_gallery.setToolTip(
            "Show as pictures" if state.index is not None else "The data of this run are not found."
        )

    def _first(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.order = Combo("browser_order", "Which samples", letters=22)
        self.order.picked.connect(self._presenter.choose_order)
        self.order.setFixedWidth(_ORDER)
        self.side = QSlider(Qt.Orientation.Horizontal)
        self.side.setObjectName("browser_side")
        self.side.setAccessibleName("Size of the pictures")
        self.side.setToolTip("Size of the pictures")
        self.side.setRange(SMALLEST, LARGEST)
        self.side.setValue(USUAL)
        self.side.setFixedWidth(80)
        self.side.hide()
        self.as_table = self._way("browser_as_table", "table", "Show as a table")
        self.as_gallery = self._way("browser_as_gallery", "squares-four", "Show as pictures")
        self.as_table.setChecked(True)
        self.before = self._arrow("browser_before", "caret-up", "The sample before", "Alt+Up", -1)
        self.after = self._arrow("browser_after", "caret-down", "The next sample", "Alt+Down", 1)
        self.export = Button("Save list", "browser_export", icon_name="download-simple")
        self.export.setToolTip("Write names, files, labels and reasons to a CSV file")
        row.addWidget(self.order)
        row.addStretch(1)
        for widget in (self.side, self.as_table, self.as_gallery, self.before, self.after,
                       self.export):  # fmt: skip
            row.addWidget(widget)
        return row

    def _second(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.true = Combo("browser_true", "True class", letters=9)
        self.true.picked.connect(self._presenter.choose_true)
        self.said = Combo("browser_said", "Prediction", letters=9)
        self.said.picked.connect(self._presenter.choose_said)
        self.modality = Combo("browser_modality", "Modality", letters=9)
        self.modality.picked.connect(self._presenter.choose_modality)
        for combo in (self.true, self.said, self.modality):
            combo.setMaximumWidth(170)
        self.wrong = Button("Mistakes only", "browser_wrong", chip=True)
        self.wrong.clicked.connect(self._presenter.choose_wrong)
        self.search = QLineEdit()
        self.search.setObjectName("browser_search")
        self.search.setAccessibleName("Search samples by name or text")
        self.search.setPlaceholderText("Search names and texts")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(220)
        self.search.textChanged.connect(self._presenter.search)
        self.all = Button("Show all", "browser_all", flat=True)
        self.all.setProperty("link", True)
        self.all.clicked.connect(self._presenter.show_all)
        for widget, stretch in (
            (self.true, 2), (self.said, 2), (self.wrong, 0), (self.modality, 2), (self.search, 3),
            (self.all, 0),
        ):  # fmt: skip
            row.addWidget(widget, stretch)
        row.addStretch(1)
        return row

    def _way(self, name: str, icon_name: str, words: str) -> Button:
        button = Button("", name, icon_name=icon_name, chip=True, name_for_readers=words)
        button.setToolTip(words)
        return button

    def _arrow(self, name: str, icon_name: str, words: str, keys: str, by: int) -> Button:
        button = Button("", name, icon_name=icon_name, name_for_readers=words)
        button.setToolTip(f"{words} ({keys})")
        button.setFixedWidth(_ARROW)
        button.clicked.connect(lambda: self._presenter.step(by))
        return button
