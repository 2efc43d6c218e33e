"""File names that say what their sample is, such as ``cat_anna_07.wav``."""

from __future__ import annotations

import numpy as np

from workbench.data import patterns
from workbench.data.index import Finding, strings
from workbench.data.layouts.columns import Columns, Places, numbered, placed
from workbench.errors import UserError
from workbench.parts import MODALITIES
from workbench.spec import Reading

LABEL_NAMES = ("label", "class", "target", "category")
"""Fields that are the target without being told."""
_GROUP_NAMES = frozenset({"speaker", "group", "person", "subject", "patient", "session"})


def file_names(places: Places, reading: Reading) -> Columns:
    """Read what the names of files say; files of one folder and stem are one sample.

    Args:
        places: the files.
        reading: its pattern is used, a pattern is suggested where it has none; its roles and tasks
            say which fields are learned.

    Raises:
        UserError: the pattern is no pattern, or no name matches it.
    """
    media = places.media
    everything = np.arange(len(media))
    folders = media.folders.tolist()
    keys = [
        f"{folders[folder]}/{stem}".lstrip("/")
        for folder, stem in zip(media.folder.tolist(), media.stems.tolist(), strict=True)
    ]
    samples, different = numbered(keys)
    _, first = np.unique(samples, return_index=True)
    files, findings = placed(media, everything, samples, len(different))
    columns = Columns(
        "file_names",
        strings(different),
        files,
        split=places.split_of(first.astype(np.int64)),
        findings=findings,
        reading=reading,
    )
    names = media.stems[first]
    text = reading.pattern or patterns.suggest(names)
    if text:
        _read_fields(columns, patterns.parse(text), names)
        columns.reading = columns.reading.model_copy(update={"pattern": text})
    return columns


def pairs_up(places: Places) -> bool:
    """Whether most files of two modalities share folder and stem, so that they can be paired.

    Args:
        places: the files.
    """
    media = places.media
    together = [
        set(
            zip(
                media.folder[media.kinds == kind].tolist(),
                media.stems[media.kinds == kind].tolist(),
                strict=True,
            )
        )
        for kind in range(len(MODALITIES))
    ]
    there = sorted((keys for keys in together if keys), key=len)
    return len(there) > 1 and len(there[-2] & there[-1]) * 2 >= len(there[-2])


def _read_fields(columns: Columns, pattern: patterns.Pattern, names: np.ndarray) -> None:
    fields, matched = pattern.columns(names)
    missed = np.flatnonzero(~matched)
    if len(missed) == len(names):
        raise UserError(
            f"No file name matches the pattern '{pattern.text}'.",
            f"The first name is '{names[0]}'; write the signs between its parts as they are there.",
        )
    if len(missed):
        title = f"{len(missed)} {'name does' if len(missed) == 1 else 'names do'} not match"
        detail = f"The pattern is {pattern.text}; these samples have no value for its fields."
        columns.findings.append(
            Finding(
                "warning", title, detail,
                tuple(columns.stems[missed].tolist()), "no_match", tuple(missed.tolist()),
            )
        )  # fmt: skip
    reading = columns.reading
    roles = {field: reading.roles.get(field) or _role(field) for field in pattern.fields}
    for field, values in fields.items():
        if roles[field] == "target":
            columns.learn(field, values)
        if roles[field] not in {"ignore", "id"}:
            columns.columns[field] = values
    known = {field: role for field, role in roles.items() if role != "ignore"}
    columns.reading = reading.model_copy(update={"roles": {**known, **reading.roles}})


def _role(field: str) -> str:
    if field.lower() in LABEL_NAMES:
        return "target"
    return "group" if field.lower() in _GROUP_NAMES else "id" if field == "index" else "group"
