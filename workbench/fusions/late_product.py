"""Late fusion: the product of what the modalities say."""

from typing import Literal

from workbench.lazy import Layer, layers
from workbench.parts import late_fusion


@late_fusion(
    gives={"category": "logits", "ordered": "logits", "yes_no": "logits", "labels": "logits"},
    order=6,
)
def late_product(
    *,
    task: str,
    weights: Literal["equal", "learned"] = "equal",
    combine: Literal["product", "geometric_mean"] = "product",
) -> Layer:
    """Each modality decides by itself; the answer is what none of them rules out.

    ``sum over m of w_m log_softmax(z_m)`` as logits; of yes and no the sum of their log-odds. For
    modalities that tell of the same thing by independent means, as several witnesses: two that
    are rather sure together are very sure. Its pitfall: where they tell the same by the same means
    it is far too sure, and a modality that is surely wrong cannot be outvoted; the geometric mean
    is milder. A modality that a sample lacks says nothing.

    Args:
        task: what is learned.
        weights: the same for each modality, or learned: who is right more often weighs more.
        combine: the product, or the geometric mean, as sure as one modality alone.

    Returns:
        A layer from {modality: [batch, classes]} to [batch, classes].

    References:
        Hinton 2002, Training products of experts, Neural Computation 14(8).
        Kittler et al. 1998, On combining classifiers, IEEE TPAMI 20(3).
    """
    return layers.LateProduct(
        task, weights == "learned", combine == "geometric_mean", name="late_product"
    )
