"""Qt's multimedia, imported when it is first needed and only where the system has its libraries."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QLoggingCategory

_MISSING = (
    "Sound and camera need a library that this system lacks ({reason}). On Debian and Ubuntu: "
    "apt install libpulse0."
)


@lru_cache(maxsize=1)
def load() -> tuple[Any, str]:
    """The module ``PySide6.QtMultimedia``.

    Returns:
        The module, or None; and why there is none, "" where there is one.
    """
    # Which of its libraries are missing is said below, in words.
    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    try:
        return importlib.import_module("PySide6.QtMultimedia"), ""
    except ImportError as error:
        return None, _MISSING.format(reason=str(error).partition(":")[0])
