"""Numbers in words."""

from __future__ import annotations

import math


def figure(value: float) -> str:
    """A number with three or four telling digits: ``0.184``, ``12.3``, ``1.2e-05``.

    Args:
        value: any number.
    """
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size != 0 and (size < 1e-3 or size >= 1e6):
        return f"{value:.2g}"
    if size < 10:
        return f"{value:.3f}"
    return f"{value:,.1f}" if size < 1000 else f"{value:,.0f}"
