"""The model of a spec: an encoder for each modality, the fusion, the head."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from workbench import parts
from workbench.lazy import keras
from workbench.parts import Modality
from workbench.spec import RunSpec

Shapes = Mapping[Modality, tuple[int, ...]]

_TYPES: Mapping[Modality, str] = {"image": "uint8", "audio": "float16", "text": "int32"}


def build(spec: RunSpec, shapes: Shapes, outputs: int, vocabulary: int) -> Any:
    """A Keras model from cached samples to logits.

    Args:
        spec: names the encoders, the fusion and their options.
        shapes: shape of one sample of each modality in use, without the batch.
        outputs: how many numbers the head gives.
        vocabulary: how many token numbers there are; not looked at without text.

    Returns:
        A model from ``{modality: [batch, ...]}`` (image uint8, audio float16 log-mel, text int32)
        to logits or numbers, float32 [batch, outputs].
    """
    inputs, embeddings = {}, {}
    for modality in sorted(spec.modalities):
        chosen = spec.model.encoders[modality]
        part = parts.find("encoder", chosen.name)
        context = {"vocabulary": vocabulary} if _takes(part, "vocabulary") else {}
        encoder = part.function(**part.check(chosen.options), **context)
        inputs[modality] = keras.Input(shapes[modality], dtype=_TYPES[modality], name=modality)
        values = inputs[modality]
        if modality == "image":
            values = keras.layers.Rescaling(1 / 255, name="image_scaling")(values)
        embeddings[modality] = encoder(values)
    fusion = parts.find("fusion", spec.model.fusion.name)
    fused = fusion.function(**fusion.check(spec.model.fusion.options))(embeddings)
    fused = keras.layers.Dropout(spec.model.head_dropout, name="head_dropout")(fused)
    # In float32 also under mixed precision: losses take differences of large logits.
    logits = keras.layers.Dense(outputs, dtype="float32", name="head")(fused)
    return keras.Model(inputs, logits, name="multimodal")


def _takes(part: parts.Part, name: str) -> bool:
    return name in inspect.signature(part.function).parameters
