"""Weights from the length of gradients."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(order=5)
def gradnorm(
    *,
    alpha: Annotated[float, Field(ge=0, le=3)] = 1.5,
    rate: Annotated[
        float, Field(gt=0, le=1, json_schema_extra={"log": True, "advanced": True})
    ] = 0.025,
) -> Layer:
    """Brings the gradients of all terms to one length, longer for those that learn slowly.

    Minimises over the weights ``sum of |w_k g_k - mean(w g) r_k ** alpha|`` with g the length of a
    term's gradient where the encoders end and r its loss over that of the first epoch, relative to
    the others. Use it where terms pull with very different strength. It costs one short backward
    pass a term; the first epoch is trained with the weights of the recipe.

    Args:
        alpha: how much longer the gradient of a slow term may be; 0 makes all of one length.
        rate: step length of the weights.

    Returns:
        A balancer.

    References:
        Chen et al. 2018, arXiv:1711.02257, equations 1 and 2.
    """
    return layers.GradNorm(alpha, rate, name="gradnorm")
