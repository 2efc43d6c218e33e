"""Begins runs, goes on with them, follows those of others, and lets them go at the end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from workbench import events, places
from workbench.engine import protocol, wishes
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.engines import Engines
from workbench.gui.following import Following
from workbench.gui.presenters.queue import QueuePresenter
from workbench.gui.presenters.train import TrainPresenter
from workbench.runs import store
from workbench.runs.store import Run
from workbench.spec import RunSpec

_WAITS = "Another run is under way; this one waits in the queue and begins by itself."


class Launching(QObject):
    """Brings runs, engines, the queue and the training screen together.

    Args:
        engines: who trains.
        train: shows one run.
        queue: says which run is next.
        parent: its parent.
    """

    shown = Signal()
    """Another run is on the training screen, because somebody wished it."""

    troubled = Signal(object)
    """The ``UserError`` of something that was wished."""

    told = Signal(str)
    """Something good to know, in a sentence."""

    busy_changed = Signal(bool)
    """Whether this window trains anything."""

    found = Signal(str)
    """Runs that go on without this window, in a sentence."""

    def __init__(
        self, engines: Engines, train: TrainPresenter, queue: QueuePresenter,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._engines, self._train, self._queue = engines, train, queue
        self._following: Following | None = None
        self._watching = True
        self._others = Latest(self)
        self._others.answered.connect(self._tell_of_others)
        queue.begin_wished.connect(self._begin_next)
        queue.show_wished.connect(self._show_from_queue)

    def start(self) -> None:
        """Work off the queue from now on, and look for runs that go on without this window."""
        self._queue.start()
        self._others.ask(_under_way)

    @property
    def busy(self) -> bool:
        """This window trains something."""
        return bool(self._engines.training)

    @Slot(object)
    def begin(self, spec: RunSpec) -> None:
        """Make a run and begin it, or let it wait where no place is free."""
        self._wish(lambda: store.create(places.runs(), spec))

    @Slot(object)
    def add(self, spec: RunSpec) -> None:
        """Make a run and let it wait behind the others."""
        try:
            run = store.create(places.runs(), spec)
        except UserError as error:
            self.troubled.emit(error)
            return
        self._queue.add(run)

    @Slot(object)
    def resume(self, folder: Path) -> None:
        """Go on with a run that was paused, stopped or interrupted."""
        self._wish(lambda: store.find(folder))

    def show(self, run: Run) -> None:
        """Show a run: as it goes on where somebody computes it, else as it was.

        Raises:
            UserError: its spec or its events are damaged.
        """
        if self._train.state.folder == run.folder and self._train.state.held:
            return
        self._end_following()
        self._watching = run.under_way
        if run.under_way:
            self._train.rejoin(run, self._follow)
        else:
            self._train.replay(run)

    def stop_all(self) -> None:
        """Stop everything that this window trains and keep the best of each."""
        self._queue.close()
        for thread in self._engines.training:
            thread.ask_to_stop()

    def let_go(self) -> None:
        """Let everything that this window trains go on without it; what is paused is freed."""
        self._queue.close()
        for thread in self._engines.training:
            run = thread.run_in_hand
            paused = run is not None and run.status().phase == "paused"
            thread.detach()
            if paused and run is not None:
                wishes.leave(run, protocol.Pause(release=True))
        self.busy_changed.emit(False)

    def close(self) -> None:
        """Begin and follow nothing more."""
        self._queue.close()
        self._end_following()

    def _wish(self, make: Callable[[], Run]) -> None:
        """Begin a run now or let it wait as the next; say so."""
        try:
            run = make()
            begins = self._queue.begin(run)
            if begins:
                self._start(run)
                self._watch(run)
        except UserError as error:
            self.troubled.emit(error)
            return
        if begins:
            self.shown.emit()
        else:
            self.told.emit(_WAITS)

    @Slot(object)
    def _begin_next(self, run: Run) -> None:
        """Begin a run of the queue; it is shown where its forerunner was watched to its end."""
        try:
            self._start(run)
            if self._watching and not self._train.state.held:
                self._watch(run)
        except UserError as error:
            run.write_status(
                run.status().model_copy(update={"phase": "failed", "message": error.problem})
            )
            self.troubled.emit(error)

    def _start(self, run: Run) -> None:
        resume = run.status().phase != "created"
        self._thread = self._engines.train(run, resume=resume)
        self._thread.said.connect(self._hear)
        self.busy_changed.emit(True)

    def _watch(self, run: Run) -> None:
        self._end_following()
        self._watching = True
        self._train.follow(self._thread, folder=run.folder, spec=run.spec())

    @Slot(object)
    def _hear(self, event: events.Event) -> None:
        if events.is_last(event):
            self._queue.look()
            self.busy_changed.emit(self.busy)

    @Slot(object)
    def _show_from_queue(self, folder: Path) -> None:
        try:
            self.show(store.find(folder))
        except UserError as error:
            self.troubled.emit(error)
            return
        self.shown.emit()

    def _follow(self, run: Run, start: int) -> Following:
        following = self._following = Following(run, start, self)
        following.gone.connect(partial(self._train.lose, run))
        following.failed.connect(self.troubled)
        following.start()
        return following

    def _end_following(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.end()
            following.wait()
            following.deleteLater()

    @Slot(object)
    def _tell_of_others(self, names: list[str]) -> None:
        if names:
            verb = "goes" if len(names) == 1 else "go"
            self.found.emit(f"{', '.join(names)} {verb} on training; open it here to watch.")


def _under_way() -> list[str]:
    found = []
    for run in store.every(places.runs()):
        try:
            if run.under_way:
                found.append(store.title_of(run.name))
        except UserError:
            # The list of runs shows what is damaged.
            continue
    return found
