"""Ablations as duels: each modality alone, in pairs and all; or each fusion that fits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from workbench import parts
from workbench.duels.spec import MOST, Contestant, DuelSpec, Value, duel_between
from workbench.errors import UserError, nearest
from workbench.spec import PAIRS, RunSpec, change_all

WHAT = ("modalities", "fusions")


def ablate(recipe: RunSpec, what: str, **more: Any) -> DuelSpec:
    """An ablation as a duel, in which each contestant is compared with the whole recipe.

    Args:
        recipe: what all have in common.
        what: ``modalities`` or ``fusions``.
        more: further fields of ``DuelSpec``.

    Raises:
        UserError: there is no such ablation, or the recipe has nothing to leave out.
    """
    if what not in WHAT:
        raise UserError(f"There is no ablation '{what}'.", nearest(what, WHAT))
    contestants = modalities(recipe) if what == "modalities" else fusions(recipe)
    facts = {"against": "first"} | more
    return duel_between(recipe, contestants, name=f"{recipe.name}: {what}"[:80], **facts)


def modalities(recipe: RunSpec) -> tuple[Contestant, ...]:
    """All modalities of a recipe, then each group of fewer, down to each one alone.

    Args:
        recipe: with two modalities or more.

    Raises:
        UserError: it has one modality only.
    """
    known = recipe.modalities
    if len(known) < 2:
        raise UserError(
            "There is nothing to leave out: this recipe looks at one modality.",
            "Switch another one on in the recipe.",
        )
    groups = [group for size in range(len(known) - 1, 0, -1) for group in combinations(known, size)]
    found = [Contestant(name="All")]
    for group in groups:
        changes = _without(recipe, group)
        try:
            change_all(recipe, changes.items())
        except UserError:
            # Such as data without a target, of which one modality alone teaches nothing.
            continue
        found.append(Contestant(name=_called(group), changes=changes))
    if len(found) < 2:
        raise UserError(
            "This recipe learns pairs only: without one modality there is nothing to learn.",
            "Choose a column as the target.",
        )
    return tuple(found)


def _without(recipe: RunSpec, group: tuple[parts.Modality, ...]) -> dict[str, Value]:
    """The changes that leave only a group of modalities."""
    gone = [modality for modality in recipe.modalities if modality not in group]
    changes: dict[str, Value] = {f"model.encoders.{modality}": None for modality in gone}
    for pair in recipe.objective.alignments:
        if set(PAIRS[pair]) & set(gone):
            changes[f"objective.alignments.{pair}.loss"] = None
    if len(group) == 1:
        if recipe.objective.heads:
            changes["objective.heads"] = False
        if recipe.objective.balancer.name != "fixed":
            changes["objective.balancer.name"] = "fixed"
    return changes


def _called(group: tuple[parts.Modality, ...]) -> str:
    words = " + ".join(group).capitalize()
    return f"{words} alone" if len(group) == 1 else words


def fusions(recipe: RunSpec) -> tuple[Contestant, ...]:
    """The fusion of a recipe, then each other one that fits it.

    Args:
        recipe: with two modalities or more.

    Raises:
        UserError: no other one fits.
    """
    mine = recipe.model.fusion.name
    found = [Contestant(name=parts.find("fusion", mine).title)]
    found += [
        Contestant(name=part.title, changes={"model.fusion.name": part.name})
        for part in _fitting(recipe) if part.name != mine
    ]  # fmt: skip
    if len(recipe.modalities) < 2 or len(found) < 2:
        raise UserError(
            "There is no other fusion to compare with.",
            "Switch another modality on in the recipe.",
        )
    return tuple(found[:MOST])


def _fitting(recipe: RunSpec) -> Iterator[parts.Part]:
    for part in parts.parts("fusion"):
        try:
            change_all(recipe, [("model.fusion.name", part.name)])
        except UserError:
            continue
        yield part
