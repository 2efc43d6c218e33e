"""How much noise on one modality a trained model stands, over a split and on one sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.folder import Stopped
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight import intervals
from workbench.insight.answers import answers_of
from workbench.insight.halves import Encoded
from workbench.insight.judge import Judge, drawn
from workbench.insight.noise import Noise
from workbench.insight.removal import Remover
from workbench.insight.sample import take, words_of
from workbench.insight.trained import Trained
from workbench.parts import MODALITIES, Modality
from workbench.runs import decision
from workbench.runs.robustness import Curve, Kind, Robustness

MOST = 500
"""Samples that are looked at, drawn with a fixed seed."""
STRENGTHS = tuple(n / 10 for n in range(11))
"""Of the noise."""

Tell = Callable[[str, int, int], object]
"""Told what is done, how much of it, and of how much."""


def disturb(
    trained: Trained, prepared: Prepared, split: str, tell: Tell, stop: Callable[[], bool],
    most: int = MOST,
) -> Robustness:  # fmt: skip
    """The score of a trained model over noise on each modality alone.

    Args:
        trained: the run.
        prepared: its samples, as of ``Trained.samples``.
        split: ``train``, ``validation`` or ``test``.
        tell: told how far it is.
        stop: asked often; true ends it.
        most: samples that are looked at.

    Raises:
        UserError: the run has no target, or the split no samples.
        Stopped: the wish to stop was heard.
    """
    _refuse_pairs(trained)
    rows = drawn(prepared, split, most)
    tell("Asking the encoders", 0, 0)
    remover = Remover.of(trained)
    names = [m for m in MODALITIES if m in trained.spec.modalities]
    encoded = remover.halves.encode({m: np.array(prepared.arrays[m][rows]) for m in names})
    dial = _Split(prepared, rows, remover, encoded, Judge(trained, prepared, rows))
    curves = []
    for place, modality in enumerate(names):

        def told(done: int, place: int = place) -> None:
            if stop():
                raise Stopped
            total = len(names) * (len(STRENGTHS) - 1)
            tell("Adding noise", place * (len(STRENGTHS) - 1) + done, total)

        curves.append(dial.curve(modality, told))
    numbers = trained.spec.data.task in ("number", "numbers")
    return Robustness(
        split=split,
        samples=len(rows),
        score="error" if numbers else "accuracy",
        strengths=STRENGTHS,
        guessing=dial.judge.guessing(),
        curves=tuple(curves),
    )


@dataclass(frozen=True)
class _Split:
    """Samples of a split, what the encoders make of them, and who judges the answers."""

    prepared: Prepared
    rows: NDArray[np.int64]
    remover: Remover
    encoded: Encoded
    judge: Judge

    def curve(self, modality: Modality, told: Callable[[int], None]) -> Curve:
        noise = Noise.of(self.prepared, modality)
        masks = {m: mask[self.rows] for m, mask in self.prepared.masks.items()}
        has = masks.get(modality, np.ones(len(self.rows), bool))
        samples = np.array(self.prepared.arrays[modality][self.rows])
        scores = [self.judge.scores(self.remover.halves.decide(self.encoded, masks))]
        for done, strength in enumerate(STRENGTHS[1:]):
            told(done)
            noisy = noise.on(samples, self.rows, strength)
            # What a sample lacks gets no noise either: it stays lacking.
            noisy[~has] = samples[~has]
            given = {**self.encoded, **self.remover.halves.encode({modality: noisy})}
            scores.append(self.judge.scores(self.remover.halves.decide(given, masks)))
        kept = [m for m in self.encoded if m != modality]
        without = self.judge.scores(self.remover.outputs(self.encoded, kept, masks))
        return Curve(
            name=modality,
            kind=noise.kind,
            scores=tuple(float(values.mean()) for values in scores),
            between=_between(scores),
            lost=_between([scores[0] - values for values in scores]),
            without=float(without.mean()),
            removal=self.remover.removal(modality),
            having=int(has.sum()),
        )


def _between(scores: list[NDArray[np.float64]]) -> tuple[tuple[float, float], ...]:
    drawn = intervals.of_means({str(n): values for n, values in enumerate(scores)})
    known = intervals.of_draws(drawn)
    means = [float(values.mean()) for values in scores]
    return tuple(known.get(str(n), (mean, mean)) for n, mean in enumerate(means))


@dataclass(frozen=True)
class Disturbed:
    """One sample under noise.

    Args:
        answers: probability of each class, or the numbers in their unit.
        before: the same without noise.
        values: what the model was given of the modality.
        words: its tokens for the eye; empty for all but tokens.
        struck: places of the tokens that the noise changed.
        kind: which noise it is.
    """

    answers: NDArray[np.float64]
    before: NDArray[np.float64]
    values: NDArray[Any]
    words: tuple[str, ...]
    struck: tuple[int, ...]
    kind: Kind


class Dial:
    """Turns the noise on single samples of one run up and down.

    Args:
        trained: the run.
        prepared: its samples, as of ``Trained.samples``.

    Raises:
        UserError: the run has no target.
    """

    def __init__(self, trained: Trained, prepared: Prepared) -> None:
        _refuse_pairs(trained)
        self._trained, self._prepared = trained, prepared
        self._noises: dict[Modality, Noise] = {}

    def turn(self, stem: str, modality: Modality, strength: float, draw: int = 0) -> Disturbed:
        """What the model says of a sample under noise.

        Args:
            stem: name of the sample.
            modality: where the noise is.
            strength: 0 none, 1 nothing but noise.
            draw: another number, other noise.

        Raises:
            UserError: there is no such sample, the run has no such modality, or the sample lacks
                it.
        """
        trained = self._trained
        if modality not in trained.spec.modalities:
            names = ", ".join(sorted(trained.spec.modalities))
            raise UserError(f"This run has no {modality}.", f"It has {names}.")
        sample = take(trained, self._prepared, stem)
        if modality in sample.lacking:
            raise UserError(
                f"The sample {stem} has no {modality}: nothing can be disturbed.",
                "Choose another sample or another modality.",
            )
        if modality not in self._noises:
            self._noises[modality] = Noise.of(self._prepared, modality)
        noise, clean = self._noises[modality], sample.arrays[modality]
        row = np.flatnonzero(self._prepared.stems == stem)[:1]
        noisy = noise.on(clean, row, strength, draw)
        arrays = {
            m: np.concatenate([v, noisy if m == modality else v]) for m, v in sample.arrays.items()
        }
        present = {m: np.full(2, m not in sample.lacking) for m in trained.inputs.incomplete}
        said = trained.says(arrays, present)["task"]
        found = answers_of(trained, said, decision.read(trained.folder))
        tokens = noise.kind == "tokens"
        struck = np.flatnonzero((noisy != clean)[0]) if tokens else ()
        return Disturbed(
            answers=np.atleast_1d(found[1]),
            before=np.atleast_1d(found[0]),
            values=noisy[0],
            words=words_of(trained, noisy) if tokens else (),
            struck=tuple(int(place) for place in struck),
            kind=noise.kind,
        )


def _refuse_pairs(trained: Trained) -> None:
    if trained.spec.objective.loss is None:
        raise UserError(
            "This run predicts nothing: it only draws pairs together.",
            "Ask a run that has a target.",
        )
