"""The model that is handed over: from pictures, waves and token numbers to what the app shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench import parts
from workbench.data.batches import presence
from workbench.exporting import plain
from workbench.exporting.pictures import Fitting
from workbench.exporting.sounds import heard
from workbench.insight.trained import Trained
from workbench.lazy import Tensor, keras, ops
from workbench.parts import Modality
from workbench.training.model import TASK, embedding_of

PROBABILITIES, VALUES, SPREADS = "probabilities", "values", "spreads"


def model_of(trained: Trained, *, exact: bool = True, batch: int | None = None) -> Any:
    """A Keras model of Keras' own layers from raw inputs to named answers.

    Inputs, each with a batch in front: ``image`` uint8 [height, width, 3] of any size, ``audio``
    float32 [samples] at the rate of the run and of any length, ``text`` int32 token numbers, or
    float32 a vector of a sentence model; for each modality that may be missing also
    ``<modality>_present``, 1 or 0. Outputs: ``probabilities`` of the classes, ``values`` (and
    ``spreads``) in the unit of the target, or the embeddings of modalities that were aligned.

    Args:
        trained: a run that nothing else is done with: its layers are renamed.
        exact: prepare pictures and sounds in float64.
        batch: how many samples are given at once; None: any number.
    """
    inputs: dict[str, Tensor] = {}
    given: dict[str, Tensor] = {}
    for modality in sorted(trained.spec.modalities):
        inputs[modality] = _input(trained, modality, batch)
        given[modality] = _prepared(trained, modality, inputs[modality], exact)
    for modality in trained.inputs.incomplete:
        key = presence(modality)
        inputs[key] = given[key] = keras.Input((), batch, dtype="float32", name=key)
    said = plain.run(trained.model, given)
    answers = _answers(trained, said, "float64" if exact else "float32")
    outputs = {name: _named(name, values) for name, values in answers.items()}
    return keras.Model(inputs, outputs, name="multimodal")


def _named(name: str, values: Tensor) -> Tensor:
    return keras.layers.Identity(name=f"said_{name}", dtype=values.dtype)(values)


def _input(trained: Trained, modality: Modality, batch: int | None) -> Tensor:
    shape: tuple[int | None, ...] = trained.inputs.shapes[modality]
    kind = "float32"
    match trained.spec.data.form(modality):
        case "pixels":
            shape, kind = (None, None, 3), "uint8"
        case "log_mel" | "wave":
            shape = (None,)
        case "tokens":
            kind = "int32"
    return keras.Input(shape, batch, dtype=kind, name=modality)


def _prepared(trained: Trained, modality: Modality, values: Tensor, exact: bool) -> Tensor:
    data = trained.spec.data
    if modality == "image":
        return Fitting(data.image.size, data.image.fit, exact)(values)
    if modality == "audio":
        return heard(values, data.audio, exact=exact)
    return values


def _answers(trained: Trained, said: dict[str, Tensor], kind: str) -> dict[str, Tensor]:
    """What the app shows of what the model says."""
    if TASK not in said:
        wanted = [embedding_of(m) for m in sorted(trained.spec.modalities)]
        wanted += [name for name in said if "+" in name]
        return {name.replace("+", "_with_"): ops.cast(said[name], "float32") for name in wanted}
    outputs = trained.objective.answers(said)
    match trained.inputs.task:
        case "category" | "ordered":
            return {PROBABILITIES: ops.softmax(outputs)}
        case "yes_no":
            return {
                PROBABILITIES: ops.concatenate([ops.sigmoid(-outputs), ops.sigmoid(outputs)], 1)
            }
        case "labels":
            return {PROBABILITIES: ops.sigmoid(outputs)}
    return _numbers(trained, said, outputs, kind)


def _numbers(
    trained: Trained, said: dict[str, Tensor], outputs: Tensor, kind: str
) -> dict[str, Tensor]:
    scaling = trained.inputs.scaling
    assert scaling is not None
    spread = np.atleast_1d(np.asarray(scaling.spread, kind))
    centre = np.atleast_1d(np.asarray(scaling.center, kind))
    # A centre far from 0 leaves few digits of float32 to the rest.
    found = {VALUES: ops.cast(outputs, kind) * spread + centre}
    deviations = trained.objective.spreads(said)
    if deviations is not None:
        found[SPREADS] = ops.cast(deviations, kind) * spread
    return found


def decided_by_median(trained: Trained) -> bool:
    """Whether the class of a sample is the median of its probabilities, as of ordered ones."""
    return trained.objective.by_median


def meaning(trained: Trained) -> str:
    """What probabilities of this run mean, one sentence; "" where they are what they are called."""
    loss = trained.spec.objective.loss
    if loss is None or trained.inputs.task in ("number", "numbers") or trained.objective.chances:
        return ""
    title = parts.find("loss", loss.name).title
    return f"The loss {title} does not teach probabilities: read them as scores between 0 and 1."
