"""Late fusion: the mean of what the modalities say."""

from typing import Literal

from workbench.lazy import Layer, layers
from workbench.parts import late_fusion


@late_fusion(
    gives={
        "category": "log_probabilities",
        "ordered": "log_probabilities",
        "yes_no": "logits",
        "labels": "logits",
        "number": "value",
        "numbers": "value",
    },
    order=5,
)
def late_average(*, task: str, weights: Literal["equal", "learned"] = "equal") -> Layer:
    """Each modality decides by itself; the answer is the mean of their answers.

    ``log(sum over m of w_m softmax(z_m))`` of categories, the log-odds of the same mean of yes and
    no, the mean ``sum over m of w_m z_m`` of numbers; the weights sum to 1. For modalities that
    each know the answer, and where one is often missing: it is left out and the weights of the
    others grow. Its pitfall: it can learn nothing from two modalities together, and one that is
    surely wrong pulls the mean down less than in a product. Probabilities leave as logarithms,
    because a loss on logits would squash a mean of probabilities a second time.

    Args:
        task: what is learned.
        weights: the same for each modality, or learned: who is right more often weighs more.

    Returns:
        A layer from {modality: [batch, outputs]} to [batch, outputs].

    References:
        Kittler et al. 1998, On combining classifiers, IEEE TPAMI 20(3).
        Baltrusaitis et al. 2019, Multimodal machine learning, arXiv:1705.09406, section 6.
    """
    return layers.LateAverage(task, weights == "learned", name="late_average")
