"""Forms written from options: one field each, its help, and what is wrong with a typed value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.errors import UserError
from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.fold import Fold
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.number_field import NumberField
from workbench.options import Option

_ABBREVIATIONS = {"bpe": "BPE"}
"""Choices that people know in capital letters."""


class OptionField(QWidget):
    """The label and the field of one option.

    Args:
        option: what it sets.
        name: ``objectName`` of the field; the on/off box of an optional number is ``<name>_on``.
        parent: its parent.
    """

    edited = Signal(object)
    """A value that the option takes."""

    refused = Signal(str)
    """The sentence that says what is wrong with the text."""

    def __init__(self, option: Option, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.option = option
        self.sentence = ""
        self._value: Any = option.default
        self._switch: QCheckBox | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3)
        self.field = self._make(name)
        _explain(self.field, option)
        if option.kind == "bool":
            box.addStretch(1)
        else:
            box.addLayout(self._head(name))
        box.addWidget(self.field, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_value(option.default)

    def value(self) -> Any:
        """The last value that the option takes."""
        return self._value

    def show_value(self, value: object) -> None:
        """Show a value that came from elsewhere; says nothing."""
        self._mark("")
        self._value = value
        match self.field:
            case QCheckBox() as box:
                with QSignalBlocker(box):
                    box.setChecked(bool(value))
            case NumberField() as field if isinstance(value, int | float):
                field.show_value(value)
            case Combo() as combo:
                combo.show_choices(_choices(self.option), str(value))
            case QLineEdit() as line if line.text() != value:
                line.setText(str(value or ""))
        if self._switch is not None:
            with QSignalBlocker(self._switch):
                self._switch.setChecked(value is not None)
            self.field.setEnabled(value is not None)

    def _head(self, name: str) -> QHBoxLayout:
        option = self.option
        row = QHBoxLayout()
        row.setSpacing(6)
        words = f"{option.title} · {option.unit}" if option.unit else option.title
        if option.optional:
            self._switch = QCheckBox(words)
            self._switch.setProperty("role", "quiet")
            self._switch.setObjectName(f"{name}_on")
            _explain(self._switch, option)
            self._switch.setAccessibleName(f"{option.title}: on")
            self._switch.toggled.connect(self._toggle)
            row.addWidget(self._switch)
        else:
            caption = label(words, "quiet")
            caption.setToolTip(_tip(option))
            caption.setBuddy(self.field)
            row.addWidget(caption)
        row.addStretch(1)
        return row

    def _make(self, name: str) -> QWidget:
        option = self.option
        match option.kind:
            case "bool":
                box = QCheckBox(option.title)
                box.setObjectName(name)
                box.toggled.connect(self._accept)
                return box
            case "int" | "float":
                field = NumberField(option, name)
                field.typed.connect(self._read)
                return field
            case "choice":
                combo = Combo(name, option.title, letters=max(map(len, option.choices)))
                combo.picked.connect(self._accept)
                return combo
            case "text":
                line = QLineEdit()
                line.setObjectName(name)
                line.textEdited.connect(self._read)
                return line

    def _read(self, text: str) -> None:
        try:
            value = self.option.parse(text)
            if value is None and not text.strip():
                raise UserError(f"{self.option.name} needs a number.", "Or switch it off.")
        except UserError as error:
            sentence = f"{error.problem} {error.remedy}".strip()
            self._mark(_readable(sentence.replace(self.option.name, self.option.title, 1)))
            self.refused.emit(self.sentence)
        else:
            self._accept(value)

    def _accept(self, value: object) -> None:
        self._mark("")
        self._value = value
        self.edited.emit(value)

    def _toggle(self, on: bool) -> None:
        self.field.setEnabled(on)
        if not on:
            self._accept(None)
        elif isinstance(self.field, NumberField):
            if not self.field.text():
                self.field.show_value(_first_value(self.option))
            self._read(self.field.text())
            self.field.setFocus()

    def _mark(self, sentence: str) -> None:
        self.sentence = sentence
        wrong = bool(sentence)
        if bool(self.field.property("wrong")) != wrong:
            self.field.setProperty("wrong", wrong)
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)
        self.field.setToolTip(sentence or _tip(self.option))


class OptionForm(QWidget):
    """One field for each option; those marked advanced are folded away.

    Args:
        options: what it sets.
        prefix: of the ``objectName`` of every field: ``<prefix>_<option>``; the button that
            unfolds is ``<prefix>_advanced``, the sentence of a wrong value ``<prefix>_error``.
        columns: fields beside each other.
        parent: its parent.
    """

    edited = Signal(str, object)
    """Name of an option, and a value that it takes."""

    refused = Signal(str, str)
    """Name of an option, and the sentence that says what is wrong with its text."""

    unfolded = Signal(bool)
    """The advanced options are shown now, or no longer."""

    def __init__(
        self,
        options: tuple[Option, ...],
        prefix: str,
        columns: int = 2,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.options = options
        self._fields: dict[str, OptionField] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        plain = [option for option in options if not option.advanced]
        rare = [option for option in options if option.advanced]
        if plain:
            box.addLayout(self._grid(plain, prefix, columns))
        self._error = label("", "bad", f"{prefix}_error", wrap=True)
        self._error.hide()
        box.addWidget(self._error)
        if rare:
            fold = Fold("Advanced", f"{prefix}_advanced", ", ".join(o.title for o in rare))
            fold.body.addLayout(self._grid(rare, prefix, columns))
            fold.unfolded.connect(self.unfolded)
            box.addWidget(fold)

    def values(self) -> dict[str, Any]:
        """The last value of each option that it takes, by name."""
        return {name: field.value() for name, field in self._fields.items()}

    def set_values(self, values: Mapping[str, object]) -> None:
        """Show these values; options not named stay. A wrong text is replaced only by a new value.

        Args:
            values: by option name; names that the form does not have are passed over, as a form
                may show only some of a place's options.
        """
        for name, value in values.items():
            field = self._fields.get(name)
            if field is not None and (not field.sentence or value != field.value()):
                field.show_value(value)
        self._show_error()

    def restore(self) -> None:
        """Give up texts that no option takes, and show the last values that one took."""
        for field in self._fields.values():
            if field.sentence:
                field.show_value(field.value())
        self._show_error()

    def error(self) -> str:
        """The sentence of the first wrong value; "" when all are right."""
        return next((f.sentence for f in self._fields.values() if f.sentence), "")

    def field(self, name: str) -> QWidget:
        """The field of an option."""
        return self._fields[name].field

    def _grid(self, options: list[Option], prefix: str, columns: int) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(theme.GAP)
        for column in range(columns):
            grid.setColumnStretch(column, 1)
        for number, option in enumerate(options):
            cell = OptionField(option, f"{prefix}_{option.name}")
            cell.edited.connect(lambda value, name=option.name: self._hear(name, value))
            cell.refused.connect(lambda words, name=option.name: self._refuse(name, words))
            self._fields[option.name] = cell
            grid.addWidget(cell, number // columns, number % columns)
        return grid

    def _hear(self, name: str, value: object) -> None:
        self._show_error()
        self.edited.emit(name, value)

    def _refuse(self, name: str, sentence: str) -> None:
        self._show_error()
        self.refused.emit(name, sentence)

    def _show_error(self) -> None:
        self._error.setText(self.error())
        self._error.setVisible(bool(self.error()))


def _choices(option: Option) -> tuple[Choice, ...]:
    return tuple(Choice(name, _title(name), option.help) for name in option.choices)


def _title(name: str) -> str:
    """A choice in words; abbreviations stay in capital letters."""
    words = _ABBREVIATIONS.get(name, name)
    return words if words.isupper() else words.replace("_", " ").capitalize()


def _first_value(option: Option) -> float:
    """What an optional number starts with when it is switched on."""
    if option.minimum is not None and option.minimum > 0 and option.kind == "int":
        return int(min(max(5, option.minimum), option.maximum or 5))
    low = option.minimum if option.minimum is not None else 0.0
    high = option.maximum if option.maximum is not None else 1.0
    middle = min(max(1.0, low), high)
    return int(middle) if option.kind == "int" else float(middle)


def _tip(option: Option) -> str:
    limits = option.limits if option.kind != "choice" else ""
    help_text = option.help[:1].upper() + option.help[1:]
    return _readable(f"{help_text} ({limits})" if limits else help_text)


def _readable(sentence: str) -> str:
    return sentence.replace("<=", "≤")


def _explain(field: QWidget, option: Option) -> None:
    field.setAccessibleName(option.title)
    field.setAccessibleDescription(_tip(option))
    field.setToolTip(_tip(option))
    field.setWhatsThis(_tip(option))
