"""Fusion by averaging projected embeddings."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=3)
def average(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    combine: Literal["mean", "sum"] = "mean",
) -> Layer:
    """Gives every modality the same say: their projected embeddings are averaged or added up.

    ``relu(mean of (P_m h_m + b_m))`` with each ``h_m`` brought to one scale first. For few data,
    and where each modality by itself says something. Its pitfall: it cannot learn that two
    modalities mean something together that neither means alone. What a sample lacks does not
    enter its mean; a sum gets shorter by it, which the head may take for a meaning.

    Args:
        size: numbers in the fused embedding.
        combine: the mean, which keeps its length when something is missing, or the sum.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Baltrusaitis et al. 2019, Multimodal machine learning, arXiv:1705.09406, section 6.
    """
    return layers.Average(size, combine == "sum", name="average")
