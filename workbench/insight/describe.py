"""How large a model is before there are data: numbers to learn, shapes, operations of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from workbench.data.readers.audio import shape as audio_shape
from workbench.lazy import keras, tf
from workbench.parts import Modality
from workbench.spec import PAIRS, RunSpec
from workbench.training.model import TASK, Multimodal, build, embedding_of, head_of, projection_of


@dataclass(frozen=True)
class Described:
    """One part of a model.

    Args:
        parameters: numbers that are learned.
        operations: floating-point operations for one sample, multiplications and additions counted
            each.
        shape: of what leaves it for one sample.
        held: how many of the parameters stay as they are in the first epochs.
        thaws_after: epochs after which those are trained, too; None: never.
    """

    parameters: int
    operations: int
    shape: tuple[int, ...]
    held: int = 0
    thaws_after: int | None = None


def describe(spec: RunSpec, outputs: int, vocabulary: int) -> dict[str, Described]:
    """The parts of the model of a spec.

    Args:
        spec: of a run.
        outputs: how many classes or numbers there are.
        vocabulary: how many token numbers there are.

    Returns:
        By modality its encoder; ``fusion`` unless there is no target; ``head`` on the fused
        embedding, ``head_image`` and so on of the modalities that have one; by pair the projections
        of its alignment.

    Raises:
        UserError: the model cannot be built; says why.
    """
    shapes = _shapes(spec)
    incomplete = spec.modalities if spec.model.modality_dropout and len(spec.modalities) > 1 else ()
    built = build(spec, shapes, outputs, vocabulary, incomplete, fresh=False)
    # A layer that is called once more tells its own input no longer.
    shape = _fused(built) if TASK in built.model.output else None
    loops = {m: _of_memories(built.encoders[m], shapes[m]) for m in spec.modalities}
    found = {str(m): _encoder(built, m, loops[m]) for m in spec.modalities} | _ends(built, spec)
    if shape is not None:
        # What is left of the whole is the fusion with all that stands around it.
        rest = _operations(built.model) + sum(loops.values())
        rest -= sum(part.operations for part in found.values())
        learned = _learned(built.model) - sum(part.parameters for part in found.values())
        found["fusion"] = Described(learned, max(rest, 0), shape)
    return found


def _encoder(built: Multimodal, modality: Modality, loops: int) -> Described:
    encoder = built.encoders[modality]
    part = keras.Model(
        built.model.inputs, built.model.output[embedding_of(modality)], name=modality
    )
    frozen = getattr(encoder, "frozen_layers", ())
    return Described(
        _learned(encoder),
        _operations(part) + loops,
        tuple(part.output.shape[1:]),
        sum(_learned(layer) for layer in frozen),
        getattr(encoder, "thaws_after", None) if frozen else None,
    )


def _ends(built: Multimodal, spec: RunSpec) -> dict[str, Described]:
    """The heads, and the projections of each alignment."""
    names = {layer.name for layer in built.model.layers}
    found = {head_of(m): _alone(head) for m, head in built.heads.items()}
    if "head" in names:
        found["head"] = _alone(built.model.get_layer("head"))
    for pair, chosen in spec.objective.alignments.items():
        both = [
            _alone(built.model.get_layer(projection_of(pair, m).replace("+", "_with_")))
            for m in PAIRS[pair]
        ]
        found[pair] = Described(
            sum(part.parameters for part in both),
            sum(part.operations for part in both),
            (chosen.size,),
        )
    return found


def _alone(layer: Any) -> Described:
    """A layer from one tensor to another, by itself."""
    given = keras.Input(layer.input.shape[1:], dtype=layer.input.dtype, name="alone")
    part = keras.Model({"alone": given}, layer(given))
    return Described(_learned(layer), _operations(part), tuple(part.output.shape[1:]))


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
    """Shape of what enters the head on the fused embedding, or of what a late fusion says."""
    heads = [layer for layer in built.model.layers if layer.name == "head"]
    leaves = heads[0].input if heads else built.model.output[TASK]
    return tuple(leaves.shape[1:])


def _operations(model: Any) -> int:
    """Floating-point operations of the graph of one sample, those within loops left out."""
    wanted = {t.name: tf.TensorSpec((1, *t.shape[1:]), t.dtype) for t in model.inputs}
    traced = tf.function(lambda given: model(given, training=False), autograph=False)
    graph = traced.get_concrete_function(wanted).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    counted = tf.compat.v1.profiler.profile(graph, options=options)
    known = int(counted.total_float_ops) if counted is not None else 0
    return known + sum(_of_sums(op) for op in graph.get_operations() if op.type == "Einsum")


def _of_sums(op: Any) -> int:
    """Operations of a sum of products in Einstein's notation, which TensorFlow does not count."""
    given, left = op.get_attr("equation").decode().split("->")
    sizes = {
        letter: size
        for term, tensor in zip(given.split(","), op.inputs, strict=True)
        # Places that are not named stand at the left, as samples do.
        for letter, size in zip(reversed(term), reversed(tensor.shape), strict=False)
    }
    summed = [size for letter, size in sizes.items() if letter.isalpha() and letter not in left]
    return int(2 * prod(op.outputs[0].shape) * prod(summed))


def _places(encoder: Any, shape: tuple[int, ...]) -> int:
    """How many places the sequence of an encoder has; 1 where it gives none."""
    given = encoder(keras.Input(shape, dtype="int32" if len(shape) == 1 else "float32"))
    return int(given["sequence"].shape[1]) if isinstance(given, dict) and "sequence" in given else 1


def _of_memories(encoder: Any, shape: tuple[int, ...]) -> int:
    """Operations of the recurrent layers of an encoder, whose loops TensorFlow does not count."""
    gates = [x for x in encoder._flatten_layers() if type(x).__name__ in ("LSTM", "GRU")]
    each = sum(
        prod(layer.cell.kernel.shape) + prod(layer.cell.recurrent_kernel.shape) for layer in gates
    )
    return 2 * _places(encoder, shape) * each if gates else 0
