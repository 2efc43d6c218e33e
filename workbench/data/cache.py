"""Decoded samples on disk: read once, then memory-mapped, so that epochs cost what the model costs.

One array file a modality, named by a hash of all that it depends on: identity of the files (path,
size, time of change) and options. A file is written under another name and renamed when it is
whole; what cannot be decoded in spite of the scan is marked in a small file beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count, getpid
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import places
from workbench.data.folder import Progress, Stopped
from workbench.data.index import Index, Strings, Target
from workbench.data.prepared import Prepared, Scaling
from workbench.data.readers import audio, image, text, tokens
from workbench.data.split import split
from workbench.errors import UserError
from workbench.parts import Modality
from workbench.spec import DataSpec

VERSION = 1
"""Raised whenever a reader gives other numbers than before, so that old files are not used."""

_CHUNK = 32
_RESERVE = 200 * 2**20
"""Bytes of disk that stay free."""

Reader = Callable[[Path], NDArray[Any]]


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
        spec: target, split and how files are read.
        modalities: those in use; samples that lack one are left out.
        progress: told (files read, files in all).
        stop: asked often; true ends it.
        folder: where the arrays are kept; the user's cache folder when left out.

    Raises:
        UserError: a modality or the target is missing, too few samples are left, or the disk is
            full.
        Stopped: the wish to stop was heard.
    """
    target = index.target(spec.target).as_task(spec.task)
    usable, left_out = _complete(index, target, modalities)
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise UserError(
            "No sample has a target and a file of every modality in use.",
            "Switch a modality off or pair the files by their names.",
        )
    store = _Store(folder or places.cache(), index, rows, progress, stop or (lambda: False))
    arrays = store.arrays(spec, modalities)
    readable = np.ones(len(rows), bool)
    for modality in modalities:
        if modality in store.broken:
            readable[store.broken[modality]] = False
    left_out["unreadable"] = int((~readable).sum())
    usable[rows[~readable]] = False
    divided = split(
        target,
        usable,
        validation=spec.validation,
        test=spec.test,
        seed=spec.split_seed,
        fixed=index.fixed_split,
    )[rows]
    tokenizer, vocabulary = "", 0
    if "text" in modalities:
        arrays["text"], tokenizer, vocabulary = _tokens(store.texts(), divided, spec)
    return _prepared(
        index, target, rows, divided, arrays, tokenizer, vocabulary, left_out, store.key(spec)
    )


def _complete(
    index: Index, target: Target, modalities: tuple[Modality, ...]
) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Which samples have a target and every modality, and how many lack what."""
    usable = target.present.copy()
    left_out = {"no target": int((~usable).sum())}
    for modality in modalities:
        if modality not in index.files:
            raise UserError(
                f"The data have no {modality} files.", f"Switch {modality} off in the recipe."
            )
        lacking = index.files[modality] == ""
        left_out[f"no {modality} file"] = int((usable & lacking).sum())
        usable &= ~lacking
    return usable, left_out


class _Store:
    """The array files of some rows of an Index.

    Args:
        folder: where they lie.
        index: the data.
        rows: rows in use, ascending.
        progress: told (files read, files in all).
        stop: asked often.
    """

    def __init__(
        self,
        folder: Path,
        index: Index,
        rows: NDArray[np.int64],
        progress: Progress | None,
        stop: Callable[[], bool],
    ) -> None:
        self.broken: dict[Modality, list[int]] = {}
        self._folder = folder
        self._index = index
        self._rows = rows
        self._progress = progress or (lambda done, total: None)
        self._stop = stop
        self._identities: dict[Modality, str] = {}

    def key(self, spec: DataSpec) -> str:
        """Hash of everything that the prepared samples depend on."""
        text_ = json.dumps([self._identities, spec.model_dump(mode="json"), VERSION])
        return hashlib.sha256(text_.encode()).hexdigest()[:24]

    def arrays(self, spec: DataSpec, modalities: Iterable[Modality]) -> dict[Modality, Any]:
        """The arrays of pictures and sounds, read now where they are not there yet."""
        frames = audio.frames(spec.audio.sample_rate, spec.audio.seconds)
        shapes: dict[Modality, tuple[int, ...]] = {
            "image": (spec.image.size, spec.image.size, 3),
            "audio": (frames, spec.audio.mel_bands),
        }
        wanted = {m: shapes[m] for m in modalities if m in shapes}
        files = {m: self._file(m, spec) for m in wanted}
        self._identify("text", modalities)
        missing = [m for m, file in files.items() if not file.with_suffix(".json").is_file()]
        self._check_disk(sum(_size(m, wanted[m]) * len(self._rows) for m in missing))
        for position, modality in enumerate(missing):
            reader, kind = _reader(modality, spec)
            self._fill(files[modality], modality, wanted[modality], kind, reader,
                       position * len(self._rows), len(missing) * len(self._rows))  # fmt: skip
        for modality, file in files.items():
            self.broken[modality] = json.loads(file.with_suffix(".json").read_text())["broken"]
        return {m: np.load(file, mmap_mode="r", allow_pickle=False) for m, file in files.items()}

    def texts(self) -> list[str]:
        """All texts; those that cannot be read any more are empty."""
        names = self._index.files["text"][self._rows]

        def read(name: str) -> str:
            try:
                return text.read(self._index.root / name)[0]
            except UserError:
                return ""

        with ThreadPoolExecutor(cpu_count() or 2) as pool:
            return list(pool.map(read, names.tolist()))

    def _identify(self, modality: Modality, among: Iterable[Modality]) -> None:
        if modality in among:
            names = self._index.files[modality][self._rows]
            self._identities[modality] = _identity(self._index.root, names)

    def _file(self, modality: Modality, spec: DataSpec) -> Path:
        self._identify(modality, (modality,))
        options = getattr(spec, modality).model_dump_json()
        whole = f"{VERSION}|{self._index.root}|{modality}|{options}|{self._identities[modality]}"
        return self._folder / f"{modality}-{hashlib.sha256(whole.encode()).hexdigest()[:24]}.npy"

    def _check_disk(self, wanted: int) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            raise UserError(
                f"The cache folder {self._folder} cannot be made: {error.strerror}.",
                "Set WORKBENCH_CACHE to a folder that can be written.",
            ) from None
        if wanted + _RESERVE > free:
            raise UserError(
                f"Reading these files needs {wanted / 2**30:.1f} GiB of disk in {self._folder}; "
                f"{free / 2**30:.1f} GiB are free.",
                "Free some space, set WORKBENCH_CACHE elsewhere, or choose smaller inputs.",
            )

    def _fill(
        self, file: Path, modality: Modality, shape: tuple[int, ...], kind: type, reader: Reader,
        before: int, total: int,
    ) -> None:  # fmt: skip
        names = self._index.files[modality][self._rows].tolist()
        temporary = file.with_name(f".{file.name}.{getpid()}.{threading.get_ident()}")
        array = np.lib.format.open_memmap(
            temporary, mode="w+", dtype=kind, shape=(len(names), *shape)
        )
        broken: list[int] = []

        def read(row: int) -> None:
            try:
                array[row] = reader(self._index.root / names[row])
            except UserError:
                broken.append(row)

        try:
            with ThreadPoolExecutor(cpu_count() or 2) as pool:
                for start in range(0, len(names), _CHUNK):
                    if self._stop():
                        raise Stopped
                    list(pool.map(read, range(start, min(start + _CHUNK, len(names)))))
                    self._progress(before + min(start + _CHUNK, len(names)), total)
            array.flush()
            temporary.replace(file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        # The array counts only once this file stands beside it.
        mark = temporary.with_suffix(".mark")
        mark.write_text(json.dumps({"broken": sorted(broken)}))
        mark.replace(file.with_suffix(".json"))


def _reader(modality: Modality, spec: DataSpec) -> tuple[Reader, type]:
    if modality == "image":
        return lambda path: image.read_bytes(path, spec.image.size), np.uint8
    inputs = spec.audio

    def log_mel(path: Path) -> NDArray[np.float32]:
        sound = audio.read(path, inputs.sample_rate)
        return audio.log_mel(sound, inputs.sample_rate, inputs.seconds, inputs.mel_bands)

    return log_mel, np.float16


def _size(modality: Modality, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape)) * (1 if modality == "image" else 2)


def _identity(root: Path, names: Strings) -> str:
    """Hash of path, size and time of change of files."""
    digest = hashlib.sha256()
    for name in names.tolist():
        try:
            facts = (root / name).stat()
            digest.update(f"{name}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
        except OSError:
            digest.update(f"{name}|gone\n".encode())
    return digest.hexdigest()


def _tokens(
    texts: list[str], divided: NDArray[np.int8], spec: DataSpec
) -> tuple[NDArray[np.int32], str, int]:
    training = [texts[row] for row in np.flatnonzero(divided == 0)]
    tokenizer = tokens.train_tokenizer(training, spec.text.vocabulary)
    numbers = tokens.encode(tokenizer, texts, spec.text.words)
    return numbers, tokenizer.to_str(), tokenizer.get_vocab_size()


def _prepared(
    index: Index, target: Target, rows: NDArray[np.int64], divided: NDArray[np.int8],
    arrays: dict[Modality, Any], tokenizer: str, vocabulary: int, left_out: dict[str, int],
    key: str,
) -> Prepared:  # fmt: skip
    labels = target.values[rows]
    scaling = None
    if target.task == "number":
        scaling = Scaling.of(labels[divided == 0])
    return Prepared(
        arrays=arrays,
        labels=labels,
        split=divided,
        stems=index.stems[rows],
        task=target.task,
        classes=target.classes,
        vocabulary=vocabulary,
        scaling=scaling,
        left_out={reason: count for reason, count in left_out.items() if count},
        tokenizer=tokenizer,
        key=key,
    )
