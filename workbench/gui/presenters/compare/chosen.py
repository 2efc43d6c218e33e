"""What is shown of the runs that were chosen in the table: curves, settings, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from workbench.comparing import overlay, words
from workbench.comparing.answers import PARTS, Answers, Part, Rows
from workbench.comparing.comparison import MOST, SPLITS, Against, Comparison, compare
from workbench.comparing.overlay import Axis, Line
from workbench.errors import UserError
from workbench.gui.background import InOrder, Latest
from workbench.gui.choices import Choice

HINT = (
    "Choose two or more runs above, with Ctrl or Shift held, to hold them beside each other: their "
    "curves, what differs in their settings, and the samples that only one of them gets right."
)
_AXES = {"epoch": "By epoch", "step": "By step", "time": "By time"}
_NO_ROWS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class ChosenState:
    """All that is shown of the chosen runs.

    Args:
        folders: of the runs; the first is the one that the others are held against.
        reading: they are being read.
        comparison: what was found; None before, and of fewer than two runs.
        split: whose samples are compared.
        figure: whose curves are drawn; "" for none.
        axis: over which.
        means: runs that repeat each other are drawn as their mean.
        other: number of the run whose answers are looked at, among those but the first.
        part: which of the samples are listed.
        cell: of the difference of confusion that is looked at, true and predicted class.
        error: why nothing can be shown.
        told: what was done last, such as a file that was written.
    """

    folders: tuple[Path, ...] = ()
    reading: bool = False
    comparison: Comparison | None = None
    split: str = "test"
    figure: str = ""
    axis: Axis = "epoch"
    means: bool = True
    other: int = 0
    part: Part = "first"
    cell: tuple[int, int] | None = None
    error: UserError | None = None
    told: str = ""

    @property
    def hint(self) -> str:
        """What to do where nothing is shown; "" where something is."""
        if self.comparison is not None:
            return ""
        return "Reading the runs…" if self.reading else HINT

    @property
    def figures(self) -> tuple[Choice, ...]:
        """Figures whose curves can be drawn."""
        if self.comparison is None:
            return ()
        names = overlay.figures_of([side.track for side in self.comparison.sides])
        return tuple(
            Choice(name, words.metric_title(name if name.startswith("train_") else
                                            f"validation_{name}").capitalize())
            for name in names
        )  # fmt: skip

    @property
    def axes(self) -> tuple[Choice, ...]:
        """What curves can be drawn over."""
        return tuple(Choice(name, title) for name, title in _AXES.items())

    @property
    def lines(self) -> tuple[Line, ...]:
        """The curves."""
        if self.comparison is None or not self.figure:
            return ()
        tracks = [side.track for side in self.comparison.sides]
        return overlay.lines(tracks, self.figure, self.axis, means=self.means)

    @property
    def repeats(self) -> bool:
        """Some of the runs repeat each other."""
        sides = () if self.comparison is None else self.comparison.sides
        return len({side.track.kind for side in sides}) < len(sides)

    @property
    def against(self) -> Against | None:
        """The run whose answers are looked at, against the first."""
        found = () if self.comparison is None else self.comparison.against
        return found[self.other] if self.other < len(found) else None

    @property
    def answers(self) -> Answers | None:
        """Its answers beside those of the first; None where they do not compare."""
        return None if self.against is None else self.against.answers

    @property
    def names(self) -> tuple[str, str]:
        """Names of the first run and of the one whose answers are looked at."""
        if self.comparison is None or self.against is None:
            return ("", "")
        return (self.comparison.sides[0].name, self.against.side.name)

    @property
    def others(self) -> tuple[Choice, ...]:
        """Runs whose answers can be held against those of the first."""
        found = () if self.comparison is None else self.comparison.against
        return tuple(Choice(str(place), each.side.name) for place, each in enumerate(found))

    @property
    def parts(self) -> tuple[Choice, ...]:
        """What can be listed, each with how many samples it has."""
        both = self.answers
        if both is None:
            return ()
        shown = PARTS if both.score == "right" else PARTS[:2]
        return tuple(Choice(part, words.part_words(part, both, *self.names)) for part in shown)

    @property
    def headlines(self) -> tuple[str, ...]:
        """How each run stands against the first, in sentences."""
        if self.comparison is None:
            return ()
        return tuple(words.headline(self.comparison, each) for each in self.comparison.against)

    def listed(self) -> Rows:
        """Samples that are listed: those of the part, or of the cell that was chosen."""
        both = self.answers
        if both is None:
            return _NO_ROWS
        if self.cell is None:
            return both.rows(self.part)
        true, said = self.cell
        one, two = both.one.prediction == said, both.two.prediction == said
        return np.flatnonzero((both.one.target == true) & (one != two))


class ChosenPresenter(QObject):
    """Reads the runs that are chosen and holds them beside each other.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``ChosenState`` after a change."""

    sample_changed = Signal(str)
    """Name of the sample that is looked at; "" for none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ChosenState()
        self._work = Latest(self)
        self._work.answered.connect(self._have)
        self._work.failed.connect(self._fail)
        self._writing = InOrder(self)
        self._writing.answered.connect(self._tell)
        self._writing.failed.connect(self._refuse)

    @property
    def folder(self) -> Path | None:
        """Of the first run; None where none is chosen."""
        return self.state.folders[0] if self.state.folders else None

    @Slot(object)
    def choose(self, folders: list[Path]) -> None:
        """Hold these runs beside each other.

        Args:
            folders: of the runs; fewer than two show nothing, of too many the first are taken.
        """
        taken = tuple(folders[:MOST])
        if taken == self.state.folders:
            return
        told = f"The first {MOST} of {len(folders)} are compared." if len(folders) > MOST else ""
        self._ask(replace(self.state, folders=taken, told=told, error=None, other=0, cell=None))

    @Slot(str)
    def choose_split(self, split: str) -> None:
        """Compare the answers to other samples."""
        if split in SPLITS and split != self.state.split:
            self._ask(replace(self.state, split=split, cell=None))

    @Slot(str)
    def choose_figure(self, figure: str) -> None:
        """Draw the curves of another figure."""
        self._become(replace(self.state, figure=figure))

    @Slot(str)
    def choose_axis(self, axis: str) -> None:
        """Draw them over epochs, steps or time."""
        found: Axis = next(each for each in overlay.AXES if each == axis)
        self._become(replace(self.state, axis=found))

    @Slot(bool)
    def choose_means(self, on: bool) -> None:
        """Draw runs that repeat each other as their mean, or each by itself."""
        self._become(replace(self.state, means=on))

    @Slot(str)
    def choose_other(self, number: str) -> None:
        """Look at the answers of another run."""
        self._become(replace(self.state, other=int(number), cell=None))

    @Slot(str)
    def choose_part(self, part: str) -> None:
        """List other samples."""
        found: Part = next(each for each in PARTS if each == part)
        self._become(replace(self.state, part=found, cell=None))

    @Slot(int, int)
    def choose_cell(self, true: int, said: int) -> None:
        """List the samples of a cell that only one of both put there."""
        self._become(replace(self.state, cell=(true, said)))

    @Slot()
    def clear_cell(self) -> None:
        """List the samples of the part again."""
        self._become(replace(self.state, cell=None))

    def look(self, row: int) -> None:
        """Look at a sample.

        Args:
            row: its number among the answers; -1 for none.
        """
        both = self.state.answers
        self.sample_changed.emit("" if both is None or row < 0 else str(both.one.stem[row]))

    @Slot(object)
    def save_page(self, file: Path) -> None:
        """Write the comparison as an HTML file."""
        comparison = self.state.comparison
        if comparison is None:
            return

        def work() -> str:
            # Loading what fills templates takes longer than most windows take to open.
            from workbench.reporting.comparison import write_comparison

            write_comparison(comparison, file)
            return f"Written: {file}"

        self._writing.ask(work)

    @Slot(object)
    def save_csv(self, file: Path) -> None:
        """Write figures and differing settings as CSV."""
        comparison = self.state.comparison
        if comparison is None:
            return

        def work() -> str:
            from workbench.comparing.telling import to_csv
            from workbench.reporting.writing import write

            write(file, to_csv(comparison))
            return f"Written: {file}"

        self._writing.ask(work)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._work.forget()

    def _ask(self, state: ChosenState) -> None:
        if len(state.folders) < 2:
            self._work.forget()
            self._become(replace(state, reading=False, comparison=None))
            return
        self._become(replace(state, reading=True))
        folders: Sequence[Path] = state.folders
        self._work.ask(lambda: compare(folders, state.split))

    @Slot(object)
    def _have(self, comparison: Comparison) -> None:
        state = replace(self.state, reading=False, comparison=comparison, error=None)
        names = [choice.name for choice in state.figures]
        if state.figure not in names:
            state = replace(state, figure=names[0] if names else "")
        if state.other >= len(comparison.against):
            state = replace(state, other=0)
        self._become(state)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, reading=False, comparison=None, error=error))

    @Slot(object)
    def _tell(self, told: str) -> None:
        self._become(replace(self.state, told=told, error=None))

    @Slot(object)
    def _refuse(self, error: UserError) -> None:
        self._become(replace(self.state, error=error, told=""))

    def _become(self, state: ChosenState) -> None:
        self.state = state
        self.changed.emit(state)
