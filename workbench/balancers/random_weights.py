"""Weights at random."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(order=9)
def random_weights(
    *, seed: Annotated[int, Field(ge=0, le=2**31 - 1, json_schema_extra={"advanced": True})] = 0
) -> Layer:
    """Draws new weights at random each step: the control that any other balancer must beat.

    ``w = K softmax(z)`` with K terms and z normal. On average every term counts the same, and the
    chance alone often does as well as clever rules do. A rule that is no better than this one has
    shown nothing.

    Args:
        seed: start of the chance.

    Returns:
        A balancer.

    References:
        Lin et al. 2022, Reasonable Effectiveness of Random Weighting, arXiv:2111.10603.
    """
    return layers.RandomWeights(seed, name="random_weights")
