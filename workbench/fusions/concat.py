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
    depth: Annotated[int, Field(ge=1, le=4)] = 1,
    hidden: Annotated[int, Field(ge=4, le=2048, json_schema_extra={"advanced": True})] = 128,
) -> Layer:
    """Puts all embeddings side by side and lets layers find what belongs together.

    Each embedding is brought to one scale (layer normalisation), then
    ``relu(W [h1; h2; ...] + b)``; a deeper one puts layers of the same kind before it. The plain
    first choice, and hard to beat. An embedding that is learned stands for what a sample lacks;
    its pitfall: it learns what that means only from samples that lack something, so add modality
    dropout where pictures, sounds or texts may be missing later.

    Args:
        size: numbers in the fused embedding.
        dropout: share of the fused embedding that is silenced while training.
        depth: dense layers; more than one where two modalities mean something together only.
        hidden: numbers in each layer before the last; only looked at where depth is above 1.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Baltrusaitis et al. 2019, Multimodal machine learning, arXiv:1705.09406, section 6.
    """
    return layers.Concat(size, dropout, depth, hidden, name="concat")
