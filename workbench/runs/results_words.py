"""What the figures of an evaluation mean, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.runs.results import ColumnRow, Results, Samples

Tone = Literal["good", "warn"]

# The first three names stand in the figures, where the evaluation has them.
_ORDER = (
    "recall_at_1", "recall_at_5", "median_rank",
    "accuracy", "micro_f1", "mae_steps", "quadratic_kappa", "macro_f1", "mae", "rmse", "r2", "loss",
    "balanced_accuracy", "weighted_f1", "top_3", "top_5", "mcc", "log_loss", "median_error",
)  # fmt: skip
_SHARES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "micro_f1",
    "weighted_f1",
    "top_3",
    "top_5",
    "precision",
    "recall",
    "f1",
    "auc",
    "recall_at_1",
    "recall_at_5",
    "recall_at_10",
)
_OF_ONE = ("r2", "mcc", "quadratic_kappa", "mae_steps", "log_loss")
"""Of these two decimals tell all that an interval can."""
_CAPTIONS: Mapping[str, str] = {
    "accuracy": "Right",
    "recall_at_1": "Partner found first",
    "recall_at_5": "Partner in the first 5",
    "recall_at_10": "Partner in the first 10",
    "median_rank": "Median place",
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "mae_steps": "Steps off",
    "quadratic_kappa": "Weighted kappa",
    "mae": "Mean error (MAE)",
    "rmse": "RMSE",
    "r2": "R²",
    "loss": "Loss",
    "balanced_accuracy": "Balanced",
    "weighted_f1": "Weighted F1",
    "top_3": "Among the first 3",
    "top_5": "Among the first 5",
    "mcc": "Matthews correlation",
    "log_loss": "Log-loss",
    "median_error": "Median error",
}
_MEANINGS: Mapping[str, str] = {
    "accuracy": "Share of the samples that were predicted right.",
    "recall_at_1": "Share of the samples whose partner in the other modality is nearest of all.",
    "recall_at_5": "Share of the samples whose partner is among the five nearest.",
    "recall_at_10": "Share of the samples whose partner is among the ten nearest.",
    "median_rank": "The place of the partner among all, from the nearest on, in the middle case.",
    "macro_f1": "Harmonic mean of precision and recall, averaged over classes: rare classes "
    "count as much as frequent ones.",
    "micro_f1": "Harmonic mean of precision and recall over all categories and samples together.",
    "mae_steps": "How many steps of the order predictions are off on average.",
    "quadratic_kappa": "Agreement beyond chance, where two steps off count four times as much as "
    "one (Cohen's kappa, quadratic weights).",
    "mae": "How far predictions are off on average, in the target's own unit.",
    "rmse": "Like the mean absolute error, but large errors weigh more.",
    "r2": "Share of the target's variance that is explained: 1 is perfect, 0 is no better than "
    "always saying the mean.",
    "loss": "What training made small, over these samples.",
    "balanced_accuracy": "Share that was predicted right, averaged over classes.",
    "weighted_f1": "Harmonic mean of precision and recall, averaged over classes by their size.",
    "top_3": "Share of the samples whose class is among the three most probable ones.",
    "top_5": "Share of the samples whose class is among the five most probable ones.",
    "mcc": "Correlation of truth and prediction: 1 is perfect, 0 no better than chance.",
    "log_loss": "Minus the logarithm of the probability of the truth, on average, in nats: wrong "
    "and sure is punished.",
    "median_error": "Half of the predictions are off by less.",
}


_GUESSES: Mapping[str, str] = {
    "number": "the median",
    "numbers": "the medians",
    "labels": "the most frequent set",
}
"""What guessing says, by task."""


@dataclass(frozen=True)
class FigureWords:
    """One large figure.

    Args:
        name: of the metric.
        caption: what it is.
        value: the figure.
        note: the same figure of guessing.
        meaning: one sentence.
    """

    name: str
    caption: str
    value: str
    note: str
    meaning: str = ""


@dataclass(frozen=True)
class Verdict:
    """What to think of it.

    Args:
        title: a few words.
        sentence: why, with figures.
        tone: good, or needs attention.
    """

    title: str
    sentence: str
    tone: Tone


def number_words(value: float, digits: int = 4) -> str:
    """A number as people write it.

    Args:
        value: any number.
        digits: how many that are significant are shown, of numbers below 1,000.
    """
    if not np.isfinite(value):
        return str(value)
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}" if size < 1e9 else f"{value:.3e}"
    return f"{value:.{digits}g}" if size >= 1e-3 or size == 0 else f"{value:.2e}"


def metric_words(name: str, value: float) -> str:
    """A metric as people read it: shares in per cent.

    Args:
        name: of the metric.
        value: its value.
    """
    return f"{value:.1%}" if name in _SHARES else number_words(value)


def caption(name: str) -> str:
    """What a metric is called.

    Args:
        name: of the metric.
    """
    return _CAPTIONS.get(name, name.replace("_", " ").capitalize())


def is_share(name: str) -> bool:
    """Whether a metric is a share, which is read in per cent.

    Args:
        name: of the metric.
    """
    return name in _SHARES


def figures(results: Results, column: int = 0) -> tuple[FigureWords, ...]:
    """All metrics, the headline first; of several numbers those of one of them.

    Args:
        results: an evaluation.
        column: which of several numbers.
    """
    if results.per_column:
        return _figures_of_column(results, results.per_column[column])
    known = [name for name in _ORDER if name in results.metrics]
    other = [name for name in results.metrics if name not in _ORDER]
    return tuple(_figure(results, name) for name in known + other)


def _figure(results: Results, name: str) -> FigureWords:
    title = caption(name)
    note = results.loss_name if name == "loss" else ""
    if name in results.baseline:
        note = f"guessing: {metric_words(name, results.baseline[name])}"
    between = results.intervals.get(name)
    if between is not None:
        known = results.baseline.get(name)
        told = f" · guess {_short_figure(name, known)}" if known is not None else ""
        note = f"{_between(name, between)}{told}"
    value = metric_words(name, results.metrics[name])
    if results.task == "labels" and name == "accuracy":
        title = "Whole set right"
    guess = _GUESSES.get(results.task, "the most frequent class")
    said = "Guessing shuffles." if results.task == "none" else f"Guessing always says {guess}."
    meaning = f"{_MEANINGS.get(name, '')} {said}".strip()
    if between is not None:
        meaning += _meant(name, between)
    return FigureWords(name, title, value, note, meaning)


def _meant(name: str, between: tuple[float, float]) -> str:
    low, high = (metric_words(name, end) for end in between)
    return (
        f" Measured on other samples of the same kind it would mostly lie between {low} and "
        f"{high} (95 % bootstrap interval)."
    )


def _short_figure(name: str, value: float) -> str:
    if name in _SHARES:
        return f"{value:.0%}"
    return f"{value:.2f}" if name in _OF_ONE else number_words(value, 3)


def _between(name: str, between: tuple[float, float]) -> str:
    low, high = (_short_figure(name, end) for end in between)
    # Beside a minus sign a dash would be read as another.
    return f"{low} to {high}" if "-" in low + high else f"{low.removesuffix('%')}–{high}"


def _figures_of_column(results: Results, row: ColumnRow) -> tuple[FigureWords, ...]:
    """MAE, RMSE and R² of one of several numbers, beside guessing and the mean of all."""
    found = []
    for name, value in (("mae", row.mae), ("rmse", row.rmse), ("r2", row.r2)):
        mean = ""
        if name in results.metrics and len(results.columns) > 1:
            told = number_words(results.metrics[name])
            mean = f"mean of all {len(results.columns)}: {told}"
        note = f"guessing: {number_words(row.baseline_mae)}" if name == "mae" else mean
        meaning = f"{row.name}. {_MEANINGS[name]}"
        between = row.intervals.get(name)
        if between is not None:
            guess = f" · guess {number_words(row.baseline_mae, 3)}" if name == "mae" else ""
            note = f"{_between(name, between)}{guess}"
            meaning += _meant(name, between)
            meaning += f" The {mean}." if mean and name != "mae" else ""
        if name == "mae":
            end = f", {mean}." if mean else "."
            meaning += f" Guessing always says the median{end}"
        shown = "–" if np.isnan(value) else number_words(value)
        found.append(FigureWords(name, _CAPTIONS[name], shown, note, meaning))
    return tuple(found)


def verdict(results: Results, samples: Samples, column: int = 0) -> Verdict:
    """What to think of an evaluation, against guessing.

    Args:
        results: the figures.
        samples: the rows; of several numbers those of one column.
        column: which one.
    """
    if not len(samples):
        return Verdict("Nothing to judge", "No sample is in this split.", "warn")
    if results.task == "labels":
        return _of_sets(results, len(samples))
    if results.task == "none":
        return _of_pairs(results, len(samples))
    if results.classes:
        return _of_classes(results)
    if results.per_column:
        row = results.per_column[column]
        words = _of_numbers(row.baseline_mae, samples)
        sentence = words.sentence[:1].lower() + words.sentence[1:]
        return Verdict(words.title, f"{row.name}: {sentence}", words.tone)
    return _of_numbers(results.baseline.get("mae"), samples)


def _of_sets(results: Results, total: int) -> Verdict:
    """Several categories at once, by the F1 of all of them together."""
    reached = results.metrics.get("micro_f1", 0.0)
    guess = results.baseline.get("micro_f1", 0.0)
    exact = results.metrics.get("accuracy", 0.0)
    figures = (
        f"Its F1 is {reached:.0%}, guessing {guess:.0%}. "
        f"The whole set is right for {exact:.0%} of {total:,}."
    )
    if reached <= guess:
        return Verdict(
            "No better than guessing",
            f"Always saying the most frequent set has an F1 of {guess:.0%}, this {reached:.0%}.",
            "warn",
        )
    removed = (reached - guess) / max(1 - guess, 1e-9)
    seen = [row for row in results.per_class if row.support]
    weakest = min(seen, key=lambda row: row.f1, default=None)
    if weakest is not None and weakest.f1 < reached - 0.05:
        figures += f" Weakest: {_short(weakest.name)}, F1 {weakest.f1:.0%}."
    return Verdict(_grade(removed), figures, "good" if removed > 0.3 else "warn")


def _of_pairs(results: Results, total: int) -> Verdict:
    """Pairs without a target, by how often the partner is found first."""
    found = results.metrics.get("recall_at_1", 0.0)
    chance = results.baseline.get("recall_at_1", 0.0)
    place = results.metrics.get("median_rank", float(total))
    words = (
        f"The partner is found first for {found:.0%} of {total:,}, by chance for {chance:.1%}; "
        f"in the middle case it is number {place:,.0f}."
    )
    # Twice the standard error of chance: less may be luck.
    if found - chance <= 2 * float(np.sqrt(chance * (1 - chance) / max(total, 1))):
        return _hardly(words, better=found > chance)
    middle = results.baseline.get("median_rank", total / 2)
    removed = 1 - (place - 1) / max(middle - 1, 1e-9)
    return Verdict(_grade(removed), words, "good" if removed > 0.3 else "warn")


def _of_classes(results: Results) -> Verdict:
    counts = np.array(results.confusion, np.int64)
    total = int(counts.sum())
    right = int(counts.trace()) / max(total, 1)
    guess = results.baseline.get("accuracy", int(counts.sum(axis=1).max()) / max(total, 1))
    if guess >= 1:
        return Verdict(
            "One class only",
            "All of these samples are of one class: nothing can be told from them.",
            "warn",
        )
    # Twice the standard error of guessing: less may be luck.
    luck = 2 * float(np.sqrt(guess * (1 - guess) / max(total, 1)))
    removed = (right - guess) / (1 - guess)
    if right - guess <= luck:
        words = (
            f"Right for {right:.0%} of {total:,}; always saying the most frequent class of the "
            f"training would be for {guess:.0%}."
        )
        return _hardly(words, better=right > guess)
    return Verdict(_grade(removed), _weakness(results, right), "good" if removed > 0.3 else "warn")


def _hardly(words: str, *, better: bool) -> Verdict:
    """Not better than guessing, or by so little that it may be luck."""
    if better:
        return Verdict("Hardly better than guessing", f"{words} That may be luck.", "warn")
    return Verdict("No better than guessing", words, "warn")


def _grade(removed: float) -> str:
    """In words, the share of guessing's error that is gone, 0..1."""
    if removed > 0.75:
        return "Far better than guessing"
    return "Clearly better than guessing" if removed > 0.3 else "A little better than guessing"


def _weakness(results: Results, right: float) -> str:
    wrong = np.array(results.confusion, np.int64)
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return "Not one mistake."
    true, said = np.unravel_index(int(wrong.argmax()), wrong.shape)
    times = int(wrong[true, said])
    often = "once" if times == 1 else f"{times:,} times"
    taken = f"{_short(results.classes[true])} was taken for {_short(results.classes[said])}"
    words = f"Most often {taken} ({often})."
    seen = [row for row in results.per_class if row.support]
    weakest = min(seen, key=lambda row: row.recall)
    if len(seen) > 2 and weakest.recall < right - 0.05:
        words += f" Weakest: {_short(weakest.name)}, recognised in {weakest.recall:.0%}."
    return words


def _short(name: str) -> str:
    """The name of a class in quotes, its middle left out where it is long."""
    return f"“{name}”" if len(name) <= 24 else f"“{name[:11]}…{name[-11:]}”"


def _of_numbers(guessed: float | None, samples: Samples) -> Verdict:
    errors = samples.prediction - samples.target
    mean_error = float(np.abs(errors).mean())
    if not np.isfinite(mean_error):
        lost = int((~np.isfinite(errors)).sum())
        return Verdict("Not a number", f"{lost:,} predictions are not finite.", "warn")
    own = float(np.abs(samples.target - np.median(samples.target)).mean())
    guess = own if guessed is None else guessed
    if guess <= 0:
        return Verdict("One value only", "All of these samples have the same value.", "warn")
    removed = 1 - mean_error / guess
    off = (
        f"Off by {number_words(mean_error)} on average; guessing the median: {number_words(guess)}."
    )
    # The difference of the two errors, sample by sample, against its standard error.
    gains = np.abs(samples.target - np.median(samples.target)) - np.abs(errors)
    luck = 2 * float(gains.std()) / np.sqrt(len(gains))
    if removed <= 0 or float(gains.mean()) <= luck:
        return _hardly(off, better=removed > 0)
    return Verdict(_grade(removed), off + _lean(errors), "good" if removed > 0.3 else "warn")


def _lean(errors: np.typing.NDArray[np.float64]) -> str:
    mean, spread = float(errors.mean()), float(errors.std())
    if abs(mean) <= max(0.25 * spread, 2 * spread / np.sqrt(len(errors))):
        return ""
    way = "high" if mean > 0 else "low"
    return f" Predictions are {way} by {number_words(abs(mean))} on average."
