"""Layers from the embeddings or sequences of several modalities to one by attention."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from workbench.layers.fusing import Fusing, Shape, Shapes, blanked

Sequences = Mapping[str, tuple[Any, Any]]
"""{modality: (values [batch, places, any], mask [batch, places] or None)}."""


class Attending(Fusing):
    """Base: tokens of one width for each modality.

    Args:
        size: numbers in a token and in the fused embedding.
        heads: attention heads.
        dropout: share silenced within the blocks while training.
    """

    def __init__(self, size: int, heads: int = 4, dropout: float = 0.1, **options: Any) -> None:
        super().__init__(size, **options)
        self.heads, self.dropout = heads, dropout

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "heads": self.heads, "dropout": self.dropout}

    def _build_tokens(self, shapes: Shapes) -> None:
        """The layers that give tokens, and the last normalisation."""
        self.norms = self._norms(shapes)
        self.projections = self._for_each(shapes, "projection", keras.layers.Dense, units=self.size)
        self.last_norm = keras.layers.LayerNormalization(name="last_norm", dtype=self.dtype_policy)
        self.last_norm.build((None, self.size))

    def _block(self, name: str, cross: bool = False) -> AttentionBlock:
        """One built block, held by name."""
        block = AttentionBlock(self.heads, self.dropout, cross, name=name, dtype=self.dtype_policy)
        block.build((None, None, self.size))
        setattr(self, name, block)
        return block

    def _tokens(
        self,
        embeddings: Mapping[str, Any],
        present: Mapping[str, Any] | None,
        sequences: Sequences | None,
    ) -> dict[str, tuple[Any, Any]]:
        """Tokens of each modality, [batch, places, size], and which count, float [batch, places].

        An embedding is one token. Of a modality that a sample lacks none counts.
        """
        found = {}
        for name in sorted(embeddings):
            values, mask = embeddings[name][:, None, :], None
            if sequences and name in sequences:
                values, mask = sequences[name]
            values = blanked(values, present, name)
            projected = self.projections[name](self.norms[name](values))
            counts = ops.ones_like(projected[:, :, 0])
            if mask is not None:
                counts = counts * ops.cast(ops.cast(mask, "bool"), counts.dtype)
            counts = blanked(counts, present, name)
            if sequences and name in sequences:
                places = ops.shape(projected)[1]
                projected = projected + ops.cast(waves(places, self.size), projected.dtype)
            found[name] = (projected, counts)
        return found


def shapes_of_tokens(embeddings: Shapes, sequences: Mapping[str, Any] | None) -> Shapes:
    """The shape of what is projected to tokens: a sequence where there is one."""
    long = {name: shapes[0] for name, shapes in (sequences or {}).items()}
    return {name: long.get(name, shape) for name, shape in embeddings.items()}


def waves(places: Any, size: int) -> Any:
    """Sines and cosines that tell one place of a sequence from another, float32 [places, size]."""
    turns = np.exp(-math.log(10000) * (np.arange(size) // 2 * 2) / size).astype("float32")
    angles = ops.cast(ops.arange(places), "float32")[:, None] * turns[None]
    even = np.arange(size) % 2 == 0
    return ops.where(even[None], ops.sin(angles), ops.cos(angles))


def pooled(tokens: Any, counts: Any) -> Any:
    """The mean of those tokens that count, [batch, size]; 0 where none does."""
    # In float32: half precision counts to 2048 only.
    each = ops.cast(counts, "float32")[:, :, None]
    whole = ops.sum(ops.cast(tokens, "float32") * each, axis=1)
    return ops.cast(whole / ops.maximum(ops.sum(each, axis=1), 1), tokens.dtype)


def some(counts: Any) -> Any:
    """1 where any token counts, else 0, [batch]."""
    return ops.max(counts, axis=1)


class AttentionBlock(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """One block of a transformer, normalised first: attention, then two dense layers.

    4 (h^2 + h) weights of attention, 4 h^2 + 3 h of the dense layers, and 2 h for each of two
    normalisations; three where it looks at other tokens than its own (h numbers in a token).

    Args:
        heads: attention heads.
        dropout: share silenced while training.
        cross: it looks at a context rather than at itself.
    """

    def __init__(self, heads: int, dropout: float, cross: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.heads, self.cross = heads, cross
        self.dropout = keras.layers.Dropout(dropout, name="dropout", dtype=self.dtype_policy)

    def build(self, shape: Shape) -> None:
        """Build for tokens of this width."""
        size = shape[-1] or 0
        own = {"dtype": self.dtype_policy}
        self.norm = keras.layers.LayerNormalization(name="norm", **own)
        self.norm.build(shape)
        if self.cross:
            self.context_norm = keras.layers.LayerNormalization(name="context_norm", **own)
            self.context_norm.build(shape)
        self.attention = keras.layers.MultiHeadAttention(
            self.heads, -(-size // self.heads), dropout=self.dropout.rate, name="attention", **own
        )
        self.attention.build(shape, shape)
        self.wide_norm = keras.layers.LayerNormalization(name="wide_norm", **own)
        self.wide_norm.build(shape)
        self.wide = keras.layers.Dense(2 * size, activation="gelu", name="wide", **own)
        self.wide.build(shape)
        self.narrow = keras.layers.Dense(size, name="narrow", **own)
        self.narrow.build((*shape[:-1], 2 * size))
        self.built = True

    def call(self, tokens: Any, counts: Any, context: Any = None, training: bool = False) -> Any:
        """From tokens to tokens of the same shape.

        Args:
            tokens: [batch, places, size].
            counts: above 0 for those that may be looked at, [batch, places of what is looked at].
            context: what is looked at, [batch, any places, size]; None: the tokens themselves.
            training: silence a share.
        """
        query, key, mask = self._looked(tokens, counts, context)
        found = self.attention(query, key, attention_mask=mask, training=training)
        # Who may look at nothing learns nothing: softmax over nothing would be even.
        found = found * ops.cast(some(counts), found.dtype)[:, None, None]
        tokens = tokens + self.dropout(found, training=training)
        found = self.narrow(self.wide(self.wide_norm(tokens)))
        return tokens + self.dropout(found, training=training)

    def weights_of(self, tokens: Any, counts: Any, context: Any = None) -> Any:
        """Who looks at whom, mean over the heads, [batch, places, places of what is looked at].

        With a context one place more: nothing.

        Args:
            tokens: as of ``call``.
            counts: as of ``call``.
            context: as of ``call``.
        """
        query, key, mask = self._looked(tokens, counts, context)
        _, scores = self.attention(query, key, attention_mask=mask, return_attention_scores=True)
        return ops.mean(scores, axis=1)

    def _looked(self, tokens: Any, counts: Any, context: Any) -> tuple[Any, Any, Any]:
        """Who looks, what is looked at, and who may look at what."""
        query = self.norm(tokens)
        key, may = query, counts > 0
        if self.cross:
            key = self.context_norm(context)
            # One place more, of zeros: whoever finds nothing that belongs to it looks there.
            key = ops.concatenate([key, ops.zeros_like(key[:, :1])], axis=1)
            may = ops.concatenate([may, ops.ones_like(may[:, :1])], axis=1)
        everyone = ops.ones_like(tokens[:, :, :1], dtype="bool")
        return query, key, ops.logical_and(everyone, may[:, None, :])


@keras.saving.register_keras_serializable(package="workbench")
class ModalityAttention(Attending):
    """One token for each modality and one more that reads them through transformer blocks.

    Args:
        size: numbers in a token and in the fused embedding.
        heads: attention heads.
        depth: blocks.
        dropout: share silenced within the blocks while training.
    """

    def __init__(
        self, size: int, heads: int = 4, depth: int = 1, dropout: float = 0.1, **options: Any
    ) -> None:
        super().__init__(size, heads, dropout, **options)
        self.depth = depth

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self._build_tokens(shapes)
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.marks = self.add_weight(
            shape=(len(shapes), self.size), initializer=small, name="marks"
        )
        self.reader = self.add_weight(shape=(self.size,), initializer=small, name="reader")
        self.blocks = [self._block(f"block_{place}") for place in range(self.depth)]
        self.built = True

    def call(
        self, embeddings: dict[str, Any], present: dict[str, Any] | None = None,
        training: bool = False,
    ) -> Any:  # fmt: skip
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
            training: silence a share.
        """
        tokens, counts = self._all(embeddings, present)
        for block in self.blocks:
            tokens = block(tokens, counts, training=training)
        return self.last_norm(tokens[:, -1])

    def weights_of(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """Who looks at whom in the last block, [batch, modalities + 1, modalities + 1].

        The modalities in the order of their names, then the token that reads them all. A row sums
        to 1; the column of a modality that a sample lacks is 0.

        Args:
            embeddings: of each modality.
            present: as of ``call``.
        """
        tokens, counts = self._all(embeddings, present)
        for block in self.blocks[:-1]:
            tokens = block(tokens, counts)
        return self.blocks[-1].weights_of(tokens, counts)

    def _all(
        self, embeddings: Mapping[str, Any], present: Mapping[str, Any] | None
    ) -> tuple[Any, Any]:
        """The tokens of the modalities and the reader's, and which count."""
        parts = self._tokens(embeddings, present, None).values()
        tokens = ops.concatenate([values for values, _ in parts], axis=1)
        tokens = tokens + ops.cast(self.marks, tokens.dtype)
        reader = ops.zeros_like(tokens[:, :1]) + ops.cast(self.reader, tokens.dtype)
        counts = ops.concatenate([counts for _, counts in parts], axis=1)
        counts = ops.concatenate([counts, ops.ones_like(counts[:, :1])], axis=1)
        return ops.concatenate([tokens, reader], axis=1), counts

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "depth": self.depth}
