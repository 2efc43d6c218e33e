"""Findings about targets: too few, uneven, far out, or given away by a text."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Finding, Index, Remedy, Target

FEW = 50
"""Fewer samples than this give a test of a handful, whose figures jump with every sample."""
FEW_A_CLASS = 20
"""Fewer of a class leave about three each for validation and test."""
UNEVEN = 10.0
"""Times that the largest class is the smallest from which plain cross-entropy tends to pass the
smallest over."""
FAR = 5.0
"""Robust spreads from the median beyond which a number lies far out (1 in 1.7 million of a normal
distribution)."""
_NORMAL_IQR = 1.349
_GIVEN_AWAY, _ELSEWHERE = 0.9, 0.02
"""Share of a class's texts that hold its name, and of all other texts at most."""
_LOOKED_AT = 5000
_SHOWN = 5


def check(index: Index, target: Target, split: NDArray[np.int8] | None) -> list[Finding]:
    """Everything that the target shows.

    Args:
        index: the data.
        target: what is learned.
        split: how samples are divided; None: not known.
    """
    findings = _few(index, target)
    if target.task in {"category", "yes_no", "ordered"}:
        findings += [*_uneven(target), *_absent(target, split), *_given_away(index, target)]
    elif target.task == "number":
        findings += _far_out(index, target)
    return findings


def _few(index: Index, target: Target) -> list[Finding]:
    count = int(target.present.sum())
    if count < FEW:
        title = f"Only {count} samples"
        detail = "Results will jump by several percent with every sample; gather more."
        return [Finding("warning", title, detail, kind="too_few")]
    if target.task not in {"category", "yes_no", "ordered"}:
        return []
    counts = np.bincount(target.values[target.present], minlength=len(target.classes))
    few = np.flatnonzero(counts < FEW_A_CLASS)
    if not len(few):
        return []
    names = ", ".join(f"{target.classes[n]} ({counts[n]})" for n in few[:_SHOWN])
    have = "class has" if len(few) == 1 else "classes have"
    title = f"{len(few)} {have} fewer than {FEW_A_CLASS} samples"
    rows = np.flatnonzero(np.isin(target.values, few))
    stems = tuple(index.stems[rows].tolist())
    detail = f"{names}. Their figures will be rough."
    return [Finding("warning", title, detail, stems, "too_few", tuple(rows.tolist()))]


def _uneven(target: Target) -> list[Finding]:
    counts = np.bincount(target.values[target.present], minlength=len(target.classes))
    if not len(counts) or counts.max() <= UNEVEN * max(int(counts.min()), 1):
        return []
    most, least = int(counts.argmax()), int(counts.argmin())
    title = f"{target.classes[most]} has {counts[most] / max(counts[least], 1):.0f} times the "
    title += f"samples of {target.classes[least]}"
    detail = (
        f"{counts[most]:,} against {counts[least]:,}: a model can be right often by never saying "
        f"{target.classes[least]}. Watch macro-F1, and gather more of the rare classes."
    )
    return [Finding("warning", title, detail, kind="imbalance")]


def _absent(target: Target, split: NDArray[np.int8] | None) -> list[Finding]:
    """Classes that a split lacks."""
    if split is None:
        return []
    findings = []
    used = np.unique(target.values[(split >= 0) & target.present])
    for number, name in enumerate(SPLITS):
        lacking = np.setdiff1d(used, target.values[split == number])
        if len(lacking):
            words = ", ".join(target.classes[n] for n in lacking[:_SHOWN])
            have = "class is" if len(lacking) == 1 else "classes are"
            title = f"{len(lacking)} {have} missing from {name}"
            detail = f"{words}: nothing can be said of them there."
            remedy = Remedy("Divide each class evenly", {"division": "stratified"})
            findings.append(Finding("warning", title, detail, kind="absent_class", remedy=remedy))
    return findings


def _far_out(index: Index, target: Target) -> list[Finding]:
    values = target.values[target.present]
    if len(values) < FEW_A_CLASS:
        return []
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    spread = (high - low) / _NORMAL_IQR
    if spread <= 0:
        return []
    rows = np.flatnonzero(np.abs(target.values - middle) > FAR * spread)
    if not len(rows):
        return []
    order = np.argsort(-np.abs(target.values[rows] - middle))
    shown = ", ".join(f"{target.values[row]:.4g}" for row in rows[order][:_SHOWN])
    share = len(rows) / len(values)
    title = f"{len(rows):,} values of '{target.name}' lie far out"
    detail = (
        f"{share:.1%} are more than {FAR:.0f} spreads from the median {middle:.4g}, such as "
        f"{shown}. If they are mistakes, correct them; a robust loss such as Huber hears them less."
    )
    stems = tuple(index.stems[rows].tolist())
    remedy = Remedy("Leave them out", {"leave_out": stems})
    return [Finding("warning", title, detail, stems, "outliers", tuple(rows.tolist()), remedy)]


def _given_away(index: Index, target: Target) -> list[Finding]:
    """Class names that stand in the texts of their class and hardly elsewhere."""
    if "text" not in index.files:
        return []
    rows = np.flatnonzero(target.present & index.has("text"))
    if len(rows) > _LOOKED_AT:
        rows = np.sort(np.random.Generator(np.random.Philox(0)).choice(rows, _LOOKED_AT, False))
    texts = [" ".join(re.findall(r"\w+", index.text(row).casefold())) for row in rows.tolist()]
    labels = target.values[rows]
    told = []
    for number, name in enumerate(target.classes):
        words = " ".join(re.findall(r"\w+", name.rpartition("/")[2].casefold()))
        mine = labels == number
        if not words or not mine.any() or mine.all():
            continue
        expression = re.compile(rf"\b{re.escape(words)}\b" if words.isascii() else re.escape(words))
        holds = np.asarray([bool(expression.search(text)) for text in texts])
        if holds[mine].mean() > _GIVEN_AWAY and holds[~mine].mean() < _ELSEWHERE:
            told.append(name)
    if not told:
        return []
    title = f"Texts give {len(told)} of {len(target.classes)} classes away"
    names = ", ".join(told[:_SHOWN])
    detail = (
        f"The name of the class stands in nearly all of its texts and hardly elsewhere: {names}. "
        "The model will read it off and learn nothing else; switch text off or take the words out."
    )
    found = rows[np.isin(labels, [target.classes.index(name) for name in told])]
    stems = tuple(index.stems[found].tolist())
    return [Finding("warning", title, detail, stems, "label_in_text", tuple(found.tolist()))]
