"""Completes the word that is being written, not the whole line."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit


class LastWord(QCompleter):
    """Offers names that contain the last word of a line, and puts one in its place.

    Args:
        names: what can be written.
        line: where it is written.
    """

    def __init__(self, names: QAbstractItemModel, line: QLineEdit) -> None:
        super().__init__(names, line)
        self._line = line
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def splitPath(self, path: str) -> list[str]:
        """What is looked for: the last word; nothing where a condition has its sign already."""
        word = path.rpartition(" ")[2]
        # No name holds a blank: after a sign or between words nothing is offered.
        return [" "] if not word or set(word) & set('=<>~!"') else [word]

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """The line with that name as its last word."""
        before, blank, _ = self._line.text().rpartition(" ")
        return f"{before}{blank}{index.data()}"
