"""Advice for categories: wrong labels, rare classes, order, and how sure the model is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from workbench.runs.advising.finding import Evidence, Finding, Floats, Known, proposal

SUSPICIOUS = 0.05
"""Share of suspicious training labels from which on they are spoken of."""
BEYOND = 1.5
"""How many times as frequent they must be as errors on samples that were not trained on.

Where samples are merely hard, both are about alike; where labels of training samples are wrong, the
model contradicts them more often than it errs elsewhere.
"""
BEHIND = 0.1
"""By how much a model must be less often right on training samples than on validation samples.

Usually it is the other way round. With 40 % wrong training labels on *shapes* it is 0.15 to 0.25
(measured over ten runs), with clean ones below 0. Dropout and variation make training harder, too,
so that twice as much is asked where samples are varied.
"""
_SETTLED = 4
# Before this epoch the mean over an epoch lies behind because the model learns within it.
SURE = 0.8
"""Probability of another class from which on the model speaks clearly against a label."""
GAP = 0.1
"""Difference in recall between frequent and rare classes from which on it is spoken of."""
RARE = 0.5
"""A class is rare where it has fewer samples than this share of the largest."""
OFF = 0.05
"""Calibration error from which on it is spoken of, if chance does not explain it."""
_BINS, _DRAWS, _SEED = 15, 400, 20240229
_FOR_NOISE = ("generalized_cross_entropy", "symmetric_cross_entropy", "probability_error",
              "partially_huberised_cross_entropy")  # fmt: skip
_FOR_RARE = ("balanced_cross_entropy", "ldam")
_FOR_ORDER = ("coral", "corn")
_LOSS = "objective.loss.name"


def of_classes(known: Known) -> Iterator[Finding]:
    """What the classes say.

    Args:
        known: of a run that learned categories.
    """
    if known.task in ("category", "ordered"):
        yield from _labels(known)
        yield from _rare(known)
        yield from _order(known)
    if known.task in ("category", "ordered", "yes_no"):
        yield from _sureness(known)


def _labels(known: Known) -> Iterator[Finding]:
    """Training labels that the model contradicts over most of the epochs."""
    found, recorded = known.difficulty, known.history
    if found is None or recorded is None or known.loss in _FOR_NOISE or not len(found.margin):
        return
    seen = found.seen > 0
    share = float(found.suspicious[seen].mean()) if seen.any() else 0.0
    errors = 1 - known.results.metrics.get("accuracy", 1.0)
    if share < SUSPICIOUS:
        return
    against = _clearly_against(known)
    behind = _behind(known)
    if share < BEYOND * errors and against < SUSPICIOUS and behind < BEHIND:
        return
    changes = {
        "Generalised CE": {_LOSS: "generalized_cross_entropy"},
        "Symmetric CE": {_LOSS: "symmetric_cross_entropy"},
    }
    suspicious = found.suspicious & seen
    labels = recorded.train.target.astype(np.int64)
    classes = recorded.about.classes
    shares = [
        float(suspicious[labels == number].mean()) if (labels == number).any() else 0.0
        for number in range(len(classes))
    ]
    elsewhere = f"it errs on {errors:.0%} of the {known.split} samples"
    if against >= SUSPICIOUS:
        elsewhere += f", and is sure of another class for {against:.0%} of them"
    if behind >= BEHIND:
        elsewhere = f"on validation samples it is right {100 * behind:.0f} points more often"
    yield Finding(
        "labels", "Some labels look wrong",
        f"The model contradicts {share:.0%} of the training labels over most epochs, while "
        f"{elsewhere}.",
        "A loss that forgives wrong labels does not learn them by heart. Look at the suspicious "
        "samples in the browser, too: labels that are mended are better than forgiven ones.",
        min(1.0, 0.6 + share), proposal(known, "Wrong labels", changes),
        Evidence("Suspicious labels by class", classes, tuple(shares),
                 tuple(value >= SUSPICIOUS for value in shares), share=True),
    )  # fmt: skip


def _clearly_against(known: Known) -> float:
    """Share of evaluated samples for which the model is sure of another class."""
    samples = known.samples
    wrong = samples.prediction != samples.target
    return float((wrong & (samples.confidence > SURE)).mean()) if len(samples) else 0.0


def _behind(known: Known) -> float:
    """Accuracy on validation samples less that on training samples, in the best epoch."""
    curves = known.curves
    train, validation = curves.train.get("accuracy"), curves.validation.get("accuracy")
    best = curves.best
    if (
        train is None
        or validation is None
        or not _SETTLED <= best <= min(len(train), len(validation))
    ):
        return 0.0
    varied = known.spec.training.augmentation != type(known.spec.training.augmentation)()
    gap = float(validation.y[best - 1] - train.y[best - 1])
    return gap / 2 if varied or known.spec.model.head_dropout > 0.3 else gap


def _rare(known: Known) -> Iterator[Finding]:
    """Rare classes that are found less often than frequent ones."""
    rows = known.results.per_class
    if known.loss in _FOR_RARE or len(rows) < 2:
        return
    support = np.array([row.support for row in rows])
    hits = np.array([round(row.recall * row.support) if row.support else 0 for row in rows])
    rare = support < RARE * support.max()
    if not rare.any() or rare.all() or support[rare].sum() < 5:
        return
    low = hits[rare].sum() / support[rare].sum()
    high = hits[~rare].sum() / support[~rare].sum()
    table = [[hits[rare].sum(), (support - hits)[rare].sum()],
             [hits[~rare].sum(), (support - hits)[~rare].sum()]]  # fmt: skip
    p = float(stats.fisher_exact(table, alternative="less").pvalue)
    if high - low < GAP or p > 0.01:
        return
    changes = {
        "Balanced CE": {_LOSS: "balanced_cross_entropy"}, "LDAM": {_LOSS: "ldam"},
    }  # fmt: skip
    names = [row.name for row, few in zip(rows, rare, strict=True) if few]
    told = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
    yield Finding(
        "rare", "Rare classes are missed",
        f"Of rare classes ({told}) {low:.0%} are found, of the others {high:.0%}.",
        "A loss that lets rare classes count more finds more of them and may lose a little on the "
        "frequent ones; the duel is judged by macro F1, in which all classes count alike.",
        min(1.0, 0.5 + (high - low)),
        proposal(known, "Rare classes", changes, metric="macro_f1",
                     larger_is_better=True),
        Evidence("Share found by class", tuple(row.name for row in rows),
                 tuple(row.recall if row.support else 0.0 for row in rows),
                 tuple(bool(few) for few in rare), share=True),
    )  # fmt: skip


def _order(known: Known) -> Iterator[Finding]:
    """Ordered classes that are learned as if they had no order."""
    if known.task != "ordered" or known.loss in _FOR_ORDER or not len(known.samples):
        return
    steps = np.abs(known.samples.prediction - known.samples.target)
    far = float((steps > 1).mean())
    if far == 0:
        return
    changes = {"CORAL": {_LOSS: "coral"}, "CORN": {_LOSS: "corn"}}
    counts = np.bincount(steps.astype(np.int64))
    yield Finding(
        "order", "The order is not used",
        f"{far:.0%} of the answers lie two steps or more from the truth, and the loss takes all "
        "misses for alike.",
        "A loss that knows the order prefers near misses; the duel is judged by steps off.",
        min(1.0, 0.4 + far), proposal(known, "Ordered classes", changes),
        Evidence("Steps off", tuple(str(n) for n in range(len(counts))),
                 tuple(float(c) for c in counts), tuple(n > 1 for n in range(len(counts)))),
    )  # fmt: skip


def _sureness(known: Known) -> Iterator[Finding]:
    """A model that is surer than it is right, beyond what chance explains."""
    samples, loss = known.samples, known.spec.objective.loss
    if loss is None or loss.name not in ("cross_entropy", "binary_cross_entropy"):
        return
    if loss.options.get("label_smoothing") or len(samples) < 100:
        return
    right = samples.prediction == samples.target
    error = _calibration_error(samples.confidence, right)
    dice = np.random.default_rng(_SEED)
    chance = np.quantile(
        [_calibration_error(samples.confidence, dice.random(len(samples)) < samples.confidence)
         for _ in range(_DRAWS)], 0.99,
    )  # fmt: skip
    sure = float(samples.confidence.mean() - right.mean())
    if error < OFF or error < chance or sure <= 0:
        return
    changes = {"Smoothed labels": {"objective.loss.label_smoothing": 0.1}}
    yield Finding(
        "sureness", "Surer than it is right",
        f"It is {sure:.0%} surer than it is right (calibration error {error:.1%}; by chance at "
        f"most {chance:.1%}).",
        "Smoothed labels keep it modest while it trains. To be honest about its answers alone no "
        "training is needed: the temperature on the Curves tab mends that.",
        min(0.6, 0.2 + 2 * error), proposal(known, "Modest answers", changes),
    )  # fmt: skip


def _calibration_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """Expected calibration error in bins of equal width (Guo et al. 2017, arXiv:1706.04599)."""
    place = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    off = np.bincount(place, weights=right - confidence, minlength=_BINS)
    return float(np.abs(off).sum() / len(confidence))
