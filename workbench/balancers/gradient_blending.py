"""Weights from overfitting and generalisation."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import balancer


@balancer(needs=("terms", "heads"), order=6)
def gradient_blending(
    *, period: Annotated[int, Field(ge=1, le=100, json_schema_extra={"unit": "epochs"})] = 5
) -> Layer:
    """Gives more weight to heads that generalise and less to those that overfit.

    Every few epochs ``w = dG / dO ** 2``: by how much the validation loss of a head has fallen,
    over the square of how much its distance from the training loss has grown. Use it where the
    strong modality overfits first. The estimate is noisy on small validation splits.

    Args:
        period: epochs between two looks.

    Returns:
        A balancer.

    References:
        Wang, Tran and Feiszli 2020, arXiv:1905.12681, equation 5.
    """
    return layers.GradientBlending(period, name="gradient_blending")
