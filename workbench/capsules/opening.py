"""Looks into a capsule and opens it: every byte is checked, and nothing leaves its folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.capsules.manifest import DATA, FILE, LARGEST, RUN, Entry, Manifest, Stop, Told
from workbench.data.archives import harm
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.runs import store
from workbench.runs.store import Run
from workbench.writing import write_atomic

_BLOCK = 2**20
_TAIL = 2**16
# Bytes at the end of a zip in which its last entries are listed.
_RESERVE = 200 * 2**20
# Bytes that stay free.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def is_capsule(file: Path) -> bool:
    """Whether a file is a capsule, by what it holds and not by its name.

    Args:
        file: any path.
    """
    try:
        # The list of a large zip of data takes seconds to read; that of a capsule ends on its own.
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - _TAIL))
            if FILE.encode() not in stream.read():
                return False
        with zipfile.ZipFile(file) as zipped:
            return FILE in zipped.namelist()
    except (OSError, *_BROKEN):
        return False


def look(file: Path) -> Manifest:
    """What a capsule says that it holds; nothing is unpacked.

    Args:
        file: the capsule.

    Raises:
        UserError: it is none, damaged, hostile, or of a newer version; says which.
    """
    try:
        with zipfile.ZipFile(file) as zipped:
            manifest = _manifest(file, zipped)
            _refuse_strange(file, zipped, manifest)
            return manifest
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from None
    except _BROKEN as error:
        raise _damaged(file, str(error)) from None


def unpack(
    file: Path, runs: Path, data: Path | None = None, *,
    told: Told = lambda done, total: None, stop: Stop = lambda: False,
) -> Run:  # fmt: skip
    """Open a capsule as a new run in a folder of runs.

    Args:
        file: the capsule.
        runs: the folder of all runs.
        data: where its data are, or where those in it are to be put (a folder that is not there
            yet or empty). Left out, those in it go beside the folder of runs, into ``capsules``;
            without any in it, the run keeps the path that it came with.
        told: told bytes done and in all.
        stop: asked often; true ends it, and nothing is left behind.

    Returns:
        The run.

    Raises:
        UserError: the capsule is damaged or hostile, or there is no room for it; nothing is left.
        Stopped: the wish to stop was heard.
    """
    manifest = look(file)
    progress = _Progress(manifest.size, told)
    target = _data_folder(manifest, runs, data)
    try:
        runs.mkdir(parents=True, exist_ok=True)
        _check_room(runs, manifest.size)
        with zipfile.ZipFile(file) as zipped:
            made = Path(tempfile.mkdtemp(prefix=".opening-", dir=runs))
            laid: Path | None = None
            try:
                _fill(zipped, RUN, manifest.run, made, progress, stop)
                if manifest.data.included and target is not None:
                    laid = Path(tempfile.mkdtemp(prefix=".opening-", dir=_parent(target)))
                    _fill(zipped, DATA, manifest.data.files, laid, progress, stop)
                _point_at(made, manifest, target if target is not None else data)
                if laid is not None and target is not None:
                    if target.is_dir():
                        target.rmdir()
                    laid.rename(target)
                _let_go(Run(made))
                return _renamed(made, runs, manifest.title)
            finally:
                shutil.rmtree(made, ignore_errors=True)
                if laid is not None:
                    shutil.rmtree(laid, ignore_errors=True)
    except OSError as error:
        raise UserError(
            f"{file.name} cannot be opened: {error.strerror or error}.",
            "Free some space, or choose another folder.",
        ) from None
    except _BROKEN as error:
        raise _damaged(file, str(error)) from None


class _Progress:
    def __init__(self, total: int, told: Told) -> None:
        self._total, self._told, self._done = total, told, 0

    def add(self, count: int) -> None:
        """So many bytes more are done."""
        self._done += count
        self._told(self._done, self._total)


def _damaged(file: Path, why: str) -> UserError:
    return UserError(f"{file.name} is damaged: {why}.", "Ask for the capsule once more.")


def _refused(file: Path, why: str) -> UserError:
    return UserError(f"{file.name} is refused: {why}.", "Open only capsules that you trust.")


def _manifest(file: Path, zipped: zipfile.ZipFile) -> Manifest:
    try:
        info = zipped.getinfo(FILE)
    except KeyError:
        raise UserError(f"{file.name} is no capsule: {FILE} is missing.",
                        "A zip of data is opened on the Data screen.") from None  # fmt: skip
    if info.file_size > LARGEST:
        raise _refused(file, f"its {FILE} is larger than {LARGEST / 2**20:.0f} MiB")
    with zipped.open(info) as stream:
        text = stream.read(LARGEST + 1)
    try:
        version = json.loads(text).get("version")
        if version != 1:
            raise UserError(
                f"{file.name} is a capsule of version {version!r}, which this program does not "
                "know.", "Use a newer version of the workbench.",
            )  # fmt: skip
        return Manifest.model_validate_json(text)
    except (ValidationError, AttributeError, RecursionError) as error:
        words = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise _damaged(file, f"{FILE}: {words}") from None


def _refuse_strange(file: Path, zipped: zipfile.ZipFile, manifest: Manifest) -> None:
    """Refuse what is not named, not there, twice there, or leads elsewhere."""
    told = dict(manifest.entries())
    seen: set[str] = set()
    for info in zipped.infolist():
        name = info.orig_filename
        if name == FILE:
            continue
        if name in seen or name not in told:
            raise _refused(file, f"its entry {name!r} is not in its list, or twice in the file")
        seen.add(name)
        if why := harm(name, info):
            raise _refused(file, f"its entry {name!r} {why}")
        if info.file_size != told[name].size:
            raise _refused(file, f"its entry {name!r} has another size than its list says")
    if missing := sorted(told.keys() - seen):
        raise _damaged(file, f"{missing[0]} is missing")


def _check_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if wanted + _RESERVE > free:
        raise UserError(
            f"Opening it needs {wanted / 2**30:.1f} GiB in {folder}; {free / 2**30:.1f} GiB are "
            "free.", "Free some space, or choose another folder for runs.",
        )  # fmt: skip


def _fill(
    zipped: zipfile.ZipFile, prefix: str, entries: tuple[Entry, ...], folder: Path,
    progress: _Progress, stop: Stop,
) -> None:  # fmt: skip
    for entry in entries:
        file = folder / entry.path
        file.parent.mkdir(parents=True, exist_ok=True)
        found, left = hashlib.sha256(), entry.size
        with zipped.open(f"{prefix}{entry.path}") as read, file.open("xb") as written:
            while block := read.read(_BLOCK):
                if stop():
                    raise Stopped
                left -= len(block)
                if left < 0:
                    raise zipfile.BadZipFile(f"{entry.path} is larger than it says")
                found.update(block)
                written.write(block)
                progress.add(len(block))
        if left or found.hexdigest() != entry.sha256:
            raise zipfile.BadZipFile(f"{entry.path} is not as it was when it was packed")


def _data_folder(manifest: Manifest, runs: Path, data: Path | None) -> Path | None:
    """Where the data of a capsule are put; None where it holds none."""
    if not manifest.data.included:
        return None
    if data is not None:
        if data.exists() and (not data.is_dir() or any(data.iterdir())):
            raise UserError(
                f"{data} is there already and not empty.", "Name a folder that is not there yet."
            )
        return data.resolve()
    parent = runs.parent / "capsules"
    name = store.slug_of(manifest.title)
    return next(
        path.resolve() for path in (parent / f"{name}-{n}" for n in range(1, 100_000))
        if not path.exists()
    )  # fmt: skip


def _parent(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.parent


def _point_at(folder: Path, manifest: Manifest, data: Path | None) -> None:
    """Let the spec of an opened run name the place where its data are now."""
    if data is None:
        return
    where = data.resolve()
    if manifest.data.archive and manifest.data.files:
        inside = where / manifest.data.files[0].path
        where = inside if manifest.data.included or inside.is_file() else where
    file = folder / "spec.json"
    try:
        spec: dict[str, Any] = json.loads(file.read_text("utf-8"))
        spec["data"]["folder"] = str(where)
    except (ValueError, KeyError, TypeError) as error:
        raise zipfile.BadZipFile(f"spec.json is no recipe: {error}") from None
    write_atomic(file, json.dumps(spec, indent=2, ensure_ascii=False) + "\n")


def _let_go(run: Run) -> None:
    """Forget the process that computed a run there: its number may be anybody's here."""
    try:
        status = run.recorded()
    except UserError:
        # The list of runs shows what is damaged.
        return
    run.write_status(status.model_copy(update={"pid": 0, "started": 0.0}))


def _renamed(made: Path, runs: Path, title: str) -> Run:
    """Give a run that was opened its place among the others."""
    for number in range(1, 1000):
        target = runs / store.folder_name(title, number)
        if target.exists():
            continue
        made.chmod(0o755)
        made.rename(target)
        return Run(target.resolve())
    raise UserError(f"There are too many runs called {title}.", "Clear the folder of runs.")
