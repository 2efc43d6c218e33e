"""A learning rate that falls along a cosine."""

import math
from typing import Annotated

from pydantic import Field

from workbench.parts import schedule


@schedule(order=2)
def cosine(
    step: int,
    *,
    base: float,
    total: int,
    warmup: Annotated[float, Field(ge=0, le=0.5)] = 0.05,
    floor: Annotated[float, Field(ge=0, le=1)] = 0.0,
) -> float:
    """Lets the learning rate rise quickly and then fall gently to the end of the run.

    ``floor + (1 - floor) * (1 + cos(pi t)) / 2`` of the base, ``t`` going from 0 to 1 after the
    warm-up.

    Args:
        step: optimiser step, counted from 0.
        base: learning rate of the training spec.
        total: optimiser steps of the whole run.
        warmup: share of the run in which the rate rises from zero.
        floor: share of the base rate that is left at the end.

    Returns:
        The learning rate of that step, at least 0.

    References:
        Loshchilov and Hutter 2017, SGDR, arXiv:1608.03983, eq. 5.
    """
    rising = warmup * total
    if step < rising:
        return base * min(1.0, (step + 1) / rising)
    passed = (step - rising) / max(1.0, total - rising)
    return base * (floor + (1 - floor) * (1 + math.cos(math.pi * passed)) / 2)
