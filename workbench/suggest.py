"""The spec that fits a folder, so that *Train* works before anything was chosen; and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench import parts
from workbench.advice import FAR, MANY_FAR, far_out
from workbench.data.index import Index, Target
from workbench.errors import UserError
from workbench.spec import (
    PAIRS,
    AlignmentSpec,
    AudioInput,
    DataSpec,
    ImageInput,
    ModelSpec,
    ObjectiveSpec,
    PartSpec,
    RunSpec,
    TextInput,
    TrainSpec,
)

STEPS = 560
"""Optimiser steps that a first run is given; more than enough to see where it goes."""


def suggest(index: Index, target: str | None = None) -> RunSpec:
    """A spec that fits the data.

    Args:
        index: the data.
        target: the column to learn; "" for none, so that only pairs are learned; the first one when
            left out.

    Raises:
        UserError: there is no such column, or no loss for what it is.
    """
    data = data_spec(index, target)
    column = index.target(data.target)
    samples = int(column.present.sum())
    batch = 32 if samples >= 256 else 16 if samples >= 64 else 8
    return RunSpec(
        name=Path(data.folder).stem[:80] or "run",
        data=data,
        model=ModelSpec(
            encoders={
                modality: PartSpec(name=parts.parts("encoder", modality=modality)[0].name)
                for modality in index.modalities
            },
            fusion=PartSpec(name=parts.parts("fusion")[0].name),
        ),
        objective=_objective(column, index),
        training=TrainSpec(
            epochs=int(np.clip(round(STEPS * batch / max(samples, 1)), 10, 60)),
            batch_size=batch,
            patience=8,
        ),
    )


def data_spec(index: Index, target: str | None = None) -> DataSpec:
    """The part of a spec that says what is learned and how files are read.

    Args:
        index: the data.
        target: the column to learn; "" for none; the first one when left out.

    Raises:
        UserError: there is no such column.
    """
    column = index.target(next(iter(index.targets), "") if target is None else target)
    facts = index.facts
    return DataSpec(
        folder=str(index.source if index.source.is_absolute() else index.root),
        reading=index.reading,
        target=column.name,
        task=column.task,
        image=ImageInput(size=_image_size(facts.get("image_side", 64.0))),
        audio=AudioInput(
            sample_rate=16000 if facts.get("audio_rate", 16000) >= 16000 else 8000,
            seconds=float(np.clip(round(facts.get("audio_seconds", 1.0), 1), 0.2, 10.0)),
        ),
        text=TextInput(words=_words(facts.get("text_words", 16.0))),
    )


def reasons(index: Index, spec: RunSpec) -> dict[str, str]:
    """Why each notable choice of a suggestion was made, by its place in the spec.

    Args:
        index: the data.
        spec: the spec at hand; only what still is as suggested gets its reason.
    """
    column = index.target(spec.data.target).as_task(spec.data.task)
    loss = spec.objective.loss
    alone = "Without a target, the halves of each sample learn to find each other."
    found = {"objective.loss": _loss_reason(column, loss.name) if loss is not None else alone}
    if "image" in spec.modalities and "image_side" in index.facts:
        side = round(index.facts["image_side"])
        found["data.image"] = f"Your pictures are typically {side} pixels on the shorter side."
    if "audio" in spec.modalities and "audio_seconds" in index.facts:
        seconds = index.facts["audio_seconds"]
        found["data.audio"] = f"19 of 20 of your sounds are no longer than {seconds:.2g} s."
    if "text" in spec.modalities and "text_words" in index.facts:
        words = round(index.facts["text_words"])
        found["data.text"] = f"19 of 20 of your texts have no more than {words} words."
    if len(spec.modalities) > 1:
        found["model.fusion"] = (
            f"{len(spec.modalities)} modalities: the fusion decides how they are heard together."
        )
    return {place: sentence for place, sentence in found.items() if sentence}


def _image_size(side: float) -> int:
    return int(next((size for size in (32, 48, 64) if side <= size), 64))


def _words(words: float) -> int:
    # Tokens outnumber words, as punctuation counts.
    return int(np.clip(8 * np.ceil(words * 1.3 / 8), 8, 256))


def _objective(column: Target, index: Index) -> ObjectiveSpec:
    """The task loss; of data without a target, alignments of all pairs of modalities."""
    if column.task != "none":
        return ObjectiveSpec(loss=PartSpec(name=_loss(column)))
    both = [pair for pair, names in PAIRS.items() if set(names) <= set(index.modalities)]
    if not both:
        raise UserError(
            "These data have no target, and one modality alone has no partner to be aligned with.",
            "Choose a column to learn on the data screen, or add one to the data.",
        )
    first = PartSpec(name=parts.parts("alignment")[0].name)
    return ObjectiveSpec(alignments={pair: AlignmentSpec(loss=first, weight=1.0) for pair in both})


def _loss(column: Target) -> str:
    if column.task == "number" and far_out(column)[0] > MANY_FAR:
        return "huber"
    fitting = parts.parts("loss", task=column.task)
    if fitting:
        return fitting[0].name
    raise UserError(
        f"There is no loss for targets that are {parts.TASK_WORDS[column.task]}.",
        "Learn the column as something else.",
    )


def _loss_reason(column: Target, chosen: str) -> str:
    match column.task:
        case "number":
            return _reason_of_number(column)
        case "category" | "yes_no" if chosen in {"cross_entropy", "binary_cross_entropy"}:
            return _reason_of_classes(column)
        case "labels":
            most = int(column.values[column.present].sum(axis=1).max(initial=0))
            return f"A sample has up to {most} categories at once: each is a yes/no of its own."
        case "ordered":
            ends = f"{column.classes[0]} to {column.classes[-1]}"
            return f"Your categories have an order, from {ends}: a near miss counts less in truth."
        case "numbers":
            return f"Your {len(column.columns)} numbers count alike, each in its own spread."
    return ""


def _reason_of_number(column: Target) -> str:
    share, effort = far_out(column)
    if share > MANY_FAR:
        fact = f"{share:.0%} of your targets lie far out (beyond {FAR:.0f} spreads)"
        return f"{fact}; squared error would spend {effort:.0%} of its effort on them."
    return "Hardly any of your targets lies far out, so squared error serves well."


def _reason_of_classes(column: Target) -> str:
    counts = np.bincount(column.values[column.present], minlength=len(column.classes))
    ratio = counts.max() / max(int(counts.min()), 1)
    if ratio > 3:
        rare = column.classes[int(counts.argmin())]
        return f"The largest class is {ratio:.0f} times the smallest ({rare}): watch macro-F1."
    return "Your classes are balanced, so plain cross-entropy serves well."
