"""The plain cause of a failed run, and what to do about it. Imports nothing heavy."""

from __future__ import annotations

import re
import signal

from workbench.errors import UserError
from workbench.events import Failed
from workbench.memory import is_lack_of_memory

_DISK = re.compile(r"No space left on device|Errno 28", re.I)
_OUT_OF_MEMORY = (
    "The training ran out of memory.",
    "Halve the batch size, take each batch in two parts (gradient accumulation), make the pictures "
    "smaller, or choose a smaller encoder.",
)
_WORKER = re.compile(
    r"UnavailableError|AbortedError|Collective ops is aborted|coordination ?service|"
    r"Connection reset by peer|failed to connect to all addresses",
    re.I,
)
_LOST_WORKER = (
    "Another worker of this run is gone.",
    "See why in what it printed; then start all workers again: the run goes on from its last "
    "checkpoint.",
)
_OUT_OF_DISK = ("The disk is full.", "Free some space, then train again.")


def of_exception(error: BaseException, log: str = "", batch_size: int = 0) -> Failed:
    """The last word of a run that an exception ended.

    Args:
        error: what was raised.
        log: the last lines of its log.
        batch_size: of the run, to propose half of it where memory ran out; 0: not known.
    """
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, UserError):
        return Failed(problem=error.problem, remedy=error.remedy, log=log)
    if isinstance(error, MemoryError) or is_lack_of_memory(text):
        return _memory(log, batch_size)
    if _DISK.search(text):
        return Failed(problem=_OUT_OF_DISK[0], remedy=_OUT_OF_DISK[1], log=log)
    if _WORKER.search(text):
        return Failed(problem=_LOST_WORKER[0], remedy=_LOST_WORKER[1], log=log)
    first = text.strip().splitlines()[0][:300]
    return Failed(
        problem=f"The training failed: {first}",
        remedy="The log tells more; the program itself is not affected.",
        log=log,
    )


def of_exit(code: int, log: str = "", batch_size: int = 0) -> Failed:
    """The last word for a run whose engine died without one.

    Args:
        code: exit code of the process; negative: the signal that ended it.
        log: the last lines of its log.
        batch_size: as of ``of_exception``.
    """
    if is_lack_of_memory(log):
        return _memory(log, batch_size)
    if _DISK.search(log):
        return Failed(problem=_OUT_OF_DISK[0], remedy=_OUT_OF_DISK[1], log=log)
    if code == -signal.SIGKILL:
        return Failed(
            problem="The engine was killed from outside, as the system does when memory runs out.",
            remedy="Resume it if somebody ended it on purpose; else halve the batch size.",
            log=log,
            proposal=_half(batch_size),
        )
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return Failed(
        problem=f"The engine ended without a word ({how}).",
        remedy="What was saved so far is kept; resume the run. The log tells more.",
        log=log,
    )


def _memory(log: str, batch_size: int) -> Failed:
    problem, remedy = _OUT_OF_MEMORY
    return Failed(problem=problem, remedy=remedy, log=log, proposal=_half(batch_size))


def _half(batch_size: int) -> dict[str, int | float]:
    return {"training.batch_size": batch_size // 2} if batch_size > 1 else {}
