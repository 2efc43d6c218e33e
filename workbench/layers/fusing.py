"""Layers from the embeddings of several modalities to one."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Shapes = dict[str, tuple[int | None, ...]]


class Fusing(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Base: takes ``{modality: [batch, any]}``, always in the order of the modalities' names.

    Args:
        size: numbers in the fused embedding.
    """

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def compute_output_shape(self, shapes: Shapes) -> tuple[int | None, ...]:
        """[batch, size]."""
        return (next(iter(shapes.values()))[0], self.size)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "size": self.size}

    def _for_each(self, shapes: Shapes, kind: str, make: Any) -> dict[str, Any]:
        """A built layer for each modality, held by name so that Keras tracks its weights."""
        made = {}
        for modality in sorted(shapes):
            layer = make(f"{kind}_{modality}")
            layer.build(shapes[modality])
            setattr(self, f"{kind}_{modality}", layer)
            made[modality] = layer
        return made


@keras.saving.register_keras_serializable(package="workbench")
class Concat(Fusing):
    """Normalised embeddings side by side, one dense layer, dropout.

    Args:
        size: numbers in the fused embedding.
        dropout: share silenced while training.
    """

    def __init__(self, size: int, dropout: float = 0.1, **options: Any) -> None:
        super().__init__(size, **options)
        self.dropout = keras.layers.Dropout(dropout)
        self.dense = keras.layers.Dense(size, activation="relu")

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self.norms = self._for_each(
            shapes, "norm", lambda name: keras.layers.LayerNormalization(name=name)
        )
        self.dense.build((None, sum(shape[-1] or 0 for shape in shapes.values())))
        self.built = True

    def call(self, embeddings: dict[str, Any], training: bool = False) -> Any:
        """From {modality: [batch, any]} to [batch, size]."""
        scaled = [self.norms[modality](embeddings[modality]) for modality in sorted(embeddings)]
        fused = self.dense(ops.concatenate(scaled, axis=-1))
        return self.dropout(fused, training=training)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "dropout": self.dropout.rate}


@keras.saving.register_keras_serializable(package="workbench")
class Average(Fusing):
    """The mean of normalised, projected embeddings, then ReLU.

    Modalities that a sample lacks do not enter its mean.
    """

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self.norms = self._for_each(
            shapes, "norm", lambda name: keras.layers.LayerNormalization(name=name)
        )
        self.projections = self._for_each(
            shapes, "projection", lambda name: keras.layers.Dense(self.size, name=name)
        )
        self.built = True

    def call(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
        """
        names = sorted(embeddings)
        projected = [self.projections[m](self.norms[m](embeddings[m])) for m in names]
        if not present:
            return ops.relu(sum(projected) / len(projected))
        shares = _shares(names, present, projected[0].dtype)
        many = ops.maximum(sum(shares), 1)
        return ops.relu(sum(p * s for p, s in zip(projected, shares, strict=True)) / many)


@keras.saving.register_keras_serializable(package="workbench")
class Gated(Fusing):
    """Gated multimodal units (Arevalo et al. 2017): gates that see all, values of each modality.

    Two modalities share one gate, z and 1 - z; more have one each. A single one is not gated. The
    gate of a modality that a sample lacks is shut; of two, the other one is wide open then.
    """

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self.values_of = self._for_each(
            shapes,
            "value",
            lambda name: keras.layers.Dense(self.size, activation="tanh", name=name),
        )
        whole = (None, sum(shape[-1] or 0 for shape in shapes.values()))
        gated = {1: [], 2: sorted(shapes)[:1]}.get(len(shapes), sorted(shapes))
        self.gates = self._for_each(
            dict.fromkeys(gated, whole),
            "gate",
            lambda name: keras.layers.Dense(self.size, activation="sigmoid", name=name),
        )
        self.built = True

    def call(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
        """
        names = sorted(embeddings)
        values = [self.values_of[name](embeddings[name]) for name in names]
        if len(names) == 1:
            return values[0]
        whole = ops.concatenate([embeddings[name] for name in names], axis=-1)
        shares = _shares(names, present, values[0].dtype) if present else None
        if len(names) == 2:
            gate = self.gates[names[0]](whole)
            if shares is not None:
                # z where both are there; 1 or 0 where only one of them is.
                first, second = shares
                gate = first * (1 - second * (1 - gate))
            return gate * values[0] + (1 - gate) * values[1]
        gates = [self.gates[name](whole) for name in names]
        if shares is not None:
            gates = [gate * share for gate, share in zip(gates, shares, strict=True)]
        return sum(gate * value for gate, value in zip(gates, values, strict=True))


def _shares(names: list[str], present: dict[str, Any], dtype: str) -> list[Any]:
    """1 where a sample has a modality, else 0: [batch, 1] each, or 1 of those that none lacks."""
    return [ops.cast(present[n], dtype)[:, None] if n in present else 1.0 for n in names]
