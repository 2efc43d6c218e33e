"""How large a model is before there are data: numbers to learn, shapes, operations of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from workbench.data.readers.audio import shape as audio_shape
from workbench.lazy import keras, tf
from workbench.parts import Modality
from workbench.spec import RunSpec
from workbench.training.model import Multimodal, build, embedding_of


@dataclass(frozen=True)
class Described:
    """One part of a model.

    Args:
        parameters: numbers that are learned.
        operations: floating-point operations for one sample, multiplications and additions counted
            each.
        shape: of what leaves it for one sample.
    """

    parameters: int
    operations: int
    shape: tuple[int, ...]


def describe(spec: RunSpec, outputs: int, vocabulary: int) -> dict[str, Described]:
    """The parts of the model of a spec: each modality's encoder, and ``fusion`` with all heads.

    Args:
        spec: of a run.
        outputs: how many classes or numbers there are.
        vocabulary: how many token numbers there are.

    Raises:
        UserError: the model cannot be built; says why.
    """
    shapes = _shapes(spec)
    incomplete = spec.modalities if spec.model.modality_dropout and len(spec.modalities) > 1 else ()
    built = build(spec, shapes, outputs, vocabulary, incomplete, fresh=False)
    found: dict[str, Described] = {}
    loops = 0
    for modality in spec.modalities:
        part = keras.Model(
            built.model.inputs, built.model.output[embedding_of(modality)], name=modality
        )
        encoder = built.encoders[modality]
        operations = _operations(part) + _of_memories(encoder, _places(encoder, shapes[modality]))
        found[modality] = Described(_learned(encoder), operations, tuple(part.output.shape[1:]))
        loops += operations - _operations(part)
    whole = _learned(built.model) - sum(part.parameters for part in found.values())
    rest = _operations(built.model) + loops - sum(part.operations for part in found.values())
    found["fusion"] = Described(whole, max(rest, 0), _fused(built))
    return found


def _shapes(spec: RunSpec) -> dict[Modality, tuple[int, ...]]:
    """Shape of one sample of each modality in use, as the cache will hold it."""
    data = spec.data
    known: Mapping[Modality, tuple[int, ...]] = {
        "image": (data.image.size, data.image.size, 3),
        "audio": audio_shape(data.audio),
        # What a sentence model gives is known once it has read; most give some hundred numbers.
        "text": (data.text.words,) if data.text.form == "tokens" else (384,),
    }
    return {modality: known[modality] for modality in spec.modalities}


def _learned(layer: Any) -> int:
    return sum(prod(variable.shape) for variable in layer.trainable_variables)


def _fused(built: Multimodal) -> tuple[int, ...]:
    task = built.model.output.get("task")
    return tuple(task.shape[1:]) if task is not None else ()


def _operations(model: Any) -> int:
    """Floating-point operations of the graph of one sample, those within loops left out."""
    wanted = {t.name: tf.TensorSpec((1, *t.shape[1:]), t.dtype) for t in model.inputs}
    traced = tf.function(lambda given: model(given, training=False), autograph=False)
    graph = traced.get_concrete_function(wanted).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    counted = tf.compat.v1.profiler.profile(graph, options=options)
    return int(counted.total_float_ops) if counted is not None else 0


def _places(encoder: Any, shape: tuple[int, ...]) -> int:
    """How many places the sequence of an encoder has; 1 where it gives none."""
    given = encoder(keras.Input(shape, dtype="int32" if len(shape) == 1 else "float32"))
    return int(given["sequence"].shape[1]) if isinstance(given, dict) and "sequence" in given else 1


def _of_memories(encoder: Any, places: int) -> int:
    """Operations of the recurrent layers of an encoder, whose loops TensorFlow does not count."""
    total = 0
    for layer in encoder._flatten_layers():
        gates = {"LSTM": 4, "GRU": 3}.get(type(layer).__name__, 0)
        if gates:
            total += 2 * places * (prod(layer.cell.kernel.shape) + prod(
                layer.cell.recurrent_kernel.shape
            ))  # fmt: skip
    return total
