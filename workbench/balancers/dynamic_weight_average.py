"""Weights from the speed of losses."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(order=4)
def dynamic_weight_average(*, temperature: Annotated[float, Field(ge=0.5, le=10)] = 2.0) -> Layer:
    """Gives more weight to terms whose loss falls more slowly from epoch to epoch.

    ``w = K softmax(r / T)`` with r the loss of an epoch over that of the epoch before; equal
    weights in the first two. Use it where one term is learned long before the others. One noisy
    epoch can flip the weights; a higher temperature calms them.

    Args:
        temperature: T; the higher, the more alike the weights.

    Returns:
        A balancer.

    References:
        Liu, Johns and Davison 2019, arXiv:1803.10704, equation 7.
    """
    return layers.DynamicWeightAverage(temperature, name="dynamic_weight_average")
