"""What an ONNX file says of itself, read without running any of it.

The few fields that matter are read from the bytes (protocol buffers, ``onnx.proto``):
which operators it asks for, and which other files it wants to have opened.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.data.readers import regular
from workbench.errors import UserError

# Message by message: which fields hold messages that are looked into, and of which kind.
_INNER: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse",
    },
    "sparse": {1: "tensor", 2: "tensor"},
    "function": {7: "node", 11: "attribute"},
    "tensor": {13: "entry"},
}  # fmt: skip
_NAMED: dict[str, tuple[int, int]] = {"node": (7, 4), "function": (10, 1), "entry": (1, 2)}
"""Which two fields are texts that matter: domain and name, or key and value."""

_MOST_FIELDS = 20_000_000
"""More than the largest models have, and as many as are read within a minute."""


@dataclass(frozen=True)
class Contents:
    """What matters of an ONNX file before it is opened.

    Args:
        operators: (domain, name) of all that it asks for and does not define itself.
        outside: names of the files in which some of its numbers lie.
    """

    operators: frozenset[tuple[str, str]]
    outside: tuple[str, ...]


def contents(path: Path) -> Contents:
    """What an ONNX file asks for.

    Args:
        path: the file.

    Raises:
        UserError: it cannot be read, or is no ONNX file.
    """
    regular.size_of(path)
    asked: set[tuple[str, str]] = set()
    defined: set[tuple[str, str]] = set()
    outside: dict[str, None] = {}
    try:
        with (
            path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as raw,
        ):
            for kind, first, second in _named(raw):
                if kind == "node":
                    asked.add((first, second))
                elif kind == "function":
                    defined.add((first, second))
                elif first == "location":
                    outside[second] = None
    except (IndexError, ValueError) as error:
        raise UserError(f"{path.name} is no ONNX model, or is damaged: {error}.") from None
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from None
    if not asked:
        raise UserError(f"{path.name} is no ONNX model: it has no operators.")
    return Contents(frozenset(asked - defined), tuple(outside))


def _named(raw: mmap.mmap) -> Iterator[tuple[str, str, str]]:
    """The two texts of every operator, function and entry, with its kind."""
    waiting = [("model", 0, len(raw))]
    seen = 0
    while waiting:
        kind, start, stop = waiting.pop()
        inner = _INNER.get(kind, {})
        names = _NAMED.get(kind, ())
        texts = dict.fromkeys(names, "")
        for number, begin, end in _fields(raw, start, stop):
            seen += 1
            if seen > _MOST_FIELDS:
                raise ValueError("it has too many fields")
            if number in inner:
                waiting.append((inner[number], begin, end))
            elif number in texts:
                texts[number] = raw[begin:end].decode("utf-8")
        if names:
            yield kind, texts[names[0]], texts[names[1]]


def _fields(raw: mmap.mmap, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each field of a message that has a length."""
    while at < stop:
        tag, at = _number(raw, at, stop)
        wire = tag & 7
        if wire == 0:
            _, at = _number(raw, at, stop)
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        elif wire == 2:
            length, at = _number(raw, at, stop)
            if at + length > stop:
                raise ValueError("a field goes on beyond its end")
            yield tag >> 3, at, at + length
            at += length
        else:
            raise ValueError(f"a field has the unknown type {wire}")
    if at != stop:
        raise ValueError("a field goes on beyond its end")


def _number(raw: mmap.mmap, at: int, stop: int) -> tuple[int, int]:
    """A number of as many bytes as it needs, and where the next field begins."""
    value = shift = 0
    while at < stop and shift < 70:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("a number does not end")
