"""Questions that are answered beside the work in hand: a slider waits for no cache to fill."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from workbench import events, parts
from workbench.engine import protocol
from workbench.engine.looks import Looks
from workbench.errors import UserError
from workbench.insight.describe import describe
from workbench.insight.loss_curves import curve

Question = protocol.DrawLosses | protocol.Describe | protocol.Look


class Questions:
    """Answers the latest question of each kind on a thread; those it overtook are dropped.

    Args:
        say: told each answer.
    """

    def __init__(self, say: Callable[[events.Said], None]) -> None:
        self._say = say
        self._latest: dict[type, Question] = {}
        self._news = threading.Condition()
        self._answering = threading.Lock()
        self._closed = False
        self._looks = Looks()

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._answer, name="questions", daemon=True).start()

    def put(self, question: Question) -> None:
        """Ask."""
        with self._news:
            self._latest[type(question)] = question
            self._news.notify()

    def close(self) -> None:
        """Answer nothing more; waits for the answer in hand."""
        with self._news:
            self._closed = True
            self._latest.clear()
        with self._answering:
            return

    def _answer(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: bool(self._latest))
                kind = next(iter(self._latest))
                question = self._latest.pop(kind)
                self._answering.acquire()
            try:
                if not self._closed:
                    self._say(self._answered(question))
            finally:
                self._answering.release()

    def _answered(self, question: Question) -> events.Said:
        match question:
            case protocol.Describe():
                return described(question)
            case protocol.DrawLosses():
                return drawn(question)
            case protocol.Look():
                return self._looks.answered(question)


def described(question: protocol.Describe) -> events.ModelDescribed:
    """How large the model of a spec is, or why it cannot be built."""
    spec = question.spec
    try:
        found = describe(spec, question.outputs, spec.data.text.vocabulary)
    except UserError as error:
        return events.ModelDescribed(number=question.number, problem=str(error))
    except Exception as error:  # noqa: BLE001 - a user's own part can raise anything
        traceback.print_exc(file=sys.stderr)
        return events.ModelDescribed(
            number=question.number, problem=f"The model cannot be built: {error}"
        )
    return events.ModelDescribed(
        number=question.number,
        parts={name: events.DescribedPart(**asdict(part)) for name, part in found.items()},
    )


def drawn(question: protocol.DrawLosses) -> events.LossesDrawn:
    """The curves of some losses; what is wrong with one does not keep the others away."""
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
