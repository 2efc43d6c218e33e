"""Barron's general and adaptive robust loss."""

import functools
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
_NODES = 513
_WELSCH = -8.0
# At this shape, the lowest that can be chosen, the limit of minus infinity is taken.


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
    moved = learned or {}
    start = min(max(shape, _LEAST + 1e-3), _MOST - 1e-3)
    share = (start - _LEAST) / (_MOST - _LEAST)
    raw = np.log(share / (1 - share)) + ops.cast(moved.get("shape", 0.0), residual.dtype)
    alpha = _LEAST + (_MOST - _LEAST) * ops.sigmoid(raw)
    log_scale = np.log(scale) + ops.cast(moved.get("scale", 0.0), residual.dtype)
    alpha, log_scale = ops.cast(alpha, residual.dtype), ops.cast(log_scale, residual.dtype)
    ratio = residual * ops.exp(-log_scale)
    two = 2 - alpha
    losses = two / alpha * ops.expm1(alpha / 2 * ops.log1p(ops.square(ratio) / two))
    return mean_of_each(losses + log_scale + _log_partition(alpha))


def _fixed(ratio: Tensor, shape: float) -> Tensor:
    """The loss of residuals in scales, at a fixed shape."""
    half = ops.square(ratio) / 2
    if shape == 2:
        return half
    if shape == 0:
        return ops.log1p(half)
    if shape <= _WELSCH:
        return -ops.expm1(-half)
    distance = abs(shape - 2)
    return distance / shape * ops.expm1(shape / 2 * ops.log1p(2 * half / distance))


def _log_partition(alpha: Tensor) -> Tensor:
    """The logarithm of Z at a shape within 0..2, from a table, straight between its nodes."""
    nodes = ops.cast(table(), alpha.dtype)
    place = ops.arccos(1 - alpha) / np.pi * (_NODES - 1)
    below = ops.clip(ops.floor(place), 0, _NODES - 2)
    index = ops.cast(below, "int32")
    left, right = ops.take(nodes, index), ops.take(nodes, index + 1)
    return left + (right - left) * (place - below)


@functools.cache
def table() -> NDArray[np.float64]:
    """``log Z(a)``, Z the integral of ``exp(-loss)`` at scale 1, at nodes from 0 to 2.

    They are dense at both ends, where it bends most: ``a = 1 - cos(pi s)`` for even s. With
    ``x = tan(t)`` the trapezoid rule on 20,001 points gives 9 digits.
    """
    shapes = 1 - np.cos(np.pi * np.linspace(0, 1, _NODES))
    shapes[[0, -1]] = 0, 2
    angle = np.linspace(0, np.pi / 2, 20_002)[:-1]
    x = np.tan(angle)
    found = np.empty(_NODES)
    for place, alpha in enumerate(shapes):
        if alpha == 0:
            rho = np.log1p(x * x / 2)
        elif alpha == 2:
            rho = x * x / 2
        else:
            two = 2 - alpha
            rho = two / alpha * np.expm1(alpha / 2 * np.log1p(x * x / two))
        # dx = (1 + x ** 2) dt
        values = np.exp(np.log1p(x * x) - rho)
        # At the open end, x to infinity, only Cauchy's does not vanish: there it goes to 2.
        end = 2.0 if alpha == 0 else 0.0
        found[place] = np.log(2 * np.trapezoid(np.append(values, end), np.append(angle, np.pi / 2)))
    return found
