"""The scale of losses in float16, so that small gradients are not lost.

Micikevicius et al. 2018, Mixed Precision Training, arXiv:1710.03740, section 3.2.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

START = 2.0**15
MOST = 2.0**24
PATIENCE = 2000
"""Steps in a row without an overflow until the scale is doubled, as in the paper."""


class LossScale:
    """Halves at each overflow, and doubles after many steps without one."""

    def __init__(self) -> None:
        self.scale = keras.Variable(START, trainable=False, dtype="float32", name="loss_scale")
        self.good = keras.Variable(0, trainable=False, dtype="int32", name="loss_scale_good")

    @property
    def variables(self) -> list[Any]:
        """What is saved."""
        return [self.scale, self.good]

    @property
    def at_end(self) -> Any:
        """It cannot be halved any more."""
        return self.scale <= 1.0

    def hear(self, sound: Any) -> None:
        """Take in whether the gradient of a step was a number.

        Args:
            sound: bool scalar.
        """
        good = ops.where(sound, self.good + 1, 0)
        doubled = good >= PATIENCE
        grown = ops.minimum(self.scale * ops.where(doubled, 2.0, 1.0), MOST)
        self.scale.assign(ops.where(sound, grown, ops.maximum(self.scale / 2, 1.0)))
        self.good.assign(ops.where(doubled, 0, good))
