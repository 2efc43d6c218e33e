"""The correction of how a folder is read, beside a live preview of what it gives."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.reading import ReadingPresenter, ReadingState
from workbench.gui.widgets.balance import BalanceView
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import IconLabel, label, set_role
from workbench.gui.widgets.reading_pattern import PatternField
from workbench.gui.widgets.reading_roles import OrderView, RolesView
from workbench.gui.widgets.samples_table import SamplesTable


class ReadingPanel(QWidget):
    """Shows a ``ReadingState`` and sends what the person wishes to its presenter.

    Args:
        presenter: who decides.
        prefix: of all object names.
        parent: its parent.
    """

    def __init__(
        self, presenter: ReadingPresenter, prefix: str = "reading", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._presenter, self._prefix = presenter, prefix
        self._chips: dict[str, Button] = {}
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(12)
        columns.addWidget(self._form(), 52)
        columns.addWidget(self._effect(), 48)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: ReadingState) -> None:
        """Show the state."""
        self.layout_box.show_choices(state.layouts, state.asked.layout or "")
        self.table_box.show_choices(state.tables, _table_at_hand(state))
        self._rows["table"].setVisible(state.layout == "manifest" and bool(state.tables))
        names = state.layout == "file_names" or bool(state.asked.pattern) or state.index is None
        self._rows["pattern"].setVisible(names)
        self.pattern.show_pattern(state.pattern, state.pattern_view)
        self._rows["columns"].setVisible(bool(state.seen.columns))
        self.roles.show_columns(state.seen.columns)
        self._rows["separator"].setVisible(bool(state.seen.columns))
        if self.separator.text() != state.asked.separator:
            self.separator.setText(state.asked.separator)
        self._rows["order"].setVisible(bool(state.orders))
        if state.orders:
            name, order = state.orders[0]
            self._order_title.setText(f"Order of {name}, the lowest first")
            self.order.show_order(order)
        self._rows["together"].setVisible(bool(state.together))
        self._show_together(state.together)
        self._show_effect(state)

    def _show_effect(self, state: ReadingState) -> None:
        self._busy.setVisible(state.busy)
        wrong = bool(state.error)
        self._mark.show_icon(*(("warning-circle", "bad") if wrong else ("check-circle", "good")))
        self._mark.setVisible(not state.busy and (wrong or state.index is not None))
        words = state.error or state.seen.effect
        nothing = "Trying…" if state.busy else "Nothing fits so far: say how the files are read."
        self.effect.setText(words or nothing)
        set_role(self.effect, "bad" if wrong else "strong" if words else "quiet")
        self._words.setText("" if wrong else state.seen.words)
        self.balance.show_balance(state.seen.balance)
        self.balance.setVisible(not wrong and state.index is not None)
        index = state.index
        self.samples.setVisible(not wrong and index is not None)
        if index is not None and state.open and not wrong:
            self.samples.show_index(index, state.seen.target)
        self.apply.setEnabled(state.can_apply)

    def _show_together(self, together: tuple[tuple[str, bool], ...]) -> None:
        if [name for name, _ in together] != list(self._chips):
            while (item := self._chip_row.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    # It stays its parent's: what belongs to nobody may be deleted in any thread.
                    widget.hide()
                    widget.deleteLater()
            self._chips = {}
            for number, (name, _) in enumerate(together):
                chip = Button(name, f"{self._prefix}_together_{number}", chip=True)
                chip.clicked.connect(lambda on, name=name: self._join(name, on))
                self._chips[name] = chip
                self._chip_row.addWidget(chip)
            self._chip_row.addStretch(1)
        for name, on in together:
            self._chips[name].setChecked(on)

    def _form(self) -> QWidget:
        presenter, prefix = self._presenter, self._prefix
        card = Card("How this folder is read", "", f"{prefix}_card")
        inside = QWidget()
        set_role(inside, "panel")
        self._box = QVBoxLayout(inside)
        self._box.setContentsMargins(0, 0, theme.GAP, 0)
        self._box.setSpacing(14)
        self._rows: dict[str, QWidget] = {}
        self.layout_box = Combo(f"{prefix}_layout", "Layout", letters=20)
        self.layout_box.picked.connect(presenter.choose_layout)
        self._row("layout", "Layout", self.layout_box)
        self.table_box = Combo(f"{prefix}_table", "Table", letters=20)
        self.table_box.picked.connect(presenter.choose_table)
        self._row("table", "Table that lists the samples", self.table_box)
        self.pattern = PatternField(prefix)
        self.pattern.typed.connect(presenter.type_pattern)
        self._row("pattern", "What file names say", self.pattern)
        self.roles = RolesView(prefix)
        self.roles.chosen.connect(presenter.choose_role)
        self._row("columns", "Columns", self.roles)
        self.separator = QLineEdit()
        self.separator.setObjectName(f"{prefix}_separator")
        self.separator.setAccessibleName("Sign between several categories in a cell")
        self.separator.setPlaceholderText("as found, such as |")
        self.separator.setFixedWidth(200)
        self.separator.textEdited.connect(presenter.type_separator)
        words = "Sign between several categories in a cell"
        self._row("separator", words, self.separator, narrow=True)
        self.order = OrderView(prefix)
        self.order.ordered.connect(self._reorder)
        self._order_title = self._row("order", "Order", self.order)
        chips = QWidget()
        self._chip_row = QHBoxLayout(chips)
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._row("together", "Numbers that are learned at once", chips)
        self._box.addStretch(1)
        card.body.addWidget(_scrolling(inside, f"{prefix}_form"), 1)
        card.body.addLayout(self._buttons())
        return card

    def _row(self, key: str, words: str, content: QWidget, *, narrow: bool = False) -> QLabel:
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        title = label(words, "quiet")
        title.setBuddy(content)
        grid.addWidget(title, 0, 0)
        side = Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag(0)
        grid.addWidget(content, 1, 0, side)
        self._rows[key] = row
        self._box.addWidget(row)
        return title

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        back = Button("Back", f"{self._prefix}_back", icon_name="arrow-left")
        back.clicked.connect(self._presenter.back)
        self.apply = Button("Read it so", f"{self._prefix}_apply", icon_name="check", primary=True)
        self.apply.clicked.connect(self._presenter.apply)
        row.addWidget(back)
        row.addStretch(1)
        row.addWidget(self.apply)
        return row

    def _effect(self) -> QWidget:
        prefix = self._prefix
        card = Card("What that gives", "", f"{prefix}_effect_card")
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        self._mark = IconLabel("check-circle", "good", 16)
        self.effect = label("", "strong", f"{prefix}_effect", wrap=True)
        line.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.effect, 1)
        card.body.addLayout(line)
        self._words = label("", "quiet", f"{prefix}_words", wrap=True)
        card.body.addWidget(self._words)
        self._busy = QProgressBar()
        self._busy.setObjectName(f"{prefix}_busy")
        self._busy.setAccessibleName("The change is being tried")
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        card.body.addWidget(self._busy)
        self.balance = BalanceView(f"{prefix}_balance")
        card.body.addWidget(self.balance, 2)
        self.samples = SamplesTable(prefix)
        card.body.addWidget(self.samples, 5)
        card.body.addStretch(0)
        return card

    def _join(self, name: str, on: bool) -> None:
        self._presenter.choose_together(name, on)

    @Slot(object)
    def _reorder(self, order: tuple[str, ...]) -> None:
        orders = self._presenter.state.orders
        if orders:
            self._presenter.choose_order(orders[0][0], order)


def _table_at_hand(state: ReadingState) -> str:
    found = state.index.reading.manifest if state.index is not None else ""
    return state.asked.manifest or found


def _scrolling(inside: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    set_role(area, "plain")
    area.setWidget(inside)
    return area
