"""AdamW."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Optimizer, keras
from workbench.parts import optimizer


@optimizer(order=2)
def adamw(
    learning_rate: float,
    *,
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.01,
    beta_1: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.9,
    beta_2: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.999,
) -> Optimizer:
    """Adam that also pulls weights towards zero, against overfitting.

    Args:
        learning_rate: step length, above 0.
        weight_decay: how strongly weights are pulled towards zero.
        beta_1: how long gradients are remembered.
        beta_2: how long their squares are remembered.

    Returns:
        A Keras optimiser.

    References:
        Loshchilov and Hutter 2019, arXiv:1711.05101.
    """
    return keras.optimizers.AdamW(
        learning_rate, weight_decay=weight_decay, beta_1=beta_1, beta_2=beta_2
    )
