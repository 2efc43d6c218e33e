"""Fusion by attention from each modality to every other one."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=10)
def cross_modal(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    depth: Annotated[int, Field(ge=1, le=4)] = 1,
    heads: Annotated[int, Field(ge=1, le=16, json_schema_extra={"advanced": True})] = 4,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1,
) -> Layer:
    """Each place of a picture, sound or text looks for what belongs to it in the others.

    For every ordered pair ``H_ab = H_a + attention(from norm(H_a) to norm(H_b))``, then
    ``H_ab + W2 gelu(W1 norm(H_ab))``; the mean over the others, the places and the modalities is
    the result. It reads the sequences of encoders that give one; an encoder that gives none is a
    single place. For parts that belong together: a word and its corner of the picture. Its
    pitfall: the time grows with the product of the lengths and, from two modalities to three, from
    two stacks of blocks to six. At what a sample lacks nobody looks.

    Args:
        size: numbers in a token and in the fused embedding.
        depth: blocks for each ordered pair of modalities.
        heads: attention heads; each looks for something else.
        dropout: share silenced within the blocks while training.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Tsai et al. 2019, Multimodal transformer for unaligned sequences, arXiv:1906.00295.
    """
    return layers.CrossModal(size, heads, depth, dropout, name="cross_modal")
