"""What every layout gives: the samples of a folder in columns, before any file was opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.data import targets
from workbench.data.index import Finding, Severity, Strings, Target, strings
from workbench.data.tables import SPLIT_WORDS
from workbench.data.walk import Media
from workbench.parts import MODALITIES, Modality
from workbench.spec import Layout, Reading

LEAST_SHARE = 0.05
"""A modality that fewer of the samples have is a stray file or two, and is not offered."""
_LEAST = 2


@dataclass
class Columns:
    """A folder read into columns.

    Args:
        layout: which layout it has.
        stems: name of each sample; no two are alike.
        files: for each modality the path of each sample's file, "" where it lacks it.
        targets: columns that can be learned.
        split: what the data state, int8 [samples], -1 where they do not; None: nothing.
        findings: what a person should know.
        texts: texts that are no files of their own; None: all are.
        columns: further columns, to show, to filter and to group by.
        reading: what was found out, filled in.
    """

    layout: Layout
    stems: Strings
    files: dict[Modality, Strings]
    targets: dict[str, Target] = field(default_factory=dict)
    split: NDArray[np.int8] | None = None
    findings: list[Finding] = field(default_factory=list)
    texts: Strings | None = None
    columns: dict[str, Strings] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)

    def learn(self, name: str, words: Strings) -> None:
        """Offer a column as a target, as it looks or as the reading says.

        Classes of one sample are taken out; a column of one class is not offered.

        Args:
            name: the column's name.
            words: its cells, text [samples].

        Raises:
            UserError: it cannot be what the reading says.
        """
        target, found = targets.detect(
            name,
            words,
            task=self.reading.tasks.get(name),
            separator=self.reading.separator,
            order=self.reading.orders.get(name, ()),
        )
        self.findings += found
        if target is not None:
            self.add(target)

    def learn_folders(self, words: Strings) -> None:
        """Offer the names of folders as the target ``label``.

        They are categories, whatever they look like, unless the reading says otherwise.

        Args:
            words: the name of each sample's folder, text [samples].

        Raises:
            UserError: they cannot be what the reading says.
        """
        if "label" in self.reading.tasks or "label" in self.reading.orders:
            self.learn("label", words)
        else:
            self.add(targets.category("label", words))

    def add(self, target: Target) -> None:
        """Offer a target, as far as it can be learned.

        Args:
            target: of these samples.
        """
        kept, rare = targets.without_rare(target)
        if rare:
            title = f"{len(rare)} classes have one sample only"
            shown = ", ".join(rare[:8])
            detail = f"They are left out, as one sample cannot train and test: {shown}."
            rows = np.flatnonzero(target.present & ~kept.present)
            self.findings.append(self._of_rows("warning", title, detail, "rare_class", rows))
        if kept.task in {"category", "ordered", "yes_no"} and len(kept.classes) < 2:
            title = f"Column '{kept.name}' has one class only"
            detail = "It is not offered as a target."
            self.findings.append(Finding("info", title, detail, kind="column"))
        else:
            self.targets[kept.name] = kept

    def _of_rows(
        self, severity: Severity, title: str, detail: str, kind: str, rows: NDArray[np.int64]
    ) -> Finding:
        names = tuple(self.stems[rows].tolist())
        return Finding(severity, title, detail, names, kind, tuple(rows.tolist()))


@dataclass(frozen=True)
class Places:
    """The folders of the files, split folders taken out of their paths.

    Args:
        media: the files.
        inner: path of each folder without the folder of its split, text [folders].
        split: split that each folder states, int8 [folders], -1 where it states none.
    """

    media: Media
    inner: Strings
    split: NDArray[np.int8]

    @property
    def stated(self) -> bool:
        """Some folder states a split."""
        return bool((self.split >= 0).any())

    def split_of(self, files: NDArray[np.int64]) -> NDArray[np.int8] | None:
        """The split of each of these files; None where no folder states any."""
        return self.split[self.media.folder[files]] if self.stated else None


def places(media: Media, depth: int = 0) -> Places:
    """Find split folders, so that ``train`` and ``test`` are never mistaken for labels.

    Folders are those of splits where all of one depth are named so, or some of them for training
    and some for validating or testing. Files beside them belong to no split; where the split
    folders hold the same classes as the folder beside them, to those classes.

    Args:
        media: the files.
        depth: how many folders stand above those of the splits: 1 below folders of a modality.
    """
    paths = [path.split("/") if path else [] for path in media.folders.tolist()]
    named = {parts[depth].lower() for parts in paths if len(parts) > depth}
    split = np.full(len(paths), -1, np.int8)
    meant = {SPLIT_WORDS[name] for name in named & SPLIT_WORDS.keys()}
    if not named or not (named <= SPLIT_WORDS.keys() or (0 in meant and len(meant) > 1)):
        return Places(media, media.folders, split)
    inner: list[str] = []
    without = ["/".join(parts[:depth] + parts[depth + 1 :]) for parts in paths]
    for number, parts in enumerate(paths):
        if len(parts) > depth:
            split[number] = SPLIT_WORDS.get(parts[depth].lower(), -1)
    divided = {path for path, number in zip(without, split.tolist(), strict=True) if number >= 0}
    for parts, path, number in zip(paths, without, split.tolist(), strict=True):
        beside = number < 0 and (len(parts) <= depth or path not in divided)
        inner.append("/".join(parts[:depth]) if beside else path)
    return Places(media, strings(inner), split)


def numbered(keys: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Number samples by their keys, in sorted order.

    Args:
        keys: the key of each file's sample.

    Returns:
        The number of each file's sample, int64 [files], and the key of each sample.
    """
    different = sorted(set(keys))
    number = {key: place for place, key in enumerate(different)}
    return np.fromiter((number[key] for key in keys), np.int64, len(keys)), different


def placed(
    media: Media, files: NDArray[np.int64], samples: NDArray[np.int64], count: int
) -> tuple[dict[Modality, Strings], list[Finding]]:
    """Files to columns by modality; of two files of one sample and modality the first is taken.

    Args:
        media: all files.
        files: places of those in use.
        samples: the sample of each of them.
        count: how many samples there are.

    Returns:
        The columns of the modalities that enough samples have, and what was passed over.
    """
    columns: dict[Modality, Strings] = {}
    twice: list[NDArray[np.int64]] = []
    findings: list[Finding] = []
    paths = media.paths(files)
    kinds = media.kinds[files]
    for number, modality in enumerate(MODALITIES):
        mine = np.flatnonzero(kinds == number)
        rows, first = np.unique(samples[mine], return_index=True)
        if len(first) < len(mine):
            twice.append(np.delete(mine, first))
        if 0 < len(rows) < max(_LEAST, LEAST_SHARE * count) and count > len(rows):
            findings.append(_too_few(modality, paths[mine].tolist(), rows))
        elif len(rows):
            column = np.full(count, "", np.dtypes.StringDType())
            column[rows] = paths[mine[first]]
            columns[modality] = column
    if twice:
        second = np.concatenate(twice)
        share = "file shares" if len(second) == 1 else "files share"
        title = f"{len(second):,} {share} name and kind with another"
        detail = "Of such files the first by name is taken."
        names, touched = tuple(paths[second].tolist()), tuple(np.unique(samples[second]).tolist())
        findings.append(Finding("warning", title, detail, names, "same_name", touched))
    return columns, findings


def passed_over(names: Sequence[str], where: str, kind: str) -> list[Finding]:
    """A finding of files that are not used; none where there are none.

    Args:
        names: the files.
        where: what is wrong with them, after their number.
        kind: of the finding.
    """
    if not names:
        return []
    title = f"{len(names)} {'file' if len(names) == 1 else 'files'} {where}"
    return [Finding("warning", title, "They are passed over.", tuple(names), kind)]


def _too_few(modality: Modality, paths: list[str], rows: NDArray[np.int64]) -> Finding:
    title = f"Only {len(paths)} {modality} {'file' if len(paths) == 1 else 'files'}"
    detail = f"Too few to learn from; {modality} is not offered."
    return Finding("info", title, detail, tuple(paths), "stray_modality", tuple(rows.tolist()))
