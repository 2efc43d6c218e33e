"""Work in worker threads whose late answers are not heard."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from workbench.errors import UserError

log = logging.getLogger(__name__)


class Latest(QObject):
    """Answers the newest question only; answers to earlier ones are dropped.

    The work is done in Qt's shared thread pool, never in the window's thread. It may raise
    ``UserError``, which arrives by ``failed``; any other exception is a fault of the program: it
    goes to the log with its traceback, and by ``failed`` in a sentence.

    Args:
        parent: its parent; when it is gone nobody hears the answer.
    """

    answered = Signal(object)
    """What the newest work returned."""

    failed = Signal(object)
    """The ``UserError`` that the newest work raised."""

    _came = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = _Count()
        self._came.connect(self._hear)

    def ask(self, work: Callable[[], object]) -> None:
        """Do this work; whatever was asked before is no longer of interest.

        Args:
            work: called in a worker thread; must touch no widget.
        """
        self._count.newest += 1
        voice = _Voice()
        voice.came.connect(self._came)
        QThreadPool.globalInstance().start(_Errand(self._count, voice, work))

    def forget(self) -> None:
        """Drop the answers to all that was asked."""
        self._count.newest += 1

    @Slot(int, object, object)
    def _hear(self, number: int, answer: object, error: object) -> None:
        if number != self._count.newest:
            return
        if error is not None:
            self.failed.emit(error)
        else:
            self.answered.emit(answer)


class InOrder(QObject):
    """Does work piece by piece in a worker thread, in order; every answer is heard.

    For work that changes something, of which none may be dropped. As with ``Latest``, work may
    raise ``UserError``. When this object goes, work that was begun is finished first.

    Args:
        parent: its parent.
    """

    answered = Signal(object)
    """What a piece of work returned."""

    failed = Signal(object)
    """The ``UserError`` that a piece of work raised."""

    _came = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._one = _Count()
        self._under_way = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._came.connect(self._hear)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._under_way > 0

    def ask(self, work: Callable[[], object]) -> None:
        """Do this work after all that was asked before.

        Args:
            work: called in a worker thread; must touch no widget.
        """
        self._under_way += 1
        voice = _Voice()
        voice.came.connect(self._came)
        self._pool.start(_Errand(self._one, voice, work))

    @Slot(int, object, object)
    def _hear(self, number: int, answer: object, error: object) -> None:
        self._under_way -= 1
        if error is not None:
            self.failed.emit(error)
        else:
            self.answered.emit(answer)


class _Count:
    """The number of the newest question; outlives the asker while work is under way."""

    newest = 0


class _Voice(QObject):
    """Carries an answer to the window's thread even when the asker is gone by then."""

    came = Signal(int, object, object)


class _Errand:
    """One piece of work; skipped when a newer question came before it was begun."""

    def __init__(self, count: _Count, voice: _Voice, work: Callable[[], object]) -> None:
        self._count, self._voice, self._work = count, voice, work
        self._number = count.newest

    def __call__(self) -> None:
        if self._number != self._count.newest:
            return
        try:
            answer = self._work()
        except UserError as error:
            self._voice.came.emit(self._number, None, error)
        except Exception as fault:
            # A fault of the program; whoever waits for the answer must not wait for ever.
            log.exception("work in the background failed")
            words = f"Something went wrong inside the program: {type(fault).__name__}."
            told = UserError(words, "What was asked was not done; the log tells more.")
            self._voice.came.emit(self._number, None, told)
        else:
            self._voice.came.emit(self._number, answer, None)
