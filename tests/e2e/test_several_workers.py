"""Several processes that train one run together, as they are started by hand or by launch."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from workbench import events
from workbench.runs import history, store

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

# Nothing by chance in the model, and nothing that looks at a batch as such.
PLAIN = {
    "name": "together", "training.epochs": 2, "training.batch_size": 64,
    "model.encoders.image.name": "image_cnn", "model.encoders.image.options.norm": "none",
    "model.encoders.audio.name": "audio_cnn", "model.encoders.audio.options.norm": "none",
    "model.fusion.options.dropout": 0.0, "model.head_dropout": 0.0, "training.patience": "none",
    "training.augmentation.image.flip": "horizontal", "objective.heads": True,
}  # fmt: skip


def settings(**more):
    chosen = PLAIN | {name.replace("__", "."): value for name, value in more.items()}
    return [word for place, value in chosen.items() for word in ("--set", f"{place}={value}")]


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def end(process, code=0):
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err[-3000:]
    assert "Traceback" not in out
    return out, err


def addresses():
    probes = [socket.socket() for _ in range(2)]
    for probe in probes:
        probe.bind(("localhost", 0))
    found = ",".join(f"localhost:{probe.getsockname()[1]}" for probe in probes)
    for probe in probes:
        probe.close()
    return found


def curve(folder):
    """Losses of all steps, and what each epoch said; no step twice, none left out."""
    losses, epochs = [], []
    for event in store.find(Path(folder)).events():
        if isinstance(event, events.StepsDone):
            assert event.step == len(losses) + len(event.losses)
            losses += event.losses
        elif isinstance(event, events.EpochDone):
            epochs.append(event.validation["loss"])
    return losses, epochs


def test_two_workers_learn_what_one_process_learns(shapes, tmp_path):
    chosen = settings(training__optimizer__name="sgd", training__learning_rate=0.05)
    runs, workers = tmp_path / "runs", addresses()
    rest = (*chosen, "--runs", runs, "--json")
    assisting = start("train", shapes, *rest, "--workers", workers, "--index", 1)
    out, _ = end(start("train", shapes, *rest, "--workers", workers, "--index", 0))
    end(assisting)
    together = json.loads(out.splitlines()[-1])
    out, _ = end(start("train", shapes, *rest))
    alone = json.loads(out.splitlines()[-1])
    assert together["metrics"] == pytest.approx(alone["metrics"], rel=1e-4)
    for mine, theirs in zip(curve(together["run"]), curve(alone["run"]), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4)
    # The chief alone writes; what each worker saw of its share is brought together.
    assert len(list(runs.iterdir())) == 2
    mine, theirs = (history.read(Path(one["run"])) for one in (together, alone))
    assert mine.epochs == theirs.epochs == (1, 2)
    assert mine.train.loss == pytest.approx(theirs.train.loss, rel=1e-3, abs=1e-4)
    assert mine.outputs == pytest.approx(theirs.outputs, rel=1e-3, abs=1e-4)


def launched(process):
    """The worker processes of a launcher that has begun to train."""
    return [c for c in psutil.Process(process.pid).children() if "--index" in c.cmdline()]


def steps_of(runs):
    found = store.every(runs)
    return sum(isinstance(e, events.StepsDone) for e in found[0].events()) if found else 0


def until(fact, seconds=90):
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def test_a_lost_worker_ends_all_and_all_go_on_from_the_last_checkpoint(shapes, tmp_path):
    runs = tmp_path / "runs"
    chosen = settings(training__epochs=12, training__checkpoint_steps=3)
    process = start("launch", shapes, *chosen, "--runs", runs, "--json")
    until(lambda: steps_of(runs) > 2)
    (second,) = [
        c for c in launched(process) if c.cmdline()[c.cmdline().index("--index") + 1] == "1"
    ]
    second.kill()
    out, err = end(process)
    last = json.loads(out.splitlines()[-1])
    assert (last["phase"], last["starts"]) == ("done", 2)
    assert "Worker 1 was ended by signal 9" in err
    losses, epochs = curve(last["run"])
    assert len(epochs) == 12
    assert len(losses) % 12 == 0


def test_a_wish_to_stop_ends_all_workers_and_keeps_the_best(shapes, tmp_path):
    runs = tmp_path / "runs"
    process = start("launch", shapes, *settings(training__epochs=500), "--runs", runs, "--json")
    until(lambda: steps_of(runs) > 2)
    workers = launched(process)
    next(w for w in workers if w.cmdline()[w.cmdline().index("--index") + 1] == "0").send_signal(
        signal.SIGINT
    )
    out, _ = end(process)
    assert json.loads(out.splitlines()[-1])["phase"] == "stopped"
    psutil.wait_procs(workers, timeout=10)
    assert not any(worker.is_running() for worker in workers)


def test_a_worker_whose_peers_never_come_gives_up_in_time(shapes, tmp_path):
    words = ("--workers", addresses(), "--index", 0, "--deadline", 3, "--runs", tmp_path / "runs")
    end(start("train", shapes, *settings(), *words), code=-signal.SIGKILL)
    (run,) = store.every(tmp_path / "runs")
    assert "Not all workers were there within 3 seconds" in run.status().message
    assert run.status().phase == "failed"


def test_workers_with_other_specs_refuse_to_train_together(shapes, tmp_path):
    workers, runs = addresses(), tmp_path / "runs"
    rest = ("--workers", workers, "--runs", runs)
    other = start("train", shapes, *settings(training__seed=7), *rest, "--index", 1)
    end(start("train", shapes, *settings(), *rest, "--index", 0), code=1)
    _, err = end(other, code=1)
    assert "do not train the same" in err
    (run,) = store.every(runs)
    assert "spec or data differ" in run.status().message


@pytest.mark.parametrize(
    ("workers", "index", "words"),
    [
        ("here", 0, "no address"),
        ("a:1,a:1", 0, "there twice"),
        ("a:1", 0, "two workers or more"),
        ("a:1,b:2", 2, "no worker 2"),
        ("a:1,b:99999", 0, "no address"),
    ],
)
def test_what_is_no_cluster_is_refused_in_words(tmp_path, workers, index, words):
    from workbench.errors import UserError
    from workbench.training.cluster import Cluster

    with pytest.raises(UserError, match=words):
        Cluster.parse(workers, index)


def test_an_address_in_use_is_refused_before_anything_is_waited_for():
    from workbench.errors import UserError
    from workbench.training.cluster import Cluster

    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match="cannot be used"):
            Cluster.parse(f"localhost:{port},localhost:1", 0).refuse_busy()
