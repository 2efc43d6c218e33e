"""The model of a spec: an encoder for each modality, the fusion, the head."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from workbench import parts
from workbench.data.batches import presence
from workbench.lazy import keras, layers
from workbench.parts import Modality
from workbench.spec import RunSpec

Shapes = Mapping[Modality, tuple[int, ...]]

_TYPES: Mapping[Modality, str] = {"image": "uint8", "audio": "float16", "text": "int32"}


def build(
    spec: RunSpec, shapes: Shapes, outputs: int, vocabulary: int,
    incomplete: Collection[Modality] = (),
) -> Any:  # fmt: skip
    """A Keras model from cached samples to logits.

    The embedding of a modality that a sample lacks is replaced by one that is learned; a fusion
    whose ``call`` takes ``present`` is told too. The encoder still sees rows of zeros there, and
    batch normalisation counts them: where many samples lack a picture or a sound, choose group
    normalisation.

    Args:
        spec: names the encoders, the fusion and their options.
        shapes: shape of one sample of each modality in use, without the batch.
        outputs: how many numbers the head gives.
        vocabulary: how many token numbers there are; not looked at without text.
        incomplete: modalities that some samples lack.

    Returns:
        A model from ``{modality: [batch, ...]}`` (image uint8, audio float16 log-mel, text int32;
        for each incomplete one also ``{modality}_present``, 1 or 0, float32 [batch]) to logits or
        numbers, float32 [batch, outputs].
    """
    inputs: dict[str, Any] = {}
    embeddings, present = {}, {}
    for modality in sorted(spec.modalities):
        inputs[modality] = keras.Input(shapes[modality], dtype=_TYPES[modality], name=modality)
        embeddings[modality] = _encoded(spec, modality, inputs[modality], vocabulary)
        if modality in incomplete:
            key = presence(modality)
            present[modality] = keras.Input((), dtype="float32", name=key)
            inputs[key] = present[modality]
            absent = layers.Absent(name=f"absent_{modality}")
            embeddings[modality] = absent(embeddings[modality], present[modality])
    fusion = parts.find("fusion", spec.model.fusion.name)
    fuse = fusion.function(**fusion.check(spec.model.fusion.options))
    told = {"present": present} if present and _takes(fuse.call, "present") else {}
    fused = fuse(embeddings, **told)
    fused = keras.layers.Dropout(spec.model.head_dropout, name="head_dropout")(fused)
    # In float32 also under mixed precision: losses take differences of large logits.
    logits = keras.layers.Dense(outputs, dtype="float32", name="head")(fused)
    return keras.Model(inputs, logits, name="multimodal")


def _encoded(spec: RunSpec, modality: Modality, values: Any, vocabulary: int) -> Any:
    """The embedding that the encoder of a modality makes of its input."""
    chosen = spec.model.encoders[modality]
    part = parts.find("encoder", chosen.name)
    context = {"vocabulary": vocabulary} if _takes(part.function, "vocabulary") else {}
    encoder = part.function(**part.check(chosen.options), **context)
    if modality == "image":
        values = keras.layers.Rescaling(1 / 255, name="image_scaling")(values)
    return encoder(values)


def _takes(function: Callable[..., Any], name: str) -> bool:
    return name in inspect.signature(function).parameters
