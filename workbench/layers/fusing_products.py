"""Layers from the embeddings of several modalities to one by products of their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import keras
from keras import ops

from workbench.errors import UserError
from workbench.layers.fusing import (
    Fusing,
    Shapes,
    blanked,
    joined,
    seen,
    share,
)

MOST_WEIGHTS = 16_000_000
"""More make a fusion larger than all else: 64 MB, three times that with Adam's averages."""

LAST_FIRST = ("text", "audio", "image")
"""Which modality steers others where nobody says: words tell how to look and listen."""


class Products(Fusing):
    """Base: normalises embeddings; what a sample lacks counts as 0."""

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        self.norms = self._norms(shapes)
        self.built = True

    def _normalised(
        self, embeddings: Mapping[str, Any], present: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Embeddings on one scale, {modality: [batch, any]}, 0 where a sample lacks one."""
        scaled = {m: self.norms[m](values) for m, values in seen(embeddings, present).items()}
        return seen(scaled, present)


@keras.saving.register_keras_serializable(package="workbench")
class LowRank(Products):
    """Low-rank multimodal fusion (Liu et al. 2018): the tensor of all products, never built.

    Args:
        size: numbers in the fused embedding.
        rank: how many products of projections are added up.
    """

    def __init__(self, size: int, rank: int = 4, **options: Any) -> None:
        super().__init__(size, **options)
        self.rank = rank

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        super().build(shapes)
        self.factors = {}
        for modality in sorted(shapes):
            width = shapes[modality][-1] or 0
            self.factors[modality] = self.add_weight(
                shape=(self.rank, width + 1, self.size),
                initializer=keras.initializers.RandomNormal(stddev=(width + 1) ** -0.5),
                name=f"factor_{modality}",
            )
        even = keras.initializers.Constant(1 / self.rank)
        self.mixture = self.add_weight(shape=(self.rank,), initializer=even, name="mixture")
        self.bias = self.add_weight(shape=(self.size,), initializer="zeros", name="bias")

    def call(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
        """
        product: Any = 1.0
        for modality, values in self._normalised(embeddings, present).items():
            factor = ops.cast(self.factors[modality], values.dtype)
            product = product * ops.einsum("bd,rdh->brh", with_one(values), factor)
        mixture = ops.cast(self.mixture, product.dtype)
        return ops.einsum("r,brh->bh", mixture, product) + ops.cast(self.bias, product.dtype)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "rank": self.rank}


@keras.saving.register_keras_serializable(package="workbench")
class TensorProduct(Products):
    """Tensor fusion (Zadeh et al. 2017): every product of one number of each modality, or of 1.

    Args:
        size: numbers in the fused embedding.
        width: numbers to which each embedding is projected first; None: all stay.
    """

    def __init__(self, size: int, width: int | None = 16, **options: Any) -> None:
        super().__init__(size, **options)
        self.width = width

    def build(self, shapes: Shapes) -> None:
        """Build for these widths.

        Raises:
            UserError: the products of these widths would need more weights than is sensible.
        """
        widths = {m: self.width or shapes[m][-1] or 0 for m in sorted(shapes)}
        products = math.prod(width + 1 for width in widths.values())
        if products * self.size > MOST_WEIGHTS:
            sizes = ", ".join(f"{m} {width}" for m, width in widths.items())
            raise UserError(
                f"The products of all numbers of the modalities ({sizes}) with {self.size} numbers "
                f"in the fused embedding would need {products * self.size:,} weights; at most "
                f"{MOST_WEIGHTS:,} are allowed.",
                "Lower the fusion's width or embedding, or choose low_rank, which needs no tensor.",
            )
        super().build(shapes)
        if self.width is not None:
            self.projections = self._for_each(
                shapes,
                "projection",
                keras.layers.Dense,
                units=self.width,
                kernel_initializer="lecun_normal",
            )
        # Factors of variance 1 have products of variance 1; that of their sum is to be 1, too.
        self.kernel = self.add_weight(
            shape=(products, self.size), initializer="lecun_normal", name="kernel"
        )
        self.bias = self.add_weight(shape=(self.size,), initializer="zeros", name="bias")

    def call(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
        """
        given = self._normalised(embeddings, present)
        if self.width is not None:
            given = seen({m: self.projections[m](given[m]) for m in given}, present)
        first, *others = (with_one(values) for values in given.values())
        products = first
        for other in others:
            outer = products[:, :, None] * other[:, None, :]
            products = ops.reshape(outer, (-1, products.shape[-1] * other.shape[-1]))
        kernel = ops.cast(self.kernel, products.dtype)
        return ops.matmul(products, kernel) + ops.cast(self.bias, products.dtype)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable(package="workbench")
class Bilinear(Products):
    """Factorised bilinear pooling (Yu et al. 2017) of each pair of modalities, then a dense layer.

    Args:
        size: numbers in the fused embedding.
        factors: how many products are summed to one number.
        dropout: share of the products silenced while training.
    """

    def __init__(self, size: int, factors: int = 5, dropout: float = 0.1, **options: Any) -> None:
        super().__init__(size, **options)
        self.factors = factors
        self.dropout = keras.layers.Dropout(dropout, name="dropout", dtype=self.dtype_policy)
        self.dense = keras.layers.Dense(size, name="dense", dtype=self.dtype_policy)

    def build(self, shapes: Shapes) -> None:
        """Build for these widths."""
        super().build(shapes)
        # A single modality has no partner; the product of its projection with 1 is left.
        pairs: list[tuple[str, ...]] = list(combinations(sorted(shapes), 2))
        self.pairs = pairs or [tuple(shapes)]
        self.projections = {}
        for pair in self.pairs:
            name = "_with_".join(pair)
            self.projections[name] = self._for_each(
                {modality: shapes[modality] for modality in pair},
                f"{name}_from",
                keras.layers.Dense,
                units=self.factors * self.size,
            )
        self.dense.build((None, len(self.pairs) * self.size))

    def call(
        self, embeddings: dict[str, Any], present: dict[str, Any] | None = None,
        training: bool = False,
    ) -> Any:  # fmt: skip
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
            training: silence some products.
        """
        given = self._normalised(embeddings, present)
        pooled = [self._pooled(pair, given, present, training) for pair in self.pairs]
        return self.dense(ops.concatenate(pooled, axis=-1))

    def _pooled(
        self, pair: tuple[str, ...], given: Mapping[str, Any], present: Mapping[str, Any] | None,
        training: bool,
    ) -> Any:  # fmt: skip
        """What a pair says, [batch, size], of length 1; 0 where both are missing."""
        product: Any = 1.0
        some: Any = 0.0
        for modality, layer in self.projections["_with_".join(pair)].items():
            factor = layer(given[modality])
            has = share(present, modality, factor.dtype)
            # A product with a missing one would be 0: 1 stands in its place.
            product = product * (factor * has + (1 - has))
            some = some + has
        product = self.dropout(product, training=training)
        # Squares of small numbers vanish in half precision.
        parts = ops.reshape(ops.cast(product, "float32"), (-1, self.size, self.factors))
        summed = ops.sum(parts, axis=-1) * ops.cast(some > 0, "float32")
        # The signed root; its slope at 0 would be infinite.
        rooted = summed / ops.sqrt(ops.abs(summed) + 1e-4)
        length = ops.sqrt(ops.sum(rooted * rooted, axis=-1, keepdims=True) + 1e-6)
        return ops.cast(rooted / length, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        own = {"factors": self.factors, "dropout": self.dropout.rate}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="workbench")
class Film(Products):
    """Feature-wise linear modulation (Perez et al. 2018): one modality steers how others are read.

    Each of the others is projected, stretched number by number and shifted as the condition says;
    then they are averaged. Without the condition nothing is stretched or shifted; without any of
    the others only the shifts are left. A single modality has no condition.

    Args:
        size: numbers in the fused embedding.
        condition: the modality that steers; None: the last of image, audio, text that is there.
    """

    def __init__(self, size: int, condition: str | None = None, **options: Any) -> None:
        super().__init__(size, **options)
        self.condition = condition

    def build(self, shapes: Shapes) -> None:
        """Build for these widths.

        Raises:
            UserError: the condition is none of the modalities.
        """
        if self.condition is not None and self.condition not in shapes:
            raise UserError(
                f"The fusion film shall be steered by {self.condition}, which is not in use.",
                f"Set its condition to auto or one of: {', '.join(sorted(shapes))}.",
            )
        super().build(shapes)
        self.steering = None
        if len(shapes) > 1:
            self.steering = self.condition or next(m for m in LAST_FIRST if m in shapes)
        others = {m: shape for m, shape in shapes.items() if m != self.steering}
        self.projections = self._for_each(others, "projection", keras.layers.Dense, units=self.size)
        self.modulations = {}
        if self.steering is not None:
            self.modulations = self._for_each(
                dict.fromkeys(others, shapes[self.steering]),
                "modulation",
                keras.layers.Dense,
                units=2 * self.size,
            )
        self.built = True

    def call(self, embeddings: dict[str, Any], present: dict[str, Any] | None = None) -> Any:
        """From {modality: [batch, any]} to [batch, size].

        Args:
            embeddings: of each modality.
            present: 1 where a sample has the modality, else 0, [batch]; of those that some lack.
        """
        given = self._normalised(embeddings, present)
        read = {m: self.projections[m](given[m]) for m in self.projections}
        if self.steering is None:
            return ops.relu(joined(read, present))
        steered = self._steered(given[self.steering], present)
        stretched = {m: read[m] * (1 + steered[m][:, : self.size]) for m in read}
        shift = sum(both[:, self.size :] for both in steered.values()) / len(steered)
        return ops.relu(joined(stretched, present) + shift)

    def weights_of(
        self, embeddings: dict[str, Any], present: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """By how much each number of the others is multiplied, {modality: [batch, size]}.

        Args:
            embeddings: of each modality.
            present: as of ``call``.
        """
        if self.steering is None:
            return {}
        condition = self._normalised(embeddings, present)[self.steering]
        steered = self._steered(condition, present)
        return {m: 1 + both[:, : self.size] for m, both in steered.items()}

    def _steered(self, condition: Any, present: Mapping[str, Any] | None) -> dict[str, Any]:
        """Stretch and shift of each of the others, [batch, 2 * size]; 0 without a condition."""
        return {
            m: blanked(layer(condition), present, str(self.steering))
            for m, layer in self.modulations.items()
        }

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "condition": self.condition}


def with_one(values: Any) -> Any:
    """[1; h]: the 1 keeps the terms that do without this modality, [batch, any + 1]."""
    return ops.concatenate([ops.ones_like(values[:, :1]), values], axis=-1)
