"""Every file opened once: what cannot be read, what will hurt, and typical sizes."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench import places
from workbench.data.findings import in_order, lacking
from workbench.data.health import duplicates, files, labels
from workbench.data.health.looking import LOOK, look, look_text
from workbench.data.identities import identities
from workbench.data.index import Finding, Index, Strings, Target, strings
from workbench.data.split import divide
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.parts import Modality
from workbench.spec import DataSpec

VERSION = 1
"""Raised whenever something else is measured, so that old measures are not used."""

Progress = Callable[[int, int], None]
_CHUNK = 256
"""Files that all threads open between two looks at the wish to stop."""
_log = logging.getLogger(__name__)


@dataclass
class Seen:
    """One modality, measured.

    Args:
        looks: a record of ``LOOK`` for each sample; ``content`` 0 where it lacks the modality.
        broken: why a file cannot be read, by row.
    """

    looks: NDArray[np.void]
    broken: dict[int, str]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which samples have it, readable."""
        return np.asarray(self.looks["content"] != 0, bool)


def examine(
    index: Index,
    data: DataSpec | None = None,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Index:
    """As of ``workbench.data.health.examine``."""
    seen = _look(index, progress or _silent, stop or (lambda: False))
    kept = {modality: names.copy() for modality, names in index.files.items()}
    for modality, one in seen.items():
        kept[modality][list(one.broken)] = ""
    findings = [f for m, one in seen.items() for f in files.unreadable(m, index, one.broken)]
    _refuse_all_broken(index, kept, findings)
    whole = replace(index, files=kept, facts=files.facts(seen))
    chosen = data or _first(whole)
    gone = np.isin(whole.stems, strings(chosen.leave_out))
    target = _without(whole.target(chosen.target), gone)
    split = _split(whole, target, chosen)
    looks = {m: np.where(gone, np.zeros((), LOOK), one.looks) for m, one in seen.items()}
    for modality, table in looks.items():
        findings += files.check(modality, whole, table)
    findings += duplicates.check(whole, looks, target, split)
    findings += labels.check(whole, target, split)
    # What lacks a modality is told anew, now that unreadable files count as lacking.
    before = [finding for finding in index.findings if finding.kind != "missing_modality"]
    return replace(whole, findings=in_order([*before, *findings, *lacking(whole)]))


def _silent(done: int, total: int) -> None:
    """Show nothing."""


def _first(index: Index) -> DataSpec:
    target = next(iter(index.targets.values()), index.target(""))
    return DataSpec(folder=str(index.source), target=target.name, task=target.task)


def _without(target: Target, gone: NDArray[np.bool_]) -> Target:
    """The target without the values of samples that a person has left out."""
    values = target.values.copy()
    values[gone] = np.nan if values.dtype.kind == "f" else -1
    return replace(target, values=values)


def _split(index: Index, target: Target, data: DataSpec) -> NDArray[np.int8] | None:
    """How the samples will be divided; None where they cannot be, which is said elsewhere."""
    try:
        return divide(index, target, np.ones(len(index), bool), data)
    except UserError as error:
        _log.info("no division to look at: %s", error.problem)
        return None


def _look(index: Index, progress: Progress, stop: Callable[[], bool]) -> dict[Modality, Seen]:
    total = sum(int(index.has(modality).sum()) for modality in index.modalities)
    seen: dict[Modality, Seen] = {}
    done = 0
    for modality in index.modalities:
        if modality == "text" and index.texts is not None:
            seen[modality] = _look_at_cells(index.texts)
        else:
            seen[modality] = _look_at_files(index, modality, _Offset(progress, done, total), stop)
        done += int(index.has(modality).sum())
    progress(total, total)
    return seen


@dataclass(frozen=True)
class _Offset:
    """Progress of one modality among several.

    Args:
        progress: told (files opened, files in all).
        before: files of the modalities before this one.
        total: files of all modalities.
    """

    progress: Progress
    before: int
    total: int

    def __call__(self, done: int) -> None:
        self.progress(self.before + done, self.total)


def _look_at_cells(texts: Strings) -> Seen:
    looks = np.zeros(len(texts), LOOK)
    for row, said in enumerate(texts.tolist()):
        if said.strip():
            looks[row] = look_text(said)
    return Seen(looks, {})


def _look_at_files(
    index: Index, modality: Modality, progress: Callable[[int], None], stop: Callable[[], bool]
) -> Seen:
    """Measure files that were not measured before, by all cores."""
    names = index.files[modality]
    rows = np.flatnonzero(names != "")
    kept = _Kept(index.root, modality)
    known = identities(index.root, names.tolist())
    looks, broken = kept.find(known)
    fresh = rows[(looks["content"][rows] == 0) & ~np.isin(rows, list(broken))]
    before = len(rows) - len(fresh)

    def one(row: int) -> NDArray[np.void] | UserError:
        try:
            return look(modality, index.root / str(names[row]))
        except UserError as error:
            return error

    try:
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            for start in range(0, len(fresh), _CHUNK):
                if stop():
                    raise Stopped
                part = fresh[start : start + _CHUNK].tolist()
                for row, result in zip(part, pool.map(one, part), strict=True):
                    if isinstance(result, UserError):
                        broken[row] = result.problem
                    else:
                        looks[row] = result
                progress(before + start + len(part))
    finally:
        if len(fresh):
            kept.keep(known, looks, broken)
    return Seen(looks, broken)


class _Kept:
    """Measures of earlier looks at one folder, by the identities of the files.

    Args:
        root: the folder.
        modality: of the files.
    """

    def __init__(self, root: Path, modality: Modality) -> None:
        name = hashlib.sha256(f"{VERSION}|{root}|{modality}".encode()).hexdigest()[:24]
        self._file = places.cache() / "health" / f"{name}.npz"

    def find(self, known: NDArray[np.uint64]) -> tuple[NDArray[np.void], dict[int, str]]:
        """What is known of files.

        Args:
            known: identity of each row's file.

        Returns:
            Records, 0 where nothing is known, and reasons of unreadable files by row.
        """
        looks = np.zeros(len(known), LOOK)
        try:
            with np.load(self._file, allow_pickle=False) as stored:
                theirs, records = stored["identities"], stored["looks"]
                reasons = json.loads(str(stored["broken"]))
            if records.dtype != LOOK or len(records) != len(theirs):
                return looks, {}
        except FileNotFoundError:
            return looks, {}
        except (OSError, ValueError, KeyError, EOFError):
            _log.warning("the measures in %s are damaged and are taken again", self._file.name)
            return looks, {}
        order = np.argsort(theirs)
        at = np.searchsorted(theirs, known, sorter=order).clip(max=max(len(theirs) - 1, 0))
        if not len(theirs):
            return looks, {}
        source = order[at]
        same = (theirs[source] == known) & (known > 1)
        looks[same] = records[source[same]]
        broken = {
            int(row): reasons[str(known[row])]
            for row in np.flatnonzero(same)
            if str(known[row]) in reasons
        }
        return looks, broken

    def keep(
        self, known: NDArray[np.uint64], looks: NDArray[np.void], broken: dict[int, str]
    ) -> None:
        """Write measures down for the next look; what cannot be written is measured again then."""
        looked = (looks["content"] != 0) | np.isin(np.arange(len(known)), list(broken))
        reasons = json.dumps({str(known[row]): reason for row, reason in broken.items()})
        temporary = self._file.with_name(f".{os.getpid()}-{self._file.name}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(
                temporary, identities=known[looked], looks=looks[looked], broken=np.str_(reasons)
            )
            temporary.replace(self._file)
        except OSError as error:
            _log.warning("measures are not kept: %s", error)
            temporary.unlink(missing_ok=True)


def _refuse_all_broken(
    index: Index, kept: dict[Modality, Strings], findings: list[Finding]
) -> None:
    empty = [m for m, names in kept.items() if not (names != "").any()]
    if len(empty) == len(kept):
        reason = next((f.detail for f in findings if f.severity == "error"), "")
        raise UserError(f"No file in {index.root} can be read.", reason)
    for modality in empty:
        del kept[modality]
