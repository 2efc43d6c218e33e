"""Layers from the embeddings of several modalities to one: concatenation, average, gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import ops

Shape = tuple[int | None, ...]
Shapes = Mapping[str, Shape]


class Fusing(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Base: takes ``{modality: [batch, any]}``, always in the order of the modalities' names.

    Training puts a learned stand-in (``Absent``) where a sample lacks a modality. A fusion that
    reads it needs nothing else; one that leaves such a modality out takes ``present``.

    Args:
        size: numbers in the fused embedding.
    """

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def compute_output_shape(self, shapes: Shapes) -> Shape:
        """[batch, size]."""
        return (next(iter(shapes.values()))[0], self.size)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "size": self.size}

    def _for_each(
        self, shapes: Shapes, kind: str, make: Callable[..., Any], **options: Any
    ) -> dict[str, Any]:
        """A built layer for each modality, held by name so that Keras tracks its weights.

        Args:
            shapes: what each is built for.
            kind: first word of the layers' names.
            make: a class of layers.
            options: of each layer.
        """
        made = {}
        for modality in sorted(shapes):
            name = f"{kind}_{modality}"
            layer = make(**options, name=name, dtype=self.dtype_policy)
            layer.build(shapes[modality])
            setattr(self, name, layer)
            made[modality] = layer
        return made

    def _norms(self, shapes: Shapes) -> dict[str, Any]:
        """Encoders differ in scale: one layer normalisation for each modality."""
        return self._for_each(shapes, "norm", keras.layers.LayerNormalization)


@keras.saving.register_keras_serializable(package="workbench")
class Concat(Fusing):
    """Normalised embeddings side by side, dense layers, dropout.

    Args:
        size: numbers in the fused embedding.
        dropout: share silenced while training.
        depth: dense layers, the last of ``size``.
        hidden: numbers in each layer before the last.
    """

    def __init__(
        self, size: int, dropout: float = 0.1, depth: int = 1, hidden: int = 128, **options: Any
    ) -> None:
        super().__init__(size, **options)
        self.depth, self.hidden = depth, hidden
        self.dropout = keras.layers.Dropout(dropout, name="dropout", dtype=self.dtype_policy)
        self.dense = keras.layers.Dense(
            size, activation="relu", name="dense", dtype=self.dtype_policy
        )

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self.norms = self._norms(shapes)
        width = width_of(shapes)
        self.inner = []
        for place in range(self.depth - 1):
            dense = keras.layers.Dense(
                self.hidden, activation="relu", name=f"inner_{place}", dtype=self.dtype_policy
            )
            dense.build((None, width))
            self.inner.append(dense)
            width = self.hidden
        self.dense.build((None, width))
        self.built = True

    def call(self, embeddings: dict[str, Any], training: bool = False) -> Any:
        """From {modality: [batch, any]} to [batch, size]."""
        scaled = [self.norms[modality](embeddings[modality]) for modality in sorted(embeddings)]
        fused = ops.concatenate(scaled, axis=-1)
        for dense in self.inner:
            fused = dense(fused)
        return self.dropout(self.dense(fused), training=training)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        own = {"dropout": self.dropout.rate, "depth": self.depth, "hidden": self.hidden}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="workbench")
class Average(Fusing):
    """The mean or sum of normalised, projected embeddings, then ReLU.

    Modalities that a sample lacks do not enter it.

    Args:
        size: numbers in the fused embedding.
        total: the sum rather than the mean.
    """

    def __init__(self, size: int, total: bool = False, **options: Any) -> None:
        super().__init__(size, **options)
        self.total = total

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self.norms = self._norms(shapes)
        self.projections = self._for_each(shapes, "projection", keras.layers.Dense, units=self.size)
        self.built = True

    def call(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
        """
        embeddings = seen(embeddings, present)
        projected = {m: self.projections[m](self.norms[m](embeddings[m])) for m in embeddings}
        return ops.relu(joined(projected, present, total=self.total))

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "total": self.total}


@keras.saving.register_keras_serializable(package="workbench")
class Gated(Fusing):
    """Gated multimodal units (Arevalo et al. 2017): gates that see all, values of each modality.

    Two modalities share one gate, z and 1 - z; more have one each. A single one is not gated. The
    gate of a modality that a sample lacks is shut, and the others open so far that all gates
    together are open as wide as before: of two, the other one wholly.
    """

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self.values_of = self._for_each(
            shapes, "value", keras.layers.Dense, units=self.size, activation="tanh"
        )
        whole = (None, width_of(shapes))
        gated = {1: [], 2: sorted(shapes)[:1]}.get(len(shapes), sorted(shapes))
        self.gates = self._for_each(
            dict.fromkeys(gated, whole),
            "gate",
            keras.layers.Dense,
            units=self.size,
            activation="sigmoid",
        )
        self.built = True

    def call(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
        """
        values = {m: self.values_of[m](embeddings[m]) for m in sorted(embeddings)}
        if len(values) == 1:
            return next(iter(values.values()))
        gates = self.weights_of(embeddings, present)
        return sum(gates[m] * values[m] for m in values)

    def weights_of(
        self, embeddings: dict[str, Any], present: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """How far the gate of each modality is open, {modality: [batch, size]}.

        Args:
            embeddings: of each modality.
            present: as of ``call``.
        """
        names = sorted(embeddings)
        if len(names) == 1:
            only = embeddings[names[0]]
            return {names[0]: ops.ones((ops.shape(only)[0], self.size), only.dtype)}
        whole = ops.concatenate([embeddings[name] for name in names], axis=-1)
        gates = {name: gate(whole) for name, gate in sorted(self.gates.items())}
        if len(names) == 2:
            gates[names[1]] = 1 - gates[names[0]]
        if not present:
            return gates
        if len(names) == 2:
            # z where both are there; 1 or 0 where only one of them is.
            first, second = (share(present, name, whole.dtype) for name in names)
            gate = first * (1 - second * (1 - gates[names[0]]))
            return dict(zip(names, (gate, 1 - gate), strict=True))
        left = {name: gate * share(present, name, gate.dtype) for name, gate in gates.items()}
        wider = sum(gates.values()) / ops.maximum(sum(left.values()), 1e-6)
        return {name: gate * wider for name, gate in left.items()}


def width_of(shapes: Shapes) -> int:
    """How many numbers all embeddings have together."""
    return sum(shape[-1] or 0 for shape in shapes.values())


def share(present: Mapping[str, Any] | None, modality: str, dtype: str) -> Any:
    """1 where a sample has a modality, else 0: [batch, 1]; 1.0 of those that none lacks."""
    if not present or modality not in present:
        return 1.0
    return ops.cast(present[modality], dtype)[:, None]


def seen(embeddings: Mapping[str, Any], present: Mapping[str, Any] | None) -> dict[str, Any]:
    """The embeddings by name in order, 0 where a sample lacks the modality.

    Not by a product: what is not there may be anything, and 0 times infinity is no number.
    """
    return {name: blanked(embeddings[name], present, name) for name in sorted(embeddings)}


def blanked(values: Any, present: Mapping[str, Any] | None, modality: str) -> Any:
    """Values of a modality, [batch, ...], 0 where a sample lacks it."""
    if not present or modality not in present:
        return values
    has = ops.reshape(present[modality], (-1,) + (1,) * (len(values.shape) - 1))
    return ops.where(has > 0, values, ops.zeros_like(values))


def joined(
    values: Mapping[str, Any], present: Mapping[str, Any] | None, total: bool = False
) -> Any:
    """The mean of what each modality gives, over those that a sample has.

    Args:
        values: {modality: [batch, size]}.
        present: as of a fusion's ``call``.
        total: the sum instead.

    Returns:
        [batch, size]; 0 where a sample has none.
    """
    if not present:
        whole = sum(values.values())
        return whole if total else whole / len(values)
    dtype = next(iter(values.values())).dtype
    shares = {name: share(present, name, dtype) for name in values}
    whole = sum(values[name] * shares[name] for name in values)
    return whole if total else whole / ops.maximum(sum(shares.values()), 1)
