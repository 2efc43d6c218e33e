"""Fusion by putting embeddings side by side."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=1)
def concat(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1,
) -> Layer:
    """Puts all embeddings side by side and lets a layer find what belongs together.

    Each embedding is brought to one scale (layer normalisation), then
    ``relu(W [h1; h2; ...] + b)``. An embedding that is learned stands for what a sample lacks.

    Args:
        size: numbers in the fused embedding.
        dropout: share of the fused embedding that is silenced while training.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Baltrusaitis et al. 2019, Multimodal machine learning, arXiv:1705.09406, section 6.
    """
    return layers.Concat(size, dropout, name="concat")
