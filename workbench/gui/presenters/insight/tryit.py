"""Decides what the tab *Try it* asks: files, words, recordings and folders of anybody."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench import events
from workbench.data.index import Index
from workbench.data.media import SUFFIXES, modality_of
from workbench.data.sources import is_archive
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.decoding import READERS, Decoders
from workbench.gui.presenters.insight.tryit_state import Input, TryItState
from workbench.gui.presenters.insight.tryit_words import NOUNS, answer_of, span_of, truth_of
from workbench.gui.presenters.results import ResultsState
from workbench.gui.presenters.study import Begin, StudyPresenter
from workbench.parts import MODALITIES, Modality

SOON_MS = 200
"""Words that are typed are predicted after this pause."""
CARDS = {"image": "Picture", "audio": "Sound", "text": "Words"}


class TryItPresenter(QObject):
    """Asks about what is given whenever that changes, while it is seen.

    Args:
        begin: hands longer work to an engine.
        decoders: read files for the eye.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``TryItState`` after a change."""

    asked = Signal(object)
    """A question for an engine."""

    sample_wished = Signal()
    """Any sample of the data is to be taken."""

    def __init__(
        self, begin: Begin, decoders: Decoders = READERS, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.state = TryItState()
        self.study = StudyPresenter(begin, self)
        self.study.finished.connect(self._have_table)
        self._decoders = decoders
        self._results = ResultsState()
        self._number, self._since = 0, 0.0
        self._seen = self._stale = self._awaits_text = False
        self._before: events.Predicted | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._ask_now)
        self._reading: dict[Modality, Latest] = {}
        for modality in MODALITIES:
            reading = self._reading[modality] = Latest(self)
            reading.answered.connect(self._have_seen)
            reading.failed.connect(lambda error, m=modality: self._refuse(m, error.problem))

    @property
    def answered(self) -> bool:
        """Whether nothing is under way: a live camera waits for that."""
        return not self.state.asking

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Follow what the results screen shows."""
        self._results = results
        spec, found = results.spec, results.results
        if results.phase != "shown" or results.folder is None or spec is None or found is None:
            if results.phase not in ("reading", "shown") and self.state.folder is not None:
                self._leave(TryItState())
            return
        if results.folder == self.state.folder:
            return
        self._leave(
            TryItState(
                folder=results.folder,
                modalities=tuple(m for m in MODALITIES if m in spec.modalities),
                classes=found.classes or found.columns or (found.target or "number",),
                task=found.task,
                span=span_of(results),
                seconds=spec.data.audio.seconds,
                inputs={m: Input() for m in MODALITIES if m in spec.modalities},
            )
        )
        if self._seen:
            self._open()

    @Slot(bool)
    def see(self, seen: bool) -> None:
        """It comes into sight, or goes; only what is seen is asked about."""
        self._seen = seen
        if seen and self.state.folder is not None:
            self._open()
            if self._stale:
                self._ask_now()

    def drop(self, paths: Sequence[Path], wanted: Modality | None = None) -> None:
        """Take files, or predict a whole folder.

        Args:
            paths: what was dropped or chosen; of each kind the last counts.
            wanted: the card that it was dropped on; None: anywhere.
        """
        self._since = time.monotonic()
        self._become(replace(self.state, error=None))
        for path in paths:
            if path.is_dir() or is_archive(path):
                self.predict_folder(path)
                return
        taken = False
        for path in paths:
            kind = modality_of(path)
            refusal = self._refusal(path, kind, wanted)
            if refusal is not None:
                self._fail(refusal)
            elif kind is not None:
                self._give(kind, path, path.name)
                taken = True
        if taken:
            self._ask_now()

    def give_file(self, kind: Modality, path: Path, name: str) -> None:
        """Take a file that was recorded here.

        Args:
            kind: what it is.
            path: where it lies.
            name: what it is called for people.
        """
        if kind in self.state.inputs:
            self._since = time.monotonic()
            self._give(kind, path, name)
            self._ask_now()

    def write(self, words: str) -> None:
        """Take words as they are typed."""
        one = self.state.inputs.get("text")
        if one is not None and words != (one.words or ""):
            self._reading["text"].forget()
            self._awaits_text = False
            self._set("text", replace(one, words=words or None, name="", problem=""))
            self._soon.start()

    def take_sample(self, index: Index, stem: str) -> None:
        """Take a sample of the run's own data.

        Args:
            index: knows its files.
            stem: its name.
        """
        rows = np.flatnonzero(index.stems == stem)
        if not len(rows):
            self._fail(UserError(f"The data no longer hold {stem}.", "Take another one."))
            return
        self._since = time.monotonic()
        row = int(rows[0])
        for modality in self.state.modalities:
            path = index.path(modality, row) if modality in index.files else None
            if modality == "text" and index.texts is not None and index.text(row):
                self._words(index.text(row), stem)
            elif path is not None:
                self._give(modality, path, path.name, used=self.state.inputs[modality].used)
            else:
                self._set(modality, Input(used=self.state.inputs[modality].used))
        self._become(
            replace(self.state, stem=stem, truth=truth_of(self._results, stem), error=None)
        )
        self._ask_now()

    def switch(self, modality: Modality, on: bool) -> None:
        """Let the model know what is given of a modality, or not."""
        one = self.state.inputs.get(modality)
        if one is not None and one.used != on:
            self._since = time.monotonic()
            inputs = {**self.state.inputs, modality: replace(one, used=on)}
            self._become(replace(self.state, inputs=inputs))
            self._ask_now()

    def clear(self, modality: Modality) -> None:
        """Take away what is given of a modality."""
        if modality in self.state.inputs:
            self._since = time.monotonic()
            self._reading[modality].forget()
            self._awaits_text = self._awaits_text and modality != "text"
            self._set(modality, Input(used=self.state.inputs[modality].used))
            self._ask_now()

    @Slot()
    def clear_all(self) -> None:
        """Take everything away."""
        for modality in self.state.modalities:
            self.clear(modality)

    @Slot(object)
    def fail(self, error: UserError) -> None:
        """Say what went wrong with a device."""
        self._fail(error)

    def refuse_clipboard(self, wanted: Modality | None) -> None:
        """Say that the clipboard holds nothing that could be taken.

        Args:
            wanted: the card that it was to be pasted on; None: any.
        """
        noun = NOUNS[wanted] if wanted else "picture, sound or text"
        problem = f"The clipboard holds no {noun}."
        self._fail(UserError(problem, "Copy one first, or a file of one."))

    def predict_folder(self, folder: Path) -> None:
        """Predict all samples of a folder or zip file into a table of the run."""
        run = self.state.folder
        if run is None:
            return
        name = re.sub(r"[^\w.-]+", "-", folder.stem).strip("-.")[:60] or "folder"
        file = run / "insight" / f"predictions-{name}.csv"
        self._become(replace(self.state, batch=folder, table=None, error=None))
        self.study.start(
            protocol.PredictFolder(run=str(run), folder=str(folder.absolute()), file=str(file))
        )

    @Slot()
    def leave_folder(self) -> None:
        """The folder is of no interest any more."""
        self.study.stop()
        self._become(replace(self.state, batch=None, table=None))

    def close(self) -> None:
        """End all work."""
        self._soon.stop()
        self.study.stop()

    @Slot(object)
    def answer(self, event: events.Event) -> None:
        """Take in what an engine says."""
        match event:
            case events.RunOpened() if not self.state.opened:
                self._become(replace(self.state, opened=True))
            case events.Predicted(number=number) if number == self._number:
                self._have(event)
            case events.NotAnswered(number=number, ask=ask) if (
                ask in ("predict", "open_run") and number == self._number
            ):
                self._become(replace(self.state, asking=False, opened=True))
                self._fail(UserError(event.problem, event.remedy))
            case _:
                return

    def _have(self, event: events.Predicted) -> None:
        state = self.state
        found = answer_of(
            event, classes=state.classes, task=state.task, span=state.span, before=self._before,
            truth=state.truth, milliseconds=1e3 * (time.monotonic() - self._since),
        )  # fmt: skip
        self._before = event
        # An error of another card stays until that card is mended.
        self._become(replace(state, asking=False, opened=True, answer=found))

    def _open(self) -> None:
        """Have the run read ahead, so that the first answer is quick."""
        self.asked.emit(protocol.OpenRun(number=self._number, run=str(self.state.folder)))

    @Slot()
    def _ask_now(self) -> None:
        state = self.state
        self._soon.stop()
        self._stale = not self._seen
        # Words that are still read are asked about together with all else.
        if state.folder is None or not self._seen or self._awaits_text:
            return
        self._number += 1
        if not state.used:
            self._before = None
            self._become(replace(state, asking=False, answer=None))
            return
        if state.used == ("text",) or not self._since:
            self._since = time.monotonic()
        given = {m: state.inputs[m] for m in state.used}
        files = {m: str(one.file) for m, one in given.items() if one.file is not None}
        words = given["text"].words if "text" in given else None
        self._become(replace(state, asking=True))
        self.asked.emit(
            protocol.Predict(
                number=self._number, run=str(state.folder), image=files.get("image", ""),
                audio=files.get("audio", ""), text=words,
            )
        )  # fmt: skip

    def _give(self, kind: Modality, path: Path, name: str, *, used: bool = True) -> None:
        """Take a file: its picture for the eye comes from a worker thread."""
        if kind == "text":
            self._set("text", Input(name=name, used=used))
            self._awaits_text = True
            self._reading["text"].ask(lambda: ("text", path, self._decoders.text(path)))
            return
        old = self.state.inputs[kind]
        # The old picture stays until the new one is there: nothing flickers.
        self._set(kind, replace(old, file=path, name=name, used=used, problem=""))
        read = self._decoders.picture if kind == "image" else self._decoders.sound
        self._reading[kind].ask(lambda: (kind, path, read(path)))

    def _words(self, words: str, stem: str) -> None:
        used = self.state.inputs["text"].used
        self._set("text", Input(words=words, name=stem, used=used))

    @Slot(object)
    def _have_seen(self, found: tuple[Modality, Path, object]) -> None:
        kind, path, what = found
        one = self.state.inputs.get(kind)
        if one is None:
            return
        if kind == "text":
            self._awaits_text = False
            stem, truth = self.state.stem, self.state.truth
            self._set("text", replace(one, words=str(what)))
            self._become(replace(self.state, stem=stem, truth=truth))
            self._ask_now()
        elif one.file == path:
            seen = {"pixels": what} if kind == "image" else {"sound": what}
            inputs = {**self.state.inputs, kind: replace(one, **seen)}  # type: ignore[arg-type]  # as read
            self._become(replace(self.state, inputs=inputs))

    def _refuse(self, kind: Modality, problem: str) -> None:
        """A file cannot be read: the card says why, and the model is not asked about it."""
        if kind == "text":
            self._awaits_text = False
        if kind in self.state.inputs:
            used = self.state.inputs[kind].used
            self._set(kind, Input(used=used, problem=problem))
            self._ask_now()

    def _set(self, kind: Modality, one: Input) -> None:
        inputs = {**self.state.inputs, kind: one}
        self._become(replace(self.state, inputs=inputs, stem="", truth=()))

    def _refusal(
        self, path: Path, kind: Modality | None, wanted: Modality | None
    ) -> UserError | None:
        """Why a file is not taken; None where it is."""
        if kind is None:
            known = sorted(ending[1:] for m in self.state.modalities for ending in SUFFIXES[m])
            return UserError(
                f"{path.name} is of a kind that is not read.", f"These are: {', '.join(known)}."
            )
        if kind not in self.state.inputs:
            nouns = [f"{NOUNS[m]}s" for m in self.state.modalities]
            takes = f"This run takes {' and '.join(nouns)} only."
            return UserError(f"{path.name} is a {NOUNS[kind]}.", takes)
        if wanted is not None and kind != wanted:
            told = f"{path.name} is a {NOUNS[kind]}, no {NOUNS[wanted]}."
            return UserError(told, f"Drop it on the card {CARDS[kind]}.")
        return None

    @Slot(object)
    def _have_table(self, file: Path) -> None:
        # The engine that knew the run has ended with the work.
        self._become(replace(self.state, table=file, opened=False))
        if self._seen:
            self._open()

    def _leave(self, state: TryItState) -> None:
        for reading in self._reading.values():
            reading.forget()
        self._soon.stop()
        self.study.stop()
        self._number += 1
        self._before, self._stale, self._awaits_text = None, False, False
        self._become(state)

    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, error=error))

    def _become(self, state: TryItState) -> None:
        self.state = state
        self.changed.emit(state)
