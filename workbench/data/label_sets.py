"""Cells that hold several categories at once: lists, or words parted by a sign."""

from __future__ import annotations

import json
from collections.abc import Sequence

from workbench.data import amounts

_SIGNS = ("|", ";", ",")
_NEARLY_ALL = 0.9
_LOOKED_AT = 5000
_MOST = 200
"""Categories, at most, that make a sign between words likely."""
_LONGEST = 40


def split(word: str, separator: str) -> list[str]:
    """The categories of a cell, each once, in their order.

    Args:
        word: the cell.
        separator: the sign between them; "": the cell is a list, as JSON or Python writes it.
    """
    if separator:
        parts = word.split(separator)
    else:
        try:
            read = json.loads(word)
        except (ValueError, RecursionError):
            read = [part.strip(" '\"") for part in word.strip("[](){} ").split(",")]
        parts = [_word(part) for part in (read if isinstance(read, list) else [read])]
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def are_lists(words: Sequence[str]) -> bool:
    """Whether nearly all cells are written as lists.

    Args:
        words: different cells, none empty.
    """
    looked_at = words[:_LOOKED_AT]
    opened = sum(word.startswith("[") and word.endswith("]") for word in looked_at)
    return bool(looked_at) and opened >= _NEARLY_ALL * len(looked_at)


def are_numbers(words: Sequence[str]) -> bool:
    """Whether cells hold several numbers that are measures and no numbered categories.

    Whole numbers in lists of different lengths name categories.

    Args:
        words: different cells, none empty.
    """
    looked_at = words[:_LOOKED_AT]
    read = [found for word in looked_at if (found := amounts.listed(word)) is not None]
    if not read or len(read) < _NEARLY_ALL * len(looked_at):
        return False
    lengths = {len(numbers) for numbers in read}
    whole = all(value == round(value) for numbers in read for value in numbers)
    lists = are_lists(words)
    # Without brackets, whole numbers may be a date or several numbered categories.
    return not whole or (lists and len(lengths) == 1 and lengths != {1})


def separator_of(words: Sequence[str]) -> str:
    """The sign that parts several categories in a cell; "" where cells hold one each.

    The parts must be few, short words that come again in other company: prose has commas too, but
    its parts do not come back, and ``Paris, France`` alone is one category.

    Args:
        words: cells as they come, none empty.
    """
    looked_at = list(words[:_LOOKED_AT])
    for sign in _SIGNS:
        several = [word for word in looked_at if sign in word]
        if len(several) >= max(2, 0.02 * len(looked_at)) and _parts_come_back(looked_at, sign):
            return sign
    return ""


def _parts_come_back(words: Sequence[str], sign: str) -> bool:
    cells = {word: split(word, sign) for word in dict.fromkeys(words)}
    met: dict[str, int] = {}
    for parts in cells.values():
        for part in parts:
            met[part] = met.get(part, 0) + 1
    if not met or max(map(len, met)) > _LONGEST:
        return False
    if all(_is_number(part) for part in met):
        # Dates, times and decimal commas.
        return False
    total = sum(len(cells[word]) for word in words)
    shared = any(met[part] > 1 for parts in cells.values() if len(parts) > 1 for part in parts)
    return shared and len(met) <= min(_MOST, max(2, total // 4))


def _is_number(word: str) -> bool:
    return word.replace(".", "").replace(":", "").strip("+-").isdigit()


def _word(part: object) -> str:
    if part is None or isinstance(part, str):
        return part or ""
    if isinstance(part, dict | list | bool):
        return json.dumps(part, ensure_ascii=False)
    return str(part)
