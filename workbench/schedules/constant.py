"""A constant learning rate."""

from typing import Annotated

from pydantic import Field

from workbench.parts import schedule


@schedule(order=1)
def constant(
    step: int, *, base: float, total: int, warmup: Annotated[float, Field(ge=0, le=0.5)] = 0.0
) -> float:
    """Keeps the learning rate as it is, after a warm-up if wanted.

    Args:
        step: optimiser step, counted from 0.
        base: learning rate of the training spec.
        total: optimiser steps of the whole run.
        warmup: share of the run in which the rate rises from zero; helps large batches.

    Returns:
        The learning rate of that step, above 0.

    References:
        Goyal et al. 2017, arXiv:1706.02677, section 2.2 (gradual warm-up).
    """
    return base * min(1.0, (step + 1) / max(1.0, warmup * total))
