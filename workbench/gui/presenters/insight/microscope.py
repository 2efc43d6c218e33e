"""What the microscope shows and decides: one sample, why it is told so, and what changes do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench import events
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters.results import ResultsState
from workbench.parts import MODALITIES, Modality
from workbench.runs import explained
from workbench.runs.explained import Explained
from workbench.runs.results_words import number_words

METHODS = (
    Choice("integrated_gradients", "Integrated gradients",
           "How much each place adds on the way from nothing to the sample; the maps add up."),
    Choice("grad_cam", "Grad-CAM", "Which places of the last convolution speak for it: coarse, "
           "but quick to read. Pictures and spectrograms only."),
    Choice("occlusion", "Occlusion", "What is lost when a place, a passage or a word is covered: "
           "the easiest to trust."),
)  # fmt: skip
SOON_MS = 250
"""Words that are typed are asked about after this pause."""
NO_BAR = -1.0
"""The share of a number, which has no bar."""
SHOWN = 6
"""Bars at most."""
_DOUBTFUL_GAP = 0.05


@dataclass(frozen=True)
class Bar:
    """What the model says of one class, or one number.

    Args:
        name: of the class.
        share: its probability now, 0..1; ``NO_BAR`` of a number.
        before: the same of the sample as it is.
        words: the figure.
        true: it is the truth.
        explained: it is what the maps explain.
    """

    name: str
    share: float
    before: float
    words: str
    true: bool = False
    explained: bool = False


@dataclass(frozen=True)
class MicroscopeState:
    """All that the microscope shows.

    Args:
        folder: of the run; None while nothing is shown.
        modalities: of the run.
        classes: what can be explained: classes or numbers by name.
        numbers: these are numbers.
        seconds: of sound that the model hears.
        stem: name of the sample.
        truth: its true class or number, in words; true classes by number in ``true``.
        true: indices of the classes that apply.
        ask: the question as it stands.
        busy: an answer is under way.
        answer: the latest answer.
        maps: its arrays.
        bars: what the model says.
        trust: what is known of the explanation itself, in words.
        error: why there is no answer.
    """

    folder: Path | None = None
    modalities: tuple[Modality, ...] = ()
    classes: tuple[str, ...] = ()
    numbers: bool = False
    seconds: float = 0.0
    stem: str = ""
    truth: str = ""
    true: tuple[int, ...] = ()
    ask: protocol.Explain | None = None
    busy: bool = False
    answer: events.Explained | None = None
    maps: Explained = field(default_factory=lambda: Explained(0))
    bars: tuple[Bar, ...] = ()
    trust: str = ""
    error: UserError | None = None

    @property
    def changed(self) -> bool:
        """The sample is not asked about as it is."""
        ask = self.ask
        return ask is not None and any(
            (ask.hidden, ask.text is not None, ask.cut, ask.covered, ask.muted)
        )


class MicroscopePresenter(QObject):
    """Asks about a sample whenever something of the question changes, while it is seen.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``MicroscopeState`` after a change."""

    asked = Signal(object)
    """A question for an engine."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = MicroscopeState()
        self._number = 0
        self._seen = False
        self._stale = False
        self._results: ResultsState = ResultsState()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._ask_now)
        self._reading = Latest(self)
        self._reading.answered.connect(self._have)
        self._reading.failed.connect(self._fail)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Follow what the results screen shows."""
        self._results = results
        spec = results.spec
        if results.phase != "shown" or results.folder is None or spec is None:
            if self.state.folder is not None:
                self._become(MicroscopeState())
            return
        if results.folder == self.state.folder:
            return
        found = results.results
        assert found is not None
        classes = found.classes or found.columns or (found.target,)
        self._become(
            MicroscopeState(
                folder=results.folder,
                modalities=tuple(m for m in MODALITIES if m in spec.modalities),
                classes=classes,
                numbers=not found.classes,
                seconds=spec.data.audio.seconds,
            )
        )

    @Slot(bool)
    def see(self, seen: bool) -> None:
        """It comes into sight, or goes; only what is seen is asked about."""
        self._seen = seen
        if seen and self._stale:
            self._ask_now()

    @Slot(str)
    def choose_stem(self, stem: str) -> None:
        """Look at another sample, as it is."""
        if not stem or self.state.folder is None or stem == self.state.stem:
            return
        truth, true = truth_of(self._results, stem)
        method = self.state.ask.method if self.state.ask is not None else "integrated_gradients"
        self._become(
            replace(
                self.state, stem=stem, truth=truth, true=true, error=None,
                ask=protocol.Explain(
                    number=0, run=str(self.state.folder), stem=stem, method=method
                ),
            )
        )  # fmt: skip
        self._ask_now()

    def change(self, **changes: Any) -> None:
        """Ask otherwise.

        Args:
            changes: fields of ``protocol.Explain``; other words are asked after a pause.
        """
        ask = self.state.ask
        if ask is None:
            return
        wanted = ask.model_copy(update={"checked": False, **changes})
        if wanted == ask:
            return
        self._become(replace(self.state, ask=wanted))
        if changes.get("text"):
            self._soon.start()
        else:
            self._ask_now()

    def switch(self, modality: Modality, on: bool) -> None:
        """Let the model know a modality, or not."""
        ask = self.state.ask
        if ask is not None:
            hidden = {m for m in ask.hidden if m != modality} | (set() if on else {modality})
            self.change(hidden=tuple(m for m in MODALITIES if m in hidden))

    @Slot()
    def restore(self) -> None:
        """Look at the sample as it is again."""
        self.change(hidden=(), text=None, cut=None, covered=None, muted=None)

    @Slot(object)
    def answer(self, event: events.Event) -> None:
        """Take in what an engine says."""
        match event:
            case events.Explained(number=number) if number == self._number and self._folder:
                folder = self._folder
                self._become(replace(self.state, answer=event))
                self._reading.ask(lambda: (event, explained.read(folder)))
            case events.NotAnswered(number=number, ask="explain") if number == self._number:
                self._fail(UserError(event.problem, event.remedy))
            case _:
                return

    @property
    def _folder(self) -> Path | None:
        return self.state.folder

    @Slot()
    def _ask_now(self) -> None:
        ask = self.state.ask
        self._stale = not self._seen
        if ask is None or not self._seen:
            return
        self._soon.stop()
        self._number += 1
        self._become(replace(self.state, busy=True, error=None))
        self.asked.emit(ask.model_copy(update={"number": self._number}))

    @Slot(object)
    def _have(self, found: tuple[events.Explained, Explained]) -> None:
        event, maps = found
        # A newer answer may have taken the file's place; its own event follows.
        if event.number == self._number == maps.number:
            self._become(
                replace(
                    self.state, busy=False, maps=maps, bars=_bars(self.state, event),
                    trust=trust(event, self.state.ask),
                )
            )  # fmt: skip

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, busy=False, error=error))

    def _become(self, state: MicroscopeState) -> None:
        self.state = state
        self.changed.emit(state)


def _bars(state: MicroscopeState, event: events.Explained) -> tuple[Bar, ...]:
    now, before = np.array(event.answers), np.array(event.before)
    if state.numbers:
        return tuple(
            Bar(name, NO_BAR, NO_BAR, moved_words(now[n], before[n]), explained=n == event.output)
            for n, name in enumerate(state.classes[: len(now)])
        )
    order = np.argsort(-np.maximum(now, before), kind="stable")
    wanted = {*order[:SHOWN].tolist(), event.output, *state.true[:SHOWN]}
    shown = sorted(wanted, key=lambda n: -now[n])
    return tuple(
        Bar(
            state.classes[n], float(now[n]), float(before[n]), f"{now[n]:.1%}",
            true=n in state.true, explained=n == event.output,
        )
        for n in shown
    )  # fmt: skip


def truth_of(results: ResultsState, stem: str) -> tuple[str, tuple[int, ...]]:
    """The true class or number of a sample in words, and its true classes by number.

    Args:
        results: what the results screen shows.
        stem: name of the sample.
    """
    found, samples = results.results, results.samples
    if found is None or samples is None:
        return "", ()
    rows = np.flatnonzero(samples.stem == stem)
    if not len(rows):
        return "", ()
    value = samples.target[rows[0]]
    if found.task == "labels":
        true = tuple(int(n) for n in np.flatnonzero(value))
        return ", ".join(found.classes[n] for n in true) or "none", true
    if found.classes:
        return found.classes[int(value)], (int(value),)
    words = number_words(float(value))
    # Of several numbers one is looked at.
    return (f"{results.column} {words}" if len(found.columns) > 1 else words), ()


def moved_words(now: float, before: float) -> str:
    """A number, and what it was before where that is another one."""
    words = number_words(float(now))
    return words if np.isclose(now, before) else f"{words} (was {number_words(float(before))})"


def trust(event: events.Explained, ask: protocol.Explain | None) -> str:
    """What is known of an explanation itself, in words; "" where nothing is."""
    words = []
    if event.gap is not None and event.gap > _DOUBTFUL_GAP:
        words.append(f"The maps miss {event.gap:.0%} of the difference they should add up to.")
    if ask is not None and ask.checked and event.likeness:
        worst = max(event.likeness.values())
        if worst > 0.7:
            words.append(
                f"Careful: with shuffled weights a map looks nearly the same (rank correlation "
                f"{worst:.2f}). It shows the sample more than what was learned."
            )
        else:
            words.append(
                f"Passed: with shuffled weights the maps look otherwise (rank correlation at most "
                f"{worst:.2f}), so that they show what was learned."
            )
    elif ask is not None and ask.checked:
        words.append("There are too few places to tell the maps apart.")
    return " ".join(words)


def important_second(
    heard: NDArray[np.float32], seconds: float, wide: float = 1.0
) -> tuple[float, float]:
    """The passage that speaks most for what is explained, in seconds.

    Args:
        heard: the map of a sound, [frames, bands] or [values].
        seconds: how long it is.
        wide: how long the passage shall be.
    """
    profile = np.maximum(heard, 0).reshape(len(heard), -1).sum(axis=1)
    many = max(min(round(len(profile) * wide / max(seconds, 1e-6)), len(profile)), 1)
    sums = np.convolve(profile, np.ones(many), mode="valid")
    begin = int(sums.argmax()) / len(profile) * seconds
    return begin, min(begin + wide, seconds)
