"""Changes of a recipe that carry others along: what goes with a modality, a target, a term."""

from __future__ import annotations

from workbench import parts, spec
from workbench.errors import UserError
from workbench.parts import Modality, Part, Task
from workbench.spec import PAIRS, PART_PLACES, DataSpec, RunSpec

ABOUT_DATA = (
    "folder", "reading", "target", "task", "division", "group", "validation", "test", "split_seed",
    "incomplete", "leave_out",
)  # fmt: skip
"""Fields of a ``DataSpec`` that the data screen decides; the others say how files are decoded."""

_PLAIN = "fixed"
"""The balancer that needs nothing."""


def changed(current: RunSpec, place: str, value: object) -> RunSpec:
    """The spec with one value changed; a balancer that this leaves without terms goes, too.

    Args:
        current: the spec to start from.
        place: as ``spec.change`` takes it.
        value: as ``spec.change`` takes it.

    Raises:
        UserError: the value is refused.
    """
    try:
        return spec.change(current, place, value)
    except UserError:
        leaves = place == "objective.heads" or (
            place.startswith("objective.alignments.") and not value
        )
        if not leaves or current.objective.balancer.name == _PLAIN:
            raise
    return spec.change_all(current, [(place, value), ("objective.balancer.name", _PLAIN)])


def gone_with(modality: Modality, current: RunSpec) -> list[tuple[str, object]]:
    """What of the objective cannot stay when a modality is switched off, as changes.

    Args:
        modality: the one that goes.
        current: the spec with it.
    """
    objective = current.objective
    gone: list[tuple[str, object]] = [
        (f"objective.alignments.{pair}.loss", None)
        for pair in objective.alignments
        if modality in PAIRS[pair]
    ]
    if len(current.modalities) <= 2:
        gone.append(("objective.heads", False))
    if gone:
        gone.append(("objective.balancer.name", _PLAIN))
    return gone


def places_of(part: Part, run_spec: RunSpec) -> list[str]:
    """Where a loss or an alignment goes that is taken over from elsewhere.

    Args:
        part: the loss or alignment.
        run_spec: the recipe.
    """
    if part.kind == "loss":
        return ["objective.loss"]
    pairs = list(run_spec.objective.alignments)
    both = [pair for pair, names in PAIRS.items() if set(names) <= set(run_spec.modalities)]
    return [f"objective.alignments.{pair}.loss" for pair in (pairs or both[:1])]


def part_place(place: str) -> str:
    """The place of the part that a change at this place replaces; "" when it replaces none.

    Args:
        place: a dotted place of a spec.
    """
    owner = place.removesuffix(".name")
    return owner if owner in PART_PLACES else ""


def with_data(run_spec: RunSpec, chosen: DataSpec) -> RunSpec:
    """The same spec with what was chosen about the data; how files are decoded stays.

    Args:
        run_spec: the spec to start from.
        chosen: what was chosen on the data screen.
    """
    fields = {name: getattr(chosen, name) for name in ABOUT_DATA}
    data = run_spec.data.model_copy(update=fields)
    if data == run_spec.data:
        return run_spec
    if _loss_refused(run_spec, data.task):
        run_spec = with_task(run_spec, data.task)
    return run_spec.model_copy(update={"data": data})


def with_task(run_spec: RunSpec, task: Task) -> RunSpec:
    """The same spec for another reading of the target, with the first loss that fits it.

    Args:
        run_spec: the spec to start from.
        task: what the target is taken to be.

    Raises:
        UserError: no loss fits.
    """
    data = run_spec.model_dump(mode="json")
    data["data"]["task"] = task
    if not parts.parts("loss", task=task):
        raise UserError(
            f"There is no loss for targets that are {parts.TASK_WORDS[task]}.",
            "Learn the column as something else.",
        )
    if _loss_refused(run_spec, task):
        first = parts.parts("loss", task=task)[0]
        data["objective"]["loss"] = {"name": first.name, "options": {}}
    return spec.from_data(data)


def _loss_refused(run_spec: RunSpec, task: Task) -> bool:
    loss = run_spec.objective.loss
    return loss is None or bool(parts.find("loss", loss.name).fits(task=task))
