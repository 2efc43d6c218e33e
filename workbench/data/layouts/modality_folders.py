"""Modality folders: ``image/``, ``audio/``, ``text/`` (any names) whose files share their stems."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.data.index import strings
from workbench.data.layouts.columns import Columns, Places, numbered, passed_over, placed, places
from workbench.data.walk import Media
from workbench.parts import MODALITIES, Modality
from workbench.spec import Reading

FOLDER_NAMES: Mapping[str, Modality] = {
    **dict.fromkeys(
        ("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "bilder"),
        "image",
    ),
    **dict.fromkeys(("audio", "audios", "sound", "sounds", "wav", "wavs", "ton"), "audio"),
    **dict.fromkeys(
        ("text", "texts", "txt", "caption", "captions", "note", "notes", "transcripts"), "text"
    ),
}
"""What a folder of one modality may be called, in small letters."""

_SHARED = 0.5
"""Share of the stems that folders of other names must share to be taken for modalities."""


def looks_like_modality_folders(media: Media) -> bool:
    """Whether each folder at the top holds one modality, and files pair up across them.

    Args:
        media: the files.
    """
    tops = {top: mine for top, mine in _tops(media).items() if top}
    if not tops:
        return False
    if all(top.lower() in FOLDER_NAMES for top in tops):
        return True
    kinds = {
        top: {int(kind) for kind in np.unique(media.kinds[mine])} for top, mine in tops.items()
    }
    if not 2 <= len(tops) <= len(MODALITIES) or any(len(found) > 1 for found in kinds.values()):
        return False
    if len(set.union(*kinds.values())) < len(tops):
        return False
    stems = [set(media.stems[mine].tolist()) for mine in tops.values()]
    return len(set.intersection(*stems)) >= _SHARED * min(len(each) for each in stems)


def modality_folders(media: Media, reading: Reading) -> Columns:
    """Read one folder a modality; folders inside it are splits, then labels.

    Args:
        media: the files; those directly in the root are passed over.
        reading: what the classes are learned as, and their order.
    """
    divided = _splits(media)
    inner = [path.partition("/")[2] for path in divided.inner.tolist()]
    before = [
        f"{number}|{path}" for number, path in zip(divided.split.tolist(), inner, strict=True)
    ]
    inside = (divided.inner != "")[media.folder]
    files = np.flatnonzero(inside)
    loose = media.paths(np.flatnonzero(~inside)).tolist()
    folder = media.folder[files]
    keys = [
        f"{before[number]}/{stem}"
        for number, stem in zip(folder.tolist(), media.stems[files].tolist(), strict=True)
    ]
    samples, different = numbered(keys)
    _, first = np.unique(samples, return_index=True)
    columns, findings = placed(media, files, samples, len(different))
    labels = strings(inner)[folder[first]]
    read = Columns(
        "modality_folders",
        strings([_stem(key, divided.stated) for key in different]),
        columns,
        split=divided.split_of(files[first]),
        findings=[*passed_over(loose, "outside of modality folders", "unlabelled"), *findings],
        reading=reading,
    )
    if len(np.unique(labels)) > 1:
        read.learn_folders(labels)
    return read


def _splits(media: Media) -> Places:
    """Split folders at the top or below the folders of the modalities."""
    at_top = places(media)
    return at_top if at_top.stated else places(media, depth=1)


def _stem(key: str, stated: bool) -> str:
    number, _, path = key.partition("|")
    name = {"0": "train", "1": "validation", "2": "test"}.get(number, "")
    return "/".join(part for part in (name if stated else "", path.lstrip("/")) if part)


def _tops(media: Media) -> dict[str, np.ndarray]:
    """Places of the files below each folder at the top; "" for those directly in the root."""
    divided = places(media)
    top_of = [path.partition("/")[0] for path in divided.inner.tolist()]
    number, different = numbered(top_of)
    of_file = number[media.folder]
    return {top: np.flatnonzero(of_file == place) for place, top in enumerate(different)}
