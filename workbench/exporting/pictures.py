"""Fitting of pictures of any size, as Pillow does it, in operations of Keras.

The pixels are those of ``data.readers.image.read_bytes``. Pillow computes with whole numbers: it
averages blocks of pixels first where a picture is much too large (``reducing_gap``), then applies
weights of 22 binary digits across, rounds to bytes, and does the same down (tall pictures the other
way round). All of that is done
here by products with matrices that are computed from height and width, so that it is the same
picture to the last bit where there is float64.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.data.readers.image import Fit
from workbench.lazy import Tensor, ops

_DIGITS = 2.0**22
"""Of a weight (PRECISION_BITS of Pillow's Resample.c)."""
_HALF = 2**11
_GAP = 2
"""``reducing_gap`` of the reader: no block is larger than leaves twice the pixels wanted."""


@dataclass(frozen=True)
class Fitting:
    """How pictures become squares.

    Args:
        size: of the square.
        fit: pad, crop or stretch.
        exact: compute in float64; float32 is some pixels off by one where sizes do not divide.
    """

    size: int
    fit: Fit
    exact: bool = True

    @property
    def kind(self) -> str:
        """The type of numbers that places and weights are computed in."""
        return "float64" if self.exact else "float32"

    def __call__(self, pictures: Tensor) -> Tensor:
        """From uint8 [batch, height, width, 3] to uint8 [batch, size, size, 3]."""
        high = ops.ones_like(pictures[0, :, 0, 0], dtype="int32")
        wide = ops.ones_like(pictures[0, 0, :, 0], dtype="int32")
        down, across = self._axes(ops.cumsum(high) - 1, ops.cumsum(wide) - 1, high, wide)
        values = _blocks(ops.cast(pictures, "float32"), down, across)
        values = self._resized(values, down, across)
        if self.fit != "pad":
            return ops.cast(values, "uint8")
        return ops.cast(_on_ground(values, down, across), "uint8")

    def _resized(self, values: Tensor, down: _Axis, across: _Axis) -> Tensor:
        """From averaged blocks to the square, 0 where the picture does not reach."""
        weights = self._weights(across), self._weights(down)
        if not goes_down_first():
            return self._twice(values, *weights)
        # Pillow 13: where the height loses more than twice the pixels that the width loses.
        lost = down.kept - down.fitted
        turned = ops.logical_and(lost > 0, lost > 2 * (across.kept - across.fitted))
        first = ops.where(turned, weights[1], weights[0])
        then = ops.where(turned, weights[0], weights[1])
        found = self._twice(ops.where(turned, _turned(values), values), first, then)
        return ops.where(turned, _turned(found), found)

    def _twice(self, values: Tensor, first: Tensor, then: Tensor) -> Tensor:
        """Resized across, rounded, resized down, rounded; float [batch, size, size, 3]."""
        return self._once("oi,bixc->boxc", then, self._once("oi,byic->byoc", first, values))

    def _once(self, which: str, weights: Tensor, values: Tensor) -> Tensor:
        """Weighted sums along one side, rounded to bytes, halves upwards."""
        if self.exact:
            summed = ops.einsum(which, weights, self._wide(values))
            return ops.clip(ops.floor((summed + _DIGITS / 2) / _DIGITS), 0, 255)
        # Sums of 30 digits: in float32 they are whole in two halves only.
        high = ops.floor(weights / _HALF)
        halves = [ops.einsum(which, part, values) for part in (high, weights - high * _HALF)]
        first, second = (ops.cast(half, "int32") for half in halves)
        summed = (first * _HALF + second + int(_DIGITS) // 2) // int(_DIGITS)
        return ops.cast(ops.clip(summed, 0, 255), "float32")

    def _wide(self, values: Tensor) -> Tensor:
        return ops.cast(values, self.kind)

    def _axes(
        self, rows: Tensor, columns: Tensor, high: Tensor, wide: Tensor
    ) -> tuple[_Axis, _Axis]:
        height, width = ops.sum(high), ops.sum(wide)
        if self.fit == "stretch":
            return self._axis(rows, height, 0, self.size), self._axis(columns, width, 0, self.size)
        if self.fit == "crop":
            side = ops.minimum(height, width)
            return tuple(  # type: ignore[return-value]  # of two
                self._axis(places, side, (length - side) // 2, self.size)
                for places, length in ((rows, height), (columns, width))
            )
        longest = ops.maximum(height, width)
        return tuple(  # type: ignore[return-value]  # of two
            self._axis(places, length, 0, _rounded(length * self.size, longest))
            for places, length in ((rows, height), (columns, width))
        )

    def _axis(self, places: Tensor, length: Tensor, first: Any, fitted: Any) -> _Axis:
        step = ops.maximum(length // (fitted * _GAP), 1)
        return _Axis(places - first, length, fitted, step, self.size)

    def _weights(self, axis: _Axis) -> Tensor:
        """Whole numbers in place of weights, [size, 4 * size]: ``precompute_coeffs`` of Pillow."""
        if not self.exact:
            return _whole_weights(axis)
        # Where it ends is handed on in float32, which is seen where blocks do not divide it.
        length = ops.cast(axis.length, "float32") / ops.cast(axis.step, "float32")
        scale = self._wide(length) / self._wide(axis.fitted)
        spread = ops.maximum(scale, 1.0)
        places = _counted(axis.blocks, self.kind)
        out = ops.subtract(_counted(axis.size, "int32")[:, None], axis.begins)
        centre = (self._wide(out) + 0.5) * scale
        low = ops.floor(ops.maximum(centre - spread + 0.5, 0.0))
        high = ops.minimum(ops.floor(centre + spread + 0.5), self._wide(axis.kept))
        tents = ops.maximum(1.0 - ops.abs((ops.subtract(places, centre) + 0.5) / spread), 0.0)
        inside = ops.logical_and(low <= places, high > places)
        seen = ops.logical_and(out >= 0, out < axis.fitted)
        tents = ops.where(ops.logical_and(inside, seen), tents, ops.zeros_like(tents))
        whole = ops.sum(tents, axis=1, keepdims=True)
        shares = tents / ops.where(whole > 0, whole, ops.ones_like(whole))
        return ops.floor(shares * _DIGITS + 0.5)


@dataclass(frozen=True)
class _Axis:
    """One side of a picture and of the square.

    Args:
        places: of the pixels, int32 [length of the picture], 0 where what is kept of it begins.
        length: pixels that are kept.
        fitted: pixels that they become.
        step: pixels in a block that is averaged first.
        size: of the square.
    """

    places: Tensor
    length: Tensor
    fitted: Any
    step: Tensor
    size: int

    @property
    def blocks(self) -> int:
        """More than there can be: a block is so large that no four of them become one pixel."""
        return 4 * self.size

    @property
    def kept(self) -> Tensor:
        """How many blocks there are."""
        return (self.length + self.step - 1) // self.step

    @property
    def begins(self) -> Any:
        """Where in the square the picture begins."""
        return (self.size - self.fitted) // 2

    def members(self) -> Tensor:
        """1 where a pixel is in a block, float32 [blocks, length of the picture]."""
        blocks = _counted(self.blocks, "int32")[:, None]
        kept = ops.logical_and(self.places >= 0, self.places < self.length)
        # Floor division of places before the first one is their own affair.
        return ops.cast(
            ops.logical_and(ops.equal(self.places // self.step, blocks), kept), "float32"
        )


@functools.cache
def goes_down_first() -> bool:
    """Whether this Pillow resizes a tall picture down before it resizes it across, as 13 does.

    The order shows in the last bit, where rounding falls otherwise.
    """
    dice = np.random.default_rng(0)
    tall = Image.fromarray(dice.integers(0, 256, (96, 24, 3), np.uint8))
    whole = tall.resize((20, 12), Image.Resampling.BILINEAR)
    turned = tall.resize((24, 12), Image.Resampling.BILINEAR)
    turned = turned.resize((20, 12), Image.Resampling.BILINEAR)
    return whole.tobytes() == turned.tobytes()


def _turned(values: Tensor) -> Tensor:
    return ops.transpose(values, (0, 2, 1, 3))


def _counted(count: int, kind: str) -> NDArray[Any]:
    # Operators on the right of a constant would be TensorFlow's: it goes first into functions.
    return np.arange(count, dtype=kind)


def _rounded(length: Tensor, longest: Tensor) -> Tensor:
    """``max(1, round(length / longest))`` of whole numbers, halves to the even one."""
    doubled = 2 * length + longest
    nearest = doubled // (2 * longest)
    tie = ops.logical_and(ops.equal(nearest * 2 * longest, doubled), ops.equal(nearest % 2, 1))
    return ops.maximum(nearest - ops.cast(tie, "int32"), 1)


def _whole_weights(axis: _Axis) -> Tensor:
    """The same without float64: shares of whole numbers, 22 binary digits by long division."""
    fitted, length = axis.fitted * axis.step, axis.length
    places = _counted(axis.blocks, "int32")
    out = ops.subtract(_counted(axis.size, "int32")[:, None], axis.begins)
    apart = ops.abs(ops.multiply(2 * places + 1, fitted) - (2 * out + 1) * length)
    tents = ops.maximum(2 * ops.maximum(length, fitted) - apart, 0)
    seen = ops.logical_and(out >= 0, out < axis.fitted)
    inside = ops.logical_and(seen, ops.less(places, axis.kept))
    tents = ops.where(inside, tents, ops.zeros_like(tents))
    whole = ops.maximum(ops.sum(tents, axis=1, keepdims=True), 1)
    high, rest = _divided(tents, whole)
    low, rest = _divided(rest, whole)
    nearest = low + ops.cast(2 * rest >= whole, "int32")
    return ops.cast(high * _HALF + nearest, "float32")


def _divided(numbers: Tensor, by: Tensor) -> tuple[Tensor, Tensor]:
    """The next 11 binary digits of a share, and what is left."""
    digits = numbers * _HALF // by
    return digits, numbers * _HALF - digits * by


def _blocks(values: Tensor, down: _Axis, across: _Axis) -> Tensor:
    """Means of blocks as Pillow's Reduce.c rounds them, float32 [batch, rows, columns, 3]."""
    rows, columns = down.members(), across.members()
    summed = ops.einsum("oi,biwc->bowc", rows, values)
    summed = ops.cast(ops.einsum("oi,byic->byoc", columns, summed), "int32")
    count = ops.sum(rows, axis=1)[:, None] * ops.sum(columns, axis=1)[None, :]
    count = ops.cast(ops.maximum(count, 1), "int32")[None, :, :, None]
    # sum * (2^24 / count) >> 24 in 32 bits, digit by digit of base 256.
    factor = ops.floor_divide(2**24, count)
    summed = summed + count // 2
    carried = (summed * (factor % 256)) // 256
    carried = (summed * (factor // 256 % 256) + carried) // 256
    return ops.cast((summed * (factor // 65536) + carried) // 256, "float32")


def _on_ground(values: Tensor, down: _Axis, across: _Axis) -> Tensor:
    """A picture whose surroundings are filled with its mean colour; they are 0 so far."""
    whole = ops.sum(ops.cast(values, "int32"), axis=(1, 2), keepdims=True)
    ground = whole // (down.fitted * across.fitted)
    inside = ops.logical_and(_inside(down)[:, None], _inside(across)[None, :])
    return ops.where(inside[None, :, :, None], ops.cast(values, "int32"), ground)


def _inside(axis: _Axis) -> Tensor:
    place = ops.subtract(_counted(axis.size, "int32"), axis.begins)
    return ops.logical_and(place >= 0, place < axis.fitted)
