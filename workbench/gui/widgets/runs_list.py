"""The list of runs on the start screen: search, and what can be done with each."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.runs import RecentRun, RunsPresenter, RunsState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.labels import label, plain_tip
from workbench.gui.widgets.start_cards import Row, RowsCard
from workbench.runs.labels import parse_tags

_MORE = 28
_RESUME = 40
_NOTHING = "What you train is listed here."
_NOTHING_FOUND = "No run has these words."
_NOTHING_ARCHIVED = "The archive is empty."


class RunsCard(RowsCard):
    """Shows a ``RunsState`` and sends what the person wishes to its presenter.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: RunsPresenter, parent: QWidget | None = None) -> None:
        super().__init__("Runs", _NOTHING, "start_runs", parent)
        self._presenter = presenter
        self._state = RunsState()
        self.banner = Banner("start_runs_banner")
        self.body.insertWidget(0, self.banner)
        self.body.insertLayout(0, self._filters())
        presenter.changed.connect(self.show_state)

    def _filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.search = QLineEdit()
        self.search.setObjectName("start_runs_search")
        self.search.setAccessibleName("Search the runs")
        self.search.setPlaceholderText("Search name, note, tag, loss, data…")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._presenter.search)
        self.archive = Button("Archive", "start_runs_archive", chip=True)
        self.archive.setToolTip("Show the runs that were put into the archive")
        self.archive.toggled.connect(self._presenter.show_archived)
        row.addWidget(self.search, 1)
        row.addWidget(self.archive)
        return row

    @Slot(object)
    def show_state(self, state: RunsState) -> None:
        """Show a state."""
        before, self._state = self._state, state
        more = state.count - len(state.rows)
        self.hint.setText(f"{more:,} more; search for them" if more > 0 else "")
        empty = _NOTHING_ARCHIVED if state.archived else _NOTHING
        self.say_nothing(_NOTHING_FOUND if state.words else empty)
        for widget in (self.search, self.archive):
            widget.setVisible(bool(state.rows) or state.filtered)
        if state.rows != before.rows or not state.rows:
            self.show_rows([self._row(run, place) for place, run in enumerate(state.rows)])
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()

    def _row(self, run: RecentRun, place: int) -> RunRow:
        row = RunRow(run, place)
        row.clicked.connect(partial(self._presenter.open, run.folder))
        if row.go_on is not None:
            row.go_on.clicked.connect(partial(self._resume, run.folder))
        row.menu_wished.connect(partial(self._show_menu, run))
        return row

    def _resume(self, folder: Path, _: bool = False) -> None:
        self._presenter.resume(folder)

    def _show_menu(self, run: RecentRun, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("start_run_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        said = run.labels
        for name, words, wish in (
            ("open", "Open", partial(self._presenter.open, run.folder)),
            ("edit", "Name, tags, note…", partial(self._edit, run)),
            ("star", "Take the star away" if said.star else "Give it a star",
             partial(self._presenter.label, run.folder, star=not said.star)),
            ("archive", "Take out of the archive" if said.archived else "Put into the archive",
             partial(self._presenter.label, run.folder, archived=not said.archived)),
            ("trash", "Move to the trash…", partial(self._ask_to_trash, run)),
        ):  # fmt: skip
            action = QAction(words, menu)
            action.setObjectName(f"start_run_{name}")
            action.triggered.connect(lambda _=False, wish=wish: wish())
            action.setEnabled(name != "trash" or not run.busy)
            if name == "trash":
                menu.addSeparator()
            menu.addAction(action)
        menu.popup(where)

    def _edit(self, run: RecentRun) -> None:
        dialog = LabelsDialog(run, self)
        dialog.accepted.connect(
            lambda: self._presenter.label(
                run.folder, name=dialog.name.text(), tags=parse_tags(dialog.tags.text()),
                note=dialog.note.toPlainText(),
            )
        )  # fmt: skip
        dialog.open()

    def _ask_to_trash(self, run: RecentRun) -> None:
        box = QMessageBox(self)
        box.setObjectName("start_run_trash_box")
        box.setIcon(QMessageBox.Icon.Question)
        # The name is somebody's words and no document.
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Move {run.title} to the trash?")
        box.setInformativeText("Its curves, its model and its results go with it.")
        yes = box.addButton("Move to the trash", QMessageBox.ButtonRole.AcceptRole)
        yes.setObjectName("start_run_trash_yes")
        box.setDefaultButton(box.addButton("Keep it", QMessageBox.ButtonRole.RejectRole))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        yes.clicked.connect(partial(self._trash, run.folder))
        box.open()

    def _trash(self, folder: Path, _: bool = False) -> None:
        self._presenter.trash(folder)


class RunRow(Row):
    """A run in the list.

    Args:
        run: the run.
        place: its place in the list.
        parent: its parent.
    """

    menu_wished = Signal(QPoint)
    """Offer what can be done with it, at this place of the screen."""

    def __init__(self, run: RecentRun, place: int, parent: QWidget | None = None) -> None:
        said = run.labels
        when = " · ".join(words for words in (run.when, ", ".join(said.tags)) if words)
        icon = "star" if said.star else "chart-line"
        end = Qt.TextElideMode.ElideRight
        super().__init__(icon, run.title, when, f"start_run_{place}", parent, note_elided=end)
        if said.star:
            self.icon.show_icon("star", "accent")
        starred = ", starred" if said.star else ""
        self.setAccessibleName(f"Run {run.title}{starred}, {when}, {run.phase}, {run.headline}")
        tip = [run.message or str(run.folder), said.note]
        self.setToolTip(plain_tip("\n".join(words for words in tip if words)))
        for words, role in ((run.phase, run.tone), (run.headline, "quiet")):
            if words:
                line = label(words, role)
                line.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.right.addWidget(line)
        self.go_on: Button | None = None
        if run.resumable:
            self.go_on = Button(
                "", f"start_run_{place}_resume", icon_name="play",
                name_for_readers=f"Resume {run.title}",
            )  # fmt: skip
            self.go_on.setToolTip("Resume where it stood")
            self.go_on.setFixedWidth(_RESUME)
            self.line.addWidget(self.go_on)
        self.more = Button(
            "", f"start_run_{place}_more", icon_name="dots-three-vertical", flat=True,
            name_for_readers=f"What can be done with {run.title}",
        )  # fmt: skip
        self.more.setFixedWidth(_MORE)
        self.more.clicked.connect(self._offer)
        self.line.addWidget(self.more)

    @Slot()
    def _offer(self) -> None:
        self.menu_wished.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The other mouse button offers the same."""
        self.menu_wished.emit(event.globalPos())


class LabelsDialog(QDialog):
    """Name, tags and note of a run.

    Args:
        run: the run.
        parent: its parent.
    """

    def __init__(self, run: RecentRun, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("labels")
        self.setWindowTitle(f"Run {run.title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(440)
        self.name = QLineEdit(run.labels.name)
        self.name.setMaxLength(120)
        self.name.setPlaceholderText(run.title)
        self.tags = QLineEdit(", ".join(run.labels.tags))
        self.tags.setPlaceholderText("baseline, paper")
        self.note = QPlainTextEdit(run.labels.note)
        self.note.setFixedHeight(120)
        self.note.setTabChangesFocus(True)
        form = QFormLayout()
        form.setVerticalSpacing(theme.GAP)
        for name, words, field in (
            ("name", "Name", self.name),
            ("tags", "Tags", self.tags),
            ("note", "Note", self.note),
        ):
            field.setObjectName(f"labels_{name}")
            field.setAccessibleName(words)
            form.addRow(words, field)
        save = Button("Save", "labels_save", icon_name="check", primary=True)
        save.setDefault(True)
        save.clicked.connect(self.accept)
        cancel = Button("Cancel", "labels_cancel")
        cancel.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(save)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.MARGIN, theme.GAP_LARGE, theme.MARGIN, theme.GAP_LARGE)
        box.setSpacing(theme.GAP_LARGE)
        box.addLayout(form)
        box.addLayout(foot)
