"""Fusion by averaging projected embeddings."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=3)
def average(
    *, size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64
) -> Layer:
    """Gives every modality the same say: their projected embeddings are averaged.

    ``relu(mean of (P_m h_m + b_m))`` with each ``h_m`` brought to one scale first. Plain, and it
    can not learn that two modalities mean something together that neither means alone. What a
    sample lacks does not enter its mean.

    Args:
        size: numbers in the fused embedding.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Baltrusaitis et al. 2019, Multimodal machine learning, arXiv:1705.09406, section 6.
    """
    return layers.Average(size, name="average")
