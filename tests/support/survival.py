"""Kills a training run's engine or window at random moments, again and again, and looks at it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from workbench import events, spec, suggest
from workbench.data.folder import scan
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.runs import store

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from workbench.gui.app import Workbench
from workbench.gui.opening import make_application
app = make_application()
bench = Workbench(QSettings(sys.argv[2], QSettings.Format.IniFormat))
bench.train.finished.connect(lambda folder, outcome: (bench.close(), app.quit()))
bench.show()
bench.launching.resume(Path(sys.argv[1]))
app.exec()
"""


@dataclass
class Report:
    """What came of it."""

    killed: int = 0
    runs: int = 0
    seconds: float = 0.0
    different: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def survive(folder: Path, data: Path, kills: int, who: str, seed: int) -> Report:
    """Kill until it was done so often, over as many runs as that takes.

    Args:
        folder: where runs go.
        data: a folder of samples.
        kills: how many kills.
        who: ``engine`` or ``window``.
        seed: of the moments.
    """
    begun = time.monotonic()
    made = _short(suggest.suggest(scan(data)))
    whole = store.create(folder / "whole", made)
    _let_go(whole, "engine", folder)
    dice, report = np.random.default_rng(seed), Report()
    while report.killed < kills:
        run = store.create(folder / f"run-{report.runs}", made)
        report.runs += 1
        while report.killed < kills and _kill_once(run, who, folder, dice):
            report.killed += 1
        if not run.status().over:
            _let_go(run, "engine", folder)
        report.different += _differences(run, whole)
        report.lost += _lost(run, whole)
    report.seconds = time.monotonic() - begun
    return report


def _short(chosen: spec.RunSpec) -> spec.RunSpec:
    return spec.change_all(
        chosen,
        [
            ("training.epochs", 25), ("training.checkpoint_steps", 5), ("training.patience", None),
            ("training.deterministic", True),
            ("training.augmentation.image.flip", "horizontal"), ("objective.heads", True),
            ("objective.balancer.name", "uncertainty"),
        ],
    )  # fmt: skip


def _start(run: store.Run, who: str, folder: Path) -> subprocess.Popen[bytes]:
    if who == "window":
        command = [sys.executable, "-c", WINDOW, str(run.folder), str(folder / "settings.ini")]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = subprocess.Popen(
        protocol.command(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env=protocol.environment(),
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(protocol.to_line(protocol.Train(run=str(run.folder), resume=True)))
    process.stdin.flush()
    return process


def _kill_once(run: store.Run, who: str, folder: Path, dice: np.random.Generator) -> bool:
    """Start, wait a random time, kill; False where the run was done before.

    One in five is killed at any moment from its start, the others once they train.
    """
    begun = time.time()
    process = _start(run, who, folder)
    if dice.random() < 0.2:
        seconds = float(dice.uniform(0, 6))
    else:
        seconds = float(dice.exponential(0.4))
        while process.poll() is None and not _trains(run, begun):
            time.sleep(0.01)
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    while run.under_way:
        # The engine of a window that was killed ends by itself.
        time.sleep(0.01)
    return alive and not run.status().over


def _trains(run: store.Run, since: float) -> bool:
    """Steps were told after this time."""
    try:
        last = run.events_file.read_bytes().splitlines()[-1]
        event = events.from_line(last)
    except (FileNotFoundError, IndexError, UserError):
        return False
    return isinstance(event, events.StepsDone) and event.time > since


def _let_go(run: store.Run, who: str, folder: Path) -> None:
    process = _start(run, who, folder)
    # Its input stays open: an engine ends with that.
    process.wait()
    process.communicate()
    assert run.status().phase == "done", run.log_tail()


def _weights(run: store.Run) -> dict[str, np.ndarray]:
    last = max((run.folder / "checkpoints").glob("step-*.npz"))
    with np.load(last, allow_pickle=False) as arrays:
        return {n: arrays[n] for n in arrays.files if n not in ("state", "sha256")}


def _differences(run: store.Run, whole: store.Run) -> list[str]:
    mine, theirs = _weights(run), _weights(whole)
    names = sorted(mine.keys() | theirs.keys())
    return [n for n in names if n not in mine or not np.array_equal(mine[n], theirs.get(n))]


def _history(run: store.Run) -> list[tuple[int, float]]:
    told = []
    for event in run.events():
        if isinstance(event, events.StepsDone):
            first = event.step - len(event.losses) + 1
            told += list(zip(range(first, event.step + 1), event.losses, strict=True))
        elif isinstance(event, events.EpochDone):
            told.append((-event.epoch, event.validation["loss"]))
    return told


def _lost(run: store.Run, whole: store.Run) -> list[str]:
    mine, theirs = _history(run), _history(whole)
    if mine == theirs:
        return []
    return [f"{a} is not {b}" for a, b in zip(mine, theirs, strict=False) if a != b][:5] or [
        f"{len(mine)} of {len(theirs)}"
    ]
