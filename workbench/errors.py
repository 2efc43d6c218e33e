"""What goes wrong in words that a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can mend: says what is wrong, where, and what to do.

    The window shows it beside the place that it concerns, the command line prints it and ends
    with exit code 2. It never carries a traceback to either.

    Args:
        problem: what is wrong and where (file, row, field), one sentence.
        remedy: what to do about it, one sentence; empty where the problem says it.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name.

    Args:
        name: what was given.
        known: the names that exist.

    Returns:
        ``Did you mean 'huber'?`` or, where nothing is near, the list of names.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Choose one of: {', '.join(names)}." if names else "There is none to choose from."
