"""Samples that come twice, exactly or nearly, and whether they leak from one split to another."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from workbench.data.health.looking import NO_PRINT
from workbench.data.index import SPLITS, Finding, Index, Remedy, Severity, Target
from workbench.parts import Modality

NEAR: Mapping[Modality, int] = {"image": 6, "audio": 8, "text": 12}
"""Bits of 256 in which the fingerprints of near duplicates may differ."""
_BITS = 256
_CROWD = 200
"""In a larger group of equal bits only these first ones are compared with the others."""

Groups = NDArray[np.int64]
"""The number of each sample's group, -1 where it is alone, int64 [samples]."""


def check(
    index: Index,
    looks: Mapping[Modality, NDArray[np.void]],
    target: Target,
    split: NDArray[np.int8] | None,
) -> list[Finding]:
    """Exact and near duplicates; a sample comes twice only when all of its modalities do.

    Args:
        index: the data.
        looks: a record of ``LOOK`` for each sample, by modality.
        target: what is learned.
        split: how samples are divided; None: not known.
    """
    same = exact(looks)
    alike = near(looks, same)
    findings = [*_leaks(index, same, alike, split), *_conflicts(index, same, target)]
    findings += _copies(index, same, "duplicates", "exact copies of another sample")
    findings += _copies(index, alike, "near_duplicates", "samples nearly equal to another")
    return [*findings, *_single(index, looks, same)]


def exact(looks: Mapping[Modality, NDArray[np.void]]) -> Groups:
    """Samples whose contents are equal in every modality.

    Args:
        looks: as of ``check``.
    """
    contents = np.stack([one["content"] for one in looks.values()], axis=1)
    return _grouped(contents, np.asarray(contents.any(axis=1), bool))


def near(looks: Mapping[Modality, NDArray[np.void]], same: Groups) -> Groups:
    """Samples whose fingerprints are nearly equal in every modality, and that are not exact copies.

    Two fingerprints that differ in at most k bits agree in one of k + 1 bands; only samples that
    agree in a band of one modality are compared.

    Args:
        looks: as of ``check``.
        same: from ``exact``.
    """
    first_of = np.ones(len(same), bool)
    _, first = np.unique(same, return_index=True)
    first_of[same >= 0] = False
    first_of[first[same[first] >= 0]] = True
    for one in looks.values():
        first_of &= (one["content"] != 0) & ((one["flags"] & NO_PRINT) == 0)
    rows = np.flatnonzero(first_of)
    if len(rows) < 2:
        return np.full(len(same), -1, np.int64)
    prints = {modality: one["print"][rows] for modality, one in looks.items()}
    # Texts repeat in many sets; pictures and sounds part samples better.
    leading = min(prints, key=("image", "audio", "text").index)
    left, right = _candidates(prints[leading], NEAR[leading])
    close = np.ones(len(left), bool)
    for modality, each in prints.items():
        distance = np.bitwise_count(each[left] ^ each[right]).sum(axis=1)
        close &= distance <= NEAR[modality]
    left, right = left[close], right[close]
    graph = coo_matrix((np.ones(len(left), bool), (left, right)), (len(rows), len(rows)))
    _, component = connected_components(graph, directed=False)
    groups = np.full(len(same), -1, np.int64)
    sizes = np.bincount(component)
    groups[rows] = np.where(sizes[component] > 1, component, -1)
    return groups


def _candidates(
    prints: NDArray[np.uint64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs that agree in a band."""
    raw = np.ascontiguousarray(prints).view(np.uint8).reshape(len(prints), _BITS // 8)
    edges = np.linspace(0, _BITS, most + 2).astype(int)
    pairs: list[NDArray[np.int64]] = []
    for start, end in itertools.pairwise(edges):
        bits = np.unpackbits(raw[:, start // 8 : -(-end // 8)], axis=1)
        band = np.packbits(bits[:, start % 8 : start % 8 + end - start], axis=1)
        keys = np.ascontiguousarray(band).view(f"V{band.shape[1]}").reshape(-1)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.r_[True, keys[order][1:] != keys[order][:-1]])
        for group in np.split(order, starts[1:]):
            if len(group) > 1:
                few = group[:_CROWD]
                one, two = np.meshgrid(few, group, indexing="ij")
                pairs.append(np.stack([one[one < two], two[one < two]]))
    if not pairs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    every = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return every[0], every[1]


def _grouped(keys: NDArray[np.uint64], there: NDArray[np.bool_]) -> Groups:
    groups = np.full(len(keys), -1, np.int64)
    rows = np.flatnonzero(there)
    if len(rows):
        _, number, count = np.unique(keys[rows], axis=0, return_inverse=True, return_counts=True)
        number = number.reshape(-1)
        groups[rows] = np.where(count[number] > 1, number, -1)
    return groups


def _leaks(
    index: Index, same: Groups, alike: Groups, split: NDArray[np.int8] | None
) -> list[Finding]:
    """Training samples that stand in validation or test as well."""
    if split is None:
        return []
    rows = np.zeros(len(index), bool)
    for groups in (same, alike):
        held = np.unique(groups[(split > 0) & (groups >= 0)])
        rows |= (split == 0) & (groups >= 0) & np.isin(groups, held)
    # Between validation and test, too: then the test sample knows what chose the best epoch.
    for groups in (same, alike):
        tested = np.unique(groups[(split == 2) & (groups >= 0)])
        rows |= (split == 1) & (groups >= 0) & np.isin(groups, tested)
    found = np.flatnonzero(rows)
    if not len(found):
        return []
    where = " and ".join(SPLITS[n] for n in np.unique(split[found]))
    have = "sample has" if len(found) == 1 else "samples have"
    title = f"{len(found):,} {where} {have} a copy in another split"
    detail = "The model is tested on what it has seen, so results look better than they are."
    return [_finding("warning", "duplicates_across_splits", title, detail, index, found)]


def _conflicts(index: Index, same: Groups, target: Target) -> list[Finding]:
    """Equal samples with different targets."""
    known = (same >= 0) & target.present
    if target.task == "none" or not known.any():
        return []
    values = target.values.reshape(len(index), -1)[known].astype(np.float64)
    different = np.unique(np.column_stack([same[known], values]), axis=0)
    group, times = np.unique(different[:, 0], return_counts=True)
    clashing = group[times > 1].astype(np.int64)
    rows = np.flatnonzero(known & np.isin(same, clashing))
    if not len(rows):
        return []
    title = f"{len(rows):,} equal samples have different values of '{target.name}'"
    detail = "At least one of each is wrong; look at them, correct them or leave them out."
    return [_finding("warning", "conflicting_targets", title, detail, index, rows)]


def _copies(index: Index, groups: Groups, kind: str, what: str) -> list[Finding]:
    """All of each group but the first."""
    rows = np.flatnonzero(groups >= 0)
    _, first = np.unique(groups[rows], return_index=True)
    copies = np.delete(rows, first)
    if not len(copies):
        return []
    title = f"{len(copies):,} {what}"
    detail = f"{len(first):,} samples come more than once and count more than others."
    return [_finding("info", kind, title, detail, index, copies)]


def _single(
    index: Index, looks: Mapping[Modality, NDArray[np.void]], same: Groups
) -> list[Finding]:
    """One picture or sound in several samples that differ otherwise; texts repeat by nature."""
    findings: list[Finding] = []
    for modality in ("image", "audio"):
        if modality not in looks or len(looks) < 2:
            continue
        content = looks[modality]["content"].astype(np.uint64)
        groups = _grouped(content[:, None], content != 0)
        rows = np.flatnonzero((groups >= 0) & (same < 0))
        if len(rows):
            noun = {"image": "picture", "audio": "sound"}[modality]
            title = f"{len(rows):,} samples share their {noun} with others"
            detail = f"Their other modalities differ; {noun}s that repeat tell samples apart less."
            names = tuple(index.stems[rows].tolist())
            findings.append(
                Finding("info", title, detail, names, f"shared_{modality}", tuple(rows.tolist()))
            )
    return findings


def _finding(
    severity: Severity, kind: str, title: str, detail: str, index: Index, rows: NDArray[np.int64]
) -> Finding:
    stems = tuple(index.stems[rows].tolist())
    noun = "it" if len(rows) == 1 else f"these {len(rows):,}"
    remedy = Remedy(f"Leave {noun} out", {"leave_out": stems})
    return Finding(severity, title, detail, stems, kind, tuple(rows.tolist()), remedy)
