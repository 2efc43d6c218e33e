"""Small drawings as SVG text: the same in a browser, on paper and without a window."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT = 560, 240
COLOURS = ("#2f5fef", "#d9480f", "#0b8a6b", "#8a4fbf", "#6b7280")
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 28, 40
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "")
_ENTRIES, _LETTERS = 4, 19
# Of a row of the legend, and of the name in an entry.
_INK, _QUIET = "#1f2430", "#6b7280"

Points = tuple[Sequence[float], Sequence[float]]


def lines(
    series: Mapping[str, Points], across: str, up: str, *, mark: float | None = None,
    diagonal: bool = False,
) -> str:  # fmt: skip
    """Curves with axes and a legend.

    Args:
        series: places and values by name; what is not finite is left out.
        across: what the level axis shows.
        up: what the upright axis shows.
        mark: a place to mark by a dotted line.
        diagonal: draw the line on which both are the same, from 0 to 1.
    """
    shown = {
        name: [(float(x), float(y)) for x, y in zip(*points, strict=True) if np.isfinite(y)]
        for name, points in series.items()
    }
    every = [point for points in shown.values() for point in points]
    if not every:
        return _frame([_text(WIDTH / 2, HEIGHT / 2, "nothing to draw", "middle")])
    xs, ys = zip(*every, strict=True)
    box = _Box(min(xs), max(xs), min(ys), max(ys)) if not diagonal else _Box(0, 1, 0, 1)
    found = box.axes(across, up)
    if diagonal:
        found.append(box.path([(0, 0), (1, 1)], _QUIET, "4 3"))
    if mark is not None:
        found.append(box.path([(mark, box.low), (mark, box.high)], _QUIET, "1 3"))
    for number, (name, points) in enumerate(shown.items()):
        colour, dash = COLOURS[number % 5], _DASHES[number % 5]
        found.append(box.path(points, colour, dash))
        if len(points) < 30:
            found += [box.dot(point, colour) for point in points]
        found.append(_legend(number, name, colour))
    below = -(-len(shown) // _ENTRIES) - 1
    return _frame(found, HEIGHT + 16 * below)


def _legend(number: int, name: str, colour: str) -> str:
    """An entry of the legend: the first row stands above the curves, all others beneath them."""
    row, place = divmod(number, _ENTRIES)
    short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    high = 14 if row == 0 else HEIGHT + 16 * row - 8
    return _text(_LEFT + place * 120, high, short, "start", colour)


def bars(values: Mapping[str, tuple[float, float, float]], unit: str) -> str:
    """Level bars from zero, each with the range in which it may lie.

    Args:
        values: by name the value and the ends of its range.
        unit: what stands behind the figures.
    """
    low = min([0.0, *(min(three) for three in values.values())])
    high = max([1e-9, *(max(three) for three in values.values())])
    scale = (WIDTH - 240) / (high - low)
    zero = 110 - low * scale
    found = []
    for row, (name, (value, least, most)) in enumerate(values.items()):
        top = 16 + row * 34
        left, wide = zero + min(value, 0) * scale, abs(value) * scale
        colour = COLOURS[row % 5]
        found.append(_text(100, top + 13, name, "end"))
        size = f'x="{left:.1f}" y="{top}" width="{wide:.1f}" height="18"'
        found.append(f'<rect {size} rx="3" fill="{colour}"/>')
        ends = f'x1="{zero + least * scale:.1f}" x2="{zero + most * scale:.1f}"'
        found.append(f'<line {ends} y1="{top + 9}" y2="{top + 9}" stroke="{_INK}"/>')
        place = zero + max(value, most, 0) * scale + 8
        found.append(_text(place, top + 13, f"{value:+.3g}{unit}", "start"))
    return _frame(found, 24 + 34 * len(values))


class _Box:
    """From numbers to places."""

    def __init__(self, left: float, right: float, low: float, high: float) -> None:
        self.left, self.right = left, right if right > left else left + 1
        room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
        self.low, self.high = (low, high) if (low, high) == (0, 1) else (low - room, high + room)

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        x = _LEFT + (point[0] - self.left) / (self.right - self.left) * (WIDTH - _LEFT - _RIGHT)
        y = (
            HEIGHT
            - _BOTTOM
            - (point[1] - self.low) / (self.high - self.low) * (HEIGHT - _TOP - _BOTTOM)
        )
        return x, y

    def path(self, points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> str:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self._at, points))
        style = f' stroke-dasharray="{dash}"' if dash else ""
        return (
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.6"{style}/>'
        )

    def dot(self, point: tuple[float, float], colour: str) -> str:
        x, y = self._at(point)
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>'

    def axes(self, across: str, up: str) -> list[str]:
        found = []
        for value in ticks(self.low, self.high):
            x, y = self._at((self.left, value))
            found.append(
                f'<line x1="{x:.1f}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                'stroke="#e3e6ec"/>'
            )
            found.append(_text(x - 6, y + 4, f"{value:.3g}", "end", _QUIET))
        for value in ticks(self.left, self.right, whole=across == "epoch"):
            x, _ = self._at((value, self.low))
            found.append(_text(x, HEIGHT - _BOTTOM + 18, f"{value:.3g}", "middle", _QUIET))
        found.append(_text(WIDTH / 2, HEIGHT - 4, across, "middle", _QUIET))
        turn = f'transform="rotate(-90 11 {HEIGHT / 2 - 10:.0f})"'
        found.append(_text(11, HEIGHT / 2 - 10, up, "middle", _QUIET, turn))
        return found


def ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Round numbers between two ends, about five of them.

    Args:
        low: the lower end.
        high: the upper one, above it.
        whole: whole numbers only.
    """
    wanted = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f >= wanted * 0.999)
    if whole:
        step = max(1.0, float(round(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def _text(x: float, y: float, words: str, anchor: str, colour: str = _INK, more: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="13" '
        f'font-family="Inter, sans-serif" {more}>{escape(words)}</text>'
    )


def _frame(found: Sequence[str], height: int = HEIGHT) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}">{"".join(found)}</svg>'
    )
