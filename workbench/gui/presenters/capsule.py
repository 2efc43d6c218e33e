"""Decides what happens to capsules: packing a run, looking into one, opening it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench.capsules import opening, packing
from workbench.capsules.checking import Check, check, verify
from workbench.capsules.manifest import Manifest
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.gui.background import InOrder
from workbench.gui.presenters.results import ResultsState
from workbench.runs import store
from workbench.runs.results_words import metric_words
from workbench.runs.store import Run

_TELL_SECONDS = 0.05


@dataclass(frozen=True)
class CapsuleState:
    """All that capsules show.

    Args:
        phase: nothing; a file is looked into; it was; it is opened; a run is packed.
        file: the capsule that is looked into, or was written last.
        manifest: what it holds.
        title: what it is, in words.
        figures: its figures, in words.
        checks: what differs here.
        data: where its data are thought to be; None: where they were packed.
        done: share of the work that is under way, 0..1.
        folder: run that can be packed; None: none is looked at.
        written: a capsule was written there.
        error: what went wrong.
    """

    phase: Literal["idle", "looking", "looked", "opening", "packing"] = "idle"
    file: Path | None = None
    manifest: Manifest | None = None
    title: str = ""
    figures: str = ""
    checks: tuple[Check, ...] = ()
    data: Path | None = None
    done: float = 0.0
    folder: Path | None = None
    written: Path | None = None
    error: UserError | None = None

    @property
    def busy(self) -> bool:
        """Work is under way that can be stopped."""
        return self.phase in ("looking", "opening", "packing")

    @property
    def asks_for_data(self) -> bool:
        """Its data are not in it, so that somebody may say where they are."""
        return self.manifest is not None and not self.manifest.data.included


class CapsulePresenter(QObject):
    """Packs and opens capsules in a worker thread.

    Args:
        runs: the folder of all runs.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``CapsuleState`` after a change."""

    opened = Signal(object, bool)
    """The ``Path`` of a run that came out of a capsule, and whether it is to be trained again."""

    compared = Signal(str)
    """How a run that was trained again came out beside its capsule, in a sentence."""

    _told = Signal(float)

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = CapsuleState()
        self._runs = runs
        self._stopped = Event()
        self._again: dict[str, dict[str, float]] = {}
        self._work = InOrder(self)
        self._work.answered.connect(self._have)
        self._work.failed.connect(self._fail)
        self._told.connect(self._show_progress)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """The run that is looked at is the one that can be packed."""
        folder = results.folder if results.phase in ("shown", "unevaluated") else None
        if folder != self.state.folder:
            self._become(replace(self.state, folder=folder, written=None))

    def look(self, file: Path, data: Path | None = None) -> None:
        """Look into a capsule; nothing is unpacked.

        Args:
            file: the capsule.
            data: where its data are thought to be.
        """
        self._begin("looking", file=file, data=data, manifest=None, checks=())
        stop = self._stopped

        def work() -> tuple[Manifest, tuple[Check, ...]]:
            manifest = opening.look(file)
            return manifest, check(manifest, data, stop.is_set)

        self._do(work)

    @Slot(object)
    def point_at(self, data: Path) -> None:
        """Its data are in this folder."""
        if self.state.file is not None:
            self.look(self.state.file, data)

    def open(self, again: bool) -> None:
        """Open the capsule that was looked into.

        Args:
            again: train its recipe again, too.
        """
        file, data = self.state.file, self.state.data
        if self.state.phase != "looked" or file is None:
            return
        self._begin("opening")
        stop, told = self._stopped, self._teller()

        def work() -> tuple[Run, bool]:
            run = opening.unpack(file, self._runs, data, told=told, stop=stop.is_set)
            if again:
                # Kept by what the recipe is: the run that repeats it has another folder.
                self._again[run.spec().fingerprint()] = dict(run.recorded().metrics)
            return run, again

        self._do(work)

    def pack(self, file: Path, *, with_data: bool, with_checkpoints: bool) -> None:
        """Pack the run that is looked at.

        Args:
            file: the capsule to write.
            with_data: its data, too.
            with_checkpoints: all places to go on from.
        """
        folder = self.state.folder
        if folder is None or self.state.busy:
            return
        self._begin("packing", written=None)
        stop, told = self._stopped, self._teller()

        def work() -> Path:
            packing.pack(
                store.find(folder), file, with_data=with_data,
                with_checkpoints=with_checkpoints, told=told, stop=stop.is_set,
            )  # fmt: skip
            return file

        self._do(work)

    @Slot(object)
    def compare(self, folder: Path) -> None:
        """Say how a run that is done came out, where its recipe is of a capsule to be repeated.

        Args:
            folder: of the run.
        """
        if not self._again:
            return
        try:
            run = store.find(folder)
            figures = self._again.pop(run.spec().fingerprint(), None)
            if figures is not None:
                told = verify(figures, run)
                self.compared.emit(f"Beside its capsule: {told.sentence} {told.remedy}".strip())
        except UserError as error:
            self._become(replace(self.state, error=error))

    @Slot()
    def stop(self) -> None:
        """End the work that is under way; nothing of it is left behind."""
        self._stopped.set()

    @Slot()
    def dismiss(self) -> None:
        """Look at no capsule any more."""
        self.stop()
        self._become(CapsuleState(folder=self.state.folder, written=self.state.written))

    def _begin(self, phase: Literal["looking", "opening", "packing"], **changes: object) -> None:
        self._stopped.set()
        self._stopped = Event()
        state = replace(self.state, phase=phase, done=0.0, error=None)
        self._become(replace(state, **changes))  # type: ignore[arg-type]  # fields by name

    def _do(self, work: Callable[[], object]) -> None:
        stop = self._stopped

        def guarded() -> object:
            try:
                return (stop, work())
            except Stopped:
                return (stop, None)

        self._work.ask(guarded)

    def _teller(self) -> Callable[[int, int], None]:
        """Tells progress to the window's thread, not more often than it can be seen."""
        told_at = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal told_at
            now = time.monotonic()
            if done >= total or now - told_at > _TELL_SECONDS:
                told_at = now
                self._told.emit(done / max(total, 1))

        return tell

    @Slot(float)
    def _show_progress(self, done: float) -> None:
        if self.state.busy:
            self._become(replace(self.state, done=done))

    @Slot(object)
    def _have(self, answer: tuple[Event, object]) -> None:
        stop, found = answer
        if stop is not self._stopped:
            return
        match found:
            case (Manifest() as manifest, tuple() as checks):
                self._become(_looked(self.state, manifest, checks))
            case (Run() as run, bool() as again):
                self._become(CapsuleState(folder=self.state.folder))
                self.opened.emit(run.folder, again)
            case Path():
                self._become(replace(self.state, phase="idle", written=found))
            case _:
                self._become(replace(self.state, phase=self._before))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, phase=self._before, error=error))

    @property
    def _before(self) -> Literal["looked", "idle"]:
        """Where it stands when work has brought nothing."""
        return "looked" if self.state.manifest is not None else "idle"

    def _become(self, state: CapsuleState) -> None:
        self.state = state
        self.changed.emit(state)


def _looked(
    state: CapsuleState, manifest: Manifest, checks: tuple[Check, ...]
) -> CapsuleState:  # fmt: skip
    figures = [
        f"{part} {metric.replace('_', ' ')} {metric_words(metric, value)}"
        for name, value in manifest.metrics.items()
        for part, _, metric in [name.partition("_")]
        if part == "test" and metric != "loss"
    ]
    size = f"{manifest.size / 2**20:,.1f} MiB"
    title = f"Packed {manifest.made[:10]} · {len(manifest.run):,} files of the run · {size}"
    return replace(
        state, phase="looked", manifest=manifest, title=title, figures=" · ".join(figures[:4]),
        checks=checks, error=None,
    )  # fmt: skip
