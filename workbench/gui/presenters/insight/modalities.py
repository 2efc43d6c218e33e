"""What the tab of modalities shows and decides: which one carried the model, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.results import ResultsState
from workbench.gui.presenters.study import Begin, StudyPresenter
from workbench.runs import contribution
from workbench.runs.contribution import Contribution, OfModality, Rows
from workbench.runs.results_words import number_words

_NOUNS = {"image": "picture", "audio": "sound", "text": "text"}
_LITTLE = 0.05
# Less than this share of the gain is hardly anything.


@dataclass(frozen=True)
class ModalitiesState:
    """All that the tab shows.

    Args:
        phase: nothing to ask; can be asked; known; or why not.
        folder: of the run.
        split: which samples.
        found: what was found.
        rows: of each sample.
        chosen: the modality whose samples are listed.
        error: why nothing is shown.
    """

    phase: Literal["empty", "ready", "shown", "failed"] = "empty"
    folder: Path | None = None
    split: str = ""
    found: Contribution | None = None
    rows: Rows | None = None
    chosen: str = ""
    error: UserError | None = None


class ModalitiesPresenter(QObject):
    """Reads what is known of a run, and has it found out where it is not.

    Args:
        begin: hands work to an engine.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``ModalitiesState`` after a change."""

    def __init__(self, begin: Begin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ModalitiesState()
        self.study = StudyPresenter(begin, self)
        self.study.finished.connect(self._read_again)
        self._reading = Latest(self)
        self._reading.answered.connect(self._have)
        self._reading.failed.connect(self._fail)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Follow what the results screen shows."""
        if results.phase != "shown" or results.folder is None or results.results is None:
            self._reading.forget()
            if self.state.phase != "empty":
                self.study.stop()
                self._become(ModalitiesState())
            return
        if (results.folder, results.split) == (self.state.folder, self.state.split):
            return
        self.study.stop()
        if results.results.task == "none":
            self._become(ModalitiesState())
            return
        self._become(ModalitiesState("ready", results.folder, results.split))
        self._read()

    @Slot()
    def ask(self) -> None:
        """Find it out."""
        folder, split = self.state.folder, self.state.split
        if folder is not None and split in ("train", "validation", "test"):
            self.study.start(protocol.Contribute(run=str(folder), split=split))

    @Slot(str)
    def choose(self, modality: str) -> None:
        """List the samples that relied most on a modality."""
        self._become(replace(self.state, chosen=modality))

    def _read(self) -> None:
        folder, split = self.state.folder, self.state.split
        assert folder is not None
        self._reading.ask(lambda: contribution.read(folder, split))

    @Slot(object)
    def _read_again(self, file: Path) -> None:
        if self.state.folder is not None and file.is_relative_to(self.state.folder):
            self._read()

    @Slot(object)
    def _have(self, known: tuple[Contribution, Rows] | None) -> None:
        if known is None:
            return
        found, rows = known
        carrier = max(found.modalities, key=lambda row: row.shapley)
        self._become(
            replace(
                self.state, phase="shown", found=found, rows=rows, chosen=carrier.name, error=None
            )
        )

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, phase="failed", error=error))

    def _become(self, state: ModalitiesState) -> None:
        self.state = state
        self.changed.emit(state)


def relied(state: ModalitiesState) -> np.typing.NDArray[np.int64]:
    """Rows of the samples, those first that relied most on the chosen modality."""
    if state.rows is None or state.chosen not in state.rows.modalities:
        return np.zeros(0, np.int64)
    own = state.rows.values[:, state.rows.modalities.index(state.chosen)]
    return np.argsort(-own, kind="stable")


def value_words(found: Contribution, value: float, *, signed: bool = True) -> str:
    """A part of the score as people read it: in points, or in the unit of the target.

    Args:
        found: what kind of score it is.
        value: the part.
        signed: with a plus.
    """
    if found.score == "accuracy":
        return f"{100 * value:+.1f}" if signed else f"{value:.1%}"
    # Minus the error: less error is a gain. All parts with the decimals of the whole.
    shown = value if signed else -value
    size = max(abs(found.whole), abs(found.nothing))
    if not 0.01 <= size < 1000:
        return f"{'+' if signed and shown > 0 else ''}{number_words(shown, 3)}"
    decimals = 2 - int(np.floor(np.log10(size)))
    # Rounding to 0 from below leaves a minus sign that says nothing.
    shown = round(shown, decimals) + 0.0
    return f"{'+' if signed and shown > 0 else ''}{shown:.{decimals}f}"


def share_words(found: Contribution, value: float) -> str:
    """A part of what the model gains, in per cent of it."""
    return f"{round(value / found.gain, 2) + 0.0:.0%}"


def verdict(found: Contribution) -> tuple[str, str]:
    """Who carried it, as a title and a sentence."""
    ranked = sorted(found.modalities, key=lambda row: -row.shapley)
    first = ranked[0]
    if found.gain <= 0:
        return (
            "No modality helps",
            "With all modalities the model is no better than without any: there is nothing to "
            "attribute.",
        )
    parts = [f"{_NOUNS[row.name]} {share_words(found, row.shapley)}" for row in ranked]
    sentence = f"Of what it gains over knowing nothing, {_joined(parts)}."
    if first.between[0] <= 0:
        sentence += f" Of so few samples even what the {_NOUNS[first.name]} adds may be luck."
    idle = [row for row in ranked if row.without >= found.whole and row is not first]
    if idle:
        names = _joined([f"the {_NOUNS[row.name]}" for row in idle])
        sentence += f" Without {names} it would be just as good."
    best = max(found.synergy.items(), key=lambda item: abs(item[1]), default=None)
    if best is not None and abs(best[1]) > _LITTLE * found.gain:
        one, two = (_NOUNS[name] for name in best[0].split("+"))
        how = "add more together than one by one" if best[1] > 0 else "say partly the same"
        sentence += f" {one.capitalize()} and {two} {how} ({value_words(found, best[1])})."
    return _title(first, found), sentence


def _title(first: OfModality, found: Contribution) -> str:
    noun, share = _NOUNS[first.name], first.shapley / found.gain
    if first.between[0] <= 0:
        return "Too little is gained to tell who carried it"
    if share > 0.9:
        return f"The {noun} carried it alone"
    if share > 0.5:
        return f"The {noun} carried most of it"
    return f"All share the work; the {noun} most" if len(found.modalities) > 2 else "Both share it"


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
