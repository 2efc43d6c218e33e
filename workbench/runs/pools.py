"""The samples of a run that can be browsed: those of an evaluated split, and those for training."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.runs import difficulty
from workbench.runs.browsing import OF_TRAINING, Marks, Order, Rows
from workbench.runs.difficulty import Difficulty, Doubts
from workbench.runs.history import History
from workbench.runs.results import Results, Samples
from workbench.runs.results_words import number_words


class SplitPool:
    """The samples of an evaluated split.

    Args:
        results: the figures.
        samples: the rows; of several numbers those of one column.
    """

    def __init__(self, results: Results, samples: Samples) -> None:
        self.results, self.samples = results, samples
        self.name, self.stems, self.classes = results.split, samples.stem, results.classes
        self.loss = samples.loss

    def why_not(self, order: Order) -> str:
        """Why the samples cannot be ordered so; "" where they can."""
        task, told = self.results.task, len(self.samples.outputs) == len(self.samples)
        if order == "uncertain" and not self.classes and not len(self.samples.spread):
            return "This model does not say how sure it is."
        if order in ("uncertain", "suspicious") and self.classes and not told:
            return "This split was evaluated by an earlier version: evaluate it again."
        if order == "suspicious" and task == "none":
            return "These data have no labels."
        return ""

    def rows(self, order: Order, seed: int = 0) -> Rows:
        """The samples that belong to an order, the most telling first."""
        if order == "random":
            return np.random.default_rng(seed).permutation(len(self.stems))
        if order == "suspicious":
            marks, key = self._suspicion
            found = np.flatnonzero(marks)
            return found[np.argsort(-key[found], kind="stable")]
        key = -self._certainty() if order == "uncertain" else self._badness
        return np.argsort(key if order == "best" else -key, kind="stable")

    def why(self, order: Order, row: int) -> str:
        """Why a sample stands where it does, in a sentence."""
        if order == "suspicious":
            return self._why_suspicious(row)
        if order == "uncertain":
            return self._why_uncertain(row)
        if not self.classes:
            one = self._numbers and self.samples.target.ndim == 1
            if one:
                return f"Its error is {self._badness[row]:.4g}."
            return f"Its loss is {self.loss[row]:.3g}."
        sure = f" with {self.samples.confidence[row]:.1%}"
        verdict = "Wrong" if self.wrong[row] else "Right"
        return f"{verdict}: taken for “{self.said(row)}”{sure}; its loss is {self.loss[row]:.3g}."

    def brief(self, order: Order, row: int) -> str:
        """The same in a few words."""
        if order == "suspicious" and self.classes:
            other, own = int(self._doubted.other[row]), self._doubted.own[row]
            return f"{self.classes[other]}? label {own:.1%}" if other >= 0 else "–"
        if not self.classes:
            spread = order == "uncertain" and len(self.samples.spread) > 0
            if spread:
                return f"± {float(np.mean(self.samples.spread[row])):.4g}"
            return f"off by {self._badness[row]:.4g}" if self._numbers else "–"
        if order == "uncertain" and self.results.task != "labels":
            first, second = np.sort(self.probabilities(np.array([row]))[0])[::-1][:2]
            return f"{first:.1%} against {second:.1%}"
        verdict = "wrong" if self.wrong[row] else "right"
        return f"{verdict}, {self.samples.confidence[row]:.1%} sure"

    def true(self, row: int) -> str:
        """The target in words; "" where there is none."""
        return self._in_words(self.samples.target[row])

    def said(self, row: int) -> str:
        """What the model says in words; "" where it is not known."""
        return self._in_words(self.samples.prediction[row])

    def classes_of(self, row: int) -> tuple[int, ...]:
        """Numbers of the classes of one sample; none for numbers."""
        target = self.samples.target[row]
        if not self.classes:
            return ()
        return tuple(np.flatnonzero(target).tolist()) if np.ndim(target) else (int(target),)

    def is_true(self, number: int) -> Marks:
        """Which samples are of a class."""
        return _is(self.samples.target, number)

    def is_said(self, number: int) -> Marks:
        """Which samples were taken for a class."""
        return _is(self.samples.prediction, number)

    @cached_property
    def wrong(self) -> Marks:
        """Which samples are wrong; empty for numbers."""
        if not self.classes:
            return np.zeros(0, bool)
        differs = np.asarray(self.samples.target != self.samples.prediction, bool)
        return differs if differs.ndim == 1 else np.asarray(differs.any(axis=1), bool)

    @cached_property
    def keys(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """What the samples are sorted by where they are sorted by target, or by prediction."""
        named = self.classes if self.results.task != "ordered" else ()
        return _key(self.samples.target, named), _key(self.samples.prediction, named)

    def probabilities(self, rows: Rows | slice = slice(None)) -> NDArray[np.float64]:
        """What the fused head gives to each class, [samples, classes]; nothing for numbers.

        Args:
            rows: of which samples.
        """
        if not self.classes or not self.samples.outputs.size:
            return np.zeros((0, 0))
        logits = self.samples.outputs[rows].astype(np.float64)
        if self.results.task == "labels":
            return _sigmoid(logits)
        if self.results.task == "yes_no":
            yes = _sigmoid(logits[:, 0])
            return np.stack([1 - yes, yes], axis=1)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64)

    @property
    def _numbers(self) -> bool:
        return self.results.task in ("number", "numbers")

    @cached_property
    def _badness(self) -> NDArray[np.float64]:
        values = self.loss
        if self._numbers and self.samples.target.ndim == 1:
            values = np.abs(self.samples.prediction - self.samples.target)
        return np.where(np.isnan(values), np.inf, values)

    def _certainty(self) -> NDArray[np.float64]:
        """How far the best answer is from the next."""
        if not self.classes:
            spread = self.samples.spread
            return np.asarray(-(spread if spread.ndim == 1 else spread.mean(axis=1)), np.float64)
        shares = self.probabilities()
        if self.results.task == "labels":
            return np.asarray(np.abs(shares - 0.5).min(axis=1), np.float64)
        if shares.shape[1] < 2:
            return np.ones(len(shares))
        best = np.partition(shares, -2, axis=1)
        return np.asarray(best[:, -1] - best[:, -2], np.float64)

    @cached_property
    def _doubted(self) -> Doubts:
        shares, labels = self.probabilities(), self.samples.target
        if self.results.task == "labels":
            return difficulty.doubts_of_sets(shares, labels)
        return difficulty.doubts(shares, labels)

    @cached_property
    def _suspicion(self) -> tuple[Marks, NDArray[np.float64]]:
        if self._numbers:
            finite = np.where(np.isinf(self._badness), np.nan, self._badness)
            return difficulty.far_off(finite)
        return self._doubted.suspicious, self._doubted.suspicion

    def _why_suspicious(self, row: int) -> str:
        if self._numbers:
            marks, away = self._suspicion
            words = f"Its error is {self._badness[row]:.4g}, {away[row]:.0f} spreads above the "
            return words + "usual one." if marks[row] else "Nothing speaks against its number."
        found = self._doubted
        other = int(found.other[row])
        if self.results.task == "labels" and other >= 0:
            has, name = bool(self.samples.target[row, other]), self.classes[other]
            return (
                f"Labelled {'' if has else 'not '}“{name}”, to which the model gives only "
                f"{found.own[row]:.1%}."
            )
        name = self.classes[other] if other >= 0 else ""
        return difficulty.why_doubted(found, row, self.true(row), name)

    def _why_uncertain(self, row: int) -> str:
        if not self.classes:
            spread = float(np.mean(self.samples.spread[row]))
            return f"The model gives its number ± {spread:.4g}."
        shares = self.probabilities(np.array([row]))[0]
        if self.results.task == "labels":
            nearest = int(np.argmin(np.abs(shares - 0.5)))
            return f"“{self.classes[nearest]}” has {shares[nearest]:.1%}: neither yes nor no."
        if len(shares) < 2:
            return "There is but one class."
        first, second = np.argsort(-shares, kind="stable")[:2]
        return (
            f"“{self.classes[first]}” has {shares[first]:.1%}, "
            f"“{self.classes[second]}” {shares[second]:.1%}."
        )

    def _in_words(self, value: Any) -> str:
        if self.results.task == "none":
            return ""
        if not self.classes:
            return " · ".join(number_words(float(number)) for number in np.atleast_1d(value))
        if np.ndim(value) == 0:
            return self.classes[int(value)]
        return ", ".join(self.classes[n] for n in np.flatnonzero(value)) or "none of them"


class TrainingPool:
    """The training samples over the epochs.

    Args:
        history: of the run; it has at least one epoch.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        about, course = history.about, history.train
        self.name, self.stems, self.classes = "training", course.stems, about.classes
        self.found: Difficulty = difficulty.of_course(
            course, history.epochs, about.task, len(about.classes)
        )
        self.loss = self.found.loss
        self._numbers = about.task in ("number", "numbers")

    def why_not(self, order: Order) -> str:
        """Why the samples cannot be ordered so; "" where they can."""
        if order == "forgotten" and self._numbers:
            return "A number is not right or wrong: there is nothing to forget."
        if order == "suspicious_training" and self.history.about.task == "none":
            return "These data have no labels."
        return "" if order in OF_TRAINING else "Training samples are not evaluated."

    def rows(self, order: Order, seed: int = 0) -> Rows:
        """The samples that belong to an order, the most telling first."""
        found = self.found
        if order == "random":
            return np.random.default_rng(seed).permutation(len(self.stems))
        if order == "forgotten":
            # Never right is as if it were forgotten without end.
            times = np.where(found.never, np.iinfo(np.int64).max, found.forgotten)
            some = np.flatnonzero(times > 0)
            loss = np.where(np.isnan(found.loss), -np.inf, found.loss)[some]
            return some[np.lexsort((-loss, -times[some]))]
        if order == "suspicious_training":
            some = np.flatnonzero(found.suspicious)
            return some[np.argsort(-found.suspicion[some], kind="stable")]
        return np.argsort(-np.where(np.isnan(found.loss), -np.inf, found.loss), kind="stable")

    def why(self, order: Order, row: int) -> str:
        """Why a sample stands where it does, in a sentence."""
        if order == "forgotten":
            return difficulty.why_forgotten(self.found, row)
        if order == "suspicious_training":
            rival = int(self.found.rival[row]) if len(self.found.rival) else -1
            name = self.classes[rival] if rival >= 0 else ""
            return difficulty.why_suspicious(self.found, row, self.true(row), name)
        return difficulty.why_hard(self.found, row, numbers=self._numbers)

    def brief(self, order: Order, row: int) -> str:
        """The same in a few words."""
        found = self.found
        if self._numbers:
            return f"mean error {found.error[row]:.4g}"
        seen = int(found.seen[row])
        if order == "forgotten":
            return "never right" if found.never[row] else f"forgotten {found.forgotten[row]} ×"
        rival = int(found.rival[row]) if len(found.rival) else -1
        if order == "suspicious_training" and rival >= 0:
            return f"{self.classes[rival]}? in {found.rival_count[row]} of {seen}"
        return f"right in {found.right[row]} of {seen}"

    def true(self, row: int) -> str:
        """The target in words; "" where there is none."""
        target = self.history.train.target
        if not len(target):
            return ""
        return self.classes[int(target[row])] if self.classes else number_words(float(target[row]))

    def said(self, row: int) -> str:
        """What it was taken for in the last epoch that saw it; "" where it is not known."""
        number = int(self._last_said[row]) if len(self._last_said) else -1
        return self.classes[number] if number >= 0 else ""

    def classes_of(self, row: int) -> tuple[int, ...]:
        """Numbers of the classes of one sample; none for numbers."""
        target = self.history.train.target
        return (int(target[row]),) if self.classes and len(target) else ()

    def is_true(self, number: int) -> Marks:
        """Which samples are of a class."""
        target = self.history.train.target
        return target == number if len(target) else np.ones(len(self.stems), bool)

    def is_said(self, number: int) -> Marks:
        """Which samples were taken for a class."""
        said = self._last_said
        return said == number if len(said) else np.ones(len(self.stems), bool)

    @cached_property
    def wrong(self) -> Marks:
        """Which samples were wrong in the last epoch that saw them; empty for numbers."""
        metric = self.history.train.metric
        return np.zeros(0, bool) if self._numbers else _last(metric, np.isnan(metric)) < 0.5

    @cached_property
    def keys(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """What the samples are sorted by where they are sorted by target, or by prediction."""
        about, none = self.history.about, np.zeros(len(self.stems))
        named = self.classes if about.task != "ordered" else ()
        target, said = self.history.train.target, self._last_said
        return (
            _key(target.astype(np.int64) if self.classes else target, named)
            if len(target)
            else none,
            _key(said.astype(np.int64), named) if len(said) else none,
        )

    @cached_property
    def _last_said(self) -> NDArray[np.int16]:
        said = self.history.train.said
        return _last(said, said < 0) if said.size else np.zeros(0, np.int16)


def _key(values: NDArray[Any], classes: tuple[str, ...]) -> NDArray[Any]:
    """Classes by their names, sets by their first class, numbers by themselves."""
    if values.ndim > 1:
        return np.asarray(values @ (0.5 ** np.arange(1, values.shape[1] + 1)))
    if not classes:
        return values
    # What is not known comes before all names.
    rank = np.append(np.argsort(np.argsort(np.array(classes), kind="stable")), -1)
    return np.asarray(rank[values])


def _is(values: NDArray[Any], number: int) -> Marks:
    return np.asarray(values[:, number] > 0 if values.ndim > 1 else values == number, bool)


def _last(values: NDArray[Any], unseen: Marks) -> NDArray[Any]:
    """Of each sample its value in the last epoch that saw it; that of the last where none did."""
    if not len(values):
        return np.zeros(values.shape[1], values.dtype)
    from_end = np.argmax(~unseen[::-1], axis=0)
    return np.asarray(values[len(values) - 1 - from_end, np.arange(values.shape[1])])


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)), np.float64)
