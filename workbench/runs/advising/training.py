"""Advice on how it was trained: overfitting, unrest, and an end that came too soon."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.duels.spec import Value
from workbench.runs.advising.finding import Finding, Known, proposal
from workbench.runs.verdict import verdict

_LATE = 0.9
# A best epoch within this last part of the run says that it may not be at its end.
GAINED = 0.02
"""Share by which the validation loss still fell over the last tenth, to speak of an early end."""


def of_training(known: Known) -> Iterator[Finding]:
    """What the curves say.

    Args:
        known: of any run.
    """
    found = verdict(known.curves)
    told = found.details or found.reason
    spec = known.spec
    rate = spec.training.learning_rate
    if found.word == "Overfitting":
        dropout = min(0.9, round(spec.model.head_dropout + 0.3, 2))
        changes: dict[str, dict[str, Value]] = {"More dropout": {"model.head_dropout": dropout}}
        if spec.training.optimizer.name != "adamw":
            changes["Weight decay"] = {"training.optimizer.name": "adamw"}
        yield Finding(
            "overfitting", "Learned by heart", told,
            "More samples or augmentation help most. Of what a recipe can do alone, dropout and "
            "weight decay are the next to try.",
            0.45, proposal(known, "Against overfitting", changes),
        )  # fmt: skip
    elif found.word == "Unstable":
        changes = {"A third of the rate": {"training.learning_rate": rate / 3}}
        if spec.training.clip_norm is None:
            changes["Short gradients"] = {"training.clip_norm": 1.0}
        yield Finding(
            "unrest", "Restless training", told,
            "Smaller steps, or a limit to the length of gradients, calm it.",
            0.5, proposal(known, "Calmer training", changes, rates=(1.0,)),
        )  # fmt: skip
    elif _still_falling(known):
        epochs = spec.training.epochs
        changes = {f"{2 * epochs} epochs": {"training.epochs": 2 * epochs}}
        curves = known.curves
        yield Finding(
            "unfinished", "Not at its end",
            f"The best epoch is {curves.best} of {curves.epochs}: the validation loss was still "
            "falling when training ended.",
            "More epochs may bring more; patience ends a run that no longer gains.",
            0.4, proposal(known, "Longer training", changes, f"{epochs} epochs", rates=(1.0,)),
        )  # fmt: skip


def _still_falling(known: Known) -> bool:
    """The last epochs were the best, and by more than a little."""
    curves = known.curves
    losses = curves.validation.get("loss")
    if losses is None or len(losses) < 5 or 2 * known.spec.training.epochs > 10_000:
        return False
    last = len(losses)
    if last < known.spec.training.epochs or curves.best < _LATE * last:
        return False
    before = float(losses.y[: max(1, int(_LATE * last))].min())
    return before - curves.best_loss > GAINED * abs(before)
