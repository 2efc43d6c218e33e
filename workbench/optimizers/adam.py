"""Adam."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Optimizer, keras
from workbench.parts import optimizer


@optimizer(order=1)
def adam(
    learning_rate: float,
    *,
    beta_1: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.9,
    beta_2: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.999,
) -> Optimizer:
    """Gives every weight a step length of its own; a good first choice.

    Args:
        learning_rate: step length, above 0.
        beta_1: how long gradients are remembered.
        beta_2: how long their squares are remembered.

    Returns:
        A Keras optimiser.

    References:
        Kingma and Ba 2015, arXiv:1412.6980.
    """
    return keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=beta_2)
