"""Runs for other tools: event files for TensorBoard, and MLflow."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from workbench.errors import UserError
from workbench.events import EpochDone, Event, StepsDone
from workbench.runs import labels
from workbench.runs.store import Phase, Run, title_of

_T = TypeVar("_T")

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
        UserError: tensorboardX is not installed, the folder cannot be written, or the run was
            written there before.
    """
    writers = _library("tensorboardX", "tensorboard")
    said, _ = run.history()
    chosen = run.spec().to_json()
    inside = folder / run.name
    if any(inside.glob("events.out.tfevents.*")):
        # TensorBoard would show both as one curve, each point twice.
        raise UserError(
            f"{inside} holds event files already.", "Delete that folder or name another one."
        )
    try:
        with writers.SummaryWriter(str(inside)) as writer:
            writer.add_text("spec", f"```json\n{chosen}\n```")
            count = 0
            for name, value, step, when in points(said):
                writer.add_scalar(name, value, step, when)
                count += 1
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.", "Name another.") from None
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
        UserError: mlflow is not installed, or does not take the run; nothing of it stays there.
    """
    library = _library("mlflow", "mlflow")
    said, _ = run.history()
    spoken = labels.read(run)
    chosen = json.loads(run.spec().to_json())
    ended = _ENDS.get(run.status().phase)
    try:
        client = library.MlflowClient(tracking_uri=uri or None)
        known = client.get_experiment_by_name(experiment)
        place = known.experiment_id if known is not None else client.create_experiment(experiment)
        # Tags of MLflow are names with values, and few letters are allowed in a name.
        words = {"mlflow.note.content": spoken.note, "tags": ", ".join(spoken.tags)}
        begun = client.create_run(
            place, start_time=_milliseconds(said[0].time) if said else None,
            tags={key: value for key, value in words.items() if value},
            run_name=spoken.name or title_of(run.name),
        )  # fmt: skip
        number = str(begun.info.run_id)
        try:
            _fill(client, library.entities, number, chosen, said)
            _add_files(client, number, run)
            if ended is not None:
                last = _milliseconds(said[-1].time) if said else None
                client.set_terminated(number, ended, last)
        except BaseException:
            # Half a run would look like a whole one. Gone with its server, it cannot be deleted.
            with contextlib.suppress(library.exceptions.MlflowException):
                client.delete_run(number)
            raise
    except (library.exceptions.MlflowException, OSError) as error:
        raise UserError(
            f"MLflow did not take the run: {error}.",
            "See whether its address is right and its server can be reached.",
        ) from None
    return number


_ENDS: Mapping[Phase, str] = {
    "done": "FINISHED", "stopped": "FINISHED", "flat": "FINISHED", "time": "FINISHED",
    "discarded": "KILLED", "interrupted": "KILLED", "failed": "FAILED",
}  # fmt: skip
"""How MLflow calls the end of a run; one that is under way has none."""

_MOST_POINTS, _MOST_PARAMETERS = 1000, 100
"""That MLflow takes at once."""


def _fill(
    client: Any, entities: Any, number: str, chosen: dict[str, Any], said: list[Event]
) -> None:
    """Parameters and curves, many at once: a request for each point would take hours."""
    allowed = _Names()
    parameters = (
        entities.Param(allowed.of(name), str(value)[:500]) for name, value in _flat(chosen)
    )
    for some in _batches(parameters, _MOST_PARAMETERS):
        client.log_batch(number, params=some)
    allowed = _Names()
    figures = (
        entities.Metric(allowed.of(name), value, _milliseconds(when), step)
        for name, value, step, when in points(said)
    )
    for some in _batches(figures, _MOST_POINTS):
        client.log_batch(number, metrics=some)


def _add_files(client: Any, number: str, run: Run) -> None:
    for file in ("spec.json", "environment.json", "log.txt"):
        if (run.folder / file).is_file():
            client.log_artifact(number, str(run.folder / file))


class _Names:
    """Names that MLflow allows, no two of them the same."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        if name not in self._known:
            plain = re.sub(r"[^\w\-. /]", "_", name)
            parts = (part for part in plain.split("/") if part not in ("", ".", ".."))
            plain = made = "/".join(parts)[:240] or "_"
            number = 1
            while made in self._taken:
                number += 1
                made = f"{plain}_{number}"
            self._taken.add(made)
            self._known[name] = made
        return self._known[name]


def _milliseconds(seconds: float) -> int:
    return int(1000 * seconds)


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    left = iter(items)
    while some := list(itertools.islice(left, size)):
        yield some


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
