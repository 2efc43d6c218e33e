"""Where the boxes, tags and lines of the drawing of a model stand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from workbench.gui.outline import Link, Node, Outline

HEIGHT, GAP = 34.0, 8.0
"""Least height of a box, and least distance of two rows."""
_HIGHEST = 56.0
_WIDEST, _NARROWEST = 190.0, 60.0
_WIDEST_LINK = 96.0
_BESIDE = 40.0
# Room for tags between two columns.
_TAG, _HEAD, _ALIGNMENT = 15.0, 34.0, 64.0
_EDGE = 5.0


@dataclass(frozen=True)
class Places:
    """A drawing, ready to be painted.

    Args:
        boxes: each with its place.
        tags: small ones on a line: heads of modalities and alignments.
        lines: from box to box.
        dashes: from branch to branch, through the tag of an alignment.
    """

    boxes: tuple[tuple[QRectF, Node], ...] = ()
    tags: tuple[tuple[QRectF, Node], ...] = ()
    lines: tuple[QPainterPath, ...] = ()
    dashes: tuple[QPainterPath, ...] = ()

    def node_at(self, point: QPointF) -> Node | None:
        """What lies at a point; tags lie above boxes."""
        for box, node in (*self.tags, *self.boxes):
            if box.contains(point):
                return node
        return None


def arrange(outline: Outline, width: float, height: float) -> Places:
    """Where everything stands in a room of this size.

    Args:
        outline: what is drawn.
        width: of the room.
        height: of the room.
    """
    if not outline.branches:
        return Places()
    depth = max(len(row) for row in outline.branches)
    left, box = _columns(outline, depth, width)
    rows = _rows(len(outline.branches), height)
    branches = [
        [QRectF(left[column], top, box, high) for column in range(len(row))]
        for row, (top, high) in zip(outline.branches, rows, strict=True)
    ]
    (first, high), (last, _) = rows[0], rows[-1]
    trunk = [QRectF(x, (first + last) / 2, box, high) for x in left[depth:]]
    boxes = [
        (place, node)
        for nodes, row in zip(outline.branches, branches, strict=True)
        for node, place in zip(nodes, row, strict=True)
    ]
    boxes += zip(trunk, outline.trunk, strict=True)
    ends = [row[-1] for row in branches]
    heads = [(_head(place), node) for place, node in zip(ends, outline.heads, strict=False)]
    lines = [_line(a, b) for row in branches for a, b in pairwise(row)]
    if trunk:
        lines += [_line(end, trunk[0], _BESIDE if heads else 0) for end in ends]
    lines += [_line(a, b) for a, b in pairwise(trunk)]
    room = left[depth - 1] - left[depth - 2] - box if depth > 1 else 0.0
    tied = [_tie(link, ends, room) for link in outline.links]
    tags = heads + [(tag, link.node) for (_, tag), link in zip(tied, outline.links, strict=True)]
    return Places(tuple(boxes), tuple(tags), tuple(lines), tuple(dash for dash, _ in tied))


def _columns(outline: Outline, depth: int, width: float) -> tuple[list[float], float]:
    """Left edges of the columns, and how wide a box is."""
    count = depth + len(outline.trunk)
    beside = {depth - 1: _BESIDE if outline.links else 0.0}
    beside[depth] = _BESIDE if outline.heads else 0.0
    room = width - 2 - sum(beside.values())
    # A line is a part of a box wide, both bounded so that a wide window does not look empty.
    share = 0.25 if any(beside.values()) else 0.45
    unit = room / (count + (count - 1) * share)
    box = min(max(unit, _NARROWEST), _WIDEST)
    link = min((room - count * box) / max(1, count - 1), _WIDEST_LINK)
    x = max(1.0, 1.0 + (room - count * box - (count - 1) * link) / 2)
    left = []
    for column in range(count):
        x += beside.get(column, 0.0)
        left.append(x)
        x += box + link
    return left, box


def _rows(count: int, height: float) -> list[tuple[float, float]]:
    """Top and height of each row, in the middle of the room."""
    room = (height - 2 + GAP) / count - GAP
    high = min(max(room * 0.8 if room > _HIGHEST else room, HEIGHT), _HIGHEST)
    gap = min(max(GAP, room - high), 2 * GAP)
    top = max(1.0, (height - count * (high + gap) + gap) / 2)
    return [(top + row * (high + gap), high) for row in range(count)]


def _head(box: QRectF) -> QRectF:
    """The tag on the line that leaves a box."""
    return QRectF(box.right() + _EDGE, box.center().y() - _TAG / 2, _HEAD, _TAG)


def _line(left: QRectF, right: QRectF, straight: float = 0.0) -> QPainterPath:
    start = QPointF(left.right(), left.center().y())
    end = QPointF(right.left(), right.center().y())
    path = QPainterPath(start)
    start += QPointF(straight, 0)
    path.lineTo(start)
    bend = QPointF((end.x() - start.x()) / 2, 0)
    path.cubicTo(start + bend, end - bend, end)
    return path


def _tie(link: Link, ends: list[QRectF], room: float) -> tuple[QPainterPath, QRectF]:
    """The bow between two branches, left of their boxes, and the tag in its middle."""
    upper, lower = (ends[row] for row in sorted(link.rows))
    apart = abs(link.rows[0] - link.rows[1])
    wide = min(_ALIGNMENT, room - 2 * _EDGE)
    start = QPointF(upper.left(), upper.center().y() + upper.height() / 4)
    end = QPointF(lower.left(), lower.center().y() - lower.height() / 4)
    # The middle of such a bow lies at three quarters of the way to its control points.
    middle = _EDGE + wide / 2 + (min(_EDGE, room - wide - _EDGE) if apart > 1 else 0)
    bow = QPointF(middle / 0.75, 0)
    path = QPainterPath(start)
    path.cubicTo(start - bow, end - bow, end)
    centre = QPointF(upper.left() - middle, (start.y() + end.y()) / 2)
    return path, QRectF(centre.x() - wide / 2, centre.y() - _TAG / 2, wide, _TAG)
