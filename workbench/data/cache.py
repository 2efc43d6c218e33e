"""Samples of an Index as arrays that can be trained on: read once, then found on disk.

One array a modality, kept by ``data.decoded`` under a hash of the files' identities and the
options; where the disk is too short, files are decoded as they are needed instead.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import places
from workbench.data import decoded
from workbench.data.decoded import Wanted
from workbench.data.folder import Progress
from workbench.data.identities import Identities, identities
from workbench.data.index import Index, Target
from workbench.data.prepared import Prepared, Scaling
from workbench.data.readers import audio, image
from workbench.data.split import divide
from workbench.data.streamed import Streamed
from workbench.data.tokenized import tokenized
from workbench.errors import UserError
from workbench.parts import Modality
from workbench.spec import AudioInput, DataSpec

VERSION = 2
"""Raised whenever a reader gives other numbers than before, so that old files are not used."""

LIMIT = 20 * 2**30
"""Bytes of decoded files kept, unless WORKBENCH_CACHE_LIMIT says otherwise."""
_RESERVE = 200 * 2**20
"""Bytes of disk that stay free."""
_log = logging.getLogger(__name__)


def prepare(
    index: Index,
    spec: DataSpec,
    modalities: tuple[Modality, ...],
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    folder: Path | None = None,
) -> Prepared:
    """Read what training needs into memory-mapped arrays; a second call finds them there.

    Args:
        index: the data.
        spec: target, division, what is left out, and how files are read.
        modalities: those in use.
        progress: told (files read, files in all).
        stop: asked often; true ends it; what was read by then is kept for the next call.
        folder: where the arrays are kept; the user's cache folder when left out.

    Raises:
        UserError: a modality or the target is missing, or too few samples are left.
        Stopped: the wish to stop was heard.
    """
    target = index.target(spec.target).as_task(spec.task)
    usable, left_out = select(index, target, modalities, spec)
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise UserError(
            "No sample has a target and a file of every modality in use.",
            "Switch a modality off or pair the files by their names.",
        )
    store = _Store(folder or places.cache(), index, rows, spec)
    arrays, broken = store.arrays(modalities, progress or _silent, stop or (lambda: False))
    there = {m: index.has(m)[rows] for m in modalities}
    for modality, lost in broken.items():
        there[modality][lost] = False
    readable = _enough(list(there.values()), spec)
    left_out["unreadable"] = int((~readable).sum())
    usable[rows[~readable]] = False
    divided = divide(index, target, usable, spec)[rows]
    tokenizer, vocabulary = "", 0
    if "text" in modalities:
        arrays["text"], tokenizer, vocabulary = tokenized(
            store.folder, index, rows, np.flatnonzero(divided == 0), spec.text
        )
    labels = target.values[rows]
    numbers = target.task in {"number", "numbers"}
    return Prepared(
        arrays=arrays,
        labels=labels,
        split=divided,
        stems=index.stems[rows],
        task=target.task,
        classes=target.classes,
        vocabulary=vocabulary,
        scaling=Scaling.of(labels[divided == 0]) if numbers else None,
        left_out={reason: count for reason, count in left_out.items() if count},
        tokenizer=tokenizer,
        key=store.key(),
        columns=target.columns,
        masks={m: have for m, have in there.items() if not have[divided >= 0].all()},
    )


def select(
    index: Index, target: Target, modalities: Sequence[Modality], spec: DataSpec
) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Which samples are learned from, and how many are left out for what.

    Args:
        index: the data.
        target: what is learned.
        modalities: those in use.
        spec: whether incomplete samples are kept, and which a person has left out.

    Returns:
        bool [samples], and counts by reason.

    Raises:
        UserError: the data lack a modality.
    """
    usable = target.present.copy()
    left_out = {"no target": int((~usable).sum())}
    if spec.leave_out:
        gone = np.isin(index.stems, np.asarray(spec.leave_out, index.stems.dtype))
        left_out["left out by you"] = int((usable & gone).sum())
        usable &= ~gone
    there = []
    for modality in modalities:
        if modality not in index.files:
            raise UserError(
                f"The data have no {modality} files.", f"Switch {modality} off in the recipe."
            )
        there.append(index.has(modality))
        if spec.incomplete == "leave_out":
            left_out[f"no {modality}"] = int((usable & ~there[-1]).sum())
            usable &= there[-1]
    enough = _enough(there, spec)
    left_out["no file at all"] = int((usable & ~enough).sum())
    return usable & enough, left_out


def _enough(there: list[NDArray[np.bool_]], spec: DataSpec) -> NDArray[np.bool_]:
    """Which samples have all modalities, or one at least where incomplete ones are kept."""
    every = np.stack(there)
    return np.asarray(every.any(axis=0) if spec.incomplete == "keep" else every.all(axis=0), bool)


def _silent(done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class _Offset:
    """Progress of one array among several.

    Args:
        progress: told (rows done, rows in all).
        before: rows of the arrays before this one.
        total: rows of all arrays.
    """

    progress: Progress
    before: int
    total: int

    def __call__(self, done: int) -> None:
        self.progress(self.before + done, self.total)


@dataclass
class _Store:
    """The arrays of some rows of an Index.

    Args:
        folder: where they lie.
        index: the data.
        rows: rows in use, ascending.
        spec: how files are read.
    """

    folder: Path
    index: Index
    rows: NDArray[np.int64]
    spec: DataSpec

    def key(self) -> str:
        """Hash of everything that the prepared samples depend on."""
        digest = hashlib.sha256(json.dumps([self.spec.model_dump(mode="json"), VERSION]).encode())
        for modality in self.index.modalities:
            if modality != "text" or self.index.texts is None:
                digest.update(self._identities(modality).tobytes())
        return digest.hexdigest()[:24]

    def arrays(
        self, modalities: Sequence[Modality], progress: Progress, stop: Callable[[], bool]
    ) -> tuple[dict[Modality, Any], dict[Modality, list[int]]]:
        """The arrays of pictures and sounds, and the rows of each that cannot be read."""
        folder = self.folder / "decoded"
        wanted = {m: self._wanted(m) for m in modalities if m != "text"}
        missing = [each for each in wanted.values() if not decoded.filled(folder, each)]
        streamed = {w.family for w in missing} if self._disk_short(missing) else set()
        arrays: dict[Modality, Any] = {}
        broken: dict[Modality, list[int]] = {}
        total = len(self.rows) * len(wanted)
        for position, (modality, each) in enumerate(wanted.items()):
            if each.family in streamed:
                arrays[modality] = Streamed(each)
                continue
            told = _Offset(progress, position * len(self.rows), total)
            arrays[modality], broken[modality] = decoded.array(folder, each, told, stop)
        kept = [decoded.name_of(w) for w in wanted.values() if w.family not in streamed]
        if kept:
            decoded.mark_used(folder, kept)
        if missing:
            decoded.evict(folder, _limit(), frozenset(kept))
        return arrays, broken

    def _wanted(self, modality: Modality) -> Wanted:
        options = getattr(self.spec, modality)
        names = self.index.files[modality][self.rows]
        identities = self._identities(modality)
        source = f"{VERSION}|{self.index.root}|{modality}|{options.model_dump_json()}"
        family = f"{modality}-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
        key = hashlib.sha256(identities.tobytes()).hexdigest()[:16]
        root = self.index.root
        shape: tuple[int, ...]
        kind: np.dtype[Any]
        if modality == "image":
            shape, kind = (options.size, options.size, 3), np.dtype(np.uint8)
        else:
            frames = audio.frames(options.sample_rate, options.seconds)
            shape, kind = (frames, options.mel_bands), np.dtype(np.float16)

        def decode(row: int) -> NDArray[Any]:
            path = root / names[row]
            if modality == "image":
                return image.read_bytes(path, options.size, options.fit)
            return _log_mel(path, options)

        return Wanted(family, key, identities, shape, kind, decode)

    def _identities(self, modality: Modality) -> Identities:
        return identities(self.index.root, self.index.files[modality][self.rows].tolist())

    def _disk_short(self, missing: list[Wanted]) -> bool:
        wanted = sum(each.bytes for each in missing)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise UserError(
                f"The cache folder {self.folder} cannot be made: {error.strerror}.",
                "Set WORKBENCH_CACHE to a folder that can be written.",
            ) from None
        short = wanted + _RESERVE > free
        if short:
            _log.warning(
                "Decoded files need %.1f GiB in %s and %.1f GiB are free: files are decoded in "
                "every epoch anew, which is slower. Free some space or set WORKBENCH_CACHE.",
                wanted / 2**30, self.folder, free / 2**30,
            )  # fmt: skip
        return short


def _log_mel(path: Path, options: AudioInput) -> NDArray[np.float32]:
    rate, seconds = options.sample_rate, options.seconds
    sound = audio.read(path, rate, seconds)
    return audio.log_mel(sound, rate, seconds, options.mel_bands)


def _limit() -> int:
    said = os.environ.get("WORKBENCH_CACHE_LIMIT", "")
    try:
        return int(float(said) * 2**30) if said else LIMIT
    except ValueError:
        raise UserError(
            f"WORKBENCH_CACHE_LIMIT is '{said}'.", "It must be a number of GiB, such as 20."
        ) from None
