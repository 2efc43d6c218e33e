"""The command line as a person types it, each command a process of its own."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import psutil
import pytest

from workbench import spec, suggest
from workbench.data.folder import scan

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def workbench(*words, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *map(str, words)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr[-3000:]
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_folder_is_trained_listed_and_evaluated_again(shapes, tmp_path):
    runs = tmp_path / "runs"
    done = workbench(
        "train", shapes, "--runs", runs, "--set", "training.epochs=2", "--set",
        "model.encoders.text.name=text_lstm", "--json",
    )  # fmt: skip
    last = json.loads(done.stdout.strip().splitlines()[-1])
    assert last["outcome"] == "done"
    assert {"loss", "accuracy", "macro_f1"} <= set(last["metrics"])
    assert last["samples_per_second"] > 0
    listed = json.loads(workbench("runs", "--runs", runs, "--json").stdout)
    assert [entry["run"] for entry in listed] == [last["run"]]
    assert listed[0]["phase"] == "done"
    again = json.loads(workbench("evaluate", last["run"], "--json").stdout)
    assert again["metrics"] == pytest.approx(last["metrics"], rel=1e-5)
    # The same run again, from its folder: the same seed, the same figures.
    twice = workbench("train", last["run"], "--runs", runs, "--json").stdout
    assert json.loads(twice.strip().splitlines()[-1])["metrics"] == pytest.approx(last["metrics"])


def test_a_sample_is_made_with_progress_and_checked(tmp_path):
    lines = workbench("sample", "gauges", tmp_path / "g", "--samples", 60, "--json").stdout
    said = [json.loads(line) for line in lines.splitlines()]
    assert said[-2] == {"done": 60, "total": 60}
    assert said[-1] == {"folder": str(tmp_path / "g")}
    found = json.loads(workbench("check", tmp_path / "g", "--json").stdout)
    assert found["samples"] == 60
    assert found["targets"]["pressure"]["task"] == "number"
    (tmp_path / "g" / "image" / "gauge-00003.png").write_bytes(b"")
    assert "1 image file unreadable" in workbench("check", tmp_path / "g", code=1).stdout


def test_parts_are_listed_as_data_and_as_a_table():
    data = json.loads(workbench("parts", "--json").stdout)
    assert {"huber", "concat", "image_cnn"} <= {entry["name"] for entry in data}
    assert "| loss | `huber` |" in workbench("parts", "--markdown").stdout
    assert "huber" in workbench("parts").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "/nowhere"), "There is no folder"),
        (
            ("train", "{shapes}", "--set", "objective.loss.name=cross_entrop"),
            "Did you mean 'cross_entropy'",
        ),
        (("train", "{shapes}", "--set", "training.epochs=0"), "1 <= x <= 10000"),
        (("train", "{shapes}", "--set", "training.epoch=3"), "Did you mean 'training.epochs'"),
        (("train", "{shapes}", "--set", "objective.loss.name=huber"), "numbers"),
        (("train", "{shapes}", "--set", "epochs"), "has no '='"),
        (("sample", "shape", "{tmp}/x"), "Did you mean 'shapes'"),
        (("check", "{tmp}/missing"), "There is no folder"),
        (("evaluate", "{tmp}"), "holds no run"),
    ],
)  # fmt: skip
def test_a_mistake_gets_a_sentence_exit_code_2_and_leaves_nothing(
    shapes, tmp_path, own_home, words, sentence
):
    filled = [word.format(shapes=shapes, tmp=tmp_path) for word in words]
    done = workbench(*filled, code=2)
    assert sentence in " ".join(done.stderr.split())
    assert not (own_home / "runs").exists()


def test_a_spec_with_an_unknown_key_is_refused_with_the_nearest(shapes, tmp_path):
    data = suggest.suggest(scan(shapes)).model_dump(mode="json")
    data["training"]["epoch"] = 3
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(data))
    done = workbench("train", file, code=2)
    assert "no setting 'training.epoch'. Did you mean 'epochs'?" in " ".join(done.stderr.split())


def test_ctrl_c_stops_keeps_the_best_and_evaluates_it(shapes, tmp_path):
    file = tmp_path / "spec.json"
    file.write_text(spec.change(suggest.suggest(scan(shapes)), "training.epochs", 5000).to_json())
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "train", str(file), "--runs", str(tmp_path), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("epoch"):
            os.kill(process.pid, signal.SIGINT)
            break
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    last = json.loads(out.strip().splitlines()[-1])
    assert last["outcome"] == "stopped"
    assert last["metrics"]


def test_data_that_vanish_are_a_failed_run_with_a_cause(shapes, tmp_path):
    file = tmp_path / "spec.json"
    chosen = suggest.suggest(scan(shapes))
    file.write_text(chosen.to_json())
    shapes.rename(tmp_path / "gone")
    done = workbench("train", file, "--runs", tmp_path / "runs", "--json", code=1)
    last = json.loads(done.stdout.strip().splitlines()[-1])
    assert last["outcome"] == "failed"
    assert "There is no folder" in last["problem"]


def test_an_engine_ends_when_its_input_closes():
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "engine"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert b'"engine_ready"' in process.stdout.readline()
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_the_doctor_examines_the_installation():
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "doctor", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    findings = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert findings["device"]["good"], findings["device"]
    assert "tensorflow" in findings
    assert findings["PySide6 references"]["good"]


def test_ctrl_c_ends_the_window_and_its_engine():
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    whole = psutil.Process(process.pid)
    while not (engines := whole.children()):
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=30) == -signal.SIGINT
    process.stdout.close()
    _, alive = psutil.wait_procs(engines, timeout=30)
    assert not alive


def test_a_zip_with_gaps_is_checked_and_trained_by_groups_with_augmentation(tmp_path):
    """All at once: packed, incomplete, divided by the voice, varied while training."""
    workbench("sample", "digits", tmp_path / "digits", "--samples", 150)
    for number in range(5):
        (tmp_path / "digits" / "audio" / f"digit-{number:05d}.wav").unlink()
    packed = tmp_path / "digits.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted((tmp_path / "digits").rglob("*")):
            archive.write(file, file.relative_to(tmp_path))
    found = json.loads(workbench("check", packed, "--json").stdout)
    assert found["modalities"] == {"image": 150, "audio": 145, "text": 150}
    lacking = next(one for one in found["findings"] if one["kind"] == "missing_modality")
    assert lacking["samples"] == [f"digit-{number:05d}" for number in range(5)]
    settings = [
        "training.epochs=1", "data.division=grouped", "data.group=voice", "data.split_seed=2",
        "training.augmentation.image.rotate=10", "training.augmentation.audio.gain=6",
        "training.augmentation.text.drop=0.1",
    ]  # fmt: skip
    words = [word for setting in settings for word in ("--set", setting)]
    done = workbench("train", packed, "--runs", tmp_path / "runs", *words, "--json")
    last = json.loads(done.stdout.strip().splitlines()[-1])
    assert last["outcome"] == "done"
    inputs = json.loads((Path(last["run"]) / "model" / "inputs.json").read_text())
    assert inputs["incomplete"] == ["audio"]
    stored = spec.read(Path(last["run"]) / "spec.json")
    assert (stored.data.folder, stored.data.group) == (str(packed), "voice")


def test_a_queue_is_filled_ordered_and_worked_off(shapes, tmp_path):
    few = ("--set", "training.epochs=1", "--runs", str(tmp_path / "runs"))
    where = ("--runs", str(tmp_path / "runs"))
    workbench("queue", "add", str(shapes), *few, "--set", "name=one")
    workbench("queue", "add", str(shapes), *few, "--set", "name=two")
    bad = ("--set", "name=bad", "--set", "data.target=missing")
    made = workbench("queue", "add", str(shapes), *few, *bad, "--first", "--json").stdout
    made = json.loads(made)
    names = [Path(each["run"]).name.split("-", 2)[2] for each in made["runs"]]
    assert names == ["bad", "one", "two"]
    workbench("queue", "remove", Path(made["runs"][2]["run"]).name, *where)
    done = workbench("queue", "run", "--at-once", "2", "--json", *where, code=1).stdout
    done = json.loads(done)
    phases = {Path(each["run"]).name.split("-", 2)[2]: each["phase"] for each in done}
    assert phases == {"bad": "failed", "one": "done"}
    assert "empty" in workbench("queue", "list", *where).stdout
    refused = workbench("queue", "remove", "two", "--json", *where, code=2).stdout
    assert "No run" in json.loads(refused)["problem"]


def test_a_learning_rate_and_a_batch_size_are_found_for_a_folder(shapes):
    found = json.loads(workbench("find", "rate", shapes, "--json").stdout)
    assert 1e-5 < found["found"] < 1
    assert len(found["tried"]) > 20
    words = workbench("find", "batch", shapes).stdout
    assert "samples a second" in words
    assert "--set training.batch_size=" in words


def test_runs_are_labelled_searched_and_exported(shapes, tmp_path):
    where = ("--runs", tmp_path / "runs")
    few = ("--set", "training.epochs=1", "--set", "name=mine")
    run = Path(json.loads(workbench("train", shapes, *where, *few, "--json").stdout)["run"])
    facts = json.loads((run / "environment.json").read_text())
    assert facts["device"].startswith(("CPU", "GPU"))
    assert len(facts["data"]) >= 16
    assert facts["spec"] == spec.read(run / "spec.json").fingerprint()
    said = ("--name", "The first", "--tags", "good, small", "--star", "--note", "a note")
    workbench("runs", *where, "label", run.name, *said)
    listed = json.loads(workbench("runs", *where, "--search", "first note", "--json").stdout)
    assert [(one["name"], one["tags"], one["star"]) for one in listed] == [
        ("The first", ["good", "small"], True)
    ]
    assert "The first" not in workbench("runs", *where, "--tag", "other").stdout
    assert "★" in workbench("runs", *where).stdout
    done = json.loads(workbench("runs", "tensorboard", run, tmp_path / "boards", "--json").stdout)
    assert done["points"] > 5
    workbench("runs", *where, "label", run.name, "--archive")
    assert json.loads(workbench("runs", *where, "--json").stdout) == []
    assert json.loads(workbench("runs", *where, "rebuild", "--json").stdout) == {"runs": 1}
    workbench("runs", *where, "label", "missing", code=2)
    workbench("runs", *where, "--sort", "colour", code=2)
