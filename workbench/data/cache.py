"""Samples of an Index as arrays that can be trained on: read once, then found on disk.

One array a modality, kept by ``data.decoded`` under a hash of the files' identities and the
options; where the disk is too short, files are decoded as they are needed instead.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench import places
from workbench.data import decoded, eviction
from workbench.data.decoded import Wanted
from workbench.data.folder import Progress
from workbench.data.identities import Identities, identities
from workbench.data.index import Index, Target
from workbench.data.media import row_form
from workbench.data.prepared import Prepared, Scaling
from workbench.data.readers.sentences import SentenceModel, opened
from workbench.data.split import divide
from workbench.data.streamed import Streamed
from workbench.data.tokenized import Texts, embedded, learned, numbered, readable
from workbench.errors import UserError
from workbench.parts import Modality
from workbench.spec import DataSpec

VERSION = 4
"""Raised whenever a reader gives other numbers than before, so that old files are not used."""

LIMIT = 20 * 2**30
"""Bytes of decoded files kept, unless WORKBENCH_CACHE_LIMIT says otherwise, in GiB."""
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
        progress: told (rows read, rows in all), each modality counted by itself and texts twice:
            once when their files are read, once when they become numbers.
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
    texts = Texts(index, rows) if "text" in modalities else None
    # Opened before anything is read: a wrong path is told at once.
    model = opened(spec.text) if texts and spec.text.form == "sentence" else None
    wanted = {m: _wanted(index, rows, m, spec) for m in modalities if m != "text"}
    total = len(rows) * (len(wanted) + (1 + texts.are_files if texts else 0))
    store = _Store(folder or places.cache(), progress, total, stop)
    there = {modality: index.has(modality)[rows] for modality in modalities}
    arrays: dict[Modality, Any] = {}
    for modality, each in wanted.items():
        arrays[modality], broken = store.array(each)
        there[modality][broken] = False
    if texts and texts.are_files:
        there["text"][store.array(readable(texts))[1]] = False
    enough = _enough(list(there.values()), spec)
    left_out["unreadable"] = int((~enough).sum())
    usable[rows[~enough]] = False
    divided = divide(index, target, usable, spec)[rows]
    vocabulary, tokenizer = 0, ""
    if texts:
        training = np.flatnonzero((divided == 0) & there["text"])
        read, vocabulary, tokenizer = _read(texts, training, spec, model, store)
        arrays["text"], _ = store.array(read)
    store.tidy()
    known = [each.identities for each in wanted.values()] + ([texts.identities] if texts else [])
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
        key=_key(spec, known, tokenizer if model else ""),
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


class _Store:
    """The arrays of the cache that one call of ``prepare`` uses.

    Args:
        folder: the cache folder.
        progress: told (rows done, rows in all) over all arrays.
        total: rows of all arrays.
        stop: asked often; true ends it.

    Raises:
        UserError: the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        progress: Progress | None,
        total: int,
        stop: Callable[[], bool] | None,
    ) -> None:
        self.folder = folder
        self.stop = stop or (lambda: False)
        self._progress = progress or (lambda done, total: None)
        self._before, self._total = 0, total
        self._limit = _limit()
        self._arrays = folder / "decoded"
        self._used: set[str] = set()
        self._filled = False
        try:
            self._arrays.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"The cache folder {folder} cannot be made: {error.strerror}.",
                "Set WORKBENCH_CACHE to a folder that can be written.",
            ) from None

    def array(self, wanted: Wanted) -> tuple[Any, list[int]]:
        """An array and its rows that cannot be decoded; where the disk is short a streamed one.

        Args:
            wanted: which array.
        """
        values: Any
        fresh = not decoded.filled(self._arrays, wanted)
        try:
            if fresh:
                self._make_room(wanted)
            values, broken = decoded.array(self._arrays, wanted, self._tell, self.stop)
        except decoded.NoSpace as error:
            _log.warning(
                "%s Files are decoded in every epoch anew, which is slower. %s",
                error.problem,
                error.remedy,
            )
            self._tell(len(wanted.identities))
            values, broken = Streamed(wanted), []
        else:
            self._used.add(wanted.name)
            self._filled = self._filled or fresh
        self._before += len(wanted.identities)
        return values, broken

    def tidy(self) -> None:
        """Remove arrays that were not used for longest, where the cache has grown too large."""
        if self._filled:
            eviction.evict(self._arrays, self._limit, frozenset(self._used))

    def _tell(self, done: int) -> None:
        self._progress(self._before + done, self._total)

    def _make_room(self, wanted: Wanted) -> None:
        """See to it that the disk holds an array, at the cost of older ones.

        Raises:
            NoSpace: it does not.
        """
        short = self._short(wanted)
        if short > 0:
            size = eviction.size(self._arrays)
            eviction.evict(self._arrays, size - short, frozenset({*self._used, wanted.name}))
            if self._short(wanted) > 0:
                raise decoded.NoSpace(
                    f"Decoded files need {wanted.bytes / 2**30:.1f} GiB in {self.folder}, which "
                    "are not free.",
                    "Free some space or set WORKBENCH_CACHE to another disk.",
                )

    def _short(self, wanted: Wanted) -> int:
        free = shutil.disk_usage(self._arrays).free
        return decoded.lacking(self._arrays, wanted) + _RESERVE - free


def _wanted(
    index: Index, rows: NDArray[np.int64], modality: Literal["image", "audio"], spec: DataSpec
) -> Wanted:
    """The array of the pictures or sounds of some rows."""
    root, names = index.root, index.files[modality][rows].tolist()
    known = identities(root, names)
    options = getattr(spec, modality)
    source = f"{VERSION}|{root}|{modality}|{options.model_dump_json()}"
    form = row_form(modality, spec)

    def decode(row: int) -> NDArray[Any]:
        return form.decode(root / names[row])

    return Wanted(
        family=f"{modality}-{hashlib.sha256(source.encode()).hexdigest()[:16]}",
        key=hashlib.sha256(known.tobytes()).hexdigest()[:16],
        identities=known,
        shape=form.shape,
        kind=form.kind,
        decode=decode,
    )


def _read(
    texts: Texts, training: NDArray[np.int64], spec: DataSpec, model: SentenceModel | None,
    store: _Store,
) -> tuple[Wanted, int, str]:  # fmt: skip
    """The array of texts, how many token numbers it has, and what says how they were read."""
    if model is not None:
        return embedded(texts, model), 0, model.facts()
    taught = learned(store.folder / "tokenizers", texts, training, spec.text, store.stop)
    wanted = numbered(texts, taught, spec.text.words)
    return wanted, taught.get_vocab_size(), taught.to_str()


def _key(spec: DataSpec, known: Iterable[Identities], model: str) -> str:
    digest = hashlib.sha256(f"{VERSION}|{spec.model_dump_json()}{model}".encode())
    for each in known:
        digest.update(each.tobytes())
    return digest.hexdigest()[:24]


def _limit() -> int:
    said = os.environ.get("WORKBENCH_CACHE_LIMIT", "")
    try:
        limit = float(said) * 2**30 if said else LIMIT
        return int(limit)
    except (ValueError, OverflowError):
        raise UserError(
            f"WORKBENCH_CACHE_LIMIT is '{said}'.", "It must be a number of GiB, such as 20."
        ) from None
