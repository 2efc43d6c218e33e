"""A finished run, epoch by epoch: figures, confusion, weights of terms, answers. Numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from workbench import parts
from workbench.errors import UserError
from workbench.runs import history, scaling, store
from workbench.runs.curves import Curves
from workbench.runs.series import Series
from workbench.spec import RunSpec

Order = Literal["changed", "late", "wrong", "name"]
ORDERS: tuple[Order, ...] = get_args(Order)
TASKS = ("category", "ordered", "yes_no", "number")
"""Tasks whose targets are stored beside the answers."""

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Moment:
    """A run after one epoch.

    Args:
        epoch: its number.
        figures: training and validation loss and metric by name, as far as they are known.
        confusion: of the stored validation samples, row: true, column: said, [classes, classes];
            empty for numbers.
        said: class of each stored sample, or its number in its own unit, [samples].
        sure: probability of the class that is said, [samples]; empty for numbers.
        right: samples that are right; empty for numbers.
        changed: samples that said something else an epoch before.
        weights: what each term was multiplied with; empty where there is but one.
        shares: share of each term in the sum of all.
        gradients: length of the gradient of each modality's encoder.
        update: length of what a step added to the model over the model's own; NaN where unknown.
        learning_rate: at the end of the epoch; NaN where unknown.
    """

    epoch: int
    figures: Mapping[str, float]
    confusion: Whole
    said: Floats
    sure: Floats
    right: NDArray[np.bool_]
    changed: int
    weights: Mapping[str, float]
    shares: Mapping[str, float]
    gradients: Mapping[str, float]
    update: float
    learning_rate: float


class Replay:
    """All epochs of a run; each is computed when it is looked at.

    Args:
        folder: of the run.

    Raises:
        UserError: nothing was recorded, the task keeps no targets, or a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run = store.find(folder)
        self.spec: RunSpec = run.spec()
        found = history.read(folder)
        if found is None or not found.epochs:
            raise UserError(history.why_none(folder), "Train the run again to record its samples.")
        if self.spec.data.task not in TASKS or self.spec.objective.loss is None:
            raise UserError(
                "Of several targets at once, or none, the answers of past epochs cannot be told "
                "right or wrong: their targets are not stored.",
                "Look at the curves on the Train screen.",
            )
        self.epochs = found.epochs
        self.classes = found.about.classes
        self.stems = found.validation.stems
        self.true = found.validation.target
        self._found = found
        self.curves = Curves()
        for event in run.events():
            self.curves.hear(event)
        self._said, self._sure = self._answers()

    @property
    def numbers(self) -> bool:
        """Numbers were learned."""
        return self.spec.data.task == "number"

    @property
    def said(self) -> Floats:
        """What was said of each sample, [epochs, samples]."""
        return self._said

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each sample was right, [epochs, samples]; of numbers never asked."""
        found: NDArray[np.bool_] = self._said == self.true
        return found

    def course(self, name: str) -> Floats:
        """Validation ``loss``, or the metric beside it, after each epoch that was recorded.

        Args:
            name: ``loss`` or ``metric``.
        """
        recorded = self._found.validation
        values = recorded.loss if name == "loss" else recorded.metric
        return np.asarray(values.mean(axis=1, dtype=np.float64))

    def at(self, epoch: int) -> Moment:
        """The run after an epoch.

        Args:
            epoch: one of ``epochs``.

        Raises:
            ValueError: it is none of them.
        """
        place = self.epochs.index(epoch)
        said = self._said[place]
        right = self.right[place] if not self.numbers else np.zeros(0, bool)
        before = self._said[place - 1] if place else said
        curves = self.curves
        return Moment(
            epoch, self._figures(epoch, place), self._confusion(said), said, self._sure[place],
            right, int((said != before).sum()), _at(curves.weights, epoch),
            _at(curves.shares, epoch), _at(curves.gradients, epoch), _value(curves.update, epoch),
            _value(curves.learning_rate, epoch),
        )  # fmt: skip

    def changes(self) -> Whole:
        """How often each sample said something else than an epoch before, [samples]."""
        if len(self.epochs) < 2:
            return np.zeros(len(self.stems), np.int64)
        if self.numbers:
            # Numbers change always; by how many usual errors they do is what tells.
            moved = np.abs(np.diff(self._said, axis=0))
            usual = float(np.median(moved)) or 1.0
            return np.asarray((moved > 3 * usual).sum(axis=0))
        return np.asarray((np.diff(self._said, axis=0) != 0).sum(axis=0))

    def order(self, by: Order, words: str = "") -> Whole:
        """Numbers of the samples in an order.

        Args:
            by: ``changed``: those that changed most; ``late``: those that were learned last;
                ``wrong``: those that are wrong at the end; ``name``: by their names.
            words: only those whose names contain these.
        """
        kept = np.flatnonzero(np.strings.find(np.strings.lower(self.stems), words.lower()) >= 0)
        match by:
            case "changed":
                key = -self.changes()[kept].astype(np.float64)
            case "late":
                key = -self._learned()[kept].astype(np.float64)
            case "wrong":
                off = np.abs(self._said[-1] - self.true) if self.numbers else ~self.right[-1]
                key = -off[kept].astype(np.float64)
            case "name":
                key = np.argsort(np.argsort(self.stems[kept])).astype(np.float64)
        return kept[np.argsort(key, kind="stable")]

    def _learned(self) -> Whole:
        """The epoch from which on each sample stayed right; those that end wrong come last."""
        if self.numbers:
            off = np.abs(self._said - self.true)
            limit = 2 * float(np.median(off[-1]))
            good = off <= limit
        else:
            good = self.right
        wrong = ~good
        last_wrong = np.where(
            wrong.any(axis=0), len(good) - np.argmax(wrong[::-1], axis=0), 0
        )  # fmt: skip
        return last_wrong.astype(np.int64) + 1

    def _answers(self) -> tuple[Floats, Floats]:
        outputs = self._found.outputs.astype(np.float64)
        if self.numbers:
            said = scaling.read(self.folder).to_unit(outputs[..., 0])
            return said, np.zeros((len(outputs), 0))
        if self.spec.data.task == "yes_no":
            yes = 1 / (1 + np.exp(-np.clip(outputs[..., 0], -500, 500)))
            return (outputs[..., 0] > 0).astype(np.float64), np.maximum(yes, 1 - yes)
        shifted = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        chances = shifted / shifted.sum(axis=-1, keepdims=True)
        if self._by_median:
            below = np.cumsum(chances, axis=-1)[..., :-1]
            index = (below < 0.5).sum(axis=-1)
        else:
            index = outputs.argmax(axis=-1)
        sure = np.take_along_axis(chances, index[..., None], axis=-1)[..., 0]
        return index.astype(np.float64), sure

    @property
    def _by_median(self) -> bool:
        """Of ordered thresholds the class is the median of what is said, as in an evaluation."""
        loss = self.spec.objective.loss
        return loss is not None and parts.find("loss", loss.name).head in ("ranks", "steps")

    def _confusion(self, said: Floats) -> Whole:
        if self.numbers:
            return np.zeros((0, 0), np.int64)
        many = len(self.classes)
        cells = self.true.astype(np.int64) * many + said.astype(np.int64)
        return np.bincount(cells, minlength=many * many).reshape(many, many)

    def _figures(self, epoch: int, place: int) -> dict[str, float]:
        found = {}
        for name, group in (("train", self.curves.train), ("validation", self.curves.validation)):
            for key, series in group.items():
                value = _value(series, epoch)
                if np.isfinite(value):
                    found[f"{name} {key}"] = value
        if not found:
            found["validation loss"] = float(self.course("loss")[place])
        return found


def _at(group: Mapping[str, Series], epoch: int) -> dict[str, float]:
    """The last value of each series within an epoch."""
    found = {name: _value(series, epoch) for name, series in group.items()}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _value(series: Series, epoch: int) -> float:
    # Half a step of slack: the last step of an epoch ends on its number.
    place = int(np.searchsorted(series.x, epoch + 1e-6, side="right")) - 1
    return float(series.y[place]) if place >= 0 and series.x[place] > epoch - 1 else float("nan")
