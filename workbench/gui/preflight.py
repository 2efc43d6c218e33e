"""What is looked at before training: enough samples, even classes, nothing mistyped."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Index
from workbench.spec import RunSpec

_FEW = 20
_THIN_CLASS = 5
_LOPSIDED = 10


@dataclass(frozen=True)
class Check:
    """One line of what is looked at before training.

    Args:
        severity: ok, warning, or error (training cannot start).
        sentence: what was found and what to do.
        place: the place of the spec that it concerns; ``findings`` for the data screen; "".
    """

    severity: Literal["ok", "warning", "error"]
    sentence: str
    place: str = ""


def usable(index: Index, run_spec: RunSpec) -> NDArray[np.bool_]:
    """Which samples have the target and all modalities in use, bool [samples]."""
    found = index.target(run_spec.data.target).present.copy()
    for modality in run_spec.modalities:
        found &= index.files[modality] != ""
    return found


def split_counts(index: Index, run_spec: RunSpec) -> dict[str, int]:
    """How many usable samples each split has; exact where the data fix it, else by the shares."""
    have = usable(index, run_spec)
    total = int(have.sum())
    fixed = index.fixed_split
    if fixed is not None and (fixed[have] >= 0).any():
        return {split: int((fixed[have] == i).sum()) for i, split in enumerate(SPLITS)}
    validation = round(total * run_spec.data.validation)
    test = round(total * run_spec.data.test)
    return {"train": total - validation - test, "validation": validation, "test": test}


def facts(index: Index, run_spec: RunSpec) -> str:
    """How much is trained, in words: samples of each split and steps an epoch."""
    counts = split_counts(index, run_spec)
    steps = math.ceil(max(counts["train"], 0) / run_spec.training.batch_size)
    about = "" if index.fixed_split is not None else "about "
    return (
        f"{about}{counts['train']:,} train · {counts['validation']:,} validation · "
        f"{counts['test']:,} test samples · {steps:,} {'step' if steps == 1 else 'steps'} an epoch"
    )


def look_over(index: Index, run_spec: RunSpec, errors: Mapping[str, str]) -> tuple[Check, ...]:
    """What is in the way of training, and what a person should know before it.

    Args:
        index: the data.
        run_spec: the run.
        errors: what is wrong with typed values, by place.

    Returns:
        Errors first; "Ready to train." leads where there are none.
    """
    found = [Check("error", words, place) for place, words in errors.items()]
    counts = split_counts(index, run_spec)
    have = usable(index, run_spec)
    found += [
        Check("error", f"There is no sample for {split}. Give it a share or label some.", "data")
        for split, count in counts.items()
        if count < 1
    ]
    left_out = len(index) - int(have.sum())
    if left_out:
        found.append(
            Check(
                "warning",
                f"{left_out:,} of {len(index):,} samples are left out: a file or the target is "
                "missing.",
                "findings",
            )
        )
    if 0 < counts["train"] < _FEW:
        found.append(
            Check("warning", f"Only {counts['train']} training samples: expect little.", "findings")
        )
    found += _class_checks(index, run_spec, have)
    if run_spec.training.batch_size > counts["train"] > 0:
        found.append(
            Check(
                "warning",
                f"A batch of {run_spec.training.batch_size} is larger than the "
                f"{counts['train']} training samples.",
                "training.batch_size",
            )
        )
    order = {"error": 0, "warning": 1, "ok": 2}
    found.sort(key=lambda check: order[check.severity])
    if not any(check.severity == "error" for check in found):
        found.insert(0, Check("ok", "Ready to train."))
    return tuple(found)


def _class_checks(index: Index, run_spec: RunSpec, have: NDArray[np.bool_]) -> list[Check]:
    target = index.target(run_spec.data.target)
    if not target.classes:
        return []
    counts = np.bincount(target.values[have], minlength=len(target.classes))
    least = int(counts.argmin())
    if counts[least] < _THIN_CLASS:
        words = f"Class '{target.classes[least]}' has only {counts[least]} usable samples."
        return [Check("warning", words, "findings")]
    if counts.max() > _LOPSIDED * counts[least]:
        words = (
            f"'{target.classes[int(counts.argmax())]}' is {counts.max() / counts[least]:.0f} times "
            f"as frequent as '{target.classes[least]}': look at macro-F1, not accuracy."
        )
        return [Check("warning", words, "findings")]
    return []
