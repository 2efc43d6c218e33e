"""Losses, one a file: (labels, logits) to the loss of each sample."""

from workbench.lazy import Tensor, ops

_PLAIN = 12.0
# Logarithms of a variance, in squared spreads of the target, are taken as they are up to here.


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


def bent_log_variance(outputs: Tensor) -> Tensor:
    """What a model says of the logarithm of a variance, so that no output overflows the variance.

    Up to 12 either way, spreads of 0.0025 to 400 times that of the target, it is left as it is.
    Beyond, it grows as a logarithm: bent, not cut, as an output out there must feel the way back.

    Args:
        outputs: any shape.

    Returns:
        Of the same shape.
    """
    beyond = ops.relu(ops.abs(outputs) - _PLAIN)
    return ops.clip(outputs, -_PLAIN, _PLAIN) + ops.sign(outputs) * ops.log1p(beyond)


def of_true(labels: Tensor, log_p: Tensor) -> Tensor:
    """The entry of the true class in each row.

    Args:
        labels: class indices, [batch].
        log_p: anything for each class, [batch, classes].

    Returns:
        [batch].
    """
    index = ops.expand_dims(ops.cast(labels, "int32"), -1)
    return ops.squeeze(ops.take_along_axis(log_p, index, axis=-1), -1)


def log_of_wrong(labels: Tensor, log_p: Tensor) -> Tensor:
    """The logarithm of the probability that all other classes have together.

    ``log(1 - p)`` would lose all digits where the model is sure.

    Args:
        labels: class indices, [batch].
        log_p: logarithms of probabilities, [batch, classes].

    Returns:
        [batch].
    """
    mine = ops.one_hot(ops.cast(labels, "int32"), log_p.shape[-1], dtype=log_p.dtype)
    # Far below any other, yet finite: a masked -inf has no gradient that is a number.
    return ops.logsumexp(log_p - 1e9 * mine, axis=-1)


def levels(labels: Tensor, logits: Tensor) -> Tensor:
    """Whether the class of each sample lies above each threshold.

    Args:
        labels: class indices in their order, int [batch].
        logits: anything for each threshold, [batch, classes - 1].

    Returns:
        1 or 0, [batch, classes - 1], of the type of the logits.

    Raises:
        ValueError: another number of axes, or batches of different size.
    """
    if len(labels.shape) != 1 or len(logits.shape) != 2:
        raise ValueError(
            "there must be labels [batch] and logits [batch, classes - 1]; "
            f"they are {list(labels.shape)} and {list(logits.shape)}"
        )
    many, rows = labels.shape[0], logits.shape[0]
    if None not in (many, rows) and many != rows:
        raise ValueError(f"there are labels for {many} samples, logits for {rows}")
    thresholds = ops.arange(logits.shape[-1], dtype="int32")
    return ops.cast(ops.cast(labels, "int32")[:, None] > thresholds[None], logits.dtype)
