"""Questions about a trained run, whose model stays in memory from one to the next."""

from __future__ import annotations

import math
import sys
import time
import traceback
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench import events
from workbench.data.prepared import Prepared
from workbench.engine import causes, protocol
from workbench.engine.execution import read_data
from workbench.insight.microscope import Asked, Found, Microscope
from workbench.insight.prediction import Neighbour, Predictions, Predictor
from workbench.insight.reading import Raw
from workbench.insight.robustness import Dial
from workbench.insight.sample import Edits
from workbench.insight.trained import Trained
from workbench.insight.what_if import Answers
from workbench.parts import Modality
from workbench.runs import explained, robustness


class Looks:
    """Answers questions about one run at a time; used by one thread."""

    def __init__(self) -> None:
        self._trained: Trained | None = None
        self._samples: Prepared | None = None
        self._microscope: Microscope | None = None
        self._predictor: Predictor | None = None
        self._dial: Dial | None = None
        self._answers: Answers | None = None

    def answered(self, look: protocol.Look) -> events.Said:
        """The answer to a question, or why there is none; an exception never leaves this."""
        try:
            if isinstance(look, protocol.Reweigh):
                return self._reweighed(look)
            return self._answer(look, self._run(Path(look.run)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said in one sentence
            traceback.print_exc(file=sys.stderr)
            failed = causes.of_exception(error)
            return events.NotAnswered(
                number=look.number, ask=look.ask, problem=failed.problem, remedy=failed.remedy
            )

    def _run(self, folder: Path) -> Trained:
        """The run, opened again when it was trained on meanwhile."""
        if self._trained is None or not self._trained.is_of(folder):
            self._trained = self._samples = None
            self._microscope = self._predictor = self._dial = None
            self._trained = Trained.open(folder)
        return self._trained

    def _answer(self, look: protocol.Look, trained: Trained) -> events.Said:
        match look:
            case protocol.OpenRun():
                self._predicting(trained).warm()
                return events.RunOpened(
                    number=look.number,
                    modalities=tuple(sorted(trained.spec.modalities)),
                    may_lack=tuple(trained.inputs.incomplete),
                )
            case protocol.Predict():
                return predicted_event(look, self._predicting(trained))
            case protocol.Explain():
                return explained_event(look, self._looking(trained).look(asked_of(look)), trained)
            case protocol.DisturbSample():
                return self._disturbed(look, trained)
        raise AssertionError(f"nobody answers {type(look).__name__}")

    def _reweighed(self, look: protocol.Reweigh) -> events.Reweighed:
        """Needs no model: what it said is read from the history of the run."""
        folder = Path(look.run)
        known = self._answers
        if known is None or known.folder != folder or known.is_old:
            known = self._answers = Answers(folder)
        found = known.by(look.loss, look.options)
        return events.Reweighed(
            number=look.number,
            epochs=found.epochs,
            recorded=tuple(found.recorded.tolist()),
            loss=tuple(found.loss.tolist()),
            recorded_worst=_or_none(found.recorded_worst),
            worst=_or_none(found.worst),
            samples=found.samples,
        )

    def _looking(self, trained: Trained) -> Microscope:
        if self._microscope is None:
            self._microscope = Microscope(trained, self._read(trained))
        return self._microscope

    def _predicting(self, trained: Trained) -> Predictor:
        if self._predictor is None:
            self._predictor = Predictor(trained)
        return self._predictor

    def _read(self, trained: Trained) -> Prepared:
        """The samples of the run, read once for all questions."""
        if self._samples is None:
            prepared = read_data(trained.spec, lambda event: None, lambda: False)
            self._samples = trained.samples(prepared)
        return self._samples

    def _disturbed(self, look: protocol.DisturbSample, trained: Trained) -> events.Disturbed:
        if self._dial is None:
            self._dial = Dial(trained, self._read(trained))
        found = self._dial.turn(look.stem, look.modality, look.strength, look.draw)
        robustness.write_seen(trained.folder, robustness.Seen(look.number, found.values))
        return events.Disturbed(
            number=look.number,
            answers=tuple(found.answers.tolist()),
            before=tuple(found.before.tolist()),
            kind=found.kind,
            words=found.words,
            struck=found.struck,
        )


def _or_none(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else value for value in values.tolist())


def predicted_event(look: protocol.Predict, predictor: Predictor) -> events.Predicted:
    """What the model says of the files and words of the question.

    Raises:
        UserError: nothing is given, or something cannot be read.
    """
    begun = time.monotonic()
    trained = predictor.trained
    given: dict[Modality, Raw] = {}
    if look.image:
        given["image"] = Path(look.image)
    if look.audio:
        given["audio"] = Path(look.audio)
    if look.text is not None:
        given["text"] = look.text
    arrays = predictor.arrays(given)
    lacking = tuple(m for m in predictor.reader.modalities if m not in arrays)
    found = Predictions()
    nearest: tuple[Neighbour, ...] = ()
    removed: tuple[Modality, ...] = ()
    if trained.spec.objective.loss is None:
        nearest = predictor.neighbours(arrays)
    else:
        found = predictor.predict(arrays)
        removed = tuple(m for m in lacking if m not in trained.inputs.incomplete)
    classes = trained.inputs.classes
    return events.Predicted(
        number=look.number,
        answers=tuple((found.shares if classes else found.numbers).ravel().tolist()),
        said=tuple(classes[n] for n in np.flatnonzero(found.said)),
        spreads=tuple(found.spreads.ravel().tolist()),
        lacking=lacking,
        removed=removed,
        nearest=tuple((one.stem, one.cosine) for one in nearest),
        likeness=predictor.likeness(arrays),
        seconds=time.monotonic() - begun,
    )


def asked_of(look: protocol.Explain) -> Asked:
    """What the question asks of the microscope."""
    return Asked(
        look.stem, look.method, look.output, look.against_rival, look.baseline, look.hidden,
        Edits(look.text, look.cut, look.covered, look.muted), look.checked,
    )  # fmt: skip


def explained_event(look: protocol.Explain, found: Found, trained: Trained) -> events.Explained:
    """The answer, with its maps written into the run's folder."""
    given = {m: values[0] for m, values in found.sample.arrays.items() if m not in found.hidden}
    maps = found.explanation.maps
    explained.write(
        trained.folder,
        explained.Explained(look.number, {str(m): v for m, v in given.items()},
                            {str(m): v for m, v in maps.items()}),
    )  # fmt: skip
    gap = found.explanation.gap
    likeness = found.sanity.likeness if found.sanity is not None else {}
    return events.Explained(
        number=look.number,
        answers=tuple(found.answers.tolist()),
        before=tuple(found.before.tolist()),
        output=found.output,
        rival=found.rival,
        hidden=found.hidden,
        words=found.sample.words,
        problems={str(m): words for m, words in found.explanation.problems.items()},
        gap=None if math.isnan(gap) else gap,
        likeness={str(m): v for m, v in likeness.items() if not math.isnan(v)},
    )
