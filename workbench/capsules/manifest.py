"""What a capsule holds: ``capsule.json`` in its zip, read before anything is unpacked.

A capsule is a zip with ``capsule.json``, the files of a run below ``run/`` and, on wish, its data
below ``data/``. Nothing in it is ever executed: specs and facts are JSON, weights are arrays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

FILE = "capsule.json"
RUN, DATA = "run/", "data/"
LARGEST = 256 * 2**20
"""Bytes of ``capsule.json``; that of a million files of data takes about 150 MiB."""
_BLOCK = 2**20

Told = Callable[[int, int], object]
"""Told bytes done, and bytes in all."""
Stop = Callable[[], bool]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )


class Entry(_Frozen):
    """A file.

    Args:
        path: relative, with ``/`` between folders.
        size: bytes.
        sha256: of its content, in hexadecimal digits.
    """

    path: Annotated[str, Field(min_length=1, max_length=1024)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        """Refuse a path that leads elsewhere: files are not only written, but looked for by it."""
        parts = path.split("/")
        strange = any(part in ("", ".", "..") for part in parts) or path[1:2] == ":"
        if strange or "\\" in path or "\0" in path:
            raise ValueError(f"{path!r} is no plain path below a folder")
        return path


class DataFacts(_Frozen):
    """The data that a run was trained on.

    Args:
        folder: where they lay, in the words of the machine that packed them.
        archive: they were a zip file; ``files`` has that alone.
        included: they are in the capsule.
        files: all of them, whether included or not; empty where they were gone when it was packed.
    """

    folder: str
    archive: bool = False
    included: bool = False
    files: tuple[Entry, ...] = Field(default=(), strict=False)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(each.size for each in self.files)


class Manifest(_Frozen):
    """What a capsule holds.

    Args:
        title: name of the run.
        made: when it was packed, ISO 8601 with zone.
        environment: versions and machine, as of ``environment.json``.
        metrics: headline figures of the run.
        deterministic: the run was trained so that the same machine gives the same bits again.
        own_parts: parts of people's own that the spec names, as ``kind name``.
        pretrained: encoders that know something already, which are fetched anew.
        run: files of the run.
        data: its data.
        left_out: what of the run was left out, in words.
        version: of this format.
    """

    title: str
    made: str
    environment: dict[str, str] = {}
    metrics: dict[str, float] = {}
    deterministic: bool = False
    own_parts: tuple[str, ...] = Field(default=(), strict=False)
    pretrained: tuple[str, ...] = Field(default=(), strict=False)
    run: tuple[Entry, ...] = Field(strict=False)
    data: DataFacts
    left_out: tuple[str, ...] = Field(default=(), strict=False)
    version: Literal[1] = 1

    @model_validator(mode="after")
    def _is_whole(self) -> Manifest:
        paths = [each.path for each in self.run]
        if "spec.json" not in paths:
            raise ValueError("it holds no spec.json")
        for files in (paths, [each.path for each in self.data.files]):
            # Some file systems take names for the same that differ in case alone.
            if len({path.casefold() for path in files}) < len(files):
                raise ValueError("two files have the same name")
        if self.data.included and not self.data.files:
            raise ValueError("data are said to be included, and none are named")
        return self

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """All files that the zip holds beside the manifest, by their names there."""
        for each in self.run:
            yield f"{RUN}{each.path}", each
        for each in self.data.files if self.data.included else ():
            yield f"{DATA}{each.path}", each

    @property
    def size(self) -> int:
        """Bytes that it unpacks to."""
        return sum(each.size for _, each in self.entries())


def digest(
    file: Path, stop: Stop = lambda: False, told: Callable[[int], object] | None = None
) -> str:
    """The SHA-256 of a file.

    Args:
        file: it.
        stop: asked often; true ends it.
        told: told bytes as they are read.

    Raises:
        Stopped: the wish to stop was heard.
        OSError: it cannot be read.
    """
    from workbench.data.walk import Stopped

    found = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if stop():
                raise Stopped
            found.update(block)
            if told is not None:
                told(len(block))
    return found.hexdigest()
