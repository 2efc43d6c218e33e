"""Which losses a run's stored answers can be judged by; no Keras."""

from __future__ import annotations

from workbench import parts
from workbench.parts import Part
from workbench.runs.history import About
from workbench.spec import RunSpec, loss_conflict

WORST = 0.05
"""Share of the samples that are called the worst."""
_OWN_HEAD = "It has a head of its own, and what that says was not stored."


def why_not(spec: RunSpec, about: About) -> str:
    """Why a run cannot be judged by other losses; "" where it can.

    Args:
        spec: of the run.
        about: of its history.
    """
    if spec.objective.loss is None:
        return "This run has no target, so that no loss of one can be computed."
    if spec.data.task in ("labels", "numbers"):
        return "Of several targets at once, answers are stored but targets are not."
    if not about.validation:
        return "This run has no validation samples whose answers were stored."
    mine = parts.find("loss", spec.objective.loss.name)
    if mine.head != "plain":
        return f"{mine.title} has a head of its own; other losses do not read what that says."
    return ""


def reason(part: Part, spec: RunSpec) -> str:
    """Why a loss cannot judge a run's stored answers; "" where it can.

    Args:
        part: a loss.
        spec: of the run.
    """
    if part.head != "plain":
        return _OWN_HEAD
    mine = spec.objective.loss
    options = mine.options if mine is not None and mine.name == part.name else {}
    if part.learns and options.get("learn", part.check({}).get("learn", True)):
        return "What it learns of itself was not stored."
    fusion = parts.find("fusion", spec.model.fusion.name)
    return loss_conflict(part, fusion, spec.data.task)


def offered(spec: RunSpec) -> tuple[tuple[Part, str], ...]:
    """All losses of a run's task, each with why it cannot judge its answers, or "".

    Args:
        spec: of the run.
    """
    return tuple((part, reason(part, spec)) for part in parts.parts("loss", task=spec.data.task))
