"""The layouts that a folder may have, each read into columns: one file a family of layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from workbench.data import manifest, patterns
from workbench.data.index import Finding
from workbench.data.layouts import file_names, folders, lines, modality_folders
from workbench.data.layouts.columns import Columns, Places, places
from workbench.data.walk import Found, Media
from workbench.errors import UserError
from workbench.parts import MODALITIES
from workbench.spec import Layout, Reading

__all__ = ["Columns", "read"]

_TEXT = MODALITIES.index("text")


def read(root: Path, found: Found, reading: Reading) -> Columns:
    """The layout that was asked for, or the one that fits, read.

    Args:
        root: the folder.
        found: its files.
        reading: what a person has said about it.

    Returns:
        Its columns; their ``reading`` says how it was read.

    Raises:
        UserError: the layout does not fit, or none does; says what would help.
    """
    if not len(found.media) and not found.tables:
        raise UserError(
            f"{root} holds no pictures, sounds or texts.",
            "Choose a folder with PNG, JPEG, WAV, FLAC, OGG, MP3 or TXT files in it.",
        )
    if reading.layout is not None:
        columns = _readers(root, found, reading)[reading.layout]()
    else:
        columns = _fitting(root, found, reading)
    known = columns.reading.model_copy(update={"layout": columns.layout})
    columns.reading = known
    if not columns.files:
        raise UserError(
            f"{root} holds too few files that can be used.", _why(columns) or "Add more samples."
        )
    return columns


def _fitting(root: Path, found: Found, reading: Reading) -> Columns:
    passed = None
    if found.tables:
        try:
            return manifest.read(root, found, reading)
        except UserError as error:
            if reading.manifest or not len(found.media):
                raise
            passed = Finding("info", "A table was passed over", str(error), kind="table")
    columns = _readers(root, found, reading)[_detected(found.media, reading)]()
    if not columns.targets and len(columns.files) < 2:
        raise UserError(f"The files in {root} have no labels.", _why(columns) or _REMEDY)
    columns.findings += [passed] if passed else []
    return columns


_REMEDY = (
    "Put the files of each class into a folder named after it, say how labels stand in the file "
    "names, or add a labels.csv."
)


def _detected(media: Media, reading: Reading) -> Layout:
    """The layout that files without a table have."""
    divided = places(media)
    if reading.pattern:
        return "file_names"
    if len(media) == 1 and media.kinds[0] == _TEXT:
        return "lines"
    if modality_folders.looks_like_modality_folders(media):
        return "modality_folders"
    if folders.looks_like_sample_folders(divided):
        return "sample_folders"
    labels = np.unique(divided.inner[np.unique(media.folder)])
    classes = int((labels != "").sum())
    speaking = file_names.pairs_up(divided) or patterns.suggest(media.stems)
    return "class_folders" if classes > 1 or (classes == 1 and not speaking) else "file_names"


def _readers(root: Path, found: Found, reading: Reading) -> dict[Layout, Callable[[], Columns]]:
    media = found.media
    return {
        "class_folders": lambda: _with_classes(
            root, folders.class_folders(_inside(places(media)), reading)
        ),
        "sample_folders": lambda: folders.sample_folders(_inside(places(media)), reading),
        "modality_folders": lambda: modality_folders.modality_folders(_below(media), reading),
        "manifest": lambda: manifest.read(root, found, reading),
        "file_names": lambda: file_names.file_names(_some(places(media)), reading),
        "lines": lambda: lines.lines(root, _text_file(media), reading),
    }


def _with_classes(root: Path, columns: Columns) -> Columns:
    names = {stem.rpartition("/")[0] for stem in columns.stems.tolist()}
    if len(names) == 1:
        raise UserError(
            f"{root} holds one class only: {names.pop()}.",
            "Add a folder with samples of another class.",
        )
    if not columns.targets:
        raise UserError(
            f"{root}: fewer than two classes have two samples or more.",
            "Add samples, so that each class has some to train and some to test.",
        )
    return columns


def _inside(divided: Places) -> Places:
    if not (divided.inner[np.unique(divided.media.folder)] != "").any():
        raise UserError("No file lies in a folder of its class.", _REMEDY)
    return divided


def _below(media: Media) -> Media:
    if not (media.folders[np.unique(media.folder)] != "").any():
        raise UserError(
            "No file lies in a folder of its modality.",
            "Make folders such as image and audio, and give files of one sample one name.",
        )
    return media


def _some(divided: Places) -> Places:
    if not len(divided.media):
        raise UserError("There are no files whose names could be read.", _REMEDY)
    return divided


def _text_file(media: Media) -> str:
    texts = np.flatnonzero(media.kinds == _TEXT)
    if len(texts) != 1:
        raise UserError(
            f"There are {len(texts):,} text files; one with a sample a line is needed.",
            "Choose another layout, or put the file into a folder of its own.",
        )
    return str(media.paths(texts)[0])


def _why(columns: Columns) -> str:
    reasons = "; ".join(finding.title for finding in columns.findings)
    return f"{reasons}." if reasons else ""
