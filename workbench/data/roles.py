"""What the columns of a table are: found out from their names and cells, or as a person says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from workbench.data.index import Finding, Strings
from workbench.data.lookup import Lookup, inner
from workbench.data.readers import audio, image, text
from workbench.data.tables import SPLIT_NAMES, SPLIT_WORDS, Table
from workbench.errors import nearest
from workbench.parts import Modality
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
_FOLDS = 20
"""Folds of a cross-validation, at most."""
_LEAST_IDS = 5
_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9][a-z0-9_.:-]{3,63}")
"""A code that names a row: letters and digits, no blanks."""


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

    def listed(self, role: Literal["target", "group", "id", "ignore"]) -> list[str]:
        """The columns of a role that any number of columns may have.

        Args:
            role: which.
        """
        return {
            "target": self.targets, "group": self.groups, "id": self.ids, "ignore": self.passed
        }[role]  # fmt: skip

    def as_reading(self, columns: Iterable[str]) -> dict[str, ColumnRole]:
        """Every column's role as ``Reading.roles`` names it.

        Args:
            columns: names of the columns, in the order of the table.
        """
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
        return {name: roles[name] for name in columns}


def found_roles(table: Table, reading: Reading, lookup: Lookup) -> Roles:
    """The role of each column of a table.

    Args:
        table: the table.
        reading: roles that a person has set; they go before what is found.
        lookup: the files that its rows may name.
    """
    roles = Roles()
    for name in reading.roles:
        if name not in table.columns:
            title = f"{table.name} has no column '{name}'"
            detail = f"What was said of it is not used. {nearest(name, table.columns)}"
            roles.findings.append(Finding("warning", title, detail, (table.name,), "column"))
    # What a person has said comes first, so that it is never the second of its kind.
    for name in sorted(table.columns, key=lambda name: name not in reading.roles):
        asked = reading.roles.get(name)
        _take(roles, name, asked or _role(name, table.columns[name]), table, lookup, bool(asked))
    if not roles.paths:
        _take_stem(roles, table, reading, lookup)
    if not roles.paths and not roles.stem and not roles.text:
        roles.refused = "no column names a file of this folder or holds texts."
    return roles


def _take(
    roles: Roles, name: str, role: ColumnRole, table: Table, lookup: Lookup, asked: bool
) -> None:
    cells = table.columns[name]
    match role:
        case "image" | "audio":
            _add_path(roles, name, role, asked, table, lookup)
        case "text":
            if path_kind(cells) == "text":
                _add_path(roles, name, role, asked, table, lookup)
            else:
                _add_text(roles, name, cells, table, asked)
        case "split":
            if roles.split:
                roles.passed.append(name)
            roles.split = roles.split or name
        case _:
            roles.listed(role).append(name)
    if role == "group" and not asked and name.lower() in SPLIT_NAMES:
        title = f"Column '{name}' of {table.name} holds numbers of folds"
        detail = "Divide by groups of it to keep each fold in one split."
        roles.findings.append(Finding("info", title, detail, (table.name,), "column"))


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
    read = _json(cell)
    if not isinstance(read, list):
        return cell
    return next((path for path in read if isinstance(path, str)), "")


def several_in(cells: Strings) -> int:
    """How many cells of a column list more than one file.

    Args:
        cells: text [rows].
    """
    listed = cells[np.strings.startswith(cells, "[")].tolist()
    return sum(len(read) > 1 for cell in listed if isinstance(read := _json(cell), list))


def _json(cell: str) -> object:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return None


def _role(name: str, cells: Strings) -> ColumnRole:
    """What a column is by its name and its first cells."""
    lowered = name.lower()
    kind = path_kind(cells)
    if kind is not None:
        return kind
    present = cells[:_LOOKED_AT]
    present = present[present != ""]
    if not len(present):
        return "target"
    words = np.strings.lower(present).tolist()
    if lowered in SPLIT_NAMES:
        if sum(word in SPLIT_WORDS for word in words) >= _MOST * len(words):
            return "split"
        if _are_folds(words):
            return "group"
    if lowered in _GROUP_NAMES:
        return "group"
    different = len(set(words)) / len(words)
    if (lowered in STEM_NAMES and different > 0.5) or _are_ids(lowered, words):
        return "id"
    return _role_of_words(lowered, words, different)


def _are_folds(words: Sequence[str]) -> bool:
    """Numbers of folds, as for cross-validation."""
    return len(set(words)) <= _FOLDS and all(word.isdecimal() and word.isascii() for word in words)


def _are_ids(name: str, words: Sequence[str]) -> bool:
    """Every row has its own code: a counter, or letters mixed with digits."""
    if len(set(words)) < len(words) or len(words) < _LEAST_IDS:
        return False
    if all(word.isdecimal() and word.isascii() and len(word) < 19 for word in words):
        numbers = np.asarray(words, np.int64)
        counter = bool((np.diff(numbers) == 1).all())
        return counter or bool({"id", "uuid", "index"} & set(re.split(r"[\W_]+", name)))
    return all(_CODE.fullmatch(word) for word in words)


def _role_of_words(lowered: str, words: Sequence[str], different: float) -> ColumnRole:
    length = float(np.mean([len(word.split()) for word in words]))
    letters = float(np.mean([len(word) for word in words]))
    if lowered in _TEXT_NAMES and different > 0.2:
        return "text"
    # Chinese and Japanese have no spaces between words.
    return "text" if different > 0.5 and (length >= _WORDS or letters > 30) else "target"


def _add_path(
    roles: Roles, name: str, kind: Modality, asked: bool, table: Table, lookup: Lookup
) -> None:
    before = roles.paths.get(kind)
    if before is None:
        roles.paths[kind] = name
        return
    if asked:
        used, other = name, before
    else:
        # A column of addresses or of files elsewhere gives way to one whose files are here.
        here = [_hits(table.columns[column], kind, lookup) for column in (before, name)]
        used, other = (name, before) if here[1] > here[0] and not here[0] else (before, name)
    roles.paths[kind] = used
    roles.passed.append(other)
    title = f"Column '{other}' of {table.name} names more {kind} files"
    detail = f"One {kind} file a sample is used: that of '{used}'."
    roles.findings.append(Finding("info", title, detail, (table.name,), "column"))


def _hits(cells: Strings, kind: Modality, lookup: Lookup) -> int:
    """How many of the first cells name a file of the folder."""
    names = [inner(first_of(cell)) for cell in cells[:_LOOKED_AT].tolist() if cell]
    return sum(name is not None and bool(lookup.file(name, "", kind)) for name in names)


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


def _take_stem(roles: Roles, table: Table, reading: Reading, lookup: Lookup) -> None:
    """The column whose cells name files without their suffix."""
    likely = [name for word in STEM_NAMES for name in table.columns if name.lower() == word]
    first = next(iter(table.columns))
    for name in dict.fromkeys([*likely, first, *table.columns]):
        if reading.roles.get(name) not in {None, "id"}:
            continue
        cells = [cell for cell in table.columns[name][:_LOOKED_AT].tolist() if cell]
        paths = [path for cell in cells if (path := inner(cell)) is not None]
        hits = sum(bool(lookup.sample(path, "")) for path in paths)
        if hits and (hits >= 0.5 * len(cells) or name in likely or name == first):
            for listed in (roles.targets, roles.groups, roles.ids):
                if name in listed:
                    listed.remove(name)
            if roles.text == name:
                roles.text = ""
            roles.stem = name
            return
