"""What is looked at before training: enough samples, even classes, nothing mistyped."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data.cache import select
from workbench.data.index import SPLITS, Index, Target
from workbench.data.split import divide
from workbench.errors import UserError
from workbench.parts import Modality
from workbench.spec import DataSpec, RunSpec

_DATA = "data"
_FEW = 20
_THIN_CLASS = 5
_FEW_RIVALS = 16
# Samples of a batch below which an alignment has hardly any rivals.
_LOPSIDED = 10
_COUNTED = 20_000
"""Samples up to which the division is carried out at every change of the recipe."""


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


@dataclass(frozen=True)
class Survey:
    """Who takes part in a run.

    Args:
        samples: all samples of the data.
        left_out: samples that take no part, by reason.
        splits: samples by the name of the split.
        exact: the splits are counted, not reckoned by the shares.
        problem: why the samples cannot be divided; "": they can.
        lacking: samples that take part although they lack a modality in use.
        lacks: the modalities that some of them lack.
        classes: samples by the name of the class; empty for numbers.
    """

    samples: int
    left_out: Mapping[str, int]
    splits: Mapping[str, int]
    exact: bool = True
    problem: str = ""
    lacking: int = 0
    lacks: tuple[Modality, ...] = ()
    classes: Mapping[str, int] = field(default_factory=dict)


def survey(index: Index, data: DataSpec, modalities: tuple[Modality, ...]) -> Survey:
    """Count who takes part; the splits of very many samples are reckoned by the shares.

    Args:
        index: the data.
        data: what is learned, how it is divided, and who is left out.
        modalities: those in use.
    """
    target = index.target(data.target).as_task(data.task)
    have, reasons = select(index, target, modalities, data)
    whole = have.copy()
    lacks = []
    for modality in modalities:
        there = index.has(modality)
        if not there[have].all():
            lacks.append(modality)
        whole &= there
    found = Survey(
        samples=len(index),
        left_out={reason: count for reason, count in reasons.items() if count},
        splits=dict.fromkeys(SPLITS, 0),
        lacking=int(have.sum() - whole.sum()),
        lacks=tuple(lacks),
        classes=_classes(target, have),
    )
    if int(have.sum()) > _COUNTED:
        return replace(found, **_reckoned(index, have, data))
    try:
        splits = divide(index, target, have, data)
    except UserError as error:
        return replace(found, problem=str(error))
    return replace(
        found, splits={split: int((splits == number).sum()) for number, split in enumerate(SPLITS)}
    )


def _reckoned(index: Index, have: NDArray[np.bool_], data: DataSpec) -> dict[str, Any]:
    fixed, total = index.fixed_split, int(have.sum())
    if data.division in {"auto", "stated"} and fixed is not None and (fixed[have] >= 0).any():
        counts = {split: int((fixed[have] == i).sum()) for i, split in enumerate(SPLITS)}
        return {"splits": counts, "exact": (fixed[have] >= 0).all() and all(counts.values())}
    validation, test = round(total * data.validation), round(total * data.test)
    reckoned = {"train": total - validation - test, "validation": validation, "test": test}
    return {"splits": reckoned, "exact": False}


def _classes(target: Target, have: NDArray[np.bool_]) -> dict[str, int]:
    if not target.classes:
        return {}
    values = target.values[have]
    if target.task == "labels":
        counts = values.sum(axis=0, dtype=np.int64)
    else:
        counts = np.bincount(values, minlength=len(target.classes))
    return dict(zip(target.classes, counts.tolist(), strict=True))


def facts(run_spec: RunSpec, found: Survey) -> str:
    """How much is trained, in words: samples of each split and steps an epoch.

    Args:
        run_spec: the run.
        found: who takes part in it.
    """
    counts = found.splits
    steps = math.ceil(max(counts["train"], 0) / run_spec.training.batch_size)
    about = "" if found.exact else "about "
    return (
        f"{about}{counts['train']:,} train · {counts['validation']:,} validation · "
        f"{counts['test']:,} test samples · {steps:,} {'step' if steps == 1 else 'steps'} an epoch"
    )


def look_over(
    run_spec: RunSpec, found: Survey, errors: Mapping[str, str], problem: str = ""
) -> tuple[Check, ...]:
    """What is in the way of training, and what a person should know before it.

    Args:
        run_spec: the run.
        found: who takes part in it.
        errors: what is wrong with typed values, by place.
        problem: why the model cannot be built; "" where it can.

    Returns:
        Errors first; "Ready to train." leads where there are none.
    """
    checks = [Check("error", words, place) for place, words in errors.items()]
    if problem:
        checks.append(Check("error", problem))
    checks += _of_samples(found)
    checks += _of_classes(found.classes)
    train = found.splits["train"]
    if run_spec.training.batch_size > train > 0:
        words = (
            f"A batch of {run_spec.training.batch_size} is larger than the {train} training "
            "samples."
        )
        checks.append(Check("warning", words, "training.batch_size"))
    checks += _of_objective(run_spec)
    order = {"error": 0, "warning": 1, "ok": 2}
    checks.sort(key=lambda check: order[check.severity])
    if not any(check.severity == "error" for check in checks):
        checks.insert(0, Check("ok", "Ready to train."))
    return tuple(checks)


def _of_objective(run_spec: RunSpec) -> list[Check]:
    """What is allowed, but works less than it seems."""
    objective, training = run_spec.objective, run_spec.training
    checks = []
    if objective.balancer.name == "ogm_ge" and training.optimizer.name.startswith("adam"):
        words = (
            "OGM-GE slows an encoder by a factor, which Adam cancels: choose SGD, with a larger "
            "learning rate."
        )
        checks.append(Check("warning", words, "training.optimizer.name"))
    if objective.alignments and training.batch_size < _FEW_RIVALS:
        words = (
            f"An alignment compares the samples of a batch with each other; {training.batch_size} "
            "are few."
        )
        checks.append(Check("warning", words, "training.batch_size"))
    return checks


def _of_samples(found: Survey) -> list[Check]:
    checks = []
    if found.problem:
        checks.append(Check("error", found.problem, "findings"))
    else:
        checks += [
            Check("error", f"There is no sample for {split}. Give it a share or label some.", _DATA)
            for split, count in found.splits.items()
            if count < 1
        ]
    if found.left_out:
        count = sum(found.left_out.values())
        why = ", ".join(f"{many:,} {reason}" for reason, many in found.left_out.items())
        if len(found.left_out) == 1:
            why = next(iter(found.left_out))
        words = f"{count:,} of {found.samples:,} samples are left out: {why}."
        checks.append(Check("warning", words, "findings"))
    if found.lacking:
        one = found.lacking == 1
        words = (
            f"{found.lacking:,} {'sample lacks' if one else 'samples lack'} "
            f"{' or '.join(found.lacks)}; {'it is' if one else 'they are'} kept, and the model is "
            "told what is missing."
        )
        checks.append(Check("warning", words, "findings"))
    if 0 < found.splits["train"] < _FEW:
        words = f"Only {found.splits['train']} training samples: expect little."
        checks.append(Check("warning", words, "findings"))
    return checks


def _of_classes(counts: Mapping[str, int]) -> list[Check]:
    if not counts:
        return []
    least, most = min(counts, key=lambda name: counts[name]), max(counts, key=lambda n: counts[n])
    if counts[least] < _THIN_CLASS:
        words = f"Class '{least}' has only {counts[least]} usable samples."
        return [Check("warning", words, "findings")]
    if counts[most] > _LOPSIDED * counts[least]:
        words = (
            f"'{most}' is {counts[most] / counts[least]:.0f} times as frequent as '{least}': "
            "look at macro-F1, not accuracy."
        )
        return [Check("warning", words, "findings")]
    return []
