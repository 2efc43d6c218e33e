"""Numbers as people write them: decimal commas, thousands, units, lists."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_WRITTEN = re.compile(
    r"(?P<before>[$€£¥₹]|[A-Z]{3} )?\s*"
    r"(?P<number>[+-]?(?:\d[\d.,'’\u00a0\u202f ]*|[.,]\d+)(?:[eE][+-]?\d{1,3})?)"
    r"\s*(?P<after>[^\W\d_][^\s\d]{0,11}|[%‰°′″$€£¥₹][A-Za-z]?)?"
)
_MINUS = "\u2212"
_BLANKS = re.compile(r"['’\u00a0\u202f ]")
_BLANK_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:['’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?")
_UNITS = frozenset(
    {"kg", "g", "mg", "µg", "lb", "lbs", "oz", "m", "cm", "mm", "µm", "nm", "km", "mi",
     "ft", "in", "yd", "l", "ml", "dl", "s", "ms", "µs", "ns", "min", "mins", "h", "hr", "hrs",
     "day", "days", "week", "weeks", "month", "months", "yr", "yrs", "year", "years",
     "old", "hz", "khz", "mhz", "ghz", "db", "v", "mv", "kv", "w", "kw", "ma",
     "kj", "kcal", "cal", "pa", "hpa", "kpa", "bar", "psi", "px", "pt",
     "kb", "mb", "gb", "tb", "%", "‰", "°", "°c", "°f", "′", "″", "$", "€", "£", "¥", "₹",
     "usd", "eur", "gbp", "jpy", "cny", "chf", "euro", "euros", "dollar", "dollars", "m/s",
     "km/h", "mph", "rpm", "bpm", "m²", "m³", "cm²", "cm³", "mmhg", "ppm", "ppb", "mol",
     "mmol", "mg/dl", "mmol/l", "kg/m²", "lux", "lx", "ω", "ohm", "jahre", "jahr", "tage",
     "stunden", "元", "岁", "公斤", "千克", "克", "米", "厘米", "秒", "分钟", "小时", "年",
     "歳", "円"}
)  # fmt: skip
"""What may follow numbers of different sizes in one column; a single unit may be any word."""
_MOST_DIFFERENT = 200_000
"""Values looked at for how numbers are written."""


@dataclass
class Amounts:
    """A column read as numbers.

    Args:
        values: float64 [cells], NaN where a cell is none.
        units: how often each unit was met, by value.
        notes: how a sign was read that can mean two things, a sentence each.
    """

    values: NDArray[np.float64]
    units: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def read(words: Sequence[str]) -> Amounts:
    """Read numbers as people write them: ``1,5``, ``1.234,5``, ``1,234.5``, ``12 kg``, ``$5``.

    What a comma or dot before three digits means, the other cells tell: beside ``1,5`` the comma of
    ``2,500`` is a decimal one, beside ``1,234.5`` it parts thousands; so it does where nothing
    tells.

    Args:
        words: different cells.
    """
    words = [word.replace(_MINUS, "-") for word in words]
    plain = [_PLAIN.fullmatch(word) is not None for word in words]
    values = np.full(len(words), np.nan)
    values[plain] = [float(word) for word, is_plain in zip(words, plain, strict=True) if is_plain]
    # Of 1e999 nothing is left.
    values[~np.isfinite(values)] = np.nan
    if all(plain):
        return Amounts(values)
    written = {
        place: found
        for place, word in enumerate(words)
        if not plain[place] and len(word) <= 40 and (found := _WRITTEN.fullmatch(word))
    }
    units = Counter(unit for found in written.values() if (unit := _unit(found)))
    if len(units) > 1 and any(unit.lower() not in _UNITS for unit in units):
        # Names such as 3a and 3b are no amounts of a and b.
        written = {place: found for place, found in written.items() if not _unit(found)}
        units = Counter()
    texts = [found["number"].strip() for found in written.values()]
    comma = _meaning(texts, ",")
    dot = _meaning([*texts, *(word for word, p in zip(words, plain, strict=True) if p)], ".")
    notes = _notes(comma, words)
    for place, text in zip(written, texts, strict=True):
        values[place] = _number(text, comma == "decimal", dot == "thousands")
    if dot == "thousands":
        for place in np.flatnonzero(plain).tolist():
            values[place] = _number(words[place], comma == "decimal", True)
    return Amounts(values, units, notes)


def _unit(found: re.Match[str]) -> str:
    return (found["after"] or found["before"] or "").strip()


def _notes(comma: str, words: Sequence[str]) -> list[str]:
    example = next((word for word in words if "," in word), "")
    match comma:
        case "decimal":
            return [f"The comma is read as the decimal point, such as in {example}."]
        case "assumed":
            return [f"The comma is read as parting thousands, such as in {example}."]
    return []


def _meaning(texts: Sequence[str], sign: str) -> str:
    """What a comma or dot means in a column: ``decimal``, ``thousands``, ``assumed`` or ``""``.

    ``assumed`` says that it stands before three digits everywhere, and nothing tells.
    """
    other = "." if sign == "," else ","
    decimal = thousands = several = 0
    for text in texts[:_MOST_DIFFERENT]:
        count = text.count(sign)
        if not count:
            continue
        digits = re.match(r"\d*", text[text.rindex(sign) + 1 :], re.ASCII)
        after = len(digits[0]) if digits else 0
        if count > 1 or (other in text and text.rindex(other) > text.rindex(sign)):
            thousands += 1
        elif after != 3 or other in text or text.lstrip("+-").startswith(("0" + sign, sign)):
            decimal += 1
        else:
            several += 1
    if decimal or thousands:
        return "decimal" if decimal >= thousands else "thousands"
    return "assumed" if several else ""


def _number(text: str, comma_is_decimal: bool, dot_is_thousands: bool) -> float:
    mantissa, exponent = _parted(text)
    if _BLANKS.search(mantissa):
        if not _BLANK_THOUSANDS.fullmatch(mantissa):
            return float("nan")
        mantissa = _BLANKS.sub("", mantissa)
    last = max(mantissa.rfind(","), mantissa.rfind("."))
    sign = mantissa[last] if last >= 0 else ""
    if sign and mantissa.count(sign) == 1:
        both = "," in mantissa and "." in mantissa
        means_decimal = not dot_is_thousands if sign == "." else comma_is_decimal
        grouped = re.fullmatch(rf"[+-]?\d{{1,3}}{re.escape(sign)}\d{{3}}", mantissa)
        if both or means_decimal or not grouped:
            whole, part = mantissa[:last], mantissa[last + 1 :]
        else:
            whole, part = mantissa, ""
    else:
        whole, part = mantissa, ""
    if re.search(r"[.,]", whole) and not re.fullmatch(
        r"[+-]?\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+)", whole
    ):
        return float("nan")
    plain = f"{re.sub('[.,]', '', whole)}.{part}{exponent}"
    value = float(plain) if _PLAIN.fullmatch(plain) else float("nan")
    return value if np.isfinite(value) else float("nan")


def _parted(text: str) -> tuple[str, str]:
    found = re.search(r"[eE][+-]?\d+$", text)
    return (text[: found.start()], found[0]) if found else (text, "")


def listed(word: str) -> list[float] | None:
    """The numbers of a cell that holds several: ``[0.5, 1.25]``, ``0.5; 1.25``, ``0.5 1.25``.

    Args:
        word: the cell.

    Returns:
        At least two numbers, or what a JSON list holds; None where it is no list of numbers. An
        empty or infinite one is none.
    """
    if word.startswith("["):
        try:
            read = json.loads(word)
        except (ValueError, RecursionError):
            read = word.strip("[]").split()
        return _as_floats(read) if isinstance(read, list) else None
    # A comma may be a decimal one; beside dots it is none.
    signs = (";", "|", "," if word.count(".") > 1 else None)
    sign = next((sign for sign in signs if sign is not None and sign in word), None)
    parts = [part.strip() for part in word.split(sign)]
    return _as_floats(parts) if len(parts) >= 2 else None


def _as_floats(parts: Sequence[object]) -> list[float] | None:
    values = []
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, int | float | str):
            return None
        if isinstance(part, str) and not _PLAIN.fullmatch(part):
            return None
        try:
            values.append(float(part))
        except OverflowError:
            return None
    return values if values and bool(np.isfinite(values).all()) else None
