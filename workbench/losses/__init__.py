"""Losses, one a file: (labels, logits) to the loss of each sample."""

from workbench.lazy import Tensor, ops


def refuse_broadcasting(labels: Tensor, logits: Tensor, *, classes: bool = False) -> None:
    """Refuse shapes that would be stretched to fit each other, such as [batch] and [batch, 1].

    That gives [batch, batch] and trains every sample towards every target without a word. A size
    that is not known while tracing is not compared.

    Args:
        labels: anything with a shape; must be [batch], or also [batch, any] without classes.
        logits: anything with a shape; must be [batch, classes] with classes, else the shape of the
            labels.
        classes: whether each label is the index of one logit.

    Raises:
        ValueError: another number of axes, or batches or columns of different size.
    """
    label_shape, logit_shape = tuple(labels.shape), tuple(logits.shape)
    wanted = "labels [batch] and logits [batch, classes]" if classes else (
        "labels and logits both [batch] or both [batch, columns]"
    )  # fmt: skip
    ranks = (len(label_shape), len(logit_shape))
    if ranks not in ([(1, 2)] if classes else [(1, 1), (2, 2)]):
        raise ValueError(
            f"there must be {wanted}; they are {list(label_shape)} and {list(logit_shape)}"
        )
    for what, one, other in zip(("samples", "columns"), label_shape, logit_shape, strict=False):
        if None not in (one, other) and one != other:
            raise ValueError(f"there are labels for {one} {what}, logits for {other}")


def mean_of_each(values: Tensor) -> Tensor:
    """The mean over all columns of each sample, so that more columns do not weigh more.

    Args:
        values: [batch], or [batch, columns].

    Returns:
        [batch].
    """
    return values if len(values.shape) == 1 else ops.mean(values, axis=-1)
