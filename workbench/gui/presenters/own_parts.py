"""Decides what is shown of the user's own parts: their files, what is on, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from workbench import own_parts, parts
from workbench.errors import UserError
from workbench.own_parts import OwnPart

KINDS: tuple[parts.Kind, ...] = ("loss", "alignment")
"""Kinds that there is a file to start from for."""


@dataclass(frozen=True)
class OwnPartsState:
    """All that is shown of the user's own parts.

    Args:
        folder: where their files are.
        found: the files, by name.
        error: why the last wish was refused; None where it was not.
        made: the file that was just written to start from; None otherwise.
    """

    folder: Path
    found: tuple[OwnPart, ...] = ()
    error: UserError | None = None
    made: Path | None = None


class OwnPartsPresenter(QObject):
    """Lists the files and switches them on and off.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``OwnPartsState`` after a change."""

    parts_changed = Signal()
    """Another part can be chosen now, or one can no more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = OwnPartsState(own_parts.folder())

    @Slot()
    def look(self) -> None:
        """Look into the folder again; files that were changed are run anew where they are on."""
        before = {kind: [part.name for part in parts.own(kind)] for kind in parts.KINDS}
        for kind in parts.KINDS:
            parts.load(kind)
        self._become()
        if before != {kind: [part.name for part in parts.own(kind)] for kind in parts.KINDS}:
            self.parts_changed.emit()

    @Slot(str, bool)
    def switch(self, key: str, on: bool) -> None:
        """Switch a part on or off.

        Args:
            key: as of ``OwnPart.key``.
            on: whether its file shall run.
        """
        try:
            part = own_parts.switch(key, on)
            parts.load(part.kind)  # type: ignore[arg-type]  # only a part of a known kind has a key
        except UserError as error:
            self._become(error=error)
            return
        self._become()
        self.parts_changed.emit()

    @Slot(str, str)
    def create(self, kind: str, name: str) -> None:
        """Write a file to start from and show it in the list, off.

        Args:
            kind: one of ``KINDS``.
            name: of the part.
        """
        try:
            made = own_parts.create(kind, name.strip())  # type: ignore[arg-type]  # checked there
        except UserError as error:
            self._become(error=error)
            return
        self._become(made=made)

    def _become(self, *, error: UserError | None = None, made: Path | None = None) -> None:
        self.state = OwnPartsState(own_parts.folder(), own_parts.listed(), error, made)
        self.changed.emit(self.state)
