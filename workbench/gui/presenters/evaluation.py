"""Reads what is known of a run that was evaluated: figures, samples, how its training went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench import events
from workbench.errors import UserError
from workbench.runs import results as evaluations
from workbench.runs import store
from workbench.runs.results import Results, Samples
from workbench.spec import RunSpec

SPLITS = ("test", "validation", "train")
"""The most telling first."""


@dataclass(frozen=True)
class Curve:
    """The validation loss of a run's epochs.

    Args:
        epochs: numbers of the epochs.
        losses: validation loss of each.
        best: epoch of the weights that were kept; 0: unknown.
    """

    epochs: tuple[int, ...] = ()
    losses: tuple[float, ...] = ()
    best: int = 0


@dataclass(frozen=True)
class Evaluation:
    """All that was read of a run.

    Args:
        run: the run.
        name: what people call it.
        splits: splits that were evaluated, the most telling first.
        split: the one that is shown; "" when there is none.
        results: its figures.
        samples: its rows.
        curve: how the training went.
        trouble: what could not be read, but is not needed.
        status: how the run ended.
        trained: there are weights to evaluate other splits with.
        spec: what the run is; None where another version wrote it.
    """

    run: store.Run
    name: str
    splits: tuple[str, ...]
    split: str
    results: Results | None
    samples: Samples | None
    curve: Curve
    trouble: str
    status: store.Status
    trained: bool = False
    spec: RunSpec | None = None


def read(folder: Path, split: str = "") -> Evaluation:
    """Read a run's evaluation.

    Args:
        folder: the run's folder.
        split: which split; "" for test, validation or train, the first that was evaluated.

    Raises:
        UserError: the folder holds no run, or the evaluation is damaged.
    """
    run = store.find(folder)
    place = run.folder / "evaluation"
    splits = tuple(name for name in SPLITS if (place / f"{name}.json").is_file())
    chosen = split or next(iter(splits), "")
    found = evaluations.read(run.folder, chosen) if chosen else None
    curve, trouble = _curve(run)
    results, samples = found if found is not None else (None, None)
    trained = (run.folder / "checkpoints" / "best.npz").is_file()
    spec = _spec(run)
    name = spec.name if spec is not None else run.name
    return Evaluation(
        run, name, splits, chosen, results, samples, curve, trouble, run.status(), trained, spec
    )


def _spec(run: store.Run) -> RunSpec | None:
    try:
        return run.spec()
    except UserError:
        # A spec of another version: the results can be read without it.
        return None


def _curve(run: store.Run) -> tuple[Curve, str]:
    epochs: list[int] = []
    losses: list[float] = []
    best = 0
    try:
        for event in run.events():
            if isinstance(event, events.EpochDone) and "loss" in event.validation:
                epochs.append(event.epoch)
                losses.append(event.validation["loss"])
                best = event.epoch if event.best else best
            elif isinstance(event, events.Trained):
                best = event.best_epoch or best
    except UserError as error:
        return Curve(tuple(epochs), tuple(losses), best), f"{error.problem} {error.remedy}"
    return Curve(tuple(epochs), tuple(losses), best), ""


def why_none(status: store.Status, *, trained: bool = False) -> UserError:
    """Why a run has no evaluation, and what to do.

    Args:
        status: how the run ended.
        trained: there are weights to evaluate.
    """
    if status.phase == "failed":
        return UserError(
            f"This run failed before it was evaluated. {status.message}".strip(),
            "Change the recipe and train again.",
        )
    if status.phase == "discarded":
        return UserError("This run was discarded before there was anything to evaluate.")
    if status.resumable:
        return UserError(
            "This run stands still before its end.", "Resume it; its results come at the end."
        )
    if not status.over:
        return UserError("This run has not ended.", "Its results come when training is over.")
    if trained:
        return UserError("This run was not evaluated.", "Evaluate it now.")
    return UserError("This run was not evaluated.", "Train again; the test comes at the end.")
