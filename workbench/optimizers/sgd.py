"""Stochastic gradient descent with momentum."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Optimizer, keras
from workbench.parts import optimizer


@optimizer(order=3)
def sgd(
    learning_rate: float,
    *,
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9,
    nesterov: bool = False,
) -> Optimizer:
    """Steps straight down the gradient, with momentum; wants a larger learning rate than Adam.

    Args:
        learning_rate: step length, above 0; 0.01 to 0.1 is usual.
        momentum: how much of the last step is kept.
        nesterov: look ahead before stepping.

    Returns:
        A Keras optimiser.

    References:
        Polyak 1964; Sutskever et al. 2013, On the importance of initialization and momentum.
    """
    return keras.optimizers.SGD(learning_rate, momentum=momentum, nesterov=nesterov)
