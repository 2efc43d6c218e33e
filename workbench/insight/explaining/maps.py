"""What explanations are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.parts import Modality

Map = NDArray[np.float32]
"""Picture [height, width]; log-mel [frames, bands]; wave [values]; words [tokens]; vector [1]."""


@dataclass(frozen=True)
class Explanation:
    """Where the evidence lies.

    Args:
        maps: of each modality how much each place adds to what is asked about, signed where the
            method knows a sign.
        problems: why a modality has no map, one sentence each.
        score: what is asked about.
        gap: by how much the maps miss the difference to the baseline, as a share of it; NaN where
            the method promises no sum.
        baseline: what is asked about at the baseline; NaN where there is none.
    """

    maps: Mapping[Modality, Map]
    problems: Mapping[Modality, str] = field(default_factory=dict)
    score: float = float("nan")
    gap: float = float("nan")
    baseline: float = float("nan")
