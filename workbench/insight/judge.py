"""Says of each answer of a model how good it is, on samples that are drawn for a question."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight.class_curves import decided, probabilities
from workbench.insight.trained import Trained

SEED = 2718
"""Of whatever is drawn for a question about a trained run."""


def drawn(prepared: Prepared, split: str, most: int) -> NDArray[np.int64]:
    """Rows of a split, ascending; where there are more, so many of them, always the same.

    Args:
        prepared: the samples.
        split: ``train``, ``validation`` or ``test``.
        most: how many are wanted.

    Raises:
        UserError: the split has none.
    """
    rows = prepared.rows(split)
    if not len(rows):
        raise UserError(f"No sample is in the {split} split.", "Choose another split.")
    if len(rows) > most:
        dice = np.random.default_rng(SEED)
        rows = np.sort(dice.choice(rows, most, replace=False))
    return rows


class Judge:
    """Says of each sample how good an answer is.

    Args:
        trained: who answers.
        prepared: its samples.
        rows: those that are asked about.
    """

    def __init__(self, trained: Trained, prepared: Prepared, rows: NDArray[np.int64]) -> None:
        self.task = trained.spec.data.task
        self.classes = trained.inputs.classes
        self.true = prepared.labels[rows]
        self._learned = prepared.labels[prepared.rows("train")]
        self._by_median = trained.objective.by_median
        self._scaling = trained.inputs.scaling
        self._spread = np.asarray(self._scaling.spread) if self._scaling is not None else 1.0

    def scores(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        """1 where it is right, of several categories the share; of numbers minus the error.

        Errors of several numbers are in spreads of each, so that no unit outweighs the others.
        """
        match self.task:
            case "labels":
                return np.asarray(((said > 0) == (self.true > 0.5)).mean(axis=1), np.float64)
            case "number" | "numbers":
                return -self._errors(said)
        right = decided(probabilities(said.astype(np.float64)), self._by_median) == self.true
        return np.asarray(right, np.float64)

    def truths(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-probability of the truth, in nats; of numbers minus the error."""
        logits = said.astype(np.float64)
        match self.task:
            case "labels":
                signed = np.where(self.true > 0.5, logits, -logits)
                return np.asarray(-np.logaddexp(0, -signed).sum(axis=1), np.float64)
            case "number" | "numbers":
                return -self._errors(said)
        shares = probabilities(logits)
        own = shares[np.arange(len(shares)), self.true.astype(np.int64)]
        return np.log(np.maximum(own, 1e-12))

    def guessing(self) -> float:
        """The mean score of saying what is most usual among the training samples."""
        match self.task:
            case "labels":
                usual = self._learned.mean(axis=0) > 0.5
                return float((usual == (self.true > 0.5)).mean())
            case "number" | "numbers":
                return -float(self._off(np.median(self._learned, axis=0)).mean())
        most = np.bincount(self._learned.astype(np.int64)).argmax()
        return float((self.true == most).mean())

    def _errors(self, said: NDArray[np.float32]) -> NDArray[np.float64]:
        assert self._scaling is not None
        return self._off(self._scaling.to_unit(said if self.task == "numbers" else said[:, 0]))

    def _off(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        off = np.abs(found - self.true)
        if self.task == "numbers":
            return np.asarray((off / self._spread).mean(axis=1), np.float64)
        return np.asarray(off, np.float64)
