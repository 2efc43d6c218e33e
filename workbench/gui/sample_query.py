"""Which samples are shown, and in which order; worked out on columns, outside of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Index, Strings, Target, strings
from workbench.parts import Modality

Kept = Literal["all", "complete", "incomplete", "no_target", "train", "validation", "test"]

_PART = 100_000
"""Texts that are searched at once: their copies in small letters stay small."""


@dataclass(frozen=True)
class Query:
    """What a person wants to see.

    Args:
        target: column that is told; "": none.
        words: in the name, the class, a file's name or a further column; "": any.
        kept: of which samples.
        rows: only these; None: any.
        column: by which the samples are sorted: ``Sample``, ``Target``, ``Split``, a modality or a
            further column; "": as the data give them.
        descending: the last first.
    """

    target: str = ""
    words: str = ""
    kept: Kept = "all"
    rows: tuple[int, ...] | None = None
    column: str = ""
    descending: bool = False


def columns_of(index: Index) -> tuple[str, ...]:
    """Names of the columns in which samples are told.

    Args:
        index: the data.
    """
    split = ("Split",) if index.fixed_split is not None else ()
    target = ("Target",) if index.targets else ()
    more = [name for name in index.columns if name not in index.targets]
    return ("Sample", *target, *split, *(m.title() for m in index.modalities), *more)


def select(index: Index, query: Query) -> NDArray[np.int64]:
    """The samples that are wanted, in their order.

    Args:
        index: the data.
        query: what is wanted.

    Returns:
        Rows of the index, int64 [samples shown].
    """
    keep = _kept(index, query)
    if query.rows is not None:
        only = np.zeros(len(index), bool)
        only[list(query.rows)] = True
        keep &= only
    if query.words.strip():
        keep &= _matches(index, query)
    rows = np.flatnonzero(keep)
    if query.column:
        order = np.argsort(_key(index, query)[rows], kind="stable")
        rows = rows[order[::-1] if query.descending else order]
    return rows


def _kept(index: Index, query: Query) -> NDArray[np.bool_]:
    everything = np.ones(len(index), bool)
    match query.kept:
        case "complete" | "incomplete":
            for modality in index.modalities:
                everything &= index.has(modality)
            return everything if query.kept == "complete" else ~everything
        case "no_target":
            return ~index.target(query.target).present
        case "train" | "validation" | "test":
            number = SPLITS.index(query.kept)
            split = index.fixed_split
            return everything if split is None else np.asarray(split == number, bool)
    return everything


def _matches(index: Index, query: Query) -> NDArray[np.bool_]:
    needle = query.words.strip().lower()
    found = _holds(index.stems, needle)
    target = index.targets.get(query.target)
    if target is not None and target.classes:
        found |= _has_class(target, needle)
    for modality in index.modalities:
        inline = modality == "text" and index.texts is not None
        found |= _holds(index.texts if inline else index.files[modality], needle)  # type: ignore[arg-type]  # inline: not None
    for cells in index.columns.values():
        found |= _holds(cells, needle)
    return found


def _has_class(target: Target, needle: str) -> NDArray[np.bool_]:
    hits = [number for number, name in enumerate(target.classes) if needle in name.lower()]
    if target.task == "labels":
        return np.asarray((target.values[:, hits] > 0).any(axis=1), bool)
    return np.isin(target.values, hits)


def _holds(column: Strings, needle: str) -> NDArray[np.bool_]:
    found = np.zeros(len(column), bool)
    for start in range(0, len(column), _PART):
        part = np.strings.lower(column[start : start + _PART])
        found[start : start + _PART] = np.strings.find(part, needle) >= 0
    return found


def _key(index: Index, query: Query) -> NDArray[Any]:
    column = query.column
    if column == "Sample":
        return index.stems
    if column == "Target":
        return _target_key(index.target(query.target))
    if column == "Split" and index.fixed_split is not None:
        return index.fixed_split
    modality: Modality | None = next((m for m in index.modalities if m.title() == column), None)
    if modality is not None:
        inline = modality == "text" and index.texts is not None
        return index.texts if inline else index.files[modality]  # type: ignore[return-value]  # inline: not None
    return index.columns[column]


def _target_key(target: Target) -> NDArray[Any]:
    if target.values.ndim > 1:
        # Several numbers by the first, several categories by how many and which.
        return target.values[:, 0] if target.columns else -_ranked(target)
    if not target.classes or target.task == "ordered":
        return target.values
    # Classes stand in the order of their names, not of their numbers.
    rank = np.argsort(np.argsort(strings(target.classes), kind="stable"))
    return np.where(target.values >= 0, rank[target.values], -1)


def _ranked(target: Target) -> NDArray[np.float64]:
    weights = 0.5 ** np.arange(1, len(target.classes) + 1)
    return np.asarray((target.values * weights).sum(axis=1), np.float64)
