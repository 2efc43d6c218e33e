"""Words that people put in order: sizes, grades, months, opinions."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ORDERS: tuple[tuple[str, ...], ...] = (
    ("none", "very low", "low", "medium low", "medium", "medium high", "high", "very high"),
    ("lowest", "low", "middle", "high", "highest"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("tiny", "small", "medium", "large", "huge"),
    ("cold", "cool", "warm", "hot"),
    ("never", "rarely", "seldom", "sometimes", "often", "usually", "always"),
    ("terrible", "very bad", "bad", "poor", "fair", "ok", "average", "good", "very good", "great",
     "excellent"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("very negative", "negative", "neutral", "positive", "very positive"),
    ("no", "mild", "moderate", "severe", "proliferative"),
    ("healthy", "mild", "moderate", "severe", "critical"),
    ("january", "february", "march", "april", "may", "june", "july", "august", "september",
     "october", "november", "december"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("sehr niedrig", "niedrig", "mittel", "hoch", "sehr hoch"),
    ("sehr klein", "klein", "mittel", "groß", "sehr groß"),
    ("nie", "selten", "manchmal", "oft", "immer"),
    ("ungenügend", "mangelhaft", "ausreichend", "befriedigend", "gut", "sehr gut"),
    ("很低", "低", "中", "高", "很高"),
    ("很小", "小", "中", "大", "很大"),
    ("很差", "差", "一般", "好", "很好"),
)  # fmt: skip
_COUNTED = re.compile(r"(\d+)\s*[-_ ]?\s*([^\W\d]+|\*)")


def known_order(words: Sequence[str]) -> list[str]:
    """These words in the order that people give them, the lowest first.

    Known are lists such as low, medium, high, and counted things such as ``1 star``, ``2 stars``.

    Args:
        words: different words, at least three for an order to be seen.

    Returns:
        The same words in order; empty where none is known.
    """
    if len(words) < 3:
        return []
    lowered = {re.sub(r"[-_ ]+", " ", word.strip().lower()): word for word in words}
    for order in _ORDERS:
        if set(lowered) <= set(order):
            return [lowered[word] for word in order if word in lowered]
    counted = {word: _COUNTED.fullmatch(word.strip().lower()) for word in words}
    units = {found[2].rstrip("s") for found in counted.values() if found}
    if all(counted.values()) and len(units) == 1:
        return sorted(words, key=lambda word: int((counted[word] or [0, 0])[1]))
    return []
