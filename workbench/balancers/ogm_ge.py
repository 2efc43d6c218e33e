"""On-the-fly modulation of the gradients of encoders."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(needs=("terms", "heads"), target=("category", "yes_no", "ordered"), order=8)
def ogm_ge(
    *,
    alpha: Annotated[float, Field(gt=0, le=1)] = 0.3,
    generalise: bool = True,
    until: Annotated[
        int, Field(ge=1, le=10_000, json_schema_extra={"unit": "epochs", "advanced": True})
    ] = 50,
) -> Layer:
    """Slows the encoder of the modality that is ahead, so that the others catch up.

    The gradient of an encoder is multiplied by ``1 - tanh(alpha r)`` where r, the probability that
    its head gives to the truth over that of the others, exceeds 1. Use it with heads for each
    modality and with sgd: under Adam and AdamW a constant factor of a gradient cancels, and only
    its changes act. Fast fitting is not the same as being useful.

    Args:
        alpha: how much the modality that is ahead is slowed.
        generalise: add noise as strong as the gradient to its kernels.
        until: epochs after which nothing is slowed any more.

    Returns:
        A balancer.

    References:
        Peng et al. 2022, Balanced Multimodal Learning, arXiv:2203.15332, equations 8 to 10.
    """
    return layers.OnTheFly(alpha, generalise, until, name="ogm_ge")
