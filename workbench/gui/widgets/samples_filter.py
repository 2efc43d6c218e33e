"""What narrows a list of samples down: a menu, and a chip for each filter that is on."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.presenters.samples import SamplesState
from workbench.gui.widgets.buttons import Button

_CHIP_LETTERS = 60


class FilterButton(Button):
    """Opens a menu of classes, splits and missing modalities.

    Args:
        prefix: of its object name, ``<prefix>_narrow``.
        parent: its parent.
    """

    narrowed = Signal(str, str)
    """The kind of filter and its value, as the presenter's ``only`` takes them."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(
            "Show", f"{prefix}_narrow", icon_name="funnel", parent=parent,
            name_for_readers="Show some samples only",
        )  # fmt: skip
        self._state = SamplesState()
        self.choices = QMenu(self)
        self.choices.setObjectName(f"{prefix}_narrow_menu")
        self.choices.aboutToShow.connect(self.fill)
        self.setMenu(self.choices)

    def show_state(self, state: SamplesState) -> None:
        """Offer what these data can be narrowed down to.

        Args:
            state: from the presenter.
        """
        self._state = state
        filters = state.filters
        self.setEnabled(bool(filters.classes or filters.splits or filters.missing))

    def fill(self) -> None:
        """Make the menu's entries; done when it opens, as the data may have changed often."""
        self.choices.clear()
        filters, wish = self._state.filters, self._state.wish
        samples = self._state.samples
        target = samples.target.name if samples is not None and samples.target else ""
        value = "" if wish.value is None else str(wish.value)
        self._group(
            target.replace("_", " ").capitalize(), "value", filters.classes, value,
            filters.more_classes,
        )  # fmt: skip
        split = "" if wish.split is None else str(wish.split)
        self._group("Split", "split", filters.splits, split)
        self._group("Lacking", "missing", filters.missing, wish.missing or "")

    def _group(
        self, title: str, kind: str, choices: tuple[Choice, ...], chosen: str, more: int = 0
    ) -> None:
        if not choices:
            return
        # Ampersands would become shortcuts.
        menu = self.choices.addMenu(title.replace("&", "&&"))
        group = QActionGroup(menu)
        for choice in (Choice("", "Any"), *choices):
            words = f"{choice.title}\t{choice.caption}" if choice.caption else choice.title
            action = QAction(words.replace("&", "&&"), menu)
            action.setCheckable(True)
            action.setChecked(choice.name == chosen)
            action.triggered.connect(partial(self.narrowed.emit, kind, choice.name))
            group.addAction(action)
            menu.addAction(action)
        if more:
            rest = menu.addAction(f"{more:,} more: type their name in the filter")
            rest.setEnabled(False)


class Chips(QWidget):
    """One chip for each filter that is on; a click takes it off.

    Args:
        prefix: of the object names, ``<prefix>_chip_<kind>`` and ``<prefix>_all``.
        parent: its parent.
    """

    dropped = Signal(str)
    """The kind of the filter to take off."""

    all_wished = Signal()
    """Take all filters off."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{prefix}_chips")
        self._prefix = prefix
        self._shown: tuple[Choice, ...] = ()
        self._buttons: list[Button] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_SMALL)
        self._row = row
        self.all = Button("Show all", f"{prefix}_all", flat=True)
        self.all.setProperty("link", True)
        self.all.clicked.connect(self.all_wished)
        row.addWidget(self.all)
        row.addStretch(1)
        self.hide()

    def show_chips(self, chips: tuple[Choice, ...]) -> None:
        """Show these filters.

        Args:
            chips: kind and words of each.
        """
        if chips == self._shown:
            return
        self._shown = chips
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._chip(chip) for chip in chips]
        for place, button in enumerate(self._buttons):
            self._row.insertWidget(place, button)
        self.setVisible(bool(chips))

    def _chip(self, chip: Choice) -> Button:
        words = chip.title
        if len(words) > _CHIP_LETTERS:
            words = f"{words[: _CHIP_LETTERS - 1]}…"
        button = Button(
            words.replace("&", "&&"), f"{self._prefix}_chip_{chip.name}", icon_name="x", chip=True,
            name_for_readers=f"Remove the filter {chip.title}",
        )  # fmt: skip
        button.setChecked(True)
        button.setToolTip(f"{chip.title}. Click to take this filter off.")
        button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        button.clicked.connect(partial(self.dropped.emit, chip.name))
        return button
