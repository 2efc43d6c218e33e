"""Fusion by all products of one number of each modality."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=12)
def tensor(
    *,
    size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    width: Annotated[int | None, Field(ge=2, le=32)] = 16,
) -> Layer:
    """Multiplies every number of each modality with every number of the others.

    ``W vec([1; h_1] x [1; h_2] x ...) + b`` with each ``h_m`` brought to one scale and projected
    to few numbers first. Each modality alone, each pair and all three have their own weights, so
    it can learn whatever numbers mean together. Its pitfall: its size, the product of all widths;
    it is refused above 16 million weights. ``low_rank`` does nearly the same with few. Of what a
    sample lacks only the 1 is left: the products of the others stay.

    Args:
        size: numbers in the fused embedding.
        width: numbers of each modality that are multiplied; none: all of its embedding.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Zadeh et al. 2017, Tensor fusion network, arXiv:1707.07250.
    """
    return layers.TensorProduct(size, width, name="tensor")
