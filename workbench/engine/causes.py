"""The plain cause of a failed run, and what to do about it. Imports nothing heavy."""

from __future__ import annotations

import re
import signal

from workbench.errors import UserError
from workbench.events import Failed

_MEMORY = re.compile(
    r"ResourceExhausted|out of memory|\bOOM\b|MemoryError|bad_alloc|Cannot allocate memory", re.I
)
_DISK = re.compile(r"No space left on device|Errno 28", re.I)
_OUT_OF_MEMORY = (
    "The training ran out of memory.",
    "Halve the batch size, make the pictures smaller, or choose a smaller encoder.",
)
_OUT_OF_DISK = ("The disk is full.", "Free some space, then train again.")


def of_exception(error: BaseException, log: str = "") -> Failed:
    """The last word of a run that an exception ended.

    Args:
        error: what was raised.
        log: the last lines of its log.
    """
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, UserError):
        return Failed(problem=error.problem, remedy=error.remedy, log=log)
    if isinstance(error, MemoryError) or _MEMORY.search(text):
        return Failed(problem=_OUT_OF_MEMORY[0], remedy=_OUT_OF_MEMORY[1], log=log)
    if _DISK.search(text):
        return Failed(problem=_OUT_OF_DISK[0], remedy=_OUT_OF_DISK[1], log=log)
    first = text.strip().splitlines()[0][:300]
    return Failed(
        problem=f"The training failed: {first}",
        remedy="The log tells more; the program itself is not affected.",
        log=log,
    )


def of_exit(code: int, log: str = "") -> Failed:
    """The last word for a run whose engine died without one.

    Args:
        code: exit code of the process; negative: the signal that ended it.
        log: the last lines of its log.
    """
    if _MEMORY.search(log):
        return Failed(problem=_OUT_OF_MEMORY[0], remedy=_OUT_OF_MEMORY[1], log=log)
    if _DISK.search(log):
        return Failed(problem=_OUT_OF_DISK[0], remedy=_OUT_OF_DISK[1], log=log)
    if code == -signal.SIGKILL:
        return Failed(
            problem="The engine was killed from outside, as the system does when memory runs out.",
            remedy="Halve the batch size if nobody ended it on purpose, then train again.",
            log=log,
        )
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return Failed(
        problem=f"The engine ended without a word ({how}).",
        remedy="What was saved so far is kept; train again. The log tells more.",
        log=log,
    )
