"""Pareto mixture of two gradients in each encoder."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(needs=("terms", "heads"), order=2)
def mmpareto(*, gamma: Annotated[float, Field(ge=1, le=3)] = 1.5) -> Layer:
    """Goes, in each encoder, where both its own head and the fused one gain.

    Where the two gradients conflict, the shortest mixture of both takes their place, brought back
    to the length of their sum; then all is lengthened by gamma, whose noise helps to generalise.
    Use it with heads for each modality, where one modality dominates. It costs one backward pass
    for each modality more; under Adam gamma cancels.

    Args:
        gamma: factor of the joined gradient.

    Returns:
        A balancer.

    References:
        Wei and Hu 2024, arXiv:2405.17730, algorithm 1.
    """
    return layers.TwoGradients("mmpareto", gamma, name="mmpareto")
