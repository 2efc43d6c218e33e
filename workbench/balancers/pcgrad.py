"""Gradient surgery in each encoder."""

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(needs=("terms", "heads"), order=7)
def pcgrad() -> Layer:
    """Takes out of two gradients in an encoder what works against the other.

    In each encoder, g of its own head and f of all other terms: where ``f . g < 0`` each loses its
    projection on the other, then both are added. Use it where heads and fusion pull an encoder
    apart. It costs one backward pass for each modality more.

    Returns:
        A balancer.

    References:
        Yu et al. 2020, Gradient Surgery, arXiv:2001.06782, algorithm 1.
    """
    return layers.TwoGradients("pcgrad", name="pcgrad")
