"""Why the model says this of this sample, and what it would say of a changed one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight.answers import answers_of
from workbench.insight.explaining.grad_cam import grad_cam
from workbench.insight.explaining.inside import Inside, Question
from workbench.insight.explaining.integrated_gradients import Baseline, integrated_gradients
from workbench.insight.explaining.maps import Explanation
from workbench.insight.explaining.occlusion import occlusion
from workbench.insight.explaining.sanity import Sanity, check
from workbench.insight.sample import Edits, OneSample, changed, take
from workbench.insight.trained import Trained
from workbench.lazy import ops
from workbench.parts import Modality
from workbench.runs import decision

Method = Literal["grad_cam", "integrated_gradients", "occlusion"]


@dataclass(frozen=True)
class Asked:
    """What is asked of one sample.

    Args:
        stem: name of the sample.
        method: how it is explained.
        output: which class or number; None: what it says, or the first number.
        against_rival: explain why not the most probable other class.
        baseline: where integrated gradients begin.
        hidden: modalities that the model may not know.
        edits: what is changed of the sample.
        checked: whether the explanation is tested by shuffled weights, too.
    """

    stem: str
    method: Method = "integrated_gradients"
    output: int | None = None
    against_rival: bool = False
    baseline: Baseline = "nothing"
    hidden: tuple[Modality, ...] = ()
    edits: Edits = field(default_factory=Edits)
    checked: bool = False


@dataclass(frozen=True)
class Found:
    """What was found.

    Args:
        answers: probability of each class; or the numbers in their unit.
        before: the same of the sample as it is, with all its modalities.
        output: what was explained.
        rival: the class that it was compared with; None: none.
        sample: what the model was given.
        hidden: modalities that it did not know.
        explanation: the maps.
        sanity: how they fare with shuffled weights; None where that was not asked.
    """

    answers: NDArray[np.float64]
    before: NDArray[np.float64]
    output: int
    rival: int | None
    sample: OneSample
    hidden: tuple[Modality, ...]
    explanation: Explanation
    sanity: Sanity | None = None


class Microscope:
    """Looks at samples of one run.

    Args:
        trained: the run.
        prepared: its samples, as of ``Trained.samples``.
    """

    def __init__(self, trained: Trained, prepared: Prepared) -> None:
        self._trained, self._prepared = trained, prepared
        self._inside = Inside(trained)
        self._decision = decision.read(trained.folder)

    def look(self, asked: Asked) -> Found:
        """Explain a sample.

        Raises:
            UserError: there is no such sample or class, or every modality is hidden.
        """
        whole = take(self._trained, self._prepared, asked.stem)
        sample = changed(self._trained, whole, asked.edits)
        hidden = tuple(sorted({*asked.hidden, *sample.lacking}))
        if set(hidden) >= set(self._trained.spec.modalities):
            raise UserError(
                "Every modality is switched off: nothing is left to look at.", "Switch one on."
            )
        before = self._answers(whole, whole.lacking)
        answers = self._answers(sample, hidden)
        output, rival = self._chosen(asked, answers)
        question = Question(output, rival, hidden)

        def explain() -> Explanation:
            return self._explained(asked, sample, question)

        found = explain()
        sanity = check(self._inside, explain, found) if asked.checked else None
        return Found(answers, before, output, rival, sample, hidden, found, sanity)

    def _explained(self, asked: Asked, sample: OneSample, question: Question) -> Explanation:
        match asked.method:
            case "grad_cam":
                return grad_cam(self._inside, sample.arrays, question)
            case "occlusion":
                return occlusion(self._inside, sample.arrays, question)
        return integrated_gradients(self._inside, sample.arrays, question, asked.baseline)

    def _answers(self, sample: OneSample, hidden: tuple[Modality, ...]) -> NDArray[np.float64]:
        """Probabilities as predictions obey them, or numbers in their unit."""
        question = Question(0, hidden=hidden)
        floats = self._inside.floats(sample.arrays)
        encoded = {m: self._inside.encode(m, floats[m]) for m in self._inside.seen(question)}
        said = ops.convert_to_numpy(self._inside.decide(encoded, question))
        return np.atleast_1d(answers_of(self._trained, said, self._decision)[0])

    def _chosen(self, asked: Asked, answers: NDArray[np.float64]) -> tuple[int, int | None]:
        classes = self._trained.inputs.classes
        output = asked.output
        if output is None:
            output = int(answers.argmax()) if classes else 0
        if not 0 <= output < self._inside.outputs:
            raise UserError(
                f"There is no output {output}; the run has {self._inside.outputs}.",
                "Choose one of them, counted from 0.",
            )
        rival = None
        if asked.against_rival and self._trained.spec.data.task in ("category", "ordered"):
            order = np.argsort(-answers)
            rival = int(order[1] if order[0] == output else order[0])
        return output, rival
