"""The card of a run as a program: writes it out, shows it, copies it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.presenters.insight.handover import HandoverPresenter, HandoverState, Program
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.labels import label

_LOWEST = 160
# Height of the program, about ten lines.


class ProgramCard(Card):
    """Shows the program of a ``HandoverState``.

    It is shown here rather than opened: some desktops run a program that is opened.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: HandoverPresenter, parent: QWidget | None = None) -> None:
        super().__init__("The program", "", "results_program", parent)
        self._presenter = presenter
        self._shown: Program | None = None
        self.body.addWidget(
            label(
                "The recipe in plain Keras: data, model, loss and training in one file to read, to "
                "change, and to run without this workbench. It starts from the same weights and "
                "takes the same batches as this run.",
                "quiet", "results_program_how", wrap=True,
            )
        )  # fmt: skip
        self.text = QPlainTextEdit()
        self.text.setObjectName("results_program_text")
        self.text.setAccessibleName("The program")
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(_LOWEST)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme.QUIET)
        self.text.setFont(font)
        self.body.addWidget(self.text, 1)
        self.remarks = label("", "quiet", "results_program_remarks", wrap=True)
        self.body.addWidget(self.remarks)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.write = Button("Write it out", "results_program_write", icon_name="code")
        self.write.clicked.connect(presenter.write_out)
        self.copy = Button("Copy", "results_program_copy", icon_name="copy")
        self.copy.clicked.connect(self._copy)
        self.folder = Button("Open the folder", "results_program_folder", icon_name="folder-open")
        self.folder.clicked.connect(self._open)
        for button in (self.write, self.copy, self.folder):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: HandoverState) -> None:
        """Show the state."""
        program = state.program
        self.write.setEnabled(state.folder is not None and not state.busy)
        self.write.setText("Writing…" if state.busy == "script" else "Write it out")
        for part in (self.text, self.copy, self.folder):
            part.setVisible(program is not None)
        self.remarks.setVisible(program is not None)
        upright = (
            QSizePolicy.Policy.Expanding if program is not None else QSizePolicy.Policy.Maximum
        )
        self.setSizePolicy(QSizePolicy.Policy.Preferred, upright)
        if program is not None and program is not self._shown:
            self.text.setPlainText(program.text)
            self.remarks.setText("\n".join([f"Written: {program.file}", *program.remarks]))
        self._shown = program

    @Slot()
    def _copy(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(self._shown.text)

    @Slot()
    def _open(self) -> None:
        if self._shown is not None:
            self._presenter.open_wished.emit(self._shown.file.parent)
