"""Layers that let the sequences of several modalities look at one another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import keras
from keras import ops

from workbench.layers.fusing import Shapes, joined
from workbench.layers.fusing_attention import (
    Attending,
    pooled,
    shapes_of_tokens,
    some,
)


@keras.saving.register_keras_serializable(package="workbench")
class CrossModal(Attending):
    """Each modality looks at every other one (MulT, Tsai et al. 2019); what they saw is averaged.

    Where a sample lacks a modality, nobody looks at it, and what it would have seen does not
    count. Who can look at nobody stays as it is.

    Args:
        size: numbers in a token and in the fused embedding.
        heads: attention heads.
        depth: blocks for each ordered pair of modalities.
        dropout: share silenced within the blocks while training.
    """

    def __init__(
        self, size: int, heads: int = 4, depth: int = 1, dropout: float = 0.1, **options: Any
    ) -> None:
        super().__init__(size, heads, dropout, **options)
        self.depth = depth

    def build(
        self, embeddings_shape: Shapes, sequences_shape: Mapping[str, Any] | None = None
    ) -> None:
        """Build for these widths."""
        self._build_tokens(shapes_of_tokens(embeddings_shape, sequences_shape))
        self.blocks = {
            f"{target}_from_{source}": [
                self._block(f"{target}_from_{source}_{place}", cross=True)
                for place in range(self.depth)
            ]
            for target, source in permutations(sorted(embeddings_shape), 2)
        }
        self.built = True

    def call(
        self, embeddings: dict[str, Any], present: dict[str, Any] | None = None,
        sequences: dict[str, Any] | None = None, training: bool = False,
    ) -> Any:  # fmt: skip
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
            sequences: {modality: (values [batch, places, any], mask [batch, places] or None)};
                the embedding of a modality without one is its only token.
            training: silence a share.
        """
        tokens = self._tokens(embeddings, present, sequences)
        there = {name: some(counts) for name, (_, counts) in tokens.items()}
        found = {
            name: pooled(self._looking(name, tokens, there, training), counts)
            for name, (_, counts) in tokens.items()
        }
        return self.last_norm(joined(found, there))

    def _looking(
        self, target: str, tokens: Mapping[str, tuple[Any, Any]], there: Mapping[str, Any],
        training: bool,
    ) -> Any:  # fmt: skip
        """The tokens of a modality after a look at all others, [batch, places, size]."""
        own, _ = tokens[target]
        seen, many = ops.zeros_like(own), ops.zeros_like(own[:, :1, :1])
        for source in sorted(tokens):
            if source == target:
                continue
            context, counts = tokens[source]
            values = own
            for block in self.blocks[f"{target}_from_{source}"]:
                values = block(values, counts, context=context, training=training)
            has = ops.cast(there[source], own.dtype)[:, None, None]
            seen, many = seen + has * values, many + has
        return ops.where(many > 0, seen / ops.maximum(many, 1), own)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "depth": self.depth}


@keras.saving.register_keras_serializable(package="workbench")
class Bottleneck(Attending):
    """A few tokens carry all that modalities may tell one another (MBT, Nagrani et al. 2021).

    In each layer a modality looks at itself and at the shared tokens; its own copy of these is
    changed, and the copies of those modalities that a sample has are averaged.

    Args:
        size: numbers in a token and in the fused embedding.
        tokens: how many are shared; with 0 the modalities stay apart.
        depth: layers; the first only reads what the shared tokens have learned, what modalities
            tell one another is read from the second on.
        heads: attention heads.
        dropout: share silenced within the blocks while training.
    """

    def __init__(
        self, size: int, tokens: int = 4, depth: int = 2, heads: int = 4, dropout: float = 0.1,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(size, heads, dropout, **options)
        self.tokens, self.depth = tokens, depth

    def build(
        self, embeddings_shape: Shapes, sequences_shape: Mapping[str, Any] | None = None
    ) -> None:
        """Build for these widths."""
        self._build_tokens(shapes_of_tokens(embeddings_shape, sequences_shape))
        self.blocks = [
            {name: self._block(f"block_{place}_{name}") for name in sorted(embeddings_shape)}
            for place in range(self.depth)
        ]
        self.shared = None
        if self.tokens:
            self.shared = self.add_weight(
                shape=(self.tokens, self.size),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
                name="shared",
            )
        self.built = True

    def call(
        self, embeddings: dict[str, Any], present: dict[str, Any] | None = None,
        sequences: dict[str, Any] | None = None, training: bool = False,
    ) -> Any:  # fmt: skip
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
            sequences: {modality: (values [batch, places, any], mask [batch, places] or None)};
                the embedding of a modality without one is its only token.
            training: silence a share.
        """
        given = self._tokens(embeddings, present, sequences)
        counts = {name: found for name, (_, found) in given.items()}
        tokens = {name: values for name, (values, _) in given.items()}
        there = {name: some(found) for name, found in counts.items()}
        shared = None
        if self.shared is not None:
            first = next(iter(tokens.values()))[:, :1]
            shared = ops.zeros_like(first) + ops.cast(self.shared, first.dtype)
        for blocks in self.blocks:
            copies = {}
            for name, block in blocks.items():
                tokens[name], copies[name] = _through(
                    block, tokens[name], counts[name], shared, training
                )
            if shared is not None:
                shared = _mean_copy(copies, there)
        return self.last_norm(
            joined({name: pooled(tokens[name], counts[name]) for name in tokens}, there)
        )

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "tokens": self.tokens, "depth": self.depth}


def _through(block: Any, tokens: Any, counts: Any, shared: Any, training: bool) -> tuple[Any, Any]:
    """Own and shared tokens after one block; None for shared ones that there are not."""
    if shared is None:
        return block(tokens, counts, training=training), None
    whole = ops.concatenate([shared, tokens], axis=1)
    every = ops.concatenate([ops.ones_like(shared[:, :, 0]), counts], axis=1)
    found = block(whole, every, training=training)
    many = shared.shape[1]
    return found[:, many:], found[:, :many]


def _mean_copy(copies: Mapping[str, Any], there: Mapping[str, Any]) -> Any:
    """The mean of the copies of shared tokens, over those modalities that a sample has."""
    has = {name: ops.cast(there[name], copies[name].dtype)[:, None, None] for name in copies}
    whole = sum(copies[name] * has[name] for name in copies)
    return whole / ops.maximum(sum(has.values()), 1)
