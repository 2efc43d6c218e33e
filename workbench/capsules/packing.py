"""Packs a run into a capsule: known files only, each with its digest."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench import parts
from workbench.capsules.manifest import (
    DATA,
    FILE,
    RUN,
    DataFacts,
    Entry,
    Manifest,
    Stop,
    Told,
    digest,
)
from workbench.data.sources import is_archive
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.runs import labels, own_files, store
from workbench.runs.store import Run
from workbench.spec import PART_PLACES, RunSpec

SUFFIX = ".capsule.zip"
_SMALL = ("spec.json", "environment.json", "events.jsonl", "status.json", labels.FILE)
_FOLDERS = ("model", "evaluation", "history", "insight")
_BEST = "checkpoints/best.npz"
_TEXT = (".json", ".jsonl", ".csv", ".txt", ".tsv", ".md")
_BLOCK = 2**20
_OLDEST = (1980, 1, 1, 0, 0, 0)
# Zip files know no earlier time; the same content gives the same bytes.


@dataclass(frozen=True)
class _Source:
    """A file and its name in the zip."""

    file: Path
    name: str
    path: str


def pack(
    run: Run, file: Path, *, with_data: bool = False, with_checkpoints: bool = False,
    told: Told = lambda done, total: None, stop: Stop = lambda: False,
) -> Manifest:  # fmt: skip
    """Pack a run.

    What it printed (``log.txt``) stays behind, for it may name what is private.

    Args:
        run: it, not under way.
        file: to write; replaced where it is there.
        with_data: its data, too; otherwise only what they are known again by.
        with_checkpoints: all places to go on from, not only the best weights.
        told: told bytes done and in all.
        stop: asked often; true ends it, and nothing is left behind.

    Raises:
        UserError: the run is under way or damaged, its data are gone, or the file cannot be
            written.
        Stopped: the wish to stop was heard.
    """
    if run.under_way:
        raise UserError(f"{run.name} is under way.", "Pack it when it is done or paused.")
    own_files.refuse_links(run.folder)
    spec, status = run.spec(), run.recorded()
    sources = list(_of_run(run, with_checkpoints))
    data = Path(spec.data.folder)
    archive = is_archive(data)
    of_data = list(_of_data(data, archive))
    if with_data and not of_data:
        raise UserError(
            f"The data of {run.name} are not at {data}.",
            "Pack the run without them, or put them back.",
        )
    sizes = [each.file.stat().st_size for each in (*sources, *of_data)]
    progress = _Progress(sum(sizes), told)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(temporary, "w", allowZip64=True) as zipped:
            entries = [_add(zipped, each, progress.add, stop) for each in sources]
            if with_data:
                known = [_add(zipped, each, progress.add, stop) for each in of_data]
            else:
                known = [_entry(each, progress.add, stop) for each in of_data]
            manifest = Manifest(
                title=labels.read(run).name or store.title_of(run.name),
                made=datetime.now().astimezone().isoformat(timespec="seconds"),
                environment=_environment(run), metrics=dict(status.metrics),
                deterministic=spec.training.deterministic, own_parts=tuple(_own(spec)),
                pretrained=tuple(_pretrained(spec)), run=tuple(entries),
                data=DataFacts(folder=str(data), archive=archive, included=with_data,
                               files=tuple(known)),
                left_out=tuple(_left_out(run, with_checkpoints, bool(of_data), with_data)),
            )  # fmt: skip
            zipped.writestr(_info(FILE), manifest.model_dump_json(indent=1) + "\n")
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError as error:
        raise UserError(
            f"The capsule {file} cannot be written: {error.strerror or error}.",
            "Choose another place, or free some space.",
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    return manifest


class _Progress:
    def __init__(self, total: int, told: Told) -> None:
        self._total, self._told, self._done = total, told, 0

    def add(self, count: int) -> None:
        """So many bytes more are done."""
        self._done += count
        self._told(self._done, self._total)


def _of_run(run: Run, with_checkpoints: bool) -> Iterator[_Source]:
    names = [name for name in _SMALL if (run.folder / name).is_file()]
    folders = (*_FOLDERS, "checkpoints") if with_checkpoints else _FOLDERS
    for folder in folders:
        names += [
            file.relative_to(run.folder).as_posix()
            for file in sorted((run.folder / folder).rglob("*"))
        ]
    if not with_checkpoints:
        names.append(_BEST)
    for name in names:
        file = run.folder / name
        # A link could take along what lies outside of the run.
        if file.is_file() and not _linked(file, run.folder) and not file.name.startswith("."):
            yield _Source(file, f"{RUN}{name}", name)


def _linked(file: Path, root: Path) -> bool:
    while file != root:
        if file.is_symlink():
            return True
        file = file.parent
    return False


def _of_data(data: Path, archive: bool) -> Iterator[_Source]:
    if archive:
        yield _Source(data, f"{DATA}{data.name}", data.name)
        return
    if not data.is_dir():
        return
    for file in sorted(data.rglob("*")):
        name = file.relative_to(data).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if file.is_file() and not hidden and not _linked(file, data):
            yield _Source(file, f"{DATA}{name}", name)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _OLDEST)
    info.external_attr = 0o100644 << 16
    packs = name.lower().endswith(_TEXT)
    info.compress_type = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
    return info


def _add(
    zipped: zipfile.ZipFile, source: _Source, told: Callable[[int], object], stop: Stop
) -> Entry:
    """Copy a file into the zip, its digest taken on the way."""
    found, size = hashlib.sha256(), 0
    with source.file.open("rb") as read, zipped.open(_info(source.name), "w",
                                                     force_zip64=True) as written:  # fmt: skip
        while block := read.read(_BLOCK):
            if stop():
                raise Stopped
            found.update(block)
            written.write(block)
            size += len(block)
            told(len(block))
    return Entry(path=source.path, size=size, sha256=found.hexdigest())


def _entry(source: _Source, told: Callable[[int], object], stop: Stop) -> Entry:
    size = source.file.stat().st_size
    return Entry(path=source.path, size=size, sha256=digest(source.file, stop, told))


def _environment(run: Run) -> dict[str, str]:
    try:
        found = json.loads((run.folder / "environment.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
    )


def _own(spec: RunSpec) -> Iterator[str]:
    for place, kind in PART_PLACES.items():
        if spec.holds(place):
            part = parts.find(kind, spec.part(place).name)
            if part.file is not None:
                yield f"{kind} {part.name}"


def _pretrained(spec: RunSpec) -> Iterator[str]:
    for modality, chosen in spec.model.encoders.items():
        if chosen.name.endswith(("_pretrained", "_sentence")):
            yield f"{modality}: {chosen.name}"


def _left_out(
    run: Run, with_checkpoints: bool, found_data: bool, with_data: bool
) -> Iterator[str]:  # fmt: skip
    if run.log_file.is_file():
        yield "what the run printed (log.txt)"
    if not with_checkpoints:
        yield "places to go on from, but for the best weights"
    if not found_data:
        yield "what the data are known again by: they were gone"
    elif not with_data:
        yield "the data themselves"
