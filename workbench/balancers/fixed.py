"""Weights that stay as they are."""

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(needs=(), order=1)
def fixed() -> Layer:
    """Leaves every term the weight that the recipe gives it.

    ``sum of w_k L_k`` with the weights of the recipe. The yardstick: a balancer that does not beat
    well-chosen fixed weights has shown nothing. Weights are in units of the terms, so a term that
    is ten times larger already counts ten times as much at the same weight.

    Returns:
        A balancer.

    References:
        Kurin et al. 2022, In Defense of the Unitary Scalarization, arXiv:2201.04122.
    """
    return layers.Balancer(name="fixed")
