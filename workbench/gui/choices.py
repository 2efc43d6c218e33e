"""What a picker offers, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One entry of a picker.

    Args:
        name: what is chosen, as the program names it.
        title: its name in words.
        caption: what it does, one sentence; "" where the title says it.
        reason: why it cannot be chosen; "" when it can.
    """

    name: str
    title: str
    caption: str = ""
    reason: str = ""
