"""How lack of memory is told from other faults, whoever reports it."""

from __future__ import annotations

import re

_WORDS = re.compile(
    r"ResourceExhausted|out of memory|\bOOM\b|MemoryError|bad_alloc|Cannot allocate memory", re.I
)


def is_lack_of_memory(words: str) -> bool:
    """Whether the words of a fault, or of a log, say that memory ran out.

    Args:
        words: as Python, TensorFlow, CUDA or the system put it.
    """
    return _WORDS.search(words) is not None
