"""Fusion by a sum of products of projections."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=7)
def low_rank(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    rank: Annotated[int, Field(ge=1, le=64)] = 4,
) -> Layer:
    """Multiplies modalities with one another without the size of all products.

    ``sum over r of w_r * product over m of (F_mr [1; h_m]) + b`` with each ``h_m`` brought to one
    scale first: tensor fusion whose weights are a sum of ``r`` plain products. For modalities that
    change one another's meaning, as a voice does to words. Its pitfall: products grow and vanish
    more easily than sums; lower the learning rate where the curve jumps. Of what a sample lacks
    only the 1 is left: the products of the others stay.

    Args:
        size: numbers in the fused embedding.
        rank: how many products are added up; more can say more and need more data.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Liu et al. 2018, Efficient low-rank multimodal fusion, arXiv:1806.00064.
    """
    return layers.LowRank(size, rank, name="low_rank")
