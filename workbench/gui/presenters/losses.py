"""Decides what the losses screen shows: which losses, over which axis, at which place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench import events, parts
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.losses_samples import RunSamples, read_samples
from workbench.gui.presenters.losses_words import sentence
from workbench.options import Option
from workbench.parts import Part

Axis = Literal["residual", "probability", "margin", "position", "similarity"]
Family = Literal["numbers", "classes", "yes or no", "order", "alignment"]

MOST = 4
"""Losses drawn together at most: more cannot be told apart."""
POINTS = 401
MOST_SAMPLES = 4000
"""Samples of a run whose losses are computed; of more an even choice."""

RANGES: Mapping[Axis, tuple[float, float]] = {
    "residual": (-5.0, 5.0),
    "probability": (0.005, 0.995),
    "margin": (-6.0, 6.0),
    "position": (-2.5, 2.5),
    "similarity": (-0.99, 0.99),
}
"""Where each axis begins and ends; residuals count in spreads of the target."""
AXIS_WORDS: Mapping[Axis, str] = {
    "residual": "prediction − target, in spreads",
    "probability": "probability given to the truth",
    "margin": "lead of the true score over the others",
    "position": "steps beside the true class",
    "similarity": "cosine of the pair",
}
_STARTS: Mapping[Axis, float] = {
    "residual": 2.0, "probability": 0.3, "margin": -1.0, "position": 1.0, "similarity": 0.3,
}  # fmt: skip
_TASKS: Mapping[Family, str] = {
    "numbers": "number", "classes": "category", "yes or no": "yes_no", "order": "ordered",
}  # fmt: skip
FAMILIES: tuple[Family, ...] = ("numbers", "classes", "yes or no", "order", "alignment")
_FAMILY_OF: Mapping[str, Family] = {
    "number": "numbers", "numbers": "numbers", "category": "classes", "yes_no": "yes or no",
    "labels": "yes or no", "ordered": "order", "none": "alignment",
}  # fmt: skip


@dataclass(frozen=True)
class Picked:
    """One loss that is drawn.

    Args:
        part: the loss or alignment.
        options: all of its options.
        series: number of its colour; the same as long as it is drawn.
    """

    part: Part
    options: Mapping[str, Any]
    series: int

    @property
    def title(self) -> str:
        """Its name, with the options that are not as they are by default."""
        changed = [
            f"{o.title.lower()} {_plain(self.options[o.name])}"
            for o in self.part.options
            if self.options[o.name] != o.default
        ]
        return f"{self.part.title} ({', '.join(changed)})" if changed else self.part.title


@dataclass(frozen=True)
class LossesState:
    """All that the losses screen shows.

    Args:
        family: which kind of target.
        offered: all losses of that family.
        picked: those that are drawn, oldest first.
        focus: place of the one whose options and words are shown; -1: none.
        axis: what they are drawn over.
        axes: what they can be drawn over.
        place: where the sample is that is dragged.
        answer: the curves of ``picked``; None until they came.
        waiting: why there are none yet.
        runs: runs whose samples can be shown, as (folder, name).
        samples: those of the chosen run; None: none chosen.
        sentence: what the losses make of these samples.
        error: what went wrong.
        usable: why the loss in focus cannot be used in the recipe; "" when it can.
    """

    family: Family = "numbers"
    offered: tuple[Part, ...] = ()
    picked: tuple[Picked, ...] = ()
    focus: int = -1
    axis: Axis = "residual"
    axes: tuple[Axis, ...] = ("residual",)
    place: float = 2.0
    answer: events.LossesDrawn | None = None
    waiting: str = "The engine is warming up; the curves come then."
    runs: tuple[tuple[str, str], ...] = ()
    samples: RunSamples | None = None
    sentence: str = ""
    error: UserError | None = None
    usable: str = "There are no data yet."

    @property
    def in_focus(self) -> Picked | None:
        """The loss whose options and words are shown."""
        return self.picked[self.focus] if 0 <= self.focus < len(self.picked) else None

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of the loss in focus."""
        return self.in_focus.part.options if self.in_focus is not None else ()

    @property
    def axis_places(self) -> NDArray[np.float64]:
        """The places of the curves."""
        return np.linspace(*RANGES[self.axis], POINTS)

    def reading(self) -> tuple[tuple[Picked, float, float], ...]:
        """Of each loss its value and slope at the place of the sample."""
        if self.answer is None:
            return ()
        places = self.axis_places
        found = []
        for one, drawn in zip(self.picked, self.answer.curves, strict=False):
            if drawn.values:
                value, slope = (
                    float(np.interp(self.place, places, told))
                    for told in (drawn.values, drawn.slopes)
                )
                found.append((one, value, slope))
        return tuple(found)


class LossesPresenter(QObject):
    """Keeps which losses are drawn and asks for their curves.

    Args:
        refusal: why a part cannot be used in the recipe, given the part; "" when it can.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``LossesState`` after a change."""

    asked = Signal(object)
    """A ``protocol.DrawLosses`` for the engine."""

    use_wished = Signal(object)
    """The ``Picked`` loss shall be used in the recipe."""

    def __init__(
        self, refusal: Callable[[Part], str] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._refusal = refusal or (lambda part: "There are no data yet.")
        self._number = 0
        self._reader = Latest(self)
        self._reader.answered.connect(self._have_samples)
        self._reader.failed.connect(lambda error: self._become(error=error))
        self.state = LossesState()
        self.choose_family("numbers")

    @Slot(str)
    def choose_family(self, family: str) -> None:
        """Look at the losses of another kind of target; the first two of them are drawn."""
        offered = _offered(family)
        picked = tuple(
            Picked(part, part.check({}), series) for series, part in enumerate(offered[:2])
        )
        axes = _axes(picked)
        self._become(
            family=family, offered=offered, picked=picked, focus=len(picked) - 1, axes=axes,
            axis=axes[0], place=_STARTS[axes[0]], answer=None, samples=None, sentence="",
        )  # fmt: skip
        self._ask()

    @Slot(str, bool)
    def pick(self, name: str, on: bool) -> None:
        """Draw a loss too, or no more; the oldest goes where there would be too many."""
        known = {one.part.name: one for one in self.state.picked}
        if on and name in known:
            self.focus(name)
            return
        if on:
            part = next(part for part in self.state.offered if part.name == name)
            kept = list(known.values())[-(MOST - 1) :]
            free = next(n for n in range(MOST) if n not in {one.series for one in kept})
            picked = (*kept, Picked(part, part.check({}), free))
        else:
            picked = tuple(one for one in known.values() if one.part.name != name)
        axes = _axes(picked) or self.state.axes
        axis = self.state.axis if self.state.axis in axes else axes[0]
        place = self.state.place if axis == self.state.axis else _STARTS[axis]
        self._become(
            picked=picked, focus=len(picked) - 1, axes=axes, axis=axis, place=place, answer=None
        )
        self._ask()

    @Slot(str)
    def focus(self, name: str) -> None:
        """Show the options and the words of a loss that is drawn."""
        names = [one.part.name for one in self.state.picked]
        if name in names:
            self._become(focus=names.index(name))

    @Slot(str, object)
    def change(self, option: str, value: object) -> None:
        """Set an option of the loss in focus."""
        one = self.state.in_focus
        if one is None:
            return
        try:
            options = one.part.check({**one.options, option: value})
        except UserError as error:
            self._become(error=error)
            return
        picked = list(self.state.picked)
        picked[self.state.focus] = replace(one, options=options)
        self._become(picked=tuple(picked), error=None)
        self._ask()

    @Slot(str)
    def choose_axis(self, axis: str) -> None:
        """Draw over another axis."""
        known = next((name for name in self.state.axes if name == axis), None)
        if known is not None and known != self.state.axis:
            self._become(axis=known, place=_STARTS[known], answer=None)
            self._ask()

    @Slot(float)
    def move(self, place: float) -> None:
        """Drag the sample to a place on the axis."""
        low, high = RANGES[self.state.axis]
        self._become(place=float(np.clip(place, low, high)))

    @Slot(object)
    def answer(self, event: object) -> None:
        """Take an answer of the engine; one to an older question is not looked at."""
        if not isinstance(event, events.LossesDrawn) or event.number != self._number:
            return
        self._become(answer=event, sentence=self._sentence(event))

    @Slot(str)
    def show_waiting(self, words: str) -> None:
        """Say why there are no curves yet."""
        self._become(waiting=words)

    @Slot()
    def ask(self) -> None:
        """Ask for the curves, unless they are there."""
        if self.state.answer is None:
            self._ask()

    def show_runs(self, runs: tuple[tuple[str, str], ...]) -> None:
        """Offer the samples of these runs, as (folder, name)."""
        self._become(runs=runs)

    @Slot(str)
    def choose_run(self, folder: str) -> None:
        """Show where the samples of a run lie; "" for none."""
        if not folder:
            self._reader.forget()
            self._become(samples=None, sentence="")
            self._ask()
            return
        self._reader.ask(lambda: read_samples(folder))

    @Slot()
    def use(self) -> None:
        """Carry the loss in focus over to the recipe."""
        if self.state.in_focus is not None and not self.state.usable:
            self.use_wished.emit(self.state.in_focus)

    def show(self, name: str, options: Mapping[str, Any], task: str) -> None:
        """Look at one loss as a recipe has it.

        Args:
            name: of the loss.
            options: of the loss.
            task: what the recipe learns.
        """
        family = _FAMILY_OF[task]
        if family != self.state.family:
            self.choose_family(family)
        if name not in {part.name for part in self.state.offered}:
            return
        self.pick(name, True)
        for option, value in options.items():
            self.change(option, value)

    @Slot()
    def refresh(self) -> None:
        """Look again at which losses there are and which of them the recipe takes."""
        offered = _offered(self.state.family)
        names = {part.name for part in offered}
        picked = tuple(one for one in self.state.picked if one.part.name in names)
        gone = len(picked) < len(self.state.picked)
        focus = len(picked) - 1 if gone else self.state.focus
        self._become(offered=offered, picked=picked, focus=focus)
        if gone:
            self._ask()

    @Slot(object)
    def _have_samples(self, samples: RunSamples) -> None:
        family = _FAMILY_OF[samples.task]
        if family != self.state.family:
            self.choose_family(family)
        axis = samples.axis if samples.axis in self.state.axes else self.state.axis
        self._become(samples=samples, axis=axis, error=None)
        self._ask()

    def _sentence(self, event: events.LossesDrawn) -> str:
        told = [
            (one.title, np.asarray(drawn.of_samples))
            for one, drawn in zip(self.state.picked, event.curves, strict=False)
            if drawn.of_samples
        ]
        return sentence([title for title, _ in told], [losses for _, losses in told])

    def _ask(self) -> None:
        if not self.state.picked:
            return
        self._number += 1
        low, high = RANGES[self.state.axis]
        lines = tuple(
            protocol.Line(
                kind="alignment" if one.part.kind == "alignment" else "loss",
                name=one.part.name, options=dict(one.options),
            )
            for one in self.state.picked
        )  # fmt: skip
        samples = self.state.samples
        places: tuple[float, ...] = ()
        if samples is not None and samples.axis == self.state.axis:
            places = tuple(samples.few(MOST_SAMPLES).tolist())
        self.asked.emit(
            protocol.DrawLosses(
                number=self._number, lines=lines, axis=self.state.axis, low=low, high=high,
                points=POINTS, samples=places,
            )
        )  # fmt: skip

    def _become(self, **changes: Any) -> None:
        state = replace(self.state, **changes)
        one = state.in_focus
        usable = "Pick a loss first." if one is None else self._refusal(one.part)
        self.state = replace(state, usable=usable)
        self.changed.emit(self.state)


def _offered(family: str) -> tuple[Part, ...]:
    if family == "alignment":
        return tuple(parts.parts("alignment"))
    return tuple(parts.parts("loss", task=_TASKS[family]))  # type: ignore[index]  # a family


def _axes(picked: tuple[Picked, ...]) -> tuple[Axis, ...]:
    """The axes that all of these losses can be drawn over; those of the last one where none is."""
    if not picked:
        return ()
    common = _axes_of(picked[-1].part)
    shared = [axis for axis in common if all(axis in _axes_of(one.part) for one in picked)]
    return tuple(shared or common)


def _axes_of(part: Part) -> tuple[Axis, ...]:
    """As of ``insight.loss_curves``, which the window must not import."""
    if part.kind == "alignment" or part.head == "cosine":
        return ("similarity",)
    if part.tasks & {"number", "numbers"}:
        return ("residual",)
    if part.head in ("ranks", "steps"):
        return ("position",)
    return ("probability", "margin")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
