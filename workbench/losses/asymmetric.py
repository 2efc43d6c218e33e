"""The asymmetric loss of several categories."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("labels", "yes_no"), order=3)
def asymmetric(
    labels: Tensor,
    logits: Tensor,
    *,
    gamma_no: Annotated[float, Field(ge=0, le=8)] = 4.0,
    gamma_yes: Annotated[float, Field(ge=0, le=4)] = 1.0,
    margin: Annotated[float, Field(ge=0, le=0.3)] = 0.05,
    detach: Annotated[bool, Field(json_schema_extra={"advanced": True})] = False,
) -> Tensor:
    """Forgives easy noes far more than easy yeses, for sets in which nearly all is no.

    ``-(1 - p) ** gp log(p)`` for a yes, ``-q ** gn log(1 - q)`` for a no, with
    ``q = max(p - m, 0)``: a no below the margin costs nothing. Use it where each sample has few of
    many categories. Its probabilities are far too sure of yes: choose the threshold anew. A no that
    is taken for a sure yes hardly pulls any more, as it might be a wrong label. The paper sums over
    all categories and samples; here it is their mean.

    Args:
        labels: 0 for no, 1 for yes, float [batch], or [batch, classes] of several categories.
        logits: scores before the sigmoid, float of the same shape.
        gamma_no: gn, how strongly easy noes are ignored.
        gamma_yes: gp, how strongly easy yeses are ignored.
        margin: m, the probability below which a no is right enough.
        detach: let no gradient flow through the powers, as the first version of the paper's code.

    Returns:
        Loss of each sample, [batch]; of several categories their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Ridnik et al. 2021, Asymmetric Loss for Multi-Label Classification, arXiv:2009.14119, eq. 7.
    """
    refuse_broadcasting(labels, logits)
    target = ops.cast(labels, logits.dtype)
    of_yes, of_no = ops.softplus(-logits), ops.softplus(logits)
    yes_power = ops.exp(-gamma_yes * of_no)
    # float32 takes 1 less a smaller margin for 1, and the no of a sure yes has no logarithm then.
    if margin < 1e-7:
        shifted, no_power = of_no, ops.exp(-gamma_no * of_yes)
    else:
        q = ops.relu(ops.sigmoid(logits) - margin)
        shifted = -ops.log1p(-q)
        # 0 to a power below 1 has no finite slope: q is 0 wherever the margin holds.
        no_power = ops.where(q > 0, ops.power(ops.maximum(q, 1e-12), gamma_no), 0.0)
        if gamma_no == 0:
            no_power = ops.ones_like(q)
    if detach:
        yes_power, no_power = ops.stop_gradient(yes_power), ops.stop_gradient(no_power)
    return mean_of_each(target * yes_power * of_yes + (1 - target) * no_power * shifted)
