"""What tabs of the results share that read a run once somebody looks at them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from workbench.gui.presenters.results import ResultsState


class SeenPresenter(QObject):
    """Follows the results screen, and reads a run when it is seen first.

    Whoever derives from it says what is shown of another run (``_turn_to``) and reads one
    (``_read_run``).

    Args:
        parent: its parent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._followed: Path | None = None
        self._visible = self._due = False

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Another run is looked at; nothing is read before it is seen."""
        if results.phase == "reading":
            return
        folder = results.folder if results.phase == "shown" else None
        if folder == self._followed:
            return
        self._followed, self._due = folder, folder is not None
        self._turn_to(folder)
        self._look_if_seen()

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """It is seen, or no longer is."""
        self._visible = seen
        self._look_if_seen()

    def _look_if_seen(self) -> None:
        folder = self._followed
        if self._visible and self._due and folder is not None:
            self._due = False
            self._read_run(folder)

    def _turn_to(self, folder: Path | None) -> None:
        """Show that another run is looked at; None: none is."""
        raise NotImplementedError

    def _read_run(self, folder: Path) -> None:
        """Read a run in the background."""
        raise NotImplementedError
