"""Questions about a trained run, whose model stays in memory from one to the next."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from workbench import events
from workbench.engine import causes, protocol
from workbench.insight.trained import Trained


class Looks:
    """Answers questions about one run at a time; used by one thread."""

    def __init__(self) -> None:
        self._trained: Trained | None = None

    def answered(self, look: protocol.Look) -> events.Said:
        """The answer to a question, or why there is none; an exception never leaves this."""
        try:
            return self._answer(look, self._run(Path(look.run)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said in one sentence
            traceback.print_exc(file=sys.stderr)
            failed = causes.of_exception(error)
            return events.NotAnswered(
                number=look.number, problem=failed.problem, remedy=failed.remedy
            )

    def _run(self, folder: Path) -> Trained:
        """The run, opened again when it was trained on meanwhile."""
        if self._trained is None or not self._trained.is_of(folder):
            self._trained = None
            self._trained = Trained.open(folder)
        return self._trained

    def _answer(self, look: protocol.Look, trained: Trained) -> events.Said:
        match look:
            case protocol.OpenRun():
                return events.RunOpened(
                    number=look.number,
                    modalities=tuple(sorted(trained.spec.modalities)),
                    may_lack=tuple(trained.inputs.incomplete),
                )
        raise AssertionError(f"nobody answers {type(look).__name__}")
