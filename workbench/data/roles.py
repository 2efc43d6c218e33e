"""What the columns of a table are: found out from their names and cells, or as a person says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np

from workbench.data.index import Finding, Strings
from workbench.data.readers import audio, image, text
from workbench.data.tables import SPLIT_NAMES, SPLIT_WORDS, Table
from workbench.data.walk import Media
from workbench.errors import nearest
from workbench.parts import MODALITIES, Modality
from workbench.spec import ColumnRole, Reading

STEM_NAMES = ("stem", "id", "sample", "file", "file_name", "filename", "name", "key")
"""Columns, in small letters, that name files without their suffix; the likeliest first."""

_SUFFIXES: dict[Modality, frozenset[str]] = {
    "image": image.SUFFIXES,
    "audio": audio.SUFFIXES,
    "text": text.SUFFIXES,
}
_TEXT_NAMES = frozenset(
    {"text", "texts", "caption", "sentence", "transcript", "transcription", "review", "note",
     "description", "content", "comment", "question", "title", "body", "文本", "内容"}
)  # fmt: skip
_GROUP_NAMES = frozenset(
    {"speaker", "speaker_id", "group", "person", "subject", "patient", "patient_id", "session",
     "user", "client_id", "author", "voice", "site"}
)  # fmt: skip
_MOST = 0.8
"""Share of the cells that must say the same of a column."""
_WORDS = 3.0
"""Words in a cell, on average, from which a column of different cells is text."""
_LOOKED_AT = 1000


@dataclass
class Roles:
    """The role of each column.

    Args:
        stem: column that names files without their suffix; "": none.
        paths: column that names the file of each modality.
        text: column that holds the texts themselves; "": none.
        split: column that states the split; "": none.
        targets: columns that may be learned.
        groups: columns to group by.
        ids: columns that only name rows.
        passed: columns that are not used.
        findings: what a person should know.
        refused: why the table cannot serve; "": it can.
    """

    stem: str = ""
    paths: dict[Modality, str] = field(default_factory=dict)
    text: str = ""
    split: str = ""
    targets: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: str = ""

    def as_reading(self) -> dict[str, ColumnRole]:
        """Every column's role as ``Reading.roles`` names it."""
        roles: dict[str, ColumnRole] = {}
        roles |= {column: modality for modality, column in self.paths.items()}
        roles |= dict.fromkeys(self.targets, "target")
        roles |= dict.fromkeys(self.groups, "group")
        roles |= dict.fromkeys([*self.ids, *filter(None, [self.stem])], "id")
        roles |= dict.fromkeys(self.passed, "ignore")
        if self.text:
            roles[self.text] = "text"
        if self.split:
            roles[self.split] = "split"
        return roles


def found_roles(table: Table, reading: Reading, media: Media) -> Roles:
    """The role of each column of a table.

    Args:
        table: the table.
        reading: roles that a person has set; they go before what is found.
        media: the files that its rows may name.
    """
    roles = Roles()
    for name in reading.roles:
        if name not in table.columns:
            roles.findings.append(
                Finding("warning", f"{table.name} has no column '{name}'",
                        f"What was said of it is not used. {nearest(name, table.columns)}",
                        (table.name,), "column")
            )  # fmt: skip
    for name, cells in table.columns.items():
        asked = reading.roles.get(name)
        found = asked or _role(name, cells, media)
        if found == "id":
            roles.ids.append(name)
        elif found in MODALITIES and (found != "text" or path_kind(cells) == "text"):
            _add_path(roles, name, found, asked is not None, table.name)
        elif found == "text":
            _add_text(roles, name, cells, table, asked is not None)
        elif found == "split":
            roles.split = roles.split or name
        else:
            _PLACES[found](roles).append(name)
    if not roles.paths:
        _take_stem(roles, table, reading, media)
    if not roles.paths and not roles.stem and not roles.text:
        roles.refused = "no column names a file of this folder or holds texts."
    return roles


_PLACES = {
    "target": lambda roles: roles.targets,
    "group": lambda roles: roles.groups,
    "ignore": lambda roles: roles.passed,
}


def path_kind(cells: Strings) -> Modality | None:
    """The modality of the files that a column names; None where it names none.

    Args:
        cells: text [rows].
    """
    looked_at = [word for word in cells[:_LOOKED_AT].tolist() if word]
    suffixes = [f".{first_of(word).rpartition('.')[2].lower()}" for word in looked_at]
    for modality, known in _SUFFIXES.items():
        if looked_at and sum(suffix in known for suffix in suffixes) >= _MOST * len(looked_at):
            return modality
    return None


def first_of(cell: str) -> str:
    """The path in a cell; of a list of paths the first."""
    if not cell.startswith("["):
        return cell
    try:
        read = json.loads(cell)
    except ValueError:
        return cell
    return str(read[0]) if isinstance(read, list) and read else ""


def _role(name: str, cells: Strings, media: Media) -> ColumnRole:
    lowered = name.lower()
    kind = path_kind(cells)
    if kind is not None:
        return kind
    present = cells[cells != ""][:_LOOKED_AT]
    if not len(present):
        return "target"
    words = np.strings.lower(present).tolist()
    if lowered in SPLIT_NAMES and sum(word in SPLIT_WORDS for word in words) >= _MOST * len(words):
        return "split"
    if lowered in _GROUP_NAMES:
        return "group"
    different = len(np.unique(present)) / len(present)
    if lowered in STEM_NAMES and different > 0.5:
        return "id"
    length = float(np.mean([len(word.split()) for word in words]))
    letters = float(np.mean([len(word) for word in words]))
    if lowered in _TEXT_NAMES and different > 0.2:
        return "text"
    # Chinese and Japanese have no spaces between words.
    return "text" if different > 0.5 and (length >= _WORDS or letters > 30) else "target"


def _add_path(roles: Roles, name: str, kind: Modality, asked: bool, table: str) -> None:
    if kind in roles.paths and not asked:
        title = f"Column '{name}' of {table} names more {kind} files"
        detail = f"One {kind} file a sample is used: that of '{roles.paths[kind]}'."
        roles.findings.append(Finding("info", title, detail, (table,), "column"))
        roles.passed.append(name)
        return
    if kind in roles.paths:
        roles.passed.append(roles.paths[kind])
    roles.paths[kind] = name


def _add_text(roles: Roles, name: str, cells: Strings, table: Table, asked: bool) -> None:
    if roles.text and not asked:
        # The column with the longer texts is the more likely one.
        length, known = (_length(column) for column in (cells, table.columns[roles.text]))
        name, other = (name, roles.text) if length > known else (roles.text, name)
        title = f"Column '{other}' of {table.name} holds texts, too"
        detail = f"One text a sample is used: that of '{name}'."
        roles.findings.append(Finding("info", title, detail, (table.name,), "column"))
        roles.passed.append(other)
    elif roles.text:
        roles.passed.append(roles.text)
    roles.text = name


def _length(cells: Strings) -> float:
    return float(np.strings.str_len(cells[:_LOOKED_AT]).mean())


def _take_stem(roles: Roles, table: Table, reading: Reading, media: Media) -> None:
    """The column whose cells name files without their suffix."""
    known = set(media.stems.tolist())
    likely = [name for word in STEM_NAMES for name in table.columns if name.lower() == word]
    first = next(iter(table.columns))
    for name in dict.fromkeys([*likely, first, *table.columns]):
        asked = reading.roles.get(name)
        if asked not in {None, "id"}:
            continue
        cells = [
            word.replace("\\", "/").rpartition("/")[2] for word in table.columns[name].tolist()
        ]
        hits = sum(word in known or word.rpartition(".")[0] in known for word in cells)
        if hits and (hits >= 0.5 * len(cells) or name in likely or name == first):
            for listed in (roles.targets, roles.groups, roles.ids):
                if name in listed:
                    listed.remove(name)
            if roles.text == name:
                roles.text = ""
            roles.stem = name
            return
