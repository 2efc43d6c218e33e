"""Decides what the advice after training shows. Knows no widget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.insight.seen import SeenPresenter
from workbench.runs import store
from workbench.runs.advising import Finding, advise_run

NOTHING = (
    "Nothing stands out that another recipe is known to mend. The duel of losses on the Compare "
    "screen still says whether another one suits these data better."
)


@dataclass(frozen=True)
class AdviceState:
    """All that the advice shows.

    Args:
        phase: no run is looked at; it is read; it is shown.
        folder: of the run.
        findings: the best supported first.
        chosen: place of the one that is looked at; -1: none.
        error: why there is no advice.
    """

    phase: Literal["empty", "reading", "shown"] = "empty"
    folder: Path | None = None
    findings: tuple[Finding, ...] = ()
    chosen: int = -1
    error: UserError | None = None

    @property
    def finding(self) -> Finding | None:
        """The one that is looked at."""
        return self.findings[self.chosen] if self.chosen >= 0 else None


class AdvicePresenter(SeenPresenter):
    """Reads what a run's own figures say, once it is seen.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``AdviceState`` after a change."""

    duel_wished = Signal(object, str)
    """A ``DuelSpec`` that is proposed, and why."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = AdviceState()
        self._latest = Latest(self)
        self._latest.answered.connect(self._show)
        self._latest.failed.connect(self._fail)

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """It is seen, or no longer is."""
        if seen and not self._visible and self.state.phase == "shown":
            # Contributions may have been measured meanwhile.
            self._due = True
        super().be_seen(seen)

    def _turn_to(self, folder: Path | None) -> None:
        self._latest.forget()
        self._become(AdviceState("reading" if folder is not None else "empty", folder))

    def _read_run(self, folder: Path) -> None:
        self._latest.ask(lambda: advise_run(store.find(folder)))

    @Slot(int)
    def choose(self, place: int) -> None:
        """Look at another finding."""
        if 0 <= place < len(self.state.findings) and place != self.state.chosen:
            self._become(replace(self.state, chosen=place))

    @Slot()
    def try_as_duel(self) -> None:
        """Have the proposal of the finding that is looked at tried."""
        finding = self.state.finding
        if finding is not None and finding.duel is not None:
            self.duel_wished.emit(finding.duel, f"{finding.title}. {finding.sentence}")

    @Slot(object)
    def _show(self, findings: tuple[Finding, ...]) -> None:
        before = self.state.finding
        names = [each.name for each in findings]
        chosen = names.index(before.name) if before is not None and before.name in names else 0
        self._become(
            replace(
                self.state, phase="shown", findings=findings, error=None,
                chosen=chosen if findings else -1,
            )
        )  # fmt: skip

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, phase="shown", findings=(), chosen=-1, error=error))

    def _become(self, state: AdviceState) -> None:
        self.state = state
        self.changed.emit(state)
