"""The tab for handing over: the model in a format, a report, a model card, the predictions."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.asking import AskFile, file_to_write
from workbench.gui.choices import Choice
from workbench.gui.presenters.insight.handover import REPORTS, HandoverPresenter, HandoverState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.drop import AskFolder, ask_folder
from workbench.gui.widgets.insight.program import ProgramCard
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.study import StudyBar

ask_csv = file_to_write("Save predictions", "CSV files", "csv")


class HandoverView(QWidget):
    """Shows a ``HandoverState``.

    Args:
        presenter: who decides.
        ask_folder: asks where a model goes; tests answer at once.
        ask_file: asks where predictions go.
        parent: its parent.
    """

    def __init__(
        self, presenter: HandoverPresenter, ask_folder: AskFolder = ask_folder,
        ask_file: AskFile = ask_csv, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("results_handover")
        self.setAccessibleName("Hand over")
        self._presenter, self._ask_folder, self._ask_file = presenter, ask_folder, ask_file
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("results_handover_banner")
        outer.addWidget(self.banner)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(self._model_card())
        left.addWidget(self._rows_card())
        # For the card that packs a capsule.
        self.capsule_slot = QVBoxLayout()
        left.addLayout(self.capsule_slot)
        left.addStretch(1)
        columns.addLayout(left, 1)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self._report_card())
        self.program = ProgramCard(presenter)
        right.addWidget(self.program, 100)
        right.addStretch(1)
        columns.addLayout(right, 1)
        outer.addLayout(columns, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _model_card(self) -> Card:
        card = Card("The model", "", "results_handover_model")
        card.body.addWidget(
            label(
                "One model that takes a decoded picture, a sound wave and words as they are: all "
                "preparation is inside. It is compared with this program on test samples before "
                "it is handed over, together with a small program that predicts with it.",
                "quiet", "results_handover_how", wrap=True,
            )
        )  # fmt: skip
        self.formats = QButtonGroup(self)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(theme.GAP)
        card.body.addLayout(self._rows)
        self._shown: tuple[Choice, ...] = ()
        self.export = StudyBar("results_export", "Hand over…", self._presenter.study)
        self.export.wished.connect(self._hand_over)
        card.body.addWidget(self.export)
        self.handed = Button("Open the folder", "results_handover_open", icon_name="folder-open")
        self.handed.clicked.connect(self._open_handed)
        card.body.addWidget(self.handed, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _report_card(self) -> Card:
        card = Card("To be read", "", "results_handover_report")
        self.reports: dict[str, Button] = {}
        for choice in REPORTS:
            row = QHBoxLayout()
            row.setSpacing(theme.GAP_LARGE)
            words = QVBoxLayout()
            words.setSpacing(0)
            words.addWidget(label(choice.title, "", f"results_report_{choice.name}_title"))
            words.addWidget(
                label(choice.caption, "quiet", f"results_report_{choice.name}_caption", wrap=True)
            )
            button = Button("Write and open", f"results_report_{choice.name}",
                            name_for_readers=f"{choice.title}: write and open")  # fmt: skip
            button.clicked.connect(partial(self._report, choice.name))
            self.reports[choice.name] = button
            row.addLayout(words, 1)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
            card.body.addLayout(row)
        self.written = label("", "quiet", "results_report_written", wrap=True)
        card.body.addWidget(self.written)
        return card

    def _rows_card(self) -> Card:
        card = Card("Predictions", "", "results_handover_rows")
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_LARGE)
        row.addWidget(
            label(
                "A line for each sample of the split: truth, prediction, probability, loss.",
                "quiet", "results_handover_rows_words", wrap=True,
            ), 1,
        )  # fmt: skip
        self.save = Button("Save as CSV…", "results_handover_csv", icon_name="download-simple")
        self.save.clicked.connect(self._save)
        row.addWidget(self.save)
        card.body.addLayout(row)
        return card

    @Slot(object)
    def show_state(self, state: HandoverState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        if state.formats != self._shown:
            self._fill(state.formats)
        for button in self.formats.buttons():
            button.setChecked(button.property("format") == state.format)
        self.handed.setVisible(state.handed is not None)
        for name, report in self.reports.items():
            report.setEnabled(state.folder is not None and not state.busy)
            report.setText("Writing…" if state.busy == name else "Write and open")
        self.written.setText(f"Written: {state.written}" if state.written is not None else "")
        self.written.setVisible(state.written is not None)
        self.save.setEnabled(state.rows is not None)

    def _fill(self, offered: tuple[Choice, ...]) -> None:
        self._shown = offered
        for button in self.formats.buttons():
            self.formats.removeButton(button)
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for choice in offered:
            self._rows.addWidget(self._format(choice))
        # The formats come after all else was made, and are chosen before anything is pressed.
        order = (*self.formats.buttons(), self.export.start, self.export.stop, self.handed,
                 *self.reports.values(), self.save)  # fmt: skip
        for first, second in pairwise(order):
            QWidget.setTabOrder(first, second)

    def _format(self, choice: Choice) -> QWidget:
        row = QWidget()
        box = QVBoxLayout(row)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        button = QRadioButton(choice.title)
        button.setObjectName(f"results_format_{choice.name}")
        button.setAccessibleName(choice.title)
        button.setProperty("format", choice.name)
        button.setEnabled(not choice.reason)
        button.clicked.connect(partial(self._choose, choice.name))
        self.formats.addButton(button)
        box.addWidget(button)
        words = label(choice.reason or choice.caption, "quiet",
                      f"results_format_{choice.name}_caption", wrap=True)  # fmt: skip
        words.setContentsMargins(26, 0, 0, 0)
        box.addWidget(words)
        return row

    def _choose(self, name: str) -> None:
        self._presenter.choose_format(name)  # type: ignore[arg-type]  # of those that are offered

    def _report(self, form: str) -> None:
        self._presenter.report(form)

    @Slot()
    def _hand_over(self) -> None:
        self._ask_folder(self, self._presenter.hand_over)

    @Slot()
    def _open_handed(self) -> None:
        if self._presenter.state.handed is not None:
            self._presenter.open_wished.emit(self._presenter.state.handed)

    @Slot()
    def _save(self) -> None:
        rows = self._presenter.state.rows
        if rows is not None:
            self._ask_file(self, f"predictions-{rows[0].split}.csv", self._presenter.save_rows)
