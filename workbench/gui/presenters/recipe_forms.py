"""What can be chosen at each place of a recipe: parts with their reasons, options with values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench import parts, spec
from workbench.gui.choices import Choice
from workbench.options import Option
from workbench.parts import Modality, Part
from workbench.spec import (
    PART_PLACES,
    PartSpec,
    RunSpec,
    balancer_conflict,
    fusion_conflict,
    loss_conflict,
)

FORM_PLACES = (
    "data", "data.image", "data.audio", "data.text", "model", "objective", "training",
    "training.augmentation.image", "training.augmentation.audio", "training.augmentation.text",
)  # fmt: skip
"""Places of a spec that have a form and are no part."""


@dataclass(frozen=True)
class PartChoice:
    """The part chosen at a place, and what else there is.

    Args:
        choices: all parts of the kind; those that do not fit say why.
        name: the chosen one.
        caption: what it does, one sentence.
        text: what its documentation says beyond that: formula and traits.
        references: its sources.
    """

    choices: tuple[Choice, ...]
    name: str
    caption: str = ""
    text: str = ""
    references: tuple[str, ...] = ()

    @property
    def formula(self) -> str:
        """The first sentence of the text, which says what is computed."""
        first, stop, _ = self.text.partition("\n")[0].partition(". ")
        return first + stop.strip()


@dataclass(frozen=True)
class Form:
    """The options at a place and their values.

    Args:
        options: what can be set.
        values: by option name.
    """

    options: tuple[Option, ...]
    values: Mapping[str, Any]


def chosen_parts(
    run_spec: RunSpec, offered: tuple[Modality, ...], resting: Mapping[str, PartSpec]
) -> dict[str, PartChoice]:
    """The part at each part place, and what else there is.

    Args:
        run_spec: the spec at hand.
        offered: modalities that the data have.
        resting: encoders of modalities that are switched off, by modality.
    """
    found = {}
    for place, kind in PART_PLACES.items():
        modality = place.rpartition(".")[2] if kind == "encoder" else None
        if modality is None:
            name = run_spec.part(place).name if run_spec.holds(place) else ""
        elif modality not in offered:
            continue
        else:
            on = {str(key): part for key, part in run_spec.model.encoders.items()}
            part = on.get(modality) or resting.get(modality)
            name = part.name if part is not None else ""
        found[place] = _part_choice(run_spec, kind, name, modality)
    return found


def reason_against(part: Part, run_spec: RunSpec) -> str:
    """Why a part cannot be chosen in a recipe, in one sentence; "" when it can.

    Args:
        part: any part.
        run_spec: the recipe as it stands.
    """
    task, objective = run_spec.data.task, run_spec.objective
    match part.kind:
        case "loss":
            return loss_conflict(part, parts.find("fusion", run_spec.model.fusion.name), task)
        case "fusion":
            loss = objective.loss
            return fusion_conflict(part, parts.find("loss", loss.name) if loss else None, task)
        case "balancer":
            return balancer_conflict(part, objective, run_spec.modalities, task)
    return part.fits(task=task)


def balancers_waiting(run_spec: RunSpec) -> str:
    """How many balancers wait for a head for each modality, in one sentence; "" for none.

    Args:
        run_spec: the recipe as it stands.
    """
    objective, modalities = run_spec.objective, run_spec.modalities
    if objective.heads or objective.loss is None or len(modalities) < 2:
        return ""
    task, more = run_spec.data.task, objective.model_copy(update={"heads": True})
    count = sum(
        bool(balancer_conflict(part, objective, modalities, task))
        and not balancer_conflict(part, more, modalities, task)
        for part in parts.parts("balancer")
    )
    if not count:
        return ""
    return f"{count} more {'needs' if count == 1 else 'need'} a head for each modality."


def _part_choice(
    run_spec: RunSpec, kind: parts.Kind, name: str, modality: str | None
) -> PartChoice:
    # An encoder of another modality can never fit this card, so it is not offered greyed either.
    offered = parts.parts(kind, modality=modality)
    made = [
        Choice(part.name, part.title, part.caption, reason_against(part, run_spec))
        for part in offered
    ]
    # What fits stands together at the top.
    choices = tuple(sorted(made, key=lambda choice: bool(choice.reason)))
    if not name:
        return PartChoice(choices, "")
    part = parts.find(kind, name)
    return PartChoice(choices, name, part.caption, plain_text(part.text), part.references)


def plain_text(text: str) -> str:
    """Paragraphs of a docstring for people: no marks, each on one line, formulas as in print."""
    for mark, sign in (("``", ""), (" ** 2", "²"), ("<=", "≤"), (">=", "≥"), (" * ", " · ")):
        text = text.replace(mark, sign)
    paragraphs = (" ".join(block.split()) for block in text.split("\n\n"))
    return "\n".join(block for block in paragraphs if block)


def forms(run_spec: RunSpec) -> dict[str, Form]:
    """The form at each place that has one.

    Args:
        run_spec: the spec at hand.
    """
    found = {}
    for place in FORM_PLACES:
        options = spec.options_at(run_spec, place)
        node: Any = run_spec
        for key in place.split("."):
            node = getattr(node, key)
        found[place] = Form(options, {o.name: getattr(node, o.name) for o in options})
    for pair, chosen in run_spec.objective.alignments.items():
        place = f"objective.alignments.{pair}"
        options = spec.options_at(run_spec, place)
        found[place] = Form(options, {o.name: getattr(chosen, o.name) for o in options})
    for place in PART_PLACES:
        if run_spec.holds(place):
            found[place] = Form(spec.options_at(run_spec, place), run_spec.part(place).options)
    return found
