"""Fusion by products of two modalities at a time."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=11)
def bilinear(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    factors: Annotated[int, Field(ge=1, le=16)] = 5,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1,
) -> Layer:
    """Multiplies two modalities at a time, sums a few products and takes their signed root.

    ``z = sum over k of (U h_a) * (V h_b)``, then ``sign(z) sqrt(|z|)``, brought to length 1; the
    pairs side by side through a dense layer. Made for questions about pictures. Its pitfall: a
    pair is heard as a product only, and with three modalities no product holds all of them. Where
    one of a pair is missing, 1 stands in its place: the product is what the other says.

    Args:
        size: numbers in the fused embedding, and those of each pair.
        factors: how many products are summed to one number; more can say more.
        dropout: share of the products that is silenced while training.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Yu et al. 2017, Multi-modal factorized bilinear pooling, arXiv:1708.01471.
    """
    return layers.Bilinear(size, factors, dropout, name="bilinear")
