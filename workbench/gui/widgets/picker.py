"""A part picker: the choices, what the chosen one does, and its options beneath."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.forms import OptionForm
from workbench.gui.presenters.recipe_forms import Form, PartChoice
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label


class FormSlot(QWidget):
    """Holds the form of one place and makes another when the options become others.

    Args:
        place: the place of the spec; sent with every wish.
        prefix: of the field names.
        columns: fields beside each other.
        advanced: show only the options that are so marked, or only the others, for a card with a
            fold of its own; None: show all.
        only: names of the options that are shown, marked or not; None: as ``advanced`` says.
        parent: its parent.
    """

    changed = Signal(str, object)
    """Dotted place of an option, and the value wished."""

    refused = Signal(str, str)
    """Dotted place of an option, and what is wrong with its text."""

    def __init__(
        self,
        place: str,
        prefix: str,
        columns: int = 2,
        advanced: bool | None = None,
        only: tuple[str, ...] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._place, self._prefix, self._columns = place, prefix, columns
        self._advanced, self._only = advanced, only
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self.form: OptionForm | None = None

    def show_form(self, form: Form) -> None:
        """Show these options with these values."""
        options = form.options
        if self._only is not None:
            options = tuple(replace(o, advanced=False) for o in options if o.name in self._only)
        elif self._advanced is not None:
            options = tuple(
                replace(o, advanced=False) for o in options if o.advanced == self._advanced
            )
        if self.form is None or self.form.options != options:
            self._replace(OptionForm(options, self._prefix, self._columns))
        assert self.form is not None
        self.form.set_values(form.values)
        self.setVisible(bool(options))

    def restore(self) -> None:
        """Give up texts that no option takes, and show the values that hold."""
        if self.form is not None:
            self.form.restore()

    def _replace(self, form: OptionForm) -> None:
        if self.form is not None:
            self._box.removeWidget(self.form)
            # Its names leave the window at once, before the new fields of the same names come.
            self.form.setParent(None)
            self.form.deleteLater()
        self.form = form
        form.edited.connect(self._edit)
        form.refused.connect(self._refuse)
        self._box.addWidget(form)

    def _edit(self, name: str, value: object) -> None:
        self.changed.emit(f"{self._place}.{name}", value)

    def _refuse(self, name: str, sentence: str) -> None:
        self.refused.emit(f"{self._place}.{name}", sentence)


class PartPicker(QWidget):
    """Chooses the part at one place.

    Args:
        place: the place of the spec.
        name: ``objectName`` of the box; ``<name>_caption`` says what the chosen part does, and
            ``<name>_<option>`` are its fields.
        name_for_readers: accessible name of the box.
        columns: fields beside each other.
        folds: fold the advanced options away here; otherwise they stand in ``rare``, for a card
            with a fold of its own.
        parent: its parent.
    """

    changed = Signal(str, object)
    """Dotted place, and the value wished there."""

    refused = Signal(str, str)
    """Dotted place, and what is wrong with what was typed there."""

    def __init__(
        self,
        place: str,
        name: str,
        name_for_readers: str,
        columns: int = 2,
        folds: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.combo = Combo(name, name_for_readers, letters=12)
        self.caption = label("", "quiet", f"{name}_caption", wrap=True)
        self.slot = FormSlot(place, name, columns, None if folds else False)
        self.rare = FormSlot(place, name, columns, advanced=True)
        box.addWidget(self.combo)
        box.addWidget(self.caption)
        box.addWidget(self.slot)
        self.combo.picked.connect(lambda part: self.changed.emit(f"{place}.name", part))
        for slot in (self.slot, self.rare):
            slot.changed.connect(self.changed)
            slot.refused.connect(self.refused)
        self._folds = folds

    def show_part(self, chosen: PartChoice, form: Form | None) -> None:
        """Show what is chosen; without a form only what could be."""
        self.combo.show_choices(chosen.choices, chosen.name)
        self.combo.setAccessibleDescription(chosen.caption)
        self.caption.setText(chosen.caption)
        self.caption.setVisible(bool(chosen.caption))
        if form is not None:
            self.slot.show_form(form)
            if not self._folds:
                self.rare.show_form(form)
