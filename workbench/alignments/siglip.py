"""The sigmoid loss of SigLIP."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from workbench.alignments import both, log_scale, own, pairs, products, unit
from workbench.lazy import Tensor, ops
from workbench.parts import alignment


@alignment(noise="softmax", learns=("log_scale", "bias"), order=2)
def siglip(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    scale: Annotated[float, Field(ge=1, le=100, json_schema_extra={"log": True})] = 10.0,
    bias: Annotated[float, Field(ge=-30, le=10)] = -10.0,
    learn: bool = True,
    learned: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Asks of every two samples whether they belong together, yes or no: made for small batches.

    ``-sum over j of log sigmoid(y_ij (t S_ij + b))`` with ``S`` the cosines between both modalities
    and ``y`` 1 for a pair, -1 for any other two. Use it instead of InfoNCE where batches are small:
    no sample competes with the whole batch; it needs no labels. Leave the bias at -10: without it
    the many that do not belong together rule the start. Its pitfall: samples of the same kind in
    one batch are pushed apart, and the loss grows with the batch, as it is a sum over it.

    Args:
        first: embeddings of one modality, float [batch, size].
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        scale: t, how sharp yes and no are, as a factor of the cosine.
        bias: b, the answer before looking; low says no, which most often is right.
        learn: learn scale and bias with the model, from these values on.
        learned: what was learned of the logarithm of the scale and of the bias, both 0 at first.

    Returns:
        Loss of each row of first, [batch], in nats; the sum over all rows of second.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Zhai et al. 2023, Sigmoid loss for language image pre-training, arXiv:2303.15343, eq. 1.
    """
    first, second, weights = pairs(first, second, weights)
    moved = (learned or {}) if learn else {}
    sharp = ops.exp(log_scale(scale, moved, first))
    before = bias + ops.cast(ops.convert_to_tensor(moved.get("bias", 0.0)), first.dtype)
    logits = sharp * products(unit(first), unit(second)) + before
    # -log sigmoid(x) as softplus(-x) stays exact where the sigmoid is 0.
    answer = 2 * own(weights) - 1
    return ops.sum(ops.softplus(-answer * logits) * both(weights, weights), axis=-1)
