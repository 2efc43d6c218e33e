"""Fusion through a few tokens that all modalities share."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=9)
def bottleneck(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    tokens: Annotated[int, Field(ge=1, le=32)] = 4,
    depth: Annotated[int, Field(ge=1, le=4)] = 2,
    heads: Annotated[int, Field(ge=1, le=16, json_schema_extra={"advanced": True})] = 4,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1,
) -> Layer:
    """All that modalities tell one another has to pass through a few shared tokens.

    In each layer ``[H_m; B_m] = block_m([H_m; B])``, then ``B = mean of B_m``; the mean over the
    places of each modality, then over the modalities, is the result. It reads the sequences of
    encoders that give one. For long sounds and large pictures, of which only the gist concerns the
    others; three modalities cost half as much again as two, not three times as much as with
    ``cross_modal``. Its pitfall: what the shared tokens have taken up is read in the layer after,
    so that with a single layer the modalities only get averaged. What a sample lacks is left out
    of both means.

    Args:
        size: numbers in a token and in the fused embedding.
        tokens: how many are shared; fewer force modalities to tell the most important only.
        depth: layers; at least 2 for modalities to hear one another.
        heads: attention heads; each looks for something else.
        dropout: share silenced within the blocks while training.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Nagrani et al. 2021, Attention bottlenecks for multimodal fusion, arXiv:2107.00135.
    """
    return layers.Bottleneck(size, tokens, depth, heads, dropout, name="bottleneck")
