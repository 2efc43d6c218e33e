"""Numbers that grow, with their lowest and highest at every resolution: millions stay fast."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 4000
"""Points drawn of one curve at most: more than a screen has columns."""

MOST_PARTS = 1000
"""Stretches that a smoothed curve has at least, where it has so many points."""

_BLOCK = 8
# Points of one block of the finest level; each level above joins two blocks of the one below.
_LEAST = 200
# Fewer points are never asked for: the ends of a curve take a few of their own.

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


class _Level:
    """Of each whole block of so many points: place of the lowest and highest, sum and count."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = 0
        self._table = np.empty((4, 32))

    def add(self, columns: Numbers) -> None:
        """Add blocks at the end, [4, blocks]."""
        wanted = self.count + columns.shape[1]
        if wanted > self._table.shape[1]:
            grown = np.empty((4, max(wanted, 2 * self._table.shape[1])))
            grown[:, : self.count] = self._table[:, : self.count]
            self._table = grown
        self._table[:, self.count : wanted] = columns
        self.count = wanted

    def blocks(self, first: int, last: int) -> Numbers:
        """The blocks from one to before another."""
        return self._table[:, first : min(last, self.count)]


class Series:
    """A curve that grows at its end, and can be cut there.

    Beside the points it keeps a pyramid of blocks, each level half as fine as the one below, so
    that any stretch of a million points is brought to the width of a screen without reading them.
    """

    def __init__(self) -> None:
        self._x = np.empty(256)
        self._y = np.empty(256)
        self._count = 0
        self._levels: list[_Level] = []

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Numbers:
        """Places, oldest first; a view that is valid until the next change."""
        return self._x[: self._count]

    @property
    def y(self) -> Numbers:
        """Values at those places."""
        return self._y[: self._count]

    @property
    def last(self) -> float:
        """The newest value; NaN where there is none."""
        return float(self._y[self._count - 1]) if self._count else math.nan

    def extend(self, x: Numbers, y: Numbers) -> None:
        """Add points at the end.

        Args:
            x: places, none below the last one.
            y: values; NaN is neither low nor high.
        """
        wanted = self._count + len(x)
        if wanted > len(self._x):
            size = max(wanted, 2 * len(self._x))
            self._x, self._y = np.resize(self._x, size), np.resize(self._y, size)
        self._x[self._count : wanted] = x
        self._y[self._count : wanted] = y
        self._count = wanted
        self._lift()

    def append(self, x: float, y: float) -> None:
        """Add one point at the end."""
        self.extend(np.asarray([x]), np.asarray([y]))

    def cut(self, place: float) -> None:
        """Take back all points after a place."""
        self._count = int(np.searchsorted(self.x, place, side="right"))
        for level in self._levels:
            level.count = min(level.count, self._count // level.size)

    def since(self, place: float) -> Numbers:
        """Values after a place."""
        return self.y[np.searchsorted(self.x, place, side="right") :]

    def total_since(self, place: float) -> float:
        """Of a sum that grows: how much came after a place."""
        first = int(np.searchsorted(self.x, place, side="right"))
        before = float(self._y[first - 1]) if first else 0.0
        return self.last - before if self._count > first else 0.0

    def within(
        self, low: float = -math.inf, high: float = math.inf, most: int = MOST_POINTS
    ) -> tuple[Numbers, Numbers]:  # fmt: skip
        """A stretch as few points, so that no spike is lost.

        Args:
            low: place where it begins.
            high: place where it ends.
            most: points wanted at most; not below 200.

        Returns:
            Places and values of all points of the stretch where these are few; else of the lowest
            and the highest of each of many equal parts. A point beyond either end is among them, so
            that the line reaches the edge.
        """
        first = max(0, int(np.searchsorted(self.x, low)) - 1)
        last = min(self._count, int(np.searchsorted(self.x, high, side="right")) + 1)
        most = max(most, _LEAST)
        if last - first <= most:
            return self._x[first:last], self._y[first:last]
        chosen = self._extremes(first, last, most)
        return self._x[chosen], self._y[chosen]

    def smoothed(
        self, weight: float, low: float = -math.inf, high: float = math.inf
    ) -> tuple[Numbers, Numbers]:  # fmt: skip
        """Means of equal stretches, then an exponential mean of these, corrected for its start.

        Args:
            weight: share of the past that each step keeps, 0 (none) to below 1; on curves of more
                than ``MOST_PARTS`` points it is the share that each of ``MOST_PARTS`` parts keeps,
                so that the same weight looks alike on long and on short runs.
            low: place where it begins; what comes before still counts.
            high: place where it ends.

        Returns:
            Places and smoothed values, the finer the shorter the stretch; NaN before the first
            finite value.
        """
        if not self._count:
            return self.x, self.y
        first = int(np.searchsorted(self.x, low))
        last = min(self._count, int(np.searchsorted(self.x, high, side="right")) + 1)
        coarse = _stretch(self._count)
        begin = max(0, first // coarse - 1) * coarse
        mean = _Exponential(weight, max(self._count, MOST_PARTS) / MOST_PARTS)
        if begin:
            mean.add(*self._sums(0, begin, coarse)[1:])
        places, *found = self._sums(begin, last, _stretch(last - begin))
        return places, mean.add(*found)

    def _lift(self) -> None:
        """Bring whole blocks of new points into the pyramid."""
        depth = 0
        while True:
            size = _BLOCK << depth
            whole = self._count // size
            if whole < 1:
                return
            if depth == len(self._levels):
                self._levels.append(_Level(size))
            level = self._levels[depth]
            if whole == level.count:
                return
            if depth == 0:
                level.add(self._of_points(level.count, whole))
            else:
                level.add(self._of_pairs(self._levels[depth - 1], level.count, whole))
            depth += 1

    def _of_points(self, first: int, last: int) -> Numbers:
        cut = self._y[first * _BLOCK : last * _BLOCK].reshape(-1, _BLOCK)
        starts = np.arange(first, last) * _BLOCK
        unknown, known = np.isnan(cut), np.isfinite(cut)
        return np.stack(
            [
                starts + np.argmin(np.where(unknown, np.inf, cut), axis=1),
                starts + np.argmax(np.where(unknown, -np.inf, cut), axis=1),
                np.where(known, cut, 0.0).sum(axis=1),
                known.sum(axis=1),
            ]
        )

    def _of_pairs(self, below: _Level, first: int, last: int) -> Numbers:
        pairs = below.blocks(2 * first, 2 * last).reshape(4, -1, 2)
        lows, highs = pairs[0].astype(np.int64), pairs[1].astype(np.int64)
        low, high = self._y[lows], self._y[highs]
        # A block without any number has NaN as both: the other one of the pair is taken then.
        lower = (low[:, 1] < low[:, 0]) | np.isnan(low[:, 0])
        higher = (high[:, 1] > high[:, 0]) | np.isnan(high[:, 0])
        return np.stack(
            [
                np.where(lower, lows[:, 1], lows[:, 0]),
                np.where(higher, highs[:, 1], highs[:, 0]),
                *pairs[2:].sum(axis=2),
            ]
        )

    def _extremes(self, first: int, last: int, most: int) -> Places:
        """Places of the lowest and highest point of each block of a stretch, and of its ends."""
        spare = 4 * len(self._levels) + 2 * _BLOCK + 2
        depth = 0
        while depth + 1 < len(self._levels):
            if 2 * (last - first) / self._levels[depth].size <= most - spare:
                break
            depth += 1
        begin = min(-(-first // _BLOCK) * _BLOCK, last)
        parts: list[Any] = [np.arange(first, max(first + 1, begin))]
        # Upwards until a block of the wanted size can begin; downwards for what is left behind
        # the last of them: no point outside the stretch hides one that is inside.
        for level in self._levels[:depth]:
            at = begin // level.size
            begin = self._take(level, at, at + at % 2, last, begin, parts)
        for level in reversed(self._levels[: depth + 1]):
            begin = self._take(level, begin // level.size, level.count, last, begin, parts)
        parts.append(np.arange(min(begin, last - 1), last))
        chosen: Places = np.unique(np.concatenate(parts).astype(np.int64))
        return chosen

    @staticmethod
    def _take(
        level: _Level, at: int, until: int, last: int, begin: int, parts: list[Any]
    ) -> int:  # fmt: skip
        """Take the blocks that lie inside a stretch; gives where the next may begin."""
        blocks = level.blocks(at, min(until, last // level.size))
        parts += [blocks[0], blocks[1]]
        return begin + len(blocks[0]) * level.size

    def _sums(self, first: int, last: int, size: int) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Of each stretch of so many points: its middle, sum, count, and how many it has."""
        starts = np.arange(first, last, size)
        lengths = np.diff(np.append(starts, last))
        middles = (self._x[starts] + self._x[starts + lengths - 1]) / 2
        if size < _BLOCK:
            sums, counts = _added(self._y[first:last], starts - first)
            return middles, sums, counts, lengths.astype(float)
        level = self._levels[(size // _BLOCK).bit_length() - 1]
        blocks = level.blocks(first // size, last // size)
        sums, counts = blocks[2], blocks[3]
        rest = self._y[first + blocks.shape[1] * size : last]
        if len(rest):
            more, many = _added(rest, np.arange(1))
            sums, counts = np.append(sums, more), np.append(counts, many)
        return middles, sums, counts, lengths.astype(float)


class _Exponential:
    """An exponential mean that goes on from stretch to stretch.

    Args:
        weight: share of the past that one part keeps.
        part: points of a part.
    """

    def __init__(self, weight: float, part: float) -> None:
        self._weight, self._part = weight, part
        self._past, self._seen = 0.0, 0.0

    def add(self, sums: Numbers, counts: Numbers, lengths: Numbers) -> Numbers:
        """The mean after each of these stretches."""
        kept = self._weight ** (lengths / self._part)
        means = sums / np.maximum(counts, 1)
        found = np.full(len(sums), math.nan)
        columns = zip(kept.tolist(), means.tolist(), counts.tolist(), strict=True)
        for place, (share, mean, count) in enumerate(columns):
            if count:
                self._past = share * self._past + (1 - share) * mean
                self._seen = share * self._seen + (1 - share)
            if self._seen:
                found[place] = self._past / self._seen
        return found


def _stretch(points: int) -> int:
    """Points of a stretch; from a block on, as many as the blocks of a level have."""
    size = points / MOST_PARTS
    if size < _BLOCK:
        return min(max(1, math.ceil(size)), _BLOCK - 1)
    return 1 << math.floor(math.log2(size))


def _added(values: Numbers, starts: Places) -> tuple[Numbers, Numbers]:
    """Sums and counts of what is finite, from each start to the next."""
    known = np.isfinite(values)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    return sums, np.add.reduceat(known.astype(float), starts)
