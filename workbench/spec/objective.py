"""What training makes small: the terms of the objective, and who weighs them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Annotated, Any

from pydantic import Field

from workbench import parts
from workbench.parts import MODALITIES, Modality, Part, Task
from workbench.spec.base import PartSpec, Spec

PAIRS: Mapping[str, tuple[Modality, Modality]] = {
    f"{first}+{second}": (first, second) for first, second in combinations(MODALITIES, 2)
}
"""Pairs of modalities that can be aligned, by their name in a spec: ``image+audio`` and so on."""

_Weight = Annotated[float, Field(ge=0, le=1e4, json_schema_extra={"log": True})]


def _rare(most: float, label: str) -> Any:
    """A field of a weight that is rarely changed."""
    return Field(ge=0, le=most, json_schema_extra={"log": True, "advanced": True, "label": label})


class AlignmentSpec(Spec):
    """A term that draws the embeddings of two modalities together.

    Args:
        loss: the alignment loss.
        weight: how much it counts beside the task loss, whose weight is 1.
        size: numbers in the space where both are compared; each gets its own projection there.
    """

    loss: PartSpec
    weight: _Weight = 0.1
    size: Annotated[int, Field(ge=2, le=4096, json_schema_extra={"advanced": True})] = 64


class ObjectiveSpec(Spec):
    """What training makes small: a weighted sum of terms.

    Args:
        loss: the task loss, on the fused head; none where the data have no target.
        weight: how much the task loss on the fused head counts.
        heads: also put a head with the task loss on each modality alone, so that none is left
            behind; needs two modalities.
        heads_weight: how much the loss of each of these heads counts.
        alignments: alignment terms by pair of modalities.
        balancer: who weighs the terms while training.
        l2: weight of the squared weights of the model, a fixed term.
        l1: weight of the sizes of the weights of the model, a fixed term; drives many to 0.
        embedding_l2: weight of the mean square of the embeddings, a fixed term; keeps them short.
    """

    loss: PartSpec | None = None
    weight: Annotated[float, _rare(1e4, "task weight")] = 1.0
    heads: bool = False
    heads_weight: Annotated[float, _rare(1e4, "weight of heads")] = 1.0
    alignments: dict[str, AlignmentSpec] = Field(default_factory=dict)
    balancer: PartSpec = Field(
        default_factory=lambda: PartSpec(
            name="fixed", options=parts.find("balancer", "fixed").check({})
        )
    )
    l2: Annotated[float, _rare(10, "L2 penalty")] = 0.0
    l1: Annotated[float, _rare(10, "L1 penalty")] = 0.0
    embedding_l2: Annotated[float, _rare(10, "embeddings, L2")] = 0.0

    def weighed(self, modalities: tuple[Modality, ...]) -> dict[str, PartSpec]:
        """The terms that a balancer weighs, by name, each with its loss.

        Args:
            modalities: those in use.

        Returns:
            ``task`` for the fused head, ``image`` and so on for the head of a modality,
            ``image+text`` and so on for an alignment, in this order.
        """
        found = {}
        if self.loss is not None:
            found["task"] = self.loss
            if self.heads:
                found |= {str(modality): self.loss for modality in modalities}
        return found | {
            pair: self.alignments[pair].loss for pair in PAIRS if pair in self.alignments
        }


def output_kind(fusion: Part, task: Task) -> parts.Output:
    """What reaches the loss of the fused head.

    Args:
        fusion: the fusion.
        task: what is learned; a fusion that does not serve it gives what a head would.
    """
    if fusion.decides and task in fusion.gives:
        return fusion.gives[task]
    return "value" if task in ("number", "numbers") else "logits"


def loss_conflict(loss: Part, fusion: Part, task: Task) -> str:
    """Why a task loss cannot be chosen, in one sentence; empty where it can.

    Args:
        loss: the loss.
        fusion: the fusion of the recipe.
        task: what is learned.
    """
    if reason := loss.fits(task=task):
        return reason
    if fusion.decides and loss.head != "plain":
        return f"It needs a head of its own; {fusion.title} joins plain heads."
    kind = output_kind(fusion, task)
    if kind not in loss.takes:
        wanted = " or ".join(_KINDS[output] for output in sorted(loss.takes))
        return f"It takes {wanted}; {fusion.title} gives {_KINDS[kind]}."
    return ""


def fusion_conflict(fusion: Part, loss: Part | None, task: Task) -> str:
    """Why a fusion cannot be chosen, in one sentence; empty where it can.

    Args:
        fusion: the fusion.
        loss: the task loss of the recipe; None where there is no target.
        task: what is learned.
    """
    if fusion.decides and task == "none":
        return "It joins decisions; without a target there are none."
    return fusion.fits(task=task) or (loss_conflict(loss, fusion, task) if loss else "")


def balancer_conflict(
    balancer: Part, objective: ObjectiveSpec, modalities: tuple[Modality, ...], task: Task
) -> str:
    """Why a balancer cannot be chosen, in one sentence; empty where it can.

    Args:
        balancer: the balancer.
        objective: the terms of the recipe.
        modalities: those in use.
        task: what is learned.
    """
    terms = objective.weighed(modalities)
    if "heads" in balancer.needs and not (objective.heads and objective.loss is not None):
        return "Needs a head for each modality: switch them on."
    if "terms" in balancer.needs and len(terms) < 2:
        return "There is one term only, so there is nothing to balance: add another."
    if "likelihoods" in balancer.needs:
        for name, chosen in terms.items():
            part = parts.find("alignment" if name in PAIRS else "loss", chosen.name)
            if part.noise == "none":
                return (
                    f"{part.title} is not the logarithm of a likelihood at a fixed scale, "
                    "so that its uncertainty cannot be learned."
                )
    return balancer.fits(task=task)


_KINDS: Mapping[str, str] = {
    "logits": "logits",
    "log_probabilities": "log-probabilities",
    "value": "numbers",
}
