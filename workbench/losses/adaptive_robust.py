"""Barron's general and adaptive robust loss."""

import functools
import math
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss

_LEAST, _MOST = 0.001, 1.999
# Between these the shape is learned: the gradient of the loss in it is singular at 0 and 2.
_WELSCH = -8.0
# At this shape, the lowest that can be chosen, the limit of minus infinity is taken.
_CAUCHY = 1e-7
# Shapes nearer to 0 than this are 0: dividing by them would leave nothing in float32.
_SHRINK = math.log(1e5)
# A scale is learned down to this fraction of where it starts, else samples that are hit exactly
# would draw it to 0 and the loss to minus infinity.
_NODES = 513


@loss(target=("number", "numbers"), learns=("shape", "scale"), order=4)
def adaptive_robust(
    labels: Tensor,
    logits: Tensor,
    *,
    shape: Annotated[float, Field(ge=_WELSCH, le=2)] = 1.0,
    scale: Annotated[float, Field(gt=1e-6, le=1e6, json_schema_extra={"log": True})] = 1.0,
    learn: bool = False,
    learned: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """One loss from squared error to ones that ignore outliers, as its shape says or learns.

    ``|a - 2| / a (((r / c) ** 2 / |a - 2| + 1) ** (a / 2) - 1)`` with shape a and scale c: a = 2 is
    squared error, 1 is pseudo-Huber, 0 Cauchy, -2 Geman-McClure, -8 stands for Welsch. Learned, it
    is a likelihood: ``log(c Z(a))`` is added, a stays within 0..2, and each number has a and c of
    its own. Use it where you do not know how heavy the tails are. Below a = 1 far samples lose
    their pull: begin with a prediction that is not far off. Learned, it may be negative.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: predictions on the same scale, float of the same shape.
        shape: how little far samples count: 2 in full, 0 hardly; where the learned one starts.
        scale: c, the size of the residual where the bend begins, in spreads of the target.
        learn: learn shape and scale with the model, from these values on.
        learned: what was learned of both, 0 at first.

    Returns:
        Loss of each sample, [batch]; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Barron 2019, A General and Adaptive Robust Loss Function, arXiv:1701.03077, eq. 13 and 16.
    """
    refuse_broadcasting(labels, logits)
    residual = logits - ops.cast(labels, logits.dtype)
    if not learn:
        return mean_of_each(_fixed(residual / scale, shape))
    alpha, log_scale = _learned(shape, scale, learned or {}, residual)
    two = 2 - alpha
    ratio = residual * ops.exp(-log_scale)
    losses = two / alpha * ops.expm1(alpha / 2 * ops.log1p(ops.square(ratio) / two))
    return mean_of_each(losses + log_scale + _log_partition(alpha))


def _fixed(ratio: Tensor, shape: float) -> Tensor:
    """The loss of residuals in scales, at a fixed shape."""
    half = ops.square(ratio) / 2
    if shape == 2:
        return half
    if abs(shape) < _CAUCHY:
        return ops.log1p(half)
    if shape <= _WELSCH:
        return -ops.expm1(-half)
    distance = abs(shape - 2)
    return distance / shape * ops.expm1(shape / 2 * ops.log1p(2 * half / distance))


def _learned(
    shape: float, scale: float, moved: Mapping[str, Tensor], like: Tensor
) -> tuple[Tensor, Tensor]:
    """The shape and the logarithm of the scale: where they started, moved by what was learned."""
    by = {
        name: ops.cast(ops.convert_to_tensor(moved.get(name, 0.0)), like.dtype)
        for name in ("shape", "scale")
    }
    # The sigmoid has no slope at the ends themselves.
    start = min(max(shape, 2 * _LEAST), _MOST - _LEAST)
    odds = math.log((start - _LEAST) / (_MOST - start))
    alpha = _LEAST + (_MOST - _LEAST) * ops.sigmoid(odds + by["shape"])
    # Straight in the logarithm, but for the bend above its floor.
    bend = math.log(math.expm1(_SHRINK))
    log_scale = math.log(scale) - _SHRINK + ops.softplus(bend + by["scale"])
    return alpha, log_scale


def _log_partition(alpha: Tensor) -> Tensor:
    """``log Z`` of shapes within 0..2, to 1e-7: cubics that meet at nodes in value and slope."""
    nodes = table()
    # As a function of the node's number, log Z is even about both ends.
    around = np.pad(nodes, 2, mode="reflect")
    steep = (8 * (around[3:-1] - around[1:-3]) - (around[4:] - around[:-4])) / 12
    values, slopes = ops.cast(nodes, alpha.dtype), ops.cast(steep, alpha.dtype)
    place = ops.arccos(1 - alpha) / math.pi * (_NODES - 1)
    below = ops.clip(ops.floor(place), 0, _NODES - 2)
    index, part = ops.cast(below, "int32"), place - below
    left, right = ops.take(values, index), ops.take(values, index + 1)
    up, on = ops.take(slopes, index), ops.take(slopes, index + 1)
    rise = right - left
    return left + part * (up + part * (3 * rise - 2 * up - on + part * (up + on - 2 * rise)))


@functools.cache
def table() -> NDArray[np.float64]:
    """``log Z(a)``, Z the integral of ``exp(-loss)`` at scale 1, at nodes from 0 to 2.

    They are dense at both ends, where it bends most: ``a = 1 - cos(pi s)`` for even s. With
    ``x = sinh(u)`` what is summed dies away at least as ``exp(-u)`` at every shape, and the
    trapezoid rule is exact to 12 digits.
    """
    shapes = 1 - np.cos(np.pi * np.linspace(0, 1, _NODES))
    step = 0.02
    place = np.arange(0, 40, step)
    squared, log_stretch = np.square(np.sinh(place)), np.log(np.cosh(place))
    values = np.empty(_NODES)
    for node, shape in enumerate(shapes):
        if node == 0:
            losses = np.log1p(squared / 2)
        elif node == _NODES - 1:
            losses = squared / 2
        else:
            two = 2 - shape
            losses = two / shape * np.expm1(shape / 2 * np.log1p(squared / two))
        heights = np.exp(log_stretch - losses)
        values[node] = np.log(2 * step * (heights.sum() - heights[0] / 2))
    return values
