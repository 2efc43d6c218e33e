"""What metrics are called in sentences, and which way is better; no window, no Keras."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.runs.results_words import caption

_LESS_IS_BETTER = ("loss", "mae", "rmse", "median_error", "mae_steps", "log_loss", "median_rank")
_IN_SENTENCES: Mapping[str, str] = {
    "accuracy": "accuracy", "mae": "MAE", "balanced_accuracy": "balanced accuracy",
    "recall_at_1": "finding the partner", "mae_steps": "steps off", "loss": "loss",
}  # fmt: skip


def smaller_is_better(metric: str) -> bool:
    """Whether less is better of a metric.

    Args:
        metric: its name, with or without the split before it: ``mae``, ``test_mae``.
    """
    return any(metric == each or metric.endswith(f"_{each}") for each in _LESS_IS_BETTER)


def is_of_loss(metric: str) -> bool:
    """Whether a metric is the value of the loss that was trained with.

    Such values compare only between runs of one loss: others measure something else.

    Args:
        metric: its name, with or without the split before it.
    """
    return metric == "loss" or (metric.endswith("_loss") and not metric.endswith("log_loss"))


def in_sentence(metric: str) -> str:
    """A metric as it is called within a sentence.

    Args:
        metric: its name, without a split.
    """
    return _IN_SENTENCES.get(metric, caption(metric))
