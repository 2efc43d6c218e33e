"""Decides what the robustness dial shows: curves over noise, and one sample under it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench import events
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.insight import robustness_words as words
from workbench.gui.presenters.insight.microscope import NO_BAR, SHOWN, Bar, moved_words, truth_of
from workbench.gui.presenters.results import ResultsState
from workbench.gui.presenters.study import Begin, StudyPresenter
from workbench.parts import MODALITIES, Modality
from workbench.runs import robustness
from workbench.runs.robustness import Kind, Robustness, Seen
from workbench.spec import RunSpec

_PATIENCE = 2.0
# Seconds after which a question counts as lost, so that a newer one is asked.


@dataclass(frozen=True)
class RobustnessState:
    """All that the dial shows.

    Args:
        phase: no run that could be asked; its curves are not known; they are.
        folder: of the run; None while nothing is shown.
        split: on which samples the curves are.
        kinds: by modality of the run which noise it gets.
        classes: classes or numbers by name.
        numbers: these are numbers.
        seconds: of sound that the model hears.
        modality: that the dial is on.
        strength: of the noise, 0..1.
        draw: which noise of the same strength.
        found: the curves.
        title: what they say of all modalities.
        sentence: what they say of the one that is chosen.
        level: the figures at the dial.
        note: what they were measured on.
        dial: what the noise does at this strength.
        stem: name of the sample; "" for none.
        truth: its true class or number.
        true: indices of its true classes.
        values: what the model was given of it.
        given: the modality of ``values``.
        tokens: its words, where there are any.
        struck: places of those that the noise changed.
        bars: what the model says.
        trouble: why it says nothing of this sample.
        error: what went wrong with the curves.
    """

    phase: Literal["empty", "needed", "shown"] = "empty"
    folder: Path | None = None
    split: str = ""
    kinds: tuple[tuple[Modality, Kind], ...] = ()
    classes: tuple[str, ...] = ()
    numbers: bool = False
    seconds: float = 0.0
    modality: Modality = "image"
    strength: float = 0.0
    draw: int = 0
    found: Robustness | None = None
    title: str = ""
    sentence: str = ""
    level: str = ""
    note: str = ""
    dial: str = ""
    stem: str = ""
    truth: str = ""
    true: tuple[int, ...] = ()
    values: NDArray[Any] | None = None
    given: Modality = "image"
    tokens: tuple[str, ...] = ()
    struck: tuple[int, ...] = ()
    bars: tuple[Bar, ...] = ()
    trouble: str = ""
    error: UserError | None = None

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those of the run."""
        return tuple(modality for modality, _ in self.kinds)


class RobustnessPresenter(QObject):
    """Reads the curves of a run, has them measured, and asks about a sample while the dial turns.

    One question is under way at a time; when its answer comes, the dial's place by then is asked
    about, so that the answers keep up with a hand that does not stop.

    Args:
        begin: hands longer work to an engine.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``RobustnessState`` after a change."""

    asked = Signal(object)
    """A question for an engine."""

    def __init__(self, begin: Begin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RobustnessState()
        self.study = StudyPresenter(begin, self)
        self.study.finished.connect(self._read_again)
        self._results = ResultsState()
        self._seen = self._due = False
        self._number = 0
        self._sent: protocol.DisturbSample | None = None
        self._told: protocol.DisturbSample | None = None
        self._sent_at = 0.0
        self._reading = Latest(self)
        self._reading.answered.connect(self._have)
        self._reading.failed.connect(self._fail)
        self._looking = Latest(self)
        self._looking.answered.connect(self._have_seen)
        self._looking.failed.connect(self._fail_seen)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Follow what the results screen shows."""
        self._results = results
        if results.phase == "reading":
            return
        found, spec = results.results, results.spec
        shown = results.phase == "shown" and results.folder is not None
        if not shown or found is None or spec is None or found.task == "none":
            if self.state.phase != "empty":
                self._leave()
                self._become(RobustnessState())
            return
        if (results.folder, results.split) == (self.state.folder, self.state.split):
            return
        same = results.folder == self.state.folder
        self._leave()
        kinds = _kinds(spec)
        fresh = RobustnessState(
            folder=results.folder,
            kinds=kinds,
            classes=found.classes or found.columns or (found.target,),
            numbers=not found.classes,
            seconds=spec.data.audio.seconds,
            modality=kinds[0][0],
        )
        kept = replace(self.state, found=None, error=None) if same else fresh
        self._become(_told(replace(kept, phase="needed", split=results.split)))
        self._due = True
        self._catch_up()

    @Slot(bool)
    def see(self, seen: bool) -> None:
        """It comes into sight, or goes; only what is seen is read and asked about."""
        self._seen = seen
        self._catch_up()

    @Slot(str)
    def choose_stem(self, stem: str) -> None:
        """Put the noise on another sample."""
        if not stem or self.state.folder is None or stem == self.state.stem:
            return
        truth, true = truth_of(self._results, stem)
        self._become(replace(self.state, stem=stem, truth=truth, true=true))
        self._ask()

    @Slot(str)
    def choose_modality(self, name: str) -> None:
        """Put the noise on another modality."""
        for modality in self.state.modalities:
            if modality == name and name != self.state.modality:
                self._become(_told(replace(self.state, modality=modality)))
                self._ask()

    @Slot(float)
    def turn(self, strength: float) -> None:
        """Turn the dial, 0..1."""
        strength = round(min(max(strength, 0.0), 1.0), 2)
        if strength != self.state.strength:
            self._become(_told(replace(self.state, strength=strength)))
            self._ask()

    @Slot()
    def draw_again(self) -> None:
        """Other noise of the same strength."""
        self._become(replace(self.state, draw=self.state.draw + 1))
        self._ask()

    @Slot()
    def measure(self) -> None:
        """Have the curves measured."""
        folder, split = self.state.folder, self.state.split
        if folder is not None and split in ("train", "validation", "test"):
            self.study.start(protocol.Disturb(run=str(folder), split=split))

    @Slot(object)
    def answer(self, event: events.Event) -> None:
        """Take in what an engine says."""
        folder = self.state.folder
        match event:
            case events.Disturbed(number=number) if number == self._number and folder is not None:
                self._looking.ask(lambda: (event, robustness.read_seen(folder)))
            case events.NotAnswered(number=number, ask="disturb_sample"):
                if number == self._number:
                    self._fail_seen(UserError(event.problem, event.remedy))
            case _:
                return

    def _leave(self) -> None:
        """Nothing that is under way concerns what is looked at next."""
        self.study.stop()
        self._reading.forget()
        self._looking.forget()
        self._sent = self._told = None
        # Whatever is still answered has an older number.
        self._number += 1

    def _catch_up(self) -> None:
        if not self._seen:
            return
        if self._due:
            self._read()
        self._ask()

    def _read(self) -> None:
        folder, split = self.state.folder, self.state.split
        self._due = False
        if folder is not None:
            self._reading.ask(lambda: robustness.read(folder, split))

    @Slot(object)
    def _read_again(self, file: Path) -> None:
        if self.state.folder is not None and file.is_relative_to(self.state.folder):
            self._read()

    @Slot(object)
    def _have(self, found: Robustness | None) -> None:
        if found is None:
            self._become(replace(self.state, error=None))
            return
        self._become(_told(replace(self.state, phase="shown", found=found, error=None)))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, error=error))

    def _wish(self) -> protocol.DisturbSample | None:
        now = self.state
        if now.folder is None or not now.stem:
            return None
        return protocol.DisturbSample(
            number=0, run=str(now.folder), stem=now.stem, modality=now.modality,
            strength=now.strength, draw=now.draw,
        )  # fmt: skip

    def _ask(self) -> None:
        wish = self._wish()
        if wish is None or not self._seen:
            return
        if self._sent is None and wish == self._told:
            return
        if self._sent is not None and time.monotonic() - self._sent_at < _PATIENCE:
            return
        self._sent, self._sent_at = wish, time.monotonic()
        self._number += 1
        self.asked.emit(wish.model_copy(update={"number": self._number}))

    def _answered(self) -> protocol.DisturbSample | None:
        """The question that is answered; the next one may be asked."""
        self._told, self._sent = self._sent, None
        return self._told

    @Slot(object)
    def _have_seen(self, came: tuple[events.Disturbed, Seen]) -> None:
        event, seen = came
        if not event.number == self._number == seen.number:
            return
        asked = self._answered()
        assert asked is not None
        shown = replace(
            self.state, values=seen.values, given=asked.modality, tokens=event.words,
            struck=event.struck, trouble="", bars=_bars(self.state, event),
        )  # fmt: skip
        self._become(shown)
        self._ask()

    @Slot(object)
    def _fail_seen(self, error: UserError) -> None:
        self._answered()
        words = f"{error.problem} {error.remedy}".strip()
        self._become(replace(self.state, trouble=words, values=None, bars=(), tokens=()))
        self._ask()

    def _become(self, state: RobustnessState) -> None:
        self.state = state
        self.changed.emit(state)


def _kinds(spec: RunSpec) -> tuple[tuple[Modality, Kind], ...]:
    """Which noise each modality of a run gets."""
    of: dict[Modality, Kind] = {
        "image": "picture",
        "audio": "log_mel" if spec.data.audio.form == "log_mel" else "wave",
        "text": "tokens" if spec.data.text.form == "tokens" else "vector",
    }
    return tuple((m, of[m]) for m in MODALITIES if m in spec.modalities)


def _told(state: RobustnessState) -> RobustnessState:
    """The state with the words that belong to its dial."""
    dial = words.noise_words(dict(state.kinds)[state.modality], state.strength)
    found = state.found
    curve = found.curve(state.modality) if found is not None else None
    if found is None or curve is None:
        return replace(state, dial=dial, title="", sentence="", level="", note="")
    return replace(
        state,
        dial=dial,
        title=words.summary(found),
        sentence=words.verdict(found, curve),
        level=words.level_words(found, curve, state.strength),
        note=words.made_of(found, curve),
    )


def _bars(state: RobustnessState, event: events.Disturbed) -> tuple[Bar, ...]:
    """A bar for each class, in an order that does not change while the dial turns."""
    now, before = np.array(event.answers), np.array(event.before)
    if state.numbers:
        return tuple(
            Bar(name, NO_BAR, NO_BAR, moved_words(now[n], before[n]))
            for n, name in enumerate(state.classes[: len(now)])
        )
    first = np.argsort(-before, kind="stable")
    wanted = {*first[:SHOWN].tolist(), int(now.argmax()), *state.true[:SHOWN]}
    return tuple(
        Bar(
            state.classes[n], float(now[n]), float(before[n]), f"{now[n]:.1%}",
            true=n in state.true, explained=n == int(now.argmax()),
        )
        for n in sorted(wanted, key=lambda n: -before[n])
    )  # fmt: skip
