"""Fusion by gates: each sample decides whom to trust."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import fusion


@fusion(order=2)
def gated(
    *, size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"label": "embedding"})] = 64
) -> Layer:
    """Each sample decides whom to trust: a gate opens or shuts every modality.

    ``sum over m of sigmoid(G_m [h1; h2; ...]) * tanh(P_m h_m)``; with two modalities the gates are
    tied, ``z`` and ``1 - z``, as in the paper. For modalities of which now one, now the other is
    blurred, noisy or silent. Its pitfall: a gate can learn to shut the modality that learns more
    slowly; look at who is learning. What a sample lacks stays shut, and the other gates open so
    far that all together are as wide as before.

    Args:
        size: numbers in the fused embedding.

    Returns:
        A layer from {modality: [batch, any]} to [batch, size].

    References:
        Arevalo et al. 2017, Gated multimodal units, arXiv:1702.01992, section 3.1.
    """
    return layers.Gated(size, name="gated")
