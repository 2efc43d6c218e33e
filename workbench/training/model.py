"""The model of a spec: encoders, fusion, heads, and the spaces in which modalities are aligned."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workbench import parts
from workbench.data.batches import presence
from workbench.lazy import keras, layers
from workbench.parts import Modality
from workbench.spec import PAIRS, PartSpec, RunSpec
from workbench.training import heads

Shapes = Mapping[Modality, tuple[int, ...]]
Seeded = Callable[[str], None]

TASK = "task"
"""Name of the output of the fused head."""

_TYPES: Mapping[parts.Form, str] = {
    "pixels": "uint8", "log_mel": "float16", "wave": "float16", "tokens": "int32",
    "sentence": "float32",
}  # fmt: skip


def embedding_of(modality: str) -> str:
    """Name of the output that holds the embedding of a modality."""
    return f"embedding_{modality}"


def head_of(modality: str) -> str:
    """Name of the output of the head of a modality."""
    return f"head_{modality}"


def projection_of(pair: str, modality: str) -> str:
    """Name of the output that holds a modality in the space of an alignment."""
    return f"{pair}_{modality}"


@dataclass(frozen=True)
class Multimodal:
    """A model and what of it belongs to which modality.

    Args:
        model: a Keras model from ``{modality: [batch, ...]}`` (image uint8, audio float16, text
            int32, or float32 of a sentence model; for each incomplete one also
            ``{modality}_present``, 1 or 0, float32 [batch]) to ``{name: tensor}``: ``task``, the
            fused head, unless there is no target; the embedding of each modality; the head of each
            modality where the objective or the fusion has them; and both projections of each
            alignment.
        encoders: the encoder of each modality.
        heads: the head of each modality that has one.
        encoded: of each modality the tensors that leave its encoder, by name: ``vector``, and
            ``sequence`` and ``mask`` where it gives them.
    """

    model: Any
    encoders: Mapping[Modality, Any]
    heads: Mapping[Modality, Any] = field(default_factory=dict)
    encoded: Mapping[Modality, Mapping[str, Any]] = field(default_factory=dict)

    def frozen(self, epoch: int) -> list[Any]:
        """Variables that are not trained in an epoch, counted from 1.

        An encoder may keep layers as they are for its first epochs: its ``frozen_layers`` until
        ``thaws_after`` epochs are done; for ever where that is None.
        """
        found = []
        for encoder in self.encoders.values():
            held = getattr(encoder, "frozen_layers", ())
            after = getattr(encoder, "thaws_after", None)
            if after is None or epoch <= after:
                found += [variable for layer in held for variable in layer.trainable_variables]
        return found


def build(
    spec: RunSpec, shapes: Shapes, outputs: int, vocabulary: int,
    incomplete: Collection[Modality] = (), fresh: bool = True,
    told: Callable[[int, int], None] | None = None,
) -> Multimodal:  # fmt: skip
    """The model of a spec.

    The embedding of a modality that a sample lacks is replaced by one that is learned; a fusion
    whose ``call`` takes ``present`` is told too. The encoder still sees rows of zeros there, and
    batch normalisation counts them: where many samples lack a picture or a sound, choose group
    normalisation.

    Args:
        spec: names the encoders, the fusion, the loss and their options.
        shapes: shape of one sample of each modality in use, without the batch.
        outputs: how many classes or numbers there are; not looked at without a target.
        vocabulary: how many token numbers there are; not looked at without text.
        incomplete: modalities that some samples lack.
        fresh: encoders that know something already begin with it; not where a checkpoint brings
            all weights.
        told: hears how far an encoder is that fetches what it knows.
    """
    with _policy(spec.training.precision):
        return _build(spec, shapes, outputs, vocabulary, incomplete, fresh, told)


@contextmanager
def _policy(precision: str) -> Iterator[None]:
    """Compute in that precision what is made inside; variables are float32."""
    before = keras.config.dtype_policy()
    name = precision if precision == "float32" else f"mixed_{precision}"
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _build(
    spec: RunSpec, shapes: Shapes, outputs: int, vocabulary: int,
    incomplete: Collection[Modality], fresh: bool, told: Callable[[int, int], None] | None,
) -> Multimodal:  # fmt: skip
    inputs: dict[str, Any] = {}
    given: dict[str, Any] = {}
    encoders, encoded = {}, {}
    seeded = partial(begin_chance, spec.training.seed) if fresh else _not_seeded
    for modality in sorted(spec.modalities):
        kind = _TYPES[spec.data.form(modality)]
        inputs[modality] = keras.Input(shapes[modality], dtype=kind, name=modality)
        facts = {"vocabulary": vocabulary, "fresh": fresh}
        seeded(modality)
        encoders[modality] = _encoder(spec, modality, facts)
        if told is not None and hasattr(encoders[modality], "told"):
            encoders[modality].told = told
        encoded[modality] = _encoded(encoders[modality], modality, inputs[modality])
        given[embedding_of(modality)] = encoded[modality]["vector"]
    present = _present(spec, inputs, incomplete)
    decides = parts.find("fusion", spec.model.fusion.name).decides
    made: dict[Modality, Any] = {}
    if spec.objective.loss is not None:
        # Heads after the fusion: a term more must not move the start of the other weights.
        if not decides:
            seeded(TASK)
            given[TASK] = _fused(spec, encoded, present, outputs, seeded)
        if decides or spec.objective.heads:
            made = _heads(spec, spec.objective.loss, outputs, seeded)
        for modality, head in made.items():
            given[head_of(modality)] = head(encoded[modality]["vector"])
        if decides:
            seeded(TASK)
            given[TASK] = _decided(spec, given, present)
    for pair, chosen in spec.objective.alignments.items():
        for modality in PAIRS[pair]:
            name = projection_of(pair, modality)
            seeded(name)
            # "+" cannot stand in a layer's name.
            space = keras.layers.Dense(
                chosen.size, dtype="float32", name=name.replace("+", "_with_")
            )
            given[name] = space(encoded[modality]["vector"])
    return Multimodal(keras.Model(inputs, given, name="multimodal"), encoders, made, encoded)


def begin_chance(seed: int, name: str) -> None:
    """Begin all chance anew for what is made next, by its name.

    So the encoder of a modality starts with the same weights whichever others there are, and the
    head does whichever fusion precedes it: what two recipes share begins alike.

    Args:
        seed: of the run.
        name: of what is made next.
    """
    keras.utils.set_random_seed(zlib.crc32(f"{seed} {name}".encode()))


def _not_seeded(name: str) -> None:
    """A checkpoint brings all weights."""


def _encoder(spec: RunSpec, modality: Modality, facts: Mapping[str, Any]) -> Any:
    chosen = spec.model.encoders[modality]
    part = parts.find("encoder", chosen.name)
    wanted = {name: value for name, value in facts.items() if name in part.facts}
    return part.function(**part.check(chosen.options), **wanted)


def _encoded(encoder: Any, modality: Modality, values: Any) -> dict[str, Any]:
    """What an encoder makes of its input: its vector, and its sequence where it gives one."""
    if modality == "image":
        values = keras.layers.Rescaling(1 / 255, name="image_scaling")(values)
    found = encoder(values)
    return found if isinstance(found, dict) else {"vector": found}


def _present(
    spec: RunSpec, inputs: dict[str, Any], incomplete: Collection[Modality]
) -> dict[str, Any]:
    """Which samples are taken to have each incomplete modality; adds the inputs that say it."""
    names = [m for m in sorted(spec.modalities) if m in incomplete]
    for modality in names:
        key = presence(modality)
        inputs[key] = keras.Input((), dtype="float32", name=key)
    if not names:
        return {}
    found: dict[str, Any] = {modality: inputs[presence(modality)] for modality in names}
    rate = spec.model.modality_dropout
    if rate == 0 or len(names) < 2:
        return found
    hide = layers.ModalityDropout(rate, spec.training.seed, name="modality_dropout")
    seen: dict[str, Any] = hide(found)
    return seen


def _heads(spec: RunSpec, loss: PartSpec, outputs: int, seeded: Seeded) -> dict[Modality, Any]:
    """A head for each modality, of the kind that the loss wants."""
    kind = parts.find("loss", loss.name).head
    made: dict[Modality, Any] = {}
    for modality in sorted(spec.modalities):
        seeded(head_of(modality))
        made[modality] = heads.make(kind, outputs, head_of(modality))
    return made


def _decided(spec: RunSpec, given: Mapping[str, Any], present: dict[str, Any]) -> Any:
    """What a fusion makes of what the heads say."""
    fusion = parts.find("fusion", spec.model.fusion.name)
    options = fusion.check(spec.model.fusion.options)
    fuse = fusion.function(task=spec.data.task, **options)
    said = {modality: given[head_of(modality)] for modality in sorted(spec.modalities)}
    return fuse(said, **_told(fuse, present, {}))


def _fused(
    spec: RunSpec, encoded: Mapping[Modality, Mapping[str, Any]], present: dict[str, Any],
    outputs: int, seeded: Seeded,
) -> Any:  # fmt: skip
    """The output of the head on the fused embedding."""
    vectors = {str(modality): found["vector"] for modality, found in encoded.items()}
    for modality, mask in present.items():
        absent = layers.Absent(name=f"absent_{modality}")
        vectors[modality] = absent(vectors[modality], mask)
    sequences = {
        modality: (found["sequence"], found.get("mask"))
        for modality, found in encoded.items()
        if "sequence" in found
    }
    fusion = parts.find("fusion", spec.model.fusion.name)
    fuse = fusion.function(**fusion.check(spec.model.fusion.options))
    fused = fuse(vectors, **_told(fuse, present, sequences))
    fused = keras.layers.Dropout(spec.model.head_dropout, name="head_dropout")(fused)
    assert spec.objective.loss is not None
    seeded("head")
    return heads.make(parts.find("loss", spec.objective.loss.name).head, outputs, "head")(fused)


def _told(fuse: Any, present: dict[str, Any], sequences: dict[Any, Any]) -> dict[str, Any]:
    """What of these the fusion asks for."""
    known = {"present": present, "sequences": sequences}
    return {name: value for name, value in known.items() if value and _takes(fuse.call, name)}


def _takes(function: Callable[..., Any], name: str) -> bool:
    return name in inspect.signature(function).parameters
