"""Decides what the slice through the loss shows. Knows no widget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters.insight import landscape_words as words
from workbench.gui.presenters.results import ResultsState
from workbench.gui.presenters.study import Begin, StudyPresenter
from workbench.runs import landscapes, store
from workbench.runs.landscapes import Landscape
from workbench.runs.results_words import FigureWords

WHOLE = ""
"""The slice that moves the whole model."""
TOTAL = ""
"""All terms together."""


@dataclass(frozen=True)
class LandscapeState:
    """All that the landscape shows.

    Args:
        phase: no run is looked at; it is read; nothing is measured yet; it is shown.
        folder: of the run.
        slices: what can be moved: the whole model, or one encoder.
        slice: what is.
        terms: of which the loss can be seen.
        term: of which it is.
        points: places along each direction, for the next measurement.
        reach: how far to go, for the next measurement.
        found: what was measured.
        values: that are drawn, as of ``Landscape.terms``; logarithms where ``log`` says so.
        log: logarithms are drawn.
        no_log: why they cannot be; "" when they can.
        figures: in words.
        explanation: what it means and what it does not.
        error: what went wrong.
    """

    phase: Literal["empty", "reading", "needed", "shown"] = "empty"
    folder: Path | None = None
    slices: tuple[Choice, ...] = ()
    slice: str = WHOLE
    terms: tuple[Choice, ...] = ()
    term: str = TOTAL
    points: int = 21
    reach: float = 1.0
    found: Landscape | None = None
    values: NDArray[np.float64] | None = None
    log: bool = False
    no_log: str = ""
    figures: tuple[FigureWords, ...] = ()
    explanation: str = words.EXPLANATION
    error: UserError | None = None


@dataclass(frozen=True)
class _Looked:
    slices: tuple[Choice, ...]
    found: Landscape | None
    error: UserError | None = None


class LandscapePresenter(QObject):
    """Reads the slices of the run that is looked at, and has them measured.

    Args:
        begin: hands longer work to an engine.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``LandscapeState`` after a change."""

    def __init__(self, begin: Begin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = LandscapeState()
        self.study = StudyPresenter(begin, self)
        self.study.finished.connect(self._look)
        self._visible = self._due = False
        self._latest = Latest(self)
        self._latest.answered.connect(self._show)
        self._latest.failed.connect(self._fail)

    @Slot(object)
    def show_results(self, results: ResultsState) -> None:
        """Another run is looked at; nothing is read before it is seen."""
        if results.phase == "reading":
            return
        folder = results.folder if results.phase == "shown" else None
        if folder == self.state.folder:
            return
        self.close()
        now = self.state
        kept = LandscapeState(points=now.points, reach=now.reach, log=now.log)
        phase: Literal["reading", "empty"] = "reading" if folder is not None else "empty"
        self._due = folder is not None
        self._become(replace(kept, phase=phase, folder=folder))
        self._look_if_seen()

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """The landscape is seen, or no longer is."""
        self._visible = seen
        self._look_if_seen()

    @Slot(str)
    def choose_slice(self, name: str) -> None:
        """Look at what is moved: the whole model, or one encoder."""
        if name != self.state.slice:
            self._become(replace(self.state, slice=name))
            self._look()

    @Slot(str)
    def choose_term(self, name: str) -> None:
        """Look at one term of the loss, or at all together."""
        if name != self.state.term:
            self._become(_drawn(replace(self.state, term=name)))

    @Slot(bool)
    def choose_log(self, log: bool) -> None:
        """Draw logarithms, or the values themselves."""
        self._become(_drawn(replace(self.state, log=log)))

    @Slot(str)
    def choose_points(self, points: str) -> None:
        """Measure at so many places along each direction the next time."""
        self._become(replace(self.state, points=int(points)))

    @Slot(str)
    def choose_reach(self, reach: str) -> None:
        """Go so far the next time."""
        self._become(replace(self.state, reach=float(reach)))

    @Slot()
    def measure(self) -> None:
        """Have the loss measured."""
        now = self.state
        if now.folder is not None:
            self.study.start(
                protocol.Survey.model_validate(
                    {"run": str(now.folder), "points": now.points, "reach": now.reach,
                     "modality": now.slice or None}
                )
            )  # fmt: skip

    def close(self) -> None:
        """End all work that is under way."""
        self._latest.forget()
        self._due = False
        self.study.stop()

    def _look_if_seen(self) -> None:
        if self._visible and self._due:
            self._look()

    @Slot()
    def _look(self) -> None:
        folder, modality = self.state.folder, self.state.slice
        self._due = False
        if folder is not None:
            self._latest.ask(lambda: _read(folder, modality))

    @Slot(object)
    def _show(self, looked: _Looked) -> None:
        found = looked.found
        now = replace(self.state, slices=looked.slices, error=looked.error, found=found)
        if found is None:
            self._become(replace(now, phase="needed", values=None, terms=(), figures=()))
            return
        terms = words.terms_of(found)
        known = any(choice.name == now.term for choice in terms)
        now = replace(now, phase="shown", terms=terms, term=now.term if known else TOTAL)
        self._become(_drawn(now))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, phase="needed", found=None, values=None, error=error))

    def _become(self, state: LandscapeState) -> None:
        self.state = state
        self.changed.emit(state)


def _read(folder: Path, modality: str) -> _Looked:
    spec = store.find(folder).spec()
    slices = (
        Choice(WHOLE, "The whole model"),
        *(Choice(m, f"{m.capitalize()} encoder only") for m in sorted(spec.modalities)),
    )
    try:
        return _Looked(slices, landscapes.read(folder, modality))
    except UserError as error:
        return _Looked(slices, None, error)


def _drawn(state: LandscapeState) -> LandscapeState:
    """The state with the values that it wants drawn."""
    found = state.found
    if found is None:
        return state
    values = found.total if state.term == TOTAL else found.terms[state.term]
    finite = values[np.isfinite(values)]
    no_log = ""
    if not len(finite) or finite.min() <= 0:
        no_log = "This loss is not above 0 everywhere: it has no logarithm."
    figures = words.figures_of(found, values)
    if state.log and not no_log:
        values = np.log10(values)
    return replace(state, values=values, no_log=no_log, figures=figures)
