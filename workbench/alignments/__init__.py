"""Alignments, one a file: (embeddings, embeddings) of two modalities to the loss of each pair.

What they share stands here: which rows count, unit vectors, and every pair of a batch at once.
"""

import math
from collections.abc import Mapping

from workbench.lazy import Tensor, ops

LARGEST_SCALE = 100.0
"""The most that cosines are multiplied by, as in CLIP: beyond it one pair outshouts the batch."""

_NEVER = -1e30
# In place of minus infinity, of which a row without candidates would make NaN.
_SHORTEST = 1e-6
# Below it an embedding has no direction: the gradient of a direction grows as lengths shrink.


def pairs(first: Tensor, second: Tensor, weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The embeddings with 0 in rows that do not count, so that these reach nothing.

    Args:
        first: float [batch, size].
        second: float [batch, size].
        weights: 1 for a row that counts, else 0, [batch].

    Returns:
        Both embeddings, and 1 or 0 of each row in their type.

    Raises:
        ValueError: shapes that would be broadcast.
    """
    shapes = tuple(first.shape), tuple(second.shape), tuple(weights.shape)
    if [len(shape) for shape in shapes] != [2, 2, 1]:
        raise ValueError(
            "there must be two embeddings [batch, size] and weights [batch]; "
            f"they are {', '.join(str(list(shape)) for shape in shapes)}"
        )
    rows, sizes = {shape[0] for shape in shapes}, {shape[1] for shape in shapes[:2]}
    if len(rows - {None}) > 1 or len(sizes - {None}) > 1:
        raise ValueError(
            f"embeddings {list(shapes[0])} and {list(shapes[1])} and weights {list(shapes[2])} "
            "do not belong together"
        )
    counts = weights > 0
    column = ops.expand_dims(counts, -1)
    # Chosen, not multiplied: what fills a batch may be infinite.
    first = ops.where(column, first, ops.zeros_like(first))
    second = ops.where(column, second, ops.zeros_like(second))
    return first, second, ops.cast(counts, first.dtype)


def unit(vectors: Tensor) -> Tensor:
    """Each row at length 1; a row of zeros stays one, and draws no way.

    Args:
        vectors: float [batch, size].
    """
    # The largest number first, so that no square overflows or vanishes; it is no part of the
    # gradient, because the length cancels it.
    largest = ops.stop_gradient(ops.max(ops.abs(vectors), axis=-1, keepdims=True))
    known = largest > _SHORTEST
    scaled = ops.where(known, vectors / ops.where(known, largest, ops.ones_like(largest)), 0.0)
    squares = ops.sum(ops.square(scaled), axis=-1, keepdims=True)
    return scaled / ops.sqrt(ops.where(known, squares, ops.ones_like(squares)))


def products(first: Tensor, second: Tensor) -> Tensor:
    """The product of every row of one with every row of the other; of unit vectors the cosine.

    Args:
        first: float [rows, size].
        second: float [columns, size].

    Returns:
        [rows, columns].
    """
    return ops.matmul(first, ops.transpose(second))


def squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """The squared distance of every row of one from every row of the other, [rows, columns].

    Args:
        first: float [rows, size].
        second: float [columns, size].
    """
    # |a|^2 + |b|^2 - 2ab needs no [rows, columns, size]; what rounding makes negative is 0.
    ours = ops.sum(ops.square(first), axis=-1)[:, None]
    theirs = ops.sum(ops.square(second), axis=-1)[None, :]
    return ops.maximum(ours + theirs - 2 * products(first, second), 0.0)


def both(rows: Tensor, columns: Tensor) -> Tensor:
    """Where both count, as 1 or 0, [rows, columns].

    Args:
        rows: 1 or 0, [rows].
        columns: 1 or 0, [columns].
    """
    return rows[:, None] * columns[None, :]


def own(weights: Tensor) -> Tensor:
    """1 where a row meets its own column, else 0, [batch, batch].

    Args:
        weights: anything of shape [batch], whose type it takes.
    """
    index = ops.arange(ops.shape(weights)[0])
    return ops.cast(index[:, None] == index[None, :], weights.dtype)


def same(labels: Tensor | None, weights: Tensor) -> Tensor:
    """1 where a row and a column are of one class, else 0, [batch, batch].

    Args:
        labels: int [batch]; None: every row is a class of its own.
        weights: of ``pairs``; rows of weight 0 are of no class.
    """
    if labels is None:
        return own(weights) * weights
    equal = ops.cast(labels[:, None] == labels[None, :], weights.dtype)
    return equal * both(weights, weights)


def log_shares(logits: Tensor, candidates: Tensor) -> Tensor:
    """``log_softmax`` of each row over its candidates alone, [rows, columns].

    Args:
        logits: float [rows, columns].
        candidates: 1 where a column is a candidate of a row, else 0, [rows, columns]. What it says
            elsewhere means nothing, but is finite.
    """
    return ops.log_softmax(ops.where(candidates > 0, logits, _NEVER), axis=-1)


def mean(values: Tensor, weights: Tensor) -> Tensor:
    """The mean over the rows that count, 0 where none does.

    Args:
        values: [batch] or [batch, any].
        weights: of ``pairs``, [batch].

    Returns:
        A number, or [any].
    """
    total = ops.maximum(ops.sum(weights), 1.0)
    if len(values.shape) == 2:
        return ops.sum(values * weights[:, None], axis=0) / total
    return ops.sum(values * weights) / total


def enough(weights: Tensor) -> Tensor:
    """1 where two rows or more count, so that there is a spread; else 0.

    Args:
        weights: of ``pairs``, [batch].
    """
    return ops.cast(ops.sum(weights) > 1, weights.dtype)


def covariance(values: Tensor, weights: Tensor) -> Tensor:
    """The unbiased covariance between the columns over the rows that count, [size, size].

    Args:
        values: float [batch, size].
        weights: of ``pairs``, [batch].
    """
    centred = (values - mean(values, weights)) * weights[:, None]
    columns = ops.transpose(centred)
    return products(columns, columns) / ops.maximum(ops.sum(weights) - 1, 1.0)


def log_scale(start: float, learned: Mapping[str, Tensor] | None, like: Tensor) -> Tensor:
    """The logarithm of what cosines are multiplied by, at most that of ``LARGEST_SCALE``.

    At the limit the learned part feels only what draws it back, as if it had been clipped after
    the step, as CLIP does: a plain minimum would hold it there for ever.

    Args:
        start: the scale before anything was learned.
        learned: holds ``log_scale``, 0 at first; None: nothing is learned.
        like: a tensor whose type it takes.
    """
    offset = (learned or {}).get("log_scale", 0.0)
    raw = math.log(start) + ops.cast(ops.convert_to_tensor(offset), like.dtype)
    limit = math.log(LARGEST_SCALE)

    def limited(value: Tensor) -> tuple[Tensor, object]:
        def back(gradient: Tensor, *_: Tensor) -> Tensor:
            # Descent along a negative gradient would go further beyond.
            return ops.where((value >= limit) & (gradient < 0), ops.zeros_like(gradient), gradient)

        return ops.minimum(value, limit), back

    return ops.custom_gradient(limited)(raw)
