"""What the tab for handing over shows and decides: the model, a report, the predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Signal, Slot

from workbench.data.walk import Stopped
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.exporting.formats import FORMATS, Name, why_not
from workbench.gui.background import InOrder
from workbench.gui.choices import Choice
from workbench.gui.presenters.results import ResultsState
from workbench.gui.presenters.study import Begin, StudyPresenter
from workbench.runs.results import Results, Samples
from workbench.writing import write_atomic

REPORTS = (
    Choice("html", "Report as a web page", "One file that needs no network: data, recipe, curves, "
           "results, examples, settings."),
    Choice("pdf", "Report as PDF", "The same on paper."),
    Choice("card", "Model card", "What the model is for and how good it is, as Markdown; what only "
           "you can know stands there as a question."),
)  # fmt: skip
_FILES = {"html": "report.html", "pdf": "report.pdf", "card": "MODEL_CARD.md"}


@dataclass(frozen=True)
class Program:
    """A run written out as a program.

    Args:
        file: where it stands.
        text: the program.
        remarks: what it does in another way than the run.
    """

    file: Path
    text: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class HandoverState:
    """All that the tab shows.

    Args:
        folder: of the run; None while nothing is shown.
        formats: the formats of a model, those that cannot be had with their reason.
        format: the chosen one.
        handed: where the model was written last; None: not yet.
        busy: which report is being written, or ``script``; "" for none.
        written: what was written last; None: nothing yet.
        program: the run as a program, once it was written out.
        rows: results and rows that can be saved as CSV.
        error: why something was not written.
    """

    folder: Path | None = None
    formats: tuple[Choice, ...] = ()
    format: Name = "keras"
    handed: Path | None = None
    busy: str = ""
    written: Path | None = None
    program: Program | None = None
    rows: tuple[Results, Samples] | None = None
    error: UserError | None = None


class HandoverPresenter(QObject):
    """Has models exported by an engine, and writes reports and tables in a worker thread.

    Args:
        begin: hands work to an engine.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``HandoverState`` after a change."""

    open_wished = Signal(object)
    """Open this ``Path`` with the desktop's program for it."""

    def __init__(self, begin: Begin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = HandoverState()
        self.study = StudyPresenter(begin, self)
        self.study.finished.connect(self._have_model)
        self._gone = Event()
        self._writing = InOrder(self)
        self._writing.answered.connect(self._have_file)
        self._writing.failed.connect(self._fail)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Follow what the results screen shows."""
        if results.phase != "shown" or results.folder is None or results.spec is None:
            if self.state.folder is not None:
                self._become(HandoverState())
            return
        rows = None
        if results.results is not None and results.samples is not None and not results.column:
            rows = (results.results, results.samples)
        if results.folder == self.state.folder:
            self._become(replace(self.state, rows=rows))
            return
        self.close()
        spec = results.spec
        offered = tuple(Choice(f.name, f.title, f.caption, why_not(f, spec)) for f in FORMATS)
        self._become(HandoverState(results.folder, offered, rows=rows))

    def close(self) -> None:
        """End all work that is under way."""
        self.study.stop()
        self._gone.set()

    @Slot(str)
    def choose_format(self, name: Name) -> None:
        """Choose a format of the model."""
        self._become(replace(self.state, format=name))

    @Slot(object)
    def hand_over(self, place: Path) -> None:
        """Write the model, in a folder of its own below that one.

        Args:
            place: a folder.
        """
        folder = self.state.folder
        if folder is not None:
            to = free_place(place, f"{folder.name}-{self.state.format}")
            self.study.start(protocol.Export(run=str(folder), format=self.state.format, to=str(to)))

    @Slot(str)
    def report(self, form: str) -> None:
        """Write a report into the run's folder, and open it.

        Args:
            form: of ``REPORTS``.
        """
        folder = self.state.folder
        if folder is None or self.state.busy:
            return
        self._become(replace(self.state, busy=form, error=None))
        self._writing.ask(lambda: _report(folder, form, folder / "report" / _FILES[form]))

    @Slot()
    def write_out(self) -> None:
        """Write the run out as a program, beside its reports."""
        folder = self.state.folder
        if folder is None or self.state.busy:
            return
        self._become(replace(self.state, busy="script", error=None))
        self._gone.set()
        gone = self._gone = Event()
        file = folder / "report" / "script" / "train.py"
        self._writing.ask(lambda: _program(folder, file, gone.is_set))

    @Slot(object)
    def save_rows(self, file: Path) -> None:
        """Save the predictions of the split that is looked at.

        Args:
            file: the CSV file to write.
        """
        rows = self.state.rows
        if rows is not None:
            self._writing.ask(lambda: _rows(*rows, file))

    @Slot(object)
    def _have_model(self, file: Path) -> None:
        self._become(replace(self.state, handed=file, error=None))

    @Slot(object)
    def _have_file(self, file: Path | Program | None) -> None:
        if file is None:
            # Nobody wants it any more.
            return
        if isinstance(file, Program):
            self._have_program(file)
            return
        wished = bool(self.state.busy)
        self._become(replace(self.state, busy="", written=file, error=None))
        if wished:
            self.open_wished.emit(file)

    def _have_program(self, program: Program) -> None:
        folder = self.state.folder
        if folder is not None and folder in program.file.parents:
            self._become(replace(self.state, busy="", program=program, error=None))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, busy="", error=error))

    def _become(self, state: HandoverState) -> None:
        self.state = state
        self.changed.emit(state)


def free_place(folder: Path, name: str) -> Path:
    """A folder that is not there yet: the name, or that with a number behind it.

    Args:
        folder: where.
        name: how it shall be called.
    """
    place, number = folder / name, 2
    while place.exists():
        place, number = folder / f"{name}-{number}", number + 1
    return place


def _report(folder: Path, form: str, file: Path) -> Path:
    # Imported in the worker thread: the window opens without what lays out pages.
    from workbench.reporting.writing import write_report

    write_report(folder, form, file)
    return file


def _program(folder: Path, file: Path, stop: Callable[[], bool]) -> Program | None:
    from workbench.reporting.writing import write_report

    try:
        remarks = write_report(folder, "script", file, stop)
    except Stopped:
        return None
    return Program(file, file.read_text("utf-8"), remarks)


def _rows(results: Results, samples: Samples, file: Path) -> Path:
    from workbench.runs.results_csv import to_csv

    try:
        write_atomic(file, to_csv(results, samples))
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
    return file
