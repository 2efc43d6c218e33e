"""Decides what the window on the machine shows: processors, GPUs, GPU memory. Knows no widget."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal, Slot

from workbench import machine
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.machine import Gpu, Share


@dataclass(frozen=True)
class MachineState:
    """All that the window on the machine shows.

    Args:
        share: what training may use.
        processors: threads that there are.
        gpus: GPUs that there are; None: not known yet.
        error: why the choice could not be read or kept.
    """

    share: Share = field(default_factory=Share)
    processors: int = 1
    gpus: tuple[Gpu, ...] | None = None
    error: UserError | None = None


class MachinePresenter(QObject):
    """Reads and keeps what training may use.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``MachineState`` after a change."""

    chosen = Signal()
    """Engines that start from now on get something else."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = MachineState(processors=machine.processors())
        # The driver may take seconds to answer.
        self._cards = Latest(self)
        self._cards.answered.connect(self._have_cards)

    @Slot()
    def look(self) -> None:
        """Read the choice and look for GPUs."""
        try:
            self._become(share=machine.read(), error=None)
        except UserError as error:
            self._become(share=Share(), error=error)
        self._cards.ask(machine.gpus)

    @Slot(object)
    def choose(self, share: Share) -> None:
        """Keep a choice."""
        if share == self.state.share and self.state.error is None:
            return
        try:
            machine.write(share)
        except UserError as error:
            self._become(error=error)
            return
        self._become(share=share, error=None)
        self.chosen.emit()

    @Slot(object)
    def _have_cards(self, cards: tuple[Gpu, ...]) -> None:
        self._become(gpus=cards)

    def _become(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # names are checked by replace
        self.changed.emit(self.state)
