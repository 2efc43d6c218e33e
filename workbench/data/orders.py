"""Words that people put in order: sizes, grades, months, opinions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_ORDERS: tuple[tuple[str, ...], ...] = (
    ("none", "very low", "low", "medium low", "medium", "medium high", "high", "very high"),
    ("lowest", "low", "middle", "high", "highest"),
    ("low", "moderate", "high", "very high", "extreme"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("tiny", "very small", "small", "medium", "large", "very large", "huge"),
    ("young", "middle aged", "old"), ("short", "medium", "long"), ("slow", "medium", "fast"),
    ("cold", "cool", "mild", "warm", "hot"), ("easy", "medium", "hard"),
    ("beginner", "intermediate", "advanced", "expert"), ("bronze", "silver", "gold", "platinum"),
    ("never", "rarely", "seldom", "sometimes", "often", "usually", "very often", "always"),
    ("daily", "weekly", "monthly", "yearly"),
    ("terrible", "very bad", "bad", "poor", "fair", "ok", "average", "good", "very good", "great",
     "excellent"),
    ("fail", "pass", "merit", "distinction"),
    ("strongly disagree", "disagree", "somewhat disagree", "slightly disagree", "neutral",
     "neither agree nor disagree", "undecided", "slightly agree", "somewhat agree", "agree",
     "strongly agree"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("very unlikely", "unlikely", "neutral", "likely", "very likely"),
    ("very negative", "negative", "neutral", "positive", "very positive"),
    ("no", "mild", "moderate", "severe", "proliferative"),
    ("none", "minimal", "mild", "moderate", "severe"),
    ("healthy", "mild", "moderate", "severe", "critical"),
    ("debug", "info", "warning", "error", "critical"),
    ("january", "february", "march", "april", "may", "june", "july", "august", "september",
     "october", "november", "december"),
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("sehr niedrig", "niedrig", "mittel", "hoch", "sehr hoch"),
    ("sehr gering", "gering", "mittel", "hoch", "sehr hoch"),
    ("sehr klein", "klein", "mittel", "groß", "sehr groß"),
    ("nie", "selten", "manchmal", "oft", "häufig", "immer"),
    ("ungenügend", "mangelhaft", "ausreichend", "befriedigend", "gut", "sehr gut"),
    ("sehr schlecht", "schlecht", "mittel", "gut", "sehr gut"),
    ("stimme gar nicht zu", "stimme überhaupt nicht zu", "stimme nicht zu",
     "stimme eher nicht zu", "neutral", "teils teils", "stimme eher zu", "stimme zu",
     "stimme voll zu", "stimme voll und ganz zu"),
    ("trifft nicht zu", "trifft eher nicht zu", "teils teils", "trifft eher zu", "trifft zu"),
    ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september",
     "oktober", "november", "dezember"),
    ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    ("很低", "低", "较低", "中", "中等", "较高", "高", "很高"),
    ("很小", "小", "中", "大", "很大"),
    ("很差", "差", "一般", "好", "很好"), ("差", "中", "良", "优"),
    ("不及格", "及格", "良好", "优秀"),
    ("从不", "很少", "有时", "经常", "总是"),
    ("非常不同意", "不同意", "中立", "一般", "同意", "非常同意"),
    ("非常不满意", "不满意", "一般", "满意", "非常满意"),
    ("一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月",
     "十二月"),
    ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
)  # fmt: skip
_COUNTED = re.compile(r"(\d+)\s*[-_ ]?\s*([^\W\d]+|\*)")
_STEPPED = re.compile(r"([^\W\d]+)\s*[-_ ]?\s*(\d+)")
_STEPS = frozenset({"level", "grade", "stage", "star", "class", "stufe", "step", "rank", "year"})
_STARS = re.compile(r"([*★])\1*")
_GRADE = re.compile(r"([a-f])([+-]?)")
_GRADED = frozenset(
    {"grade", "grades", "mark", "marks", "rating", "note", "quality", "成绩", "等级"}
)
"""Columns, in small letters, in which letters are grades and no mere names."""


def known_order(words: Sequence[str], name: str = "") -> list[str]:
    """These words in the order that people give them, the lowest first.

    Known are lists such as low, medium, high; counted things such as ``1 star``, ``2 stars`` or
    ``level 1``, ``level 2``; stars; and grades from A, the highest, to F, where the column's name
    says so or some have a sign: ``B+``.

    Args:
        words: different words, at least three for an order to be seen.
        name: the column's name.

    Returns:
        The same words in order; empty where none is known.
    """
    if not 3 <= len(words) <= _MOST:
        return []
    lowered = {re.sub(r"[-_/ ]+", " ", word.strip().lower()): word for word in words}
    if len(lowered) < len(words):
        return []
    for order in _ORDERS:
        if lowered.keys() <= set(order):
            return [lowered[word] for word in order if word in lowered]
    return _counted(words) or _stars(words) or _grades(words, name)


_MOST = 50


def natural(word: str) -> tuple[tuple[int, int, str], ...]:
    """A key by which ``9 stars`` comes before ``10 stars``.

    Args:
        word: any.
    """
    return tuple(
        (0, int(part[:4000]), "") if part.isdecimal() else (1, 0, part.lower())
        for part in re.split(r"(\d+)", word)
        if part
    )


def _counted(words: Sequence[str]) -> list[str]:
    found: list[tuple[int, str, str]] = []
    for word in words:
        plain = word.strip().lower()
        if before := _COUNTED.fullmatch(plain):
            found.append((int(before[1][:18]), before[2].rstrip("s"), word))
        elif (after := _STEPPED.fullmatch(plain)) and after[1].rstrip("s") in _STEPS:
            found.append((int(after[2][:18]), after[1].rstrip("s"), word))
        else:
            return []
    if len({unit for _, unit, _ in found}) > 1:
        return []
    return [word for _, _, word in sorted(found)]


def _stars(words: Sequence[str]) -> list[str]:
    if not all(_STARS.fullmatch(word.strip()) for word in words):
        return []
    return sorted(words, key=len)


def _grades(words: Sequence[str], name: str) -> list[str]:
    found: list[tuple[Any, ...]] = []
    for word in words:
        grade = _GRADE.fullmatch(word.strip().lower())
        if grade is None:
            return []
        found.append((-ord(grade[1]), {"-": 0, "": 1, "+": 2}[grade[2]], word))
    signed = any(sign != 1 for _, sign, _ in found)
    if not signed and not _GRADED & set(re.split(r"[\W_]+", name.lower())):
        return []
    return [str(word) for _, _, word in sorted(found)]
