"""Losses, one a file: (labels, logits) to the loss of each sample."""

from workbench.lazy import Tensor


def refuse_broadcasting(labels: Tensor, logits: Tensor, *, rank: int) -> None:
    """Refuse shapes that would be stretched to fit each other, such as [batch] and [batch, 1].

    That gives [batch, batch] and trains every sample towards every target without a word. A size
    that is not known while tracing is not compared.

    Args:
        labels: anything with a shape; must be [batch].
        logits: anything with a shape; must be [batch], or [batch, classes] where rank is 2.
        rank: how many axes the logits must have.

    Raises:
        ValueError: another number of axes, or batches of different size.
    """
    label_shape, logit_shape = tuple(labels.shape), tuple(logits.shape)
    wanted = "[batch, classes]" if rank == 2 else "[batch]"
    if len(label_shape) != 1 or len(logit_shape) != rank:
        raise ValueError(
            f"labels must be [batch] and logits {wanted}; "
            f"they are {list(label_shape)} and {list(logit_shape)}"
        )
    if None not in (label_shape[0], logit_shape[0]) and label_shape[0] != logit_shape[0]:
        raise ValueError(f"there are {label_shape[0]} labels for {logit_shape[0]} samples")
