"""Which loss the data ask for, with one sentence and its figures; from the index alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import parts
from workbench.data.index import Index, Target
from workbench.data.prepared import Scaling
from workbench.errors import UserError
from workbench.spec import RunSpec, loss_conflict

FAR = 5.0
"""A target further than this many robust spreads from the median lies far out."""
MANY_FAR = 0.01
"""Share of targets lying far out above which a robust loss is proposed."""
LOPSIDED = 5.0
"""How many times as frequent the largest class is as the smallest when rare ones need help."""
RARE = 0.1
"""Share of yes below which several categories call for a loss that forgives easy noes."""
CONTRADICTIONS = 0.01
"""Share of samples whose copies bear other labels above which labels are suspected."""
_CONFLICT = "conflicting_targets"
# As the health report calls copies that bear different targets.


@dataclass(frozen=True)
class Advice:
    """One proposal for the objective.

    Args:
        part: name of the loss.
        options: of the loss, where they are not as they are by default.
        sentence: why, with figures.
    """

    part: str
    options: Mapping[str, Any] = field(default_factory=dict)
    sentence: str = ""


def advise(index: Index, spec: RunSpec) -> Advice | None:
    """What the data ask for, where the recipe has another loss than that; None otherwise.

    Args:
        index: the data.
        spec: the recipe as it stands.
    """
    loss = spec.objective.loss
    if loss is None:
        return None
    try:
        column = index.target(spec.data.target).as_task(spec.data.task)
    except UserError:
        return None
    found = _of_labels(index, column) or _of_values(column)
    if found is None or found.part == loss.name:
        return None
    known = {part.name: part for part in parts.parts("loss", task=column.task)}
    fusion = parts.find("fusion", spec.model.fusion.name)
    if found.part not in known or loss_conflict(known[found.part], fusion, column.task):
        return None
    return found


def far_out(column: Target) -> tuple[float, float]:
    """Share of targets that lie far out, and their share of the squared distance to the median.

    Args:
        column: a number.
    """
    values = column.values[column.present]
    distance: NDArray[np.float64] = Scaling.of(values).to_model(values).astype(np.float64)
    far, effort = np.abs(distance) > FAR, distance**2
    return float(far.mean()), float(effort[far].sum() / max(float(effort.sum()), 1e-12))


def _of_labels(index: Index, column: Target) -> Advice | None:
    """Copies that bear different labels tell of labels that are wrong."""
    if column.task not in ("category", "ordered"):
        return None
    rows = {row for finding in index.findings if finding.kind == _CONFLICT for row in finding.rows}
    share = len(rows) / max(len(index), 1)
    if share < CONTRADICTIONS:
        return None
    return Advice(
        "generalized_cross_entropy",
        {},
        f"{share:.0%} of your samples are copies with another label: some labels must be wrong, "
        "and this loss lets them count less.",
    )


def _of_values(column: Target) -> Advice | None:
    match column.task:
        case "number":
            return _of_number(column)
        case "ordered":
            ends = f"{column.classes[0]} to {column.classes[-1]}"
            words = f"Your {len(column.classes)} classes have an order, from {ends}: this loss "
            return Advice("coral", {}, words + "knows that a near miss is better than a far one.")
        case "category":
            return _of_counts(column)
        case "yes_no":
            share = float((column.values[column.present] == 1).mean())
            if min(share, 1 - share) < RARE:
                rare = column.classes[int(share < 0.5)]
                words = f"Only {min(share, 1 - share):.0%} of your samples are '{rare}': this loss "
                return Advice("binary_focal", {}, words + "turns to the hard samples.")
        case "labels":
            share = float(column.values[column.present].mean())
            if share < RARE:
                words = f"Of all answers {share:.0%} are yes: this loss forgives the easy noes."
                return Advice("asymmetric", {}, words)
    return None


def _of_number(column: Target) -> Advice | None:
    share, effort = far_out(column)
    if share <= MANY_FAR:
        return None
    return Advice(
        "adaptive_robust",
        {"shape": 0.0, "scale": 0.3},
        f"{share:.0%} of your targets lie far out (beyond {FAR:.0f} spreads) and would take "
        f"{effort:.0%} of the effort of squared error; here the far ones lose their pull.",
    )


def _of_counts(column: Target) -> Advice | None:
    counts = np.bincount(column.values[column.present], minlength=len(column.classes))
    ratio = counts.max() / max(int(counts.min()), 1)
    if ratio < LOPSIDED:
        return None
    rare = column.classes[int(counts.argmin())]
    return Advice(
        "focal",
        {"gamma": 1.0},
        f"The largest class is {ratio:.0f} times the smallest ({rare}): this loss turns to the "
        "hard samples. Weights by class can help, too, or overfit the rare ones.",
    )
