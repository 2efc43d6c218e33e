"""Folders are read and files are opened in threads of their own, with progress and a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QThread, Signal, Slot

from workbench.data.folder import Stopped
from workbench.data.index import Index
from workbench.errors import UserError
from workbench.spec import DataSpec, Reading

# A progress bar needs no more news than this, seconds.
_INTERVAL = 0.05

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]
Work = Callable[[Progress, Stop], object]
"""Something that takes long: it tells how far it is, and asks whether it is still wanted."""


class Scan(Protocol):
    """What ``workbench.data.folder.scan`` is."""

    def __call__(
        self,
        path: Path,
        *,
        reading: Reading | None = None,
        progress: Progress | None = None,
        stop: Stop | None = None,
        check: bool = True,
    ) -> Index:
        """The index of a folder."""
        ...


class Examine(Protocol):
    """What ``workbench.data.health.examine`` is."""

    def __call__(
        self,
        index: Index,
        data: DataSpec | None = None,
        *,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> Index:
        """The index with what is wrong with its files."""
        ...


class WorkThread(QThread):
    """Does one piece of work.

    Exactly one of ``found``, ``failed`` and ``stopped`` comes before the thread finishes.

    Args:
        work: what it does.
        parent: its parent.
    """

    progressed = Signal(object, int, int)
    """This thread, files looked at, files to look at."""

    found = Signal(object, object)
    """This thread, what the work gave."""

    failed = Signal(object, object)
    """This thread, the ``UserError``."""

    stopped = Signal(object)
    """This thread."""

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._stop = threading.Event()
        self._last = 0.0

    def stop(self) -> None:
        """Ask it to end soon."""
        self._stop.set()

    def run(self) -> None:
        """Do the work; runs in the thread."""
        try:
            answer = self._work(self._tell, self._stop.is_set)
        except Stopped:
            self.stopped.emit(self)
        except UserError as error:
            self.failed.emit(self, error)
        else:
            self.found.emit(self, answer)

    def _tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._last >= _INTERVAL:
            self._last = now
            self.progressed.emit(self, done, total)


class Newest(QObject):
    """Does the newest work only: what was begun before is given up, its late words are not heard.

    Args:
        parent: its parent.
    """

    progressed = Signal(int, int)
    """Files looked at, files to look at; 0: not known."""

    found = Signal(object)
    """What the newest work gave."""

    failed = Signal(object)
    """The ``UserError`` that ended it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[WorkThread] = []
        self._current: WorkThread | None = None

    @property
    def busy(self) -> bool:
        """Work is under way whose answer is awaited."""
        return self._current is not None

    def start(self, work: Work) -> None:
        """Begin this work, and give up any other.

        Args:
            work: done in a thread of its own; must touch no widget.
        """
        self.give_up()
        thread = WorkThread(work)
        self._threads.append(thread)
        self._current = thread
        # Every answer names its thread, so that a late word of an earlier one is known as such.
        thread.progressed.connect(self._progress)
        thread.found.connect(self._find)
        thread.failed.connect(self._fail)
        thread.finished.connect(self._sweep)
        thread.start()

    def give_up(self) -> None:
        """Ask all work to end; nothing more is heard of it."""
        self._current = None
        for thread in self._threads:
            thread.stop()

    def close(self) -> None:
        """End every thread; returns when they have ended."""
        self.give_up()
        for thread in list(self._threads):
            thread.wait()
        self._threads.clear()

    @Slot(object, int, int)
    def _progress(self, thread: WorkThread, done: int, total: int) -> None:
        if thread is self._current:
            self.progressed.emit(done, total)

    @Slot(object, object)
    def _find(self, thread: WorkThread, answer: object) -> None:
        if thread is self._current:
            self._current = None
            self.found.emit(answer)

    @Slot(object, object)
    def _fail(self, thread: WorkThread, error: UserError) -> None:
        if thread is self._current:
            self._current = None
            self.failed.emit(error)

    @Slot()
    def _sweep(self) -> None:
        for thread in [thread for thread in self._threads if thread.isFinished()]:
            # finished comes from a thread that is about to end: it must have ended to be let go.
            thread.wait()
            self._threads.remove(thread)


class FolderReader(Newest):
    """Reads folders; ``found`` gives the ``Index`` and the ``Reading`` that was asked for.

    Args:
        scan: ``workbench.data.folder.scan``.
        parent: its parent.
    """

    def __init__(self, scan: Scan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scan = scan

    def read(self, path: Path, asked: Reading) -> None:
        """Read a folder without opening its files; what was read before is given up.

        Args:
            path: the folder, or a zip file of one.
            asked: what a person has said about it.
        """
        scan = self._scan

        def work(progress: Progress, stop: Stop) -> tuple[Index, Reading]:
            found = scan(path, reading=asked, progress=progress, stop=stop, check=False)
            return found, asked

        self.start(work)


class Pace:
    """How fast work goes on, in words.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()

    def words(self, done: int, total: int, noun: str = "files") -> str:
        """How far it is, how fast, and how long it will take.

        Args:
            done: things done.
            total: things to do; 0: not known.
            noun: what they are.
        """
        seconds = self._clock() - self._began
        if not total:
            return f"{done:,} {noun}" if done else f"Looking for {noun}…"
        told = f"{done:,} of {total:,} {noun}"
        if seconds < 1 or not done:
            return told
        rate = done / seconds
        return f"{told} · {rate:,.0f} a second · {_left((total - done) / rate)}"


def _left(seconds: float) -> str:
    if seconds < 1:
        return "nearly done"
    if seconds < 90:
        return f"{seconds:.0f} s left"
    minutes = seconds / 60
    return f"{minutes:.0f} min left" if minutes < 90 else f"{minutes / 60:.1f} h left"
