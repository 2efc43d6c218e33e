"""Weights from learned uncertainty."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(needs=("terms", "likelihoods"), order=3)
def uncertainty(
    *, start: Annotated[float, Field(ge=-5, le=5, json_schema_extra={"advanced": True})] = 0.0
) -> Layer:
    """Learns how uncertain each term is, and weighs the uncertain ones less.

    ``sum of exp(-s_k) L_k + s_k / 2`` with s the logarithm of a variance, learned with the model;
    for the absolute error ``exp(-s) L + s``. Use it where terms differ in unit or scale. Where a
    loss goes to 0 on memorised samples its weight grows and grows, so s is kept within -5..5: watch
    the weights. It ends at ``1 / (2 L)`` for each, whatever the terms are worth to you.

    Args:
        start: s of every term at the start; 0 is the weight of the recipe.

    Returns:
        A balancer.

    References:
        Kendall, Gal and Cipolla 2018, arXiv:1705.07115, equations 7 and 10.
    """
    return layers.Uncertainty(start, name="uncertainty")
