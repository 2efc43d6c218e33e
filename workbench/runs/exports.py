"""Runs for other tools: event files for TensorBoard, and MLflow."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.errors import UserError
from workbench.events import EpochDone, Event, StepsDone
from workbench.runs import labels
from workbench.runs.store import Run, title_of

Point = tuple[str, float, int, float]
"""Name, value, step, and time in seconds since 1970."""


def points(said: list[Event]) -> Iterator[Point]:
    """What a run has said as named figures over its steps.

    Args:
        said: its events.
    """
    for event in said:
        match event:
            case StepsDone():
                first = event.step - len(event.losses) + 1
                for place, loss in enumerate(event.losses):
                    yield "train/step_loss", loss, first + place, event.time
                yield "train/learning_rate", event.learning_rate, event.step, event.time
                yield "train/samples_per_second", event.samples_per_second, event.step, event.time
            case EpochDone():
                for name, value in event.train.items():
                    yield f"train/{name}", value, event.step, event.time
                for name, value in event.validation.items():
                    yield f"validation/{name}", value, event.step, event.time
            case _:
                continue


def to_tensorboard(run: Run, folder: Path) -> int:
    """Write event files that TensorBoard reads.

    Args:
        run: the run.
        folder: where to; the files of each run lie in a folder of its name.

    Returns:
        How many points were written.

    Raises:
        UserError: tensorboardX is not installed, or the folder cannot be written.
    """
    writers = _library("tensorboardX", "tensorboard")
    said, _ = run.history()
    try:
        writer = writers.SummaryWriter(str(folder / run.name))
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.", "Name another.") from None
    count = 0
    with writer:
        writer.add_text("spec", f"```json\n{run.spec().to_json()}\n```")
        for name, value, step, when in points(said):
            writer.add_scalar(name, value, step, when)
            count += 1
    return count


def to_mlflow(run: Run, uri: str, experiment: str) -> str:
    """Copy a run's parameters, curves, figures and small files to MLflow.

    Args:
        run: the run.
        uri: of a tracking server or folder; "": as MLflow is set up.
        experiment: under which it goes; made where it is missing.

    Returns:
        The number that MLflow gives it.

    Raises:
        UserError: mlflow is not installed, or does not take the run.
    """
    library = _library("mlflow", "mlflow")
    said, _ = run.history()
    spoken = labels.read(run)
    try:
        client = library.MlflowClient(tracking_uri=uri or None)
        known = client.get_experiment_by_name(experiment)
        place = known.experiment_id if known is not None else client.create_experiment(experiment)
        begun = client.create_run(
            place, run_name=spoken.name or title_of(run.name), tags={"note": spoken.note}
        )
        number = str(begun.info.run_id)
        for name, value in _flat(json.loads(run.spec().to_json())):
            client.log_param(number, name, str(value)[:500])
        for tag in spoken.tags:
            client.set_tag(number, tag, "true")
        for name, value, step, when in points(said):
            client.log_metric(number, name, value, timestamp=int(1000 * when), step=step)
        for file in ("spec.json", "environment.json", "log.txt"):
            if (run.folder / file).is_file():
                client.log_artifact(number, str(run.folder / file))
        client.set_terminated(number, "FAILED" if run.status().phase == "failed" else "FINISHED")
    except library.exceptions.MlflowException as error:
        raise UserError(
            f"MLflow did not take the run: {error}.", "See whether its server can be reached."
        ) from None
    return number


def _library(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UserError(
            f"{name} is not installed.", f"Run: pip install 'multimodal-workbench[{extra}]'"
        ) from None


def _flat(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Values of nested plain data by their dotted places."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else key)
    else:
        yield prefix, data
