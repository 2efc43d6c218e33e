"""Questions that are answered beside the work in hand: a slider waits for no cache to fill."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable

import numpy as np

from workbench import events, parts
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.insight.loss_curves import curve


class Questions:
    """Answers the latest question on a thread of its own; those it overtook are dropped.

    Args:
        say: told each answer.
    """

    def __init__(self, say: Callable[[events.Said], None]) -> None:
        self._say = say
        self._latest: protocol.DrawLosses | None = None
        self._news = threading.Condition()

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._answer, name="questions", daemon=True).start()

    def put(self, question: protocol.DrawLosses) -> None:
        """Ask."""
        with self._news:
            self._latest = question
            self._news.notify()

    def _answer(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._latest is not None)
                question, self._latest = self._latest, None
            if question is not None:
                self._say(drawn(question))


def drawn(question: protocol.DrawLosses) -> events.LossesDrawn:
    """The answer to one question; what is wrong with one loss does not keep the others away."""
    even = np.linspace(question.low, question.high, question.points)
    places, shown = np.concatenate([even, question.samples]), len(even)
    found = []
    for line in question.lines:
        try:
            part = parts.find(line.kind, line.name)
            made = curve(part, part.check(line.options), question.axis, places)
        except UserError as error:
            found.append(events.DrawnLoss(problem=str(error)))
        except Exception as error:  # noqa: BLE001 - a user's own loss can raise anything
            traceback.print_exc(file=sys.stderr)
            found.append(events.DrawnLoss(problem=f"{line.name} cannot be drawn: {error}"))
        else:
            found.append(
                events.DrawnLoss(
                    values=tuple(made.values[:shown].tolist()),
                    of_samples=tuple(made.values[shown:].tolist()),
                    slopes=tuple(made.slopes[:shown].tolist()),
                    bends=tuple(made.bends[:shown].tolist()),
                )
            )
    return events.LossesDrawn(number=question.number, curves=tuple(found))
