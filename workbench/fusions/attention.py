"""Fusion by attention over one token for each modality."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=4)
def attention(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    depth: Annotated[int, Field(ge=1, le=6)] = 1,
    heads: Annotated[int, Field(ge=1, le=16, json_schema_extra={"advanced": True})] = 4,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1,
) -> Layer:
    """Each modality is a token; transformer blocks decide who listens to whom.

    ``t_m = P_m h_m + e_m``, one more token that reads, then in each block
    ``t + attention(norm(t))`` and ``t + W2 gelu(W1 norm(t))``; the reading token is the result.
    For modalities whose weight changes from sample to sample, and where some are often missing:
    nobody listens to what a sample lacks. Its pitfall: with two modalities and few data it has
    more to learn than concat and seldom beats it.

    Args:
        size: numbers in a token and in the fused embedding.
        depth: transformer blocks.
        heads: attention heads; each listens for something else.
        dropout: share silenced within the blocks while training.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Vaswani et al. 2017, Attention is all you need, arXiv:1706.03762.
        Xiong et al. 2020, On layer normalization in the transformer, arXiv:2002.04745.
    """
    return layers.ModalityAttention(size, heads, depth, dropout, name="attention")
