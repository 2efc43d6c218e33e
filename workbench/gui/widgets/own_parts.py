"""The user's own parts: their files, each with a switch and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.presenters.own_parts import KINDS, OwnPartsPresenter, OwnPartsState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import ElidedLabel, label, set_role
from workbench.own_parts import OwnPart


class OwnPartsView(Card):
    """Shows an ``OwnPartsState`` and sends wishes to its presenter.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    folder_wished = Signal(object)
    """Open this ``Path`` in the file manager."""

    def __init__(self, presenter: OwnPartsPresenter, parent: QWidget | None = None) -> None:
        super().__init__("Your own parts", "", "own_parts", parent)
        self._presenter = presenter
        self._rows: dict[str, _Row] = {}
        self.folder = Button("Open folder", "own_parts_folder", icon_name="folder-open", flat=True)
        self.folder.clicked.connect(lambda: self.folder_wished.emit(presenter.state.folder))
        self.again = Button("Look again", "own_parts_again", flat=True)
        self.again.setToolTip("Look into the folder again and take up files that were changed")
        self.again.clicked.connect(presenter.look)
        for button in (self.folder, self.again):
            self.head.addWidget(button)
        self.note = label(
            "A file of Python with one loss runs only once you have switched it on: "
            "switch on only what you wrote or trust.",
            "quiet", "own_parts_note", wrap=True,
        )  # fmt: skip
        self.banner = Banner("own_parts_banner")
        self.empty = label("There are none yet.", "quiet", "own_parts_none")
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.GAP)
        for part in (self.note, self.banner, self.empty):
            self.body.addWidget(part)
        self.body.addLayout(self._list)
        self.body.addLayout(self._maker())
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _maker(self) -> QHBoxLayout:
        """What writes a file to start from."""
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.kind = Combo("own_parts_kind", "Kind of the new part", letters=9)
        self.kind.show_choices([Choice(kind, kind.title()) for kind in KINDS], KINDS[0])
        self.name = QLineEdit()
        self.name.setObjectName("own_parts_name")
        self.name.setAccessibleName("Name of the new part")
        self.name.setPlaceholderText("my_loss")
        self.make = Button("Write a file to start from", "own_parts_make", icon_name="plus")
        self.make.setEnabled(False)
        self.name.textChanged.connect(lambda text: self.make.setEnabled(bool(text.strip())))
        self.name.returnPressed.connect(self._create)
        self.make.clicked.connect(self._create)
        row.addWidget(self.kind)
        row.addWidget(self.name, 1)
        row.addWidget(self.make)
        return row

    @Slot()
    def _create(self) -> None:
        if self.name.text().strip():
            self._presenter.create(self.kind.chosen(), self.name.text())

    @Slot(object)
    def show_state(self, state: OwnPartsState) -> None:
        """Show a state."""
        wanted = {str(part.file): part for part in state.found}
        for file in [file for file in self._rows if file not in wanted]:
            gone = self._rows.pop(file)
            self._list.removeWidget(gone)
            gone.deleteLater()
        for place, (file, part) in enumerate(wanted.items()):
            if file not in self._rows:
                row = _Row(part)
                row.switched.connect(self._presenter.switch)
                self._rows[file] = row
                self._list.insertWidget(place, row)
            self._rows[file].show_part(part)
        self.empty.setVisible(not wanted)
        if state.error is not None:
            self.banner.show_error(state.error)
        elif state.made is not None:
            self.banner.show_info(f"{state.made} was written: change it, then switch it on.")
            self.name.clear()
        else:
            self.banner.hide()


class _Row(QWidget):
    """One file: its switch, what it is, what it does or what is wrong."""

    switched = Signal(str, bool)

    def __init__(self, part: OwnPart) -> None:
        super().__init__()
        self._part = part
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        self.switch = QCheckBox(part.name)
        self.switch.setObjectName(f"own_parts_on_{part.name}")
        self.switch.setAccessibleName(f"Use {part.name}")
        self.switch.clicked.connect(lambda on: self.switched.emit(self._part.key, on))
        self.kind = label("", "quiet")
        self.words = ElidedLabel("", "quiet", f"own_parts_words_{part.name}")
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignLeft)
        row.addWidget(self.kind)
        row.addWidget(self.words, 1)

    def show_part(self, part: OwnPart) -> None:
        """Show how it is now."""
        self._part = part
        self.switch.setChecked(part.on)
        self.switch.setEnabled(bool(part.kind))
        self.kind.setText(part.kind)
        self.words.setText(part.problem or part.caption)
        set_role(self.words, "bad" if part.problem else "quiet")
