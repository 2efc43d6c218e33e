"""What the tab of curves shows and decides: which class, which threshold, which temperature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters.results import ResultsState
from workbench.runs import class_curves, decision
from workbench.runs.class_curves import Calibration, ClassCurve, ClassCurves, ThresholdCurve
from workbench.runs.decision import Decision
from workbench.runs.results import Results, Samples

Numbers = NDArray[np.float64]
_SHARES = 101
# Places of the curve of errors.


@dataclass(frozen=True)
class CurvesState:
    """All that the tab shows.

    Args:
        folder: of the run; None while nothing is shown.
        results: figures of the split.
        samples: its rows; of several numbers those of one column.
        curves: of classes; None for numbers and pairs, and while they are read.
        chosen: the class that is looked at; "" for none.
        threshold: the probability from which on it is a yes.
        decided: what predictions obey.
        error: why there are no curves.
    """

    folder: Path | None = None
    results: Results | None = None
    samples: Samples | None = None
    curves: ClassCurves | None = None
    chosen: str = ""
    threshold: float = 0.5
    decided: Decision = field(default_factory=Decision)
    error: UserError | None = None

    @property
    def curve(self) -> ClassCurve | None:
        """The curve of the class that is looked at."""
        known = self.curves.classes if self.curves is not None else ()
        return next((curve for curve in known if curve.name == self.chosen), None)

    @property
    def thresholds(self) -> ThresholdCurve | None:
        """What a yes to the class that is looked at means at each threshold."""
        known = self.curves.thresholds if self.curves is not None else ()
        return next((curve for curve in known if curve.name == self.chosen), None)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The classes that can be looked at."""
        known = self.curves.classes if self.curves is not None else ()
        return tuple(Choice(curve.name, curve.name) for curve in known)

    @property
    def calibration(self) -> Calibration | None:
        """Whether the model knows how sure it is."""
        return self.curves.calibration if self.curves is not None else None


class CurvesPresenter(QObject):
    """Reads the curves of the split that is looked at.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``CurvesState`` after a change."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = CurvesState()
        self._reading = Latest(self)
        self._reading.answered.connect(self._show)
        self._reading.failed.connect(self._fail)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Show the curves of what the results screen shows."""
        if results.phase != "shown" or results.folder is None or results.results is None:
            self._reading.forget()
            if self.state.folder is not None:
                self._become(CurvesState())
            return
        if results.samples is self.state.samples:
            return
        folder, split = results.folder, results.split
        self._become(CurvesState(folder, results.results, results.samples))
        if results.results.classes:
            self._reading.ask(lambda: (class_curves.read(folder, split), decision.read(folder)))

    @Slot(str)
    def choose_class(self, name: str) -> None:
        """Look at another class."""
        if name != self.state.chosen:
            self._become(
                replace(self.state, chosen=name, threshold=self.state.decided.threshold(name))
            )

    @Slot(float)
    def choose_threshold(self, threshold: float) -> None:
        """Look at another threshold."""
        self._become(replace(self.state, threshold=min(max(threshold, 0.0), 1.0)))

    @Slot()
    def use_threshold(self) -> None:
        """Let predictions obey the threshold that is looked at."""
        chosen = self.state.chosen
        if chosen:
            threshold = self.state.threshold
            self._decide(
                lambda d: d.model_copy(update={"thresholds": d.thresholds | {chosen: threshold}})
            )

    @Slot(bool)
    def use_temperature(self, on: bool) -> None:
        """Let predictions be as sure as the fitted temperature makes them, or as they were."""
        found = self.state.calibration
        if found is not None and found.temperature is not None:
            fitted = found.temperature if on else 1.0
            self._decide(lambda d: d.model_copy(update={"temperature": fitted}))

    def _decide(self, change: Callable[[Decision], Decision]) -> None:
        folder, decided = self.state.folder, change(self.state.decided)
        if folder is None:
            return
        try:
            # A few hundred bytes.
            decision.write(folder, decided)
        except UserError as error:
            self._become(replace(self.state, error=error))
        else:
            self._become(replace(self.state, decided=decided, error=None))

    @Slot(object)
    def _show(self, found: tuple[ClassCurves | None, Decision]) -> None:
        curves, decided = found
        if curves is None:
            self._fail(
                UserError(
                    "The curves of this split are not known: it was evaluated by an earlier "
                    "version.", "Evaluate it again.",
                )
            )  # fmt: skip
            return
        chosen = curves.classes[0].name if curves.classes else ""
        if not chosen and curves.thresholds:
            chosen = curves.thresholds[0].name
        self._become(
            replace(
                self.state, curves=curves, chosen=chosen, decided=decided,
                threshold=decided.threshold(chosen),
            )
        )  # fmt: skip

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, curves=None, error=error))

    def _become(self, state: CurvesState) -> None:
        self.state = state
        self.changed.emit(state)


def share_within(samples: Samples) -> tuple[Numbers, Numbers]:
    """How many samples are off by at most how much.

    Args:
        samples: of numbers, or of pairs, whose target is the first rank.

    Returns:
        Distances, ascending, and the share of samples that are off by no more, 0..1.
    """
    off = np.sort(np.abs(samples.prediction - samples.target))
    off = off[np.isfinite(off)]
    if not len(off):
        return np.zeros(0), np.zeros(0)
    shares = np.linspace(0, 1, _SHARES)
    return np.quantile(off, shares, method="inverted_cdf"), shares * len(off) / len(samples)


def at_threshold(state: CurvesState) -> str:
    """What the threshold that is looked at means, in words."""
    curve = state.thresholds
    if curve is None or state.samples is None:
        return ""
    place = int(np.searchsorted(curve.thresholds, state.threshold - 1e-9))
    place = min(place, len(curve.thresholds) - 1)
    said, total = curve.said[place], len(state.samples)
    if said == 0:
        return f"Nothing is “{curve.name}” at this threshold."
    return (
        f"{said:,} of {total:,} samples are “{curve.name}” then; {curve.precision[place]:.0%} of "
        f"these are right, and {curve.recall[place]:.0%} of all that should be are among them. "
        f"F1 {curve.f1[place]:.2f}."
    )


def in_words(found: Calibration) -> str:
    """Whether the model knows how sure it is, in a sentence or two."""
    sure = sum(c * n for c, n in zip(found.plain.confidence, found.plain.count, strict=True))
    right = sum(a * n for a, n in zip(found.plain.accuracy, found.plain.count, strict=True))
    total = max(sum(found.plain.count), 1)
    gap = (sure - right) / total
    words = (
        f"It says to be {sure / total:.0%} sure on average and is right in {right / total:.0%}: "
    )
    if abs(gap) < 0.02 and found.plain.error < 0.05:
        words += "it knows how sure it is."
    elif abs(gap) < 0.02:
        words += "right on the whole, but not at each level."
    else:
        words += "too sure of itself." if gap > 0 else "not sure enough of itself."
    if found.temperature is None or found.scaled is None:
        return words + " The validation samples are too few, or too easy, to mend it."
    before, after = found.plain.error, found.scaled.error
    if after >= before:
        return (
            f"{words} Dividing its scores by {found.temperature:.2f}, as the validation samples "
            f"ask for, does not help here: the calibration error goes from {before:.1%} to "
            f"{after:.1%} ({found.bins} bins)."
        )
    return (
        f"{words} Dividing its scores by {found.temperature:.2f} takes the calibration error from "
        f"{before:.1%} to {after:.1%} ({found.bins} bins)."
    )
