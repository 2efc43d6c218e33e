"""What a model says, as people read it: probabilities, or numbers in their unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.insight.class_curves import probabilities
from workbench.insight.trained import Trained
from workbench.runs.decision import Decision


def answers_of(trained: Trained, said: NDArray[Any], decision: Decision) -> NDArray[np.float64]:
    """Probabilities as predictions obey them, or numbers in their unit, [samples, outputs].

    Args:
        trained: who said it.
        said: logits or numbers as the fused head gives them, [samples, outputs].
        decision: the temperature that was chosen.
    """
    wide = said.astype(np.float64)
    scaling = trained.inputs.scaling
    if scaling is not None:
        return np.asarray(scaling.to_unit(wide), np.float64)
    logits = wide / decision.temperature
    if trained.spec.data.task == "labels":
        return np.asarray(np.exp(-np.logaddexp(0, -logits)), np.float64)
    return probabilities(logits)
