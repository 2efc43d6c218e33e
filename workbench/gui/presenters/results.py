"""What the results screen shows and decides: figures, a verdict, which samples to look at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters import answers
from workbench.gui.presenters.evaluation import SPLITS, Curve, Evaluation, read, why_none
from workbench.runs import results_words as words
from workbench.runs.results import Results, Samples
from workbench.spec import RunSpec

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Wish:
    """Which samples the person wants to see.

    Args:
        mistakes_only: those that were predicted wrong.
        class_index: of this true or predicted class; -1: any.
        cell: of this true and predicted class; the other wishes but ``words`` are not asked then.
        words: whose name contains them, in either case.
    """

    mistakes_only: bool = True
    class_index: int = -1
    cell: tuple[int, int] | None = None
    words: str = ""


@dataclass(frozen=True)
class ResultsState:
    """All that the results screen shows.

    Args:
        phase: nothing, reading, shown, a run that was not evaluated, or why it cannot be shown.
        folder: the run's folder.
        name: what people call the run.
        spec: what the run is; None where another version wrote it.
        summary: split, samples and loss, one line.
        splits: splits that can be shown, or evaluated to be shown.
        evaluated: those of them that can be shown at once.
        split: the chosen one.
        results: its figures.
        samples: its rows; of several numbers those of the column that is looked at.
        figures: the metrics in words, the headline first.
        verdict: what to think of it.
        curve: how the training went.
        columns: of several numbers those that can be looked at; empty otherwise.
        column: the one that is looked at.
        classes: what the samples can be narrowed to.
        wish: which samples are wanted.
        rows: numbers of these samples, the worst first.
        counted: how many they are, in words.
        nothing: why there are none; "" when there are some.
        error: why nothing is shown.
        can_evaluate: nothing is shown, but there are weights to evaluate.
        trouble: what is missing although results are shown.
    """

    phase: Literal["empty", "reading", "shown", "unevaluated", "failed"] = "empty"
    folder: Path | None = None
    name: str = ""
    spec: RunSpec | None = None
    summary: str = ""
    splits: tuple[Choice, ...] = ()
    evaluated: tuple[str, ...] = ()
    split: str = ""
    results: Results | None = None
    samples: Samples | None = None
    figures: tuple[words.FigureWords, ...] = ()
    verdict: words.Verdict | None = None
    curve: Curve = field(default_factory=Curve)
    columns: tuple[Choice, ...] = ()
    column: str = ""
    classes: tuple[Choice, ...] = ()
    wish: Wish = Wish()
    rows: Rows | None = None
    counted: str = ""
    nothing: str = ""
    error: UserError | None = None
    can_evaluate: bool = False
    trouble: str = ""


class ResultsPresenter(QObject):
    """Reads evaluations in a worker thread and keeps what the person looks at.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``ResultsState`` after a change."""

    evaluate_wished = Signal(object, str)
    """Evaluate a split of the run in this ``Path``; then show it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ResultsState()
        self._found: Evaluation | None = None
        self._reading = Latest(self)
        self._reading.answered.connect(self._show)
        self._reading.failed.connect(self._fail)

    @Slot(object)
    def show_run(self, folder: Path, split: str = "") -> None:
        """Show the evaluation of a run; an earlier reading is given up.

        Args:
            folder: the run's folder.
            split: which split; "" for the most telling one that was evaluated.
        """
        self._become(ResultsState(phase="reading", folder=folder, name=folder.name))
        self._reading.ask(lambda: read(folder, split))

    @Slot()
    def clear(self) -> None:
        """Show nothing."""
        self._reading.forget()
        self._become(ResultsState())

    @Slot(str)
    def choose_split(self, split: str) -> None:
        """Show another split of the same run; one that was not evaluated is evaluated first.

        Args:
            split: one of the state's splits.
        """
        folder = self.state.folder
        if folder is None or split == self.state.split:
            return
        if split in self.state.evaluated:
            self._reading.ask(lambda: read(folder, split))
        else:
            self.evaluate_wished.emit(folder, split)
            # Until it is there the one that is shown stays chosen.
            self.changed.emit(self.state)

    @Slot()
    def evaluate(self) -> None:
        """Evaluate the run on its test samples, then show it."""
        if self.state.can_evaluate:
            self.evaluate_wished.emit(self.state.folder, SPLITS[0])

    @Slot(str)
    def choose_column(self, name: str) -> None:
        """Look at another of several numbers.

        Args:
            name: one of the state's columns.
        """
        if self._found is not None and name != self.state.column:
            self._become(_state_of(self._found, name))

    @Slot(int, int)
    def choose_cell(self, true: int, predicted: int) -> None:
        """Look at the samples of one true class that were predicted as another.

        Args:
            true: index of the true class.
            predicted: index of the predicted class.
        """
        self._want(replace(self.state.wish, cell=(true, predicted), class_index=-1))

    @Slot()
    def clear_cell(self) -> None:
        """Look at all cells again."""
        self._want(replace(self.state.wish, cell=None))

    @Slot(str)
    def choose_class(self, name: str) -> None:
        """Look at the samples of one class.

        Args:
            name: a class; "" for all.
        """
        known = self.state.results.classes if self.state.results is not None else ()
        number = known.index(name) if name in known else -1
        self._want(replace(self.state.wish, class_index=number, cell=None))

    @Slot(bool)
    def choose_mistakes(self, only: bool) -> None:
        """Look at mistakes only, or at right ones too.

        Args:
            only: mistakes only.
        """
        self._want(replace(self.state.wish, mistakes_only=only, cell=None))

    @Slot(str)
    def search(self, text: str) -> None:
        """Look at the samples whose name contains these words.

        Args:
            text: "" for all.
        """
        self._want(replace(self.state.wish, words=text.strip().lower()))

    @Slot()
    def show_all(self) -> None:
        """Look at every sample, right or wrong."""
        self._want(Wish(mistakes_only=False))

    def row_of(self, stem: str) -> int:
        """Number of the sample of that name; -1 when there is none."""
        samples = self.state.samples
        if samples is None:
            return -1
        found = np.flatnonzero(samples.stem == stem)
        return int(found[0]) if len(found) else -1

    def _want(self, wish: Wish) -> None:
        if self.state.phase == "shown" and wish != self.state.wish:
            self._become(_narrowed(self.state, wish))

    @Slot(object)
    def _show(self, found: Evaluation) -> None:
        self._found = found
        self._become(_state_of(found))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        folder = self.state.folder
        # The figures cannot be read; the weights are another matter.
        trained = folder is not None and (folder / "checkpoints" / "best.npz").is_file()
        self._become(
            ResultsState(
                phase="failed", folder=folder, name=self.state.name, error=error,
                can_evaluate=trained,
            )
        )  # fmt: skip

    def _become(self, state: ResultsState) -> None:
        self.state = state
        self.changed.emit(state)


def _state_of(found: Evaluation, column: str = "") -> ResultsState:
    folder, name = found.run.folder, found.name
    results, whole = found.results, found.samples
    if results is None or whole is None:
        return ResultsState(
            phase="unevaluated", folder=folder, name=name,
            error=why_none(found.status, trained=found.trained),
            curve=found.curve, splits=_splits(found), spec=found.spec,
            can_evaluate=found.trained and (found.status.over or found.status.resumable),
        )  # fmt: skip
    chosen = results.columns.index(column) if column in results.columns else 0
    samples = answers.of_column(whole, chosen)
    noun = "sample" if len(samples) == 1 else "samples"
    state = ResultsState(
        phase="shown",
        folder=folder,
        name=name,
        spec=found.spec,
        summary=f"{_learned(results)} · {len(samples):,} {results.split} {noun} · trained with "
        f"{results.loss_name}",
        splits=_splits(found),
        evaluated=found.splits,
        split=found.split,
        results=results,
        samples=samples,
        figures=words.figures(results, chosen),
        verdict=words.verdict(results, samples, chosen),
        curve=found.curve,
        columns=tuple(Choice(name, name) for name in results.columns),
        column=results.columns[chosen] if results.columns else "",
        classes=(Choice("", "All classes"), *(Choice(c, c) for c in results.classes)),
        trouble=found.trouble,
    )
    return _narrowed(state, Wish())


def _learned(results: Results) -> str:
    if results.task == "none":
        return "pairs"
    first, *others = results.columns or (results.target,)
    return f"{first} and {len(others)} more" if others else first


def _splits(found: Evaluation) -> tuple[Choice, ...]:
    """Those that were evaluated, and those that can be."""
    known = [Choice(split, split.capitalize()) for split in found.splits]
    missing = [split for split in SPLITS if split not in found.splits] if found.trained else []
    tip = "Not evaluated yet: choose it to do so."
    return (*known, *(Choice(split, f"{split.capitalize()} …", tip) for split in missing))


def _narrowed(state: ResultsState, wish: Wish) -> ResultsState:
    results, samples = state.results, state.samples
    assert results is not None
    assert samples is not None
    kept = _kept(results, samples, wish)
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(-badness(results, samples)[rows], kind="stable")]
    return replace(
        state,
        wish=wish,
        rows=rows,
        counted=_counted(results, wish, len(rows)),
        nothing="" if len(rows) else _nothing(results, wish),
    )


def _kept(results: Results, samples: Samples, wish: Wish) -> NDArray[np.bool_]:
    kept = np.ones(len(samples), bool)
    if results.classes and wish.cell is not None:
        kept &= (samples.target == wish.cell[0]) & (samples.prediction == wish.cell[1])
    elif results.classes:
        if wish.mistakes_only:
            kept &= answers.wrong(samples)
        if wish.class_index >= 0:
            kept &= answers.concerns(samples, wish.class_index)
    if wish.words:
        kept &= np.strings.find(np.strings.lower(samples.stem), wish.words) >= 0
    return kept


def badness(results: Results, samples: Samples) -> NDArray[np.float64]:
    """How wrong each sample is: its loss, or for numbers how far off; not a number is worst.

    Args:
        results: the figures.
        samples: the rows.

    Returns:
        One value for each sample.
    """
    values = samples.loss if results.classes else np.abs(samples.prediction - samples.target)
    return np.where(np.isnan(values), np.inf, values)


def _counted(results: Results, wish: Wish, many: int) -> str:
    what = "mistake" if results.classes and wish.mistakes_only else "sample"
    if wish.cell is not None:
        what = "sample" if wish.cell[0] == wish.cell[1] else "mistake"
    return f"{many:,} {what}{'' if many == 1 else 's'}"


def _nothing(results: Results, wish: Wish) -> str:
    """Why no sample is listed."""
    mistakes = bool(results.classes) and wish.mistakes_only and wish.cell is None
    what = "mistake" if mistakes else "sample"
    if wish.words:
        return f"No {what} has “{wish.words}” in its name."
    if wish.cell is not None:
        true, said = (results.classes[number] for number in wish.cell)
        return f"No sample of “{true}” was taken for “{said}”."
    if wish.class_index >= 0:
        return f"No {what} concerns “{results.classes[wish.class_index]}”."
    return "Not one mistake." if mistakes else "No sample is in this split."
