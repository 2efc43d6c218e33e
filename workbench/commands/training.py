"""``workbench train`` and ``workbench evaluate``: the very run that the window starts, in words."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from workbench import events
from workbench.engine import protocol, wishes
from workbench.runs import store
from workbench.spec import RunSpec

if TYPE_CHECKING:
    from workbench.engine.execution import Company

_STAGES = {
    "scan": "Looking at the folder",
    "cache": "Reading files",
    "build": "Building the model",
    "download": "Downloading weights",
    "compile": "Compiling the step; this takes a while",
    "trace": "Preparing the first step",
}


class Wished:
    """What is wished of the run in this process, by Ctrl-C or by what is left in its folder."""

    def __init__(self) -> None:
        self.now: Literal["stop", "after_epoch", "pause", "release"] | None = None

    def hear(self, wish: protocol.Wish) -> None:
        """Take in a wish that was left; to discard is to stop here."""
        match wish:
            case protocol.Stop(after_epoch=after_epoch):
                self.now = "after_epoch" if after_epoch else "stop"
            case protocol.Pause(release=release):
                self.now = "release" if release else "pause"
            case protocol.GoOn():
                self.now = None


class Narrator:
    """Shows a run's events as a bar and lines of words.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self.started: events.Started | None = None
        self.trained: events.Trained | None = None
        self.evaluated: events.Evaluated | None = None
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[words]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID = self._progress.add_task("Starting", total=None, words="")

    def __enter__(self) -> Narrator:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def hear(self, event: events.Said) -> None:
        """Show one event."""
        show = self._progress.update
        match event:
            case events.Preparing(stage=stage, done=done, total=total):
                show(self._task, description=_STAGES[stage], completed=done, total=total or None)
            case events.Started():
                self.started = event
                steps = event.epochs * event.steps
                show(self._task, description="Training", completed=0, total=steps, words="")
            case events.StepsDone():
                words = f"loss {event.losses[-1]:.4f} · {event.samples_per_second:,.0f} samples/s"
                show(self._task, completed=event.step, words=words)
            case events.EpochDone():
                self._say_epoch(event)
            case events.Trained():
                self.trained = event
                show(self._task, description="Evaluating", words="")
            case events.Evaluated():
                self.evaluated = event
                self._say_result(event)
            case _:
                self._hear_of_pauses(event)

    def _hear_of_pauses(self, event: events.Said) -> None:
        show = self._progress.update
        match event:
            case events.Stopping(after_epoch=after_epoch):
                what = "epoch" if after_epoch else "step"
                show(self._task, description=f"Stopping after this {what}")
            case events.Paused(problem=problem):
                show(self._task, description=f"Paused. {problem}".strip())
            case events.Resumed(step=step, skipped=skipped):
                show(self._task, description="Training", completed=step)
                if skipped:
                    words = f"{skipped}; an earlier one was taken"
                    self._console.print(words, markup=False, highlight=False)
            case _:
                return

    def _say_epoch(self, event: events.EpochDone) -> None:
        figures = {f"train {name}": value for name, value in event.train.items()}
        figures |= {f"validation {name}": value for name, value in event.validation.items()}
        words = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
        mark = "  best" if event.best else ""
        self._console.print(
            f"epoch {event.epoch:>3}  {words}{mark}", highlight=False, soft_wrap=True
        )

    def _say_result(self, event: events.Evaluated) -> None:
        for name, value in event.metrics.items():
            guess = event.baseline.get(name)
            beside = f"  (guessing: {guess:.4g})" if guess is not None else ""
            self._console.print(f"{event.split} {name} {value:.4g}{beside}", highlight=False)


def train_and_report(
    run_spec: RunSpec, runs: Path, *, as_json: bool, company: Company | None = None
) -> int:
    """Train in this process and print how it goes.

    Args:
        run_spec: what to do.
        runs: folder of runs.
        as_json: end with one line of JSON on standard output.
        company: who trains it together with this process.

    Returns:
        Exit code: 0 done, 1 failed.
    """
    if company is not None and not company.cluster.chief:
        return _assist(run_spec, company, resume=False)
    return _report(store.create(runs, run_spec), as_json=as_json, resume=False, company=company)


def resume_and_report(folder: Path, *, as_json: bool, company: Company | None = None) -> int:
    """Go on with a run that was paused, stopped or interrupted, or begin it; print how it goes.

    Args:
        folder: of the run.
        as_json: end with one line of JSON on standard output.
        company: who trains it together with this process; those who do not lead need but the run's
            spec of its folder.

    Returns:
        Exit code: 0 done, 1 failed.

    Raises:
        UserError: there is no such run, or it is under way, or it is done.
    """
    run = store.find(folder)
    if company is not None and not company.cluster.chief:
        return _assist(run.spec(), company, resume=True)
    run.refuse_resume()
    resume = company is not None or run.status().phase != "created"
    return _report(run, as_json=as_json, resume=resume, company=company)


def company_of(workers: str | None, index: int | None, seconds: float | None) -> Company | None:
    """Who trains a run together with this process; None where it trains alone.

    Args:
        workers: addresses with commas between them; None: alone.
        index: place of this process among them.
        seconds: how long to wait for them; None: as usual.

    Raises:
        UserError: they are no cluster, or this process' port is in use.
    """
    from workbench.errors import UserError

    if workers is None:
        if index is not None:
            raise UserError("--index without --workers says nothing.", "Give both, or neither.")
        return None
    if index is None:
        raise UserError("Which of the workers is this one?", "Give --index, from 0 on.")
    os.environ.update(protocol.environment())
    from workbench.engine.execution import Company
    from workbench.training.cluster import START_SECONDS, Cluster

    cluster = Cluster.parse(workers, index)
    cluster.refuse_busy()
    return Company(cluster, START_SECONDS if seconds is None else seconds)


def _assist(run_spec: RunSpec, company: Company, *, resume: bool) -> int:
    from workbench.engine.execution import assist

    console = Console(stderr=True)
    # Ctrl-C is for the chief; where that ends, this worker ends, too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with tempfile.TemporaryDirectory() as folder:
        why = assist(run_spec, company, Path(folder), resume=resume)
    if why:
        console.print(f"failed: {why}", markup=False, highlight=False)
    return 1 if why else 0


def _report(
    run: store.Run, *, as_json: bool, resume: bool, company: Company | None = None
) -> int:  # fmt: skip
    os.environ.update(protocol.environment())
    console = Console(stderr=True)
    with Narrator(console) as narrator:
        # Loads TensorFlow; imported here so that a wrong spec is refused without waiting for it.
        from workbench.engine.execution import execute
        from workbench.engine.recorder import Recorder

        wished = Wished()
        before = signal.signal(signal.SIGINT, _stop_then_end(wished))
        try:
            recorder = Recorder(run, narrator.hear)
            wishes.watch(run, wished.hear)
            last = execute(run, recorder, lambda: wished.now, resume=resume, company=company)
        finally:
            signal.signal(signal.SIGINT, before)
    if as_json:
        sys.stdout.write(json.dumps(_summary(run, narrator, last), ensure_ascii=False) + "\n")
    if isinstance(last, events.Failed):
        console.print(f"failed: {last.problem} {last.remedy}", markup=False, highlight=False)
    console.print(f"run folder: {run.folder}", markup=False, highlight=False, soft_wrap=True)
    if isinstance(last, events.Paused):
        console.print("paused: go on with `workbench resume`", markup=False, highlight=False)
    return 1 if isinstance(last, events.Failed) else 0


def evaluate_run(folder: Path, split: str) -> events.Evaluated:
    """Evaluate the best weights of a run on one split of its data.

    Args:
        folder: a run's folder.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        UserError: no such run or split, no weights, or the data are gone.
    """
    from workbench.data.index import SPLITS
    from workbench.errors import UserError, nearest

    if split not in SPLITS:
        raise UserError(f"There is no split '{split}'.", nearest(split, SPLITS))
    run = store.find(folder)
    run_spec = run.spec()
    os.environ.update(protocol.environment())
    from workbench.engine.execution import read_data
    from workbench.insight.evaluate import evaluate, load_model

    model = load_model(run_spec, run.folder)
    prepared = read_data(run_spec, lambda event: None, lambda: False)
    return evaluate(run_spec, prepared, model, split, run.folder)


def details_of(folder: Path, split: str) -> dict[str, Any]:
    """What an evaluation says beside its headlines.

    Args:
        folder: a run's folder.
        split: ``train``, ``validation`` or ``test``.

    Returns:
        ``intervals`` by metric; where there are several numbers ``columns``, the figures of each;
        where pairs were aligned ``pairs``, a row for each direction; where probabilities were
        learned ``calibration``: the error, and the temperature that mends it.

    Raises:
        UserError: the evaluation is damaged.
    """
    from workbench.runs import class_curves, results

    run = store.find(folder).folder
    found = results.read(run, split)
    if found is None:
        return {}
    facts: dict[str, Any] = {"intervals": found[0].intervals}
    if found[0].per_column:
        rows = {row.name: row.model_dump(exclude={"name"}) for row in found[0].per_column}
        facts["columns"] = {
            name: {key: value for key, value in row.items() if math.isfinite(value)}
            for name, row in rows.items()
        }
    if found[0].per_pair:
        facts["pairs"] = [row.model_dump() for row in found[0].per_pair]
    curves = class_curves.read(run, split)
    if curves is not None and curves.calibration is not None:
        facts["calibration"] = {
            "error": curves.calibration.plain.error,
            "bins": curves.calibration.bins,
            "temperature": curves.calibration.temperature,
        }
    return facts


def _summary(
    run: store.Run, narrator: Narrator, last: events.Ended | events.Failed | events.Paused
) -> dict[str, Any]:
    trained = narrator.trained
    summary: dict[str, Any] = {
        "run": str(run.folder),
        "outcome": last.outcome if isinstance(last, events.Ended) else last.event,
        "metrics": narrator.evaluated.metrics if narrator.evaluated else {},
        "baseline": narrator.evaluated.baseline if narrator.evaluated else {},
        "seconds": trained.seconds if trained else 0.0,
        "samples_per_second": trained.samples_per_second if trained else 0.0,
    }
    if isinstance(last, events.Failed):
        summary |= {"problem": last.problem, "remedy": last.remedy}
    return summary


def _stop_then_end(wished: Wished) -> Any:
    def heard(number: int, frame: FrameType | None) -> None:
        if wished.now == "stop":
            raise KeyboardInterrupt
        wished.now = "stop"

    return heard
