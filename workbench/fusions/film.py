"""Fusion by one modality that steers how the others are read."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=8)
def film(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    condition: Literal["auto", "image", "audio", "text"] = "auto",
) -> Layer:
    """One modality steers how the others are read: it stretches and shifts their numbers.

    ``relu((1 + g(c)) * P h + b(c))`` where ``g`` and ``b`` are linear in the condition ``c``; with
    several others the mean of them. For a question, a heading or an instruction beside a picture
    or a sound. Its pitfall: choose the condition well, it is not heard for itself but through what
    it does to the others. Without the condition the others pass as they are; without the others
    only the shifts are left, and a sample is judged by its condition alone.

    Args:
        size: numbers in the fused embedding.
        condition: which modality steers; auto: text where there is one, else sound.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Perez et al. 2018, FiLM: visual reasoning with a general conditioning layer,
        arXiv:1709.07871.
    """
    return layers.Film(size, None if condition == "auto" else condition, name="film")
