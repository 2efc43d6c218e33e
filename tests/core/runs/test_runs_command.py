"""``workbench runs``: lists, searches, labels and throws away, damaged runs too."""

import csv
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import send2trash
from typer.testing import CliRunner

from workbench.cli import app
from workbench.commands import samples as samples_command
from workbench.errors import UserError
from workbench.runs import history, labels, store

SPEC = {"version": 1, "objective": {"loss": {"name": "focal"}}, "training": {"epochs": 4}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "runs"


@pytest.fixture
def ask(folder):
    def ask(*words):
        done = CliRunner().invoke(app, ["runs", "--runs", str(folder), *words])
        if isinstance(done.exception, UserError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return ask


def write(folder, name, epochs=4, **status):
    run = store.Run(folder / name)
    run.folder.mkdir(parents=True)
    spec = SPEC | {"training": {"epochs": epochs}}
    (run.folder / "spec.json").write_text(json.dumps(spec))
    (run.folder / "status.json").write_text(store.Status(**status).model_dump_json())
    return run


def listed(ask, *words):
    return [Path(one["run"]).name for one in json.loads(ask(*words, "--json"))]


def test_runs_are_listed_by_phase_figure_and_page(folder, ask):
    write(folder, "a", phase="done", metrics={"acc": 0.2})
    write(folder, "b", phase="failed", epochs=9)
    write(folder, "c", phase="done", metrics={"acc": 0.7}, epochs=2)
    write(folder, "dead", phase="running", pid=2**22 + 1, started=1.0)
    assert listed(ask, "--phase", "done", "--sort", "metrics.acc") == ["c", "a"]
    assert listed(ask, "--phase", "done", "--phase", "failed", "--sort", "oldest") == [
        "a", "b", "c",
    ]  # fmt: skip
    assert listed(ask, "--phase", "interrupted") == ["dead"]
    assert listed(ask, "--sort", "spec.training.epochs")[0] == "c"
    assert listed(ask, "--sort", "spec.training.epochs", "--reverse")[0] == "b"
    assert listed(ask, "--sort", "oldest", "--limit", "1", "--offset", "2") == ["c"]


def test_a_phase_or_an_order_that_there_is_not_is_refused(folder, ask):
    with pytest.raises(UserError, match="No run stands 'dnoe'") as refused:
        ask("--phase", "dnoe")
    assert "done" in refused.value.remedy
    with pytest.raises(UserError, match="no order 'colour'"):
        ask("--sort", "colour")


def test_the_tags_in_use_are_counted(folder, ask):
    labels.change(write(folder, "a"), tags=["good", "small"])
    labels.change(write(folder, "b"), tags=["good"], archived=True)
    assert json.loads(ask("tags", "--json")) == {"good": 2, "small": 1}
    assert ask("tags").splitlines() == ["good  2", "small  1"]


def test_tags_with_brackets_are_printed_as_they_are(folder, ask):
    labels.change(write(folder, "a"), tags=["[red]", "two words"])
    assert "[red], two words" in ask()


def test_a_half_deleted_run_is_listed_labelled_and_thrown_away(folder, ask, monkeypatch):
    gone = []
    monkeypatch.setattr(send2trash, "send2trash", gone.append)
    run = write(folder, "half", phase="done")
    (run.folder / "spec.json").unlink()
    (one,) = json.loads(ask("--json"))
    assert "spec.json" in one["message"]
    ask("label", "half", "--archive")
    assert labels.read(run).archived
    assert json.loads(ask("trash", "half", "--json")) == {"trashed": str(run.folder)}
    assert gone == [run.folder]


@pytest.mark.parametrize("word", ["label", "trash", "tensorboard"])
def test_a_folder_that_holds_no_run_is_refused(folder, ask, word, tmp_path):
    (folder / "other").mkdir(parents=True)
    more = [str(tmp_path / "out")] if word == "tensorboard" else []
    for name in ("other", "missing"):
        with pytest.raises(UserError, match="holds no run"):
            ask(word, name, *more)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_run_whose_folder_has_a_name_that_is_no_text_is_printed(folder, ask):
    name = os.fsdecode(b"odd-\xff")
    write(folder, name)
    assert "odd-?" in ask()
    assert listed(ask) == [name]


def test_runs_that_differ_by_their_names_alone_have_one_fingerprint():
    from workbench import spec

    data = {
        "data": {"folder": "/data", "target": "label", "task": "category"},
        "model": {"encoders": {"image": {"name": "image_cnn"}}},
        "objective": {"loss": {"name": "focal"}},
    }
    one = spec.from_data(data)
    assert one.fingerprint() == spec.change_all(one, [("name", "other")]).fingerprint()
    longer = spec.change_all(one, [("training.epochs", str(one.training.epochs + 1))])
    assert one.fingerprint() != longer.fingerprint()
    assert store.environment(spec=one.fingerprint()).count(one.fingerprint()) == 1


def with_samples(folder, name):
    """A run of two training samples over two epochs; the second is never right."""
    run = write(folder, name, phase="done")
    about = history.About(
        task="category", classes=("x", "y"), outputs=2, train=("a", "b"), validation=(),
        train_target=(0, 1),
    )  # fmt: skip
    history.begin(run.folder, about)
    for epoch in (1, 2):
        arrays = {name: np.zeros(shape, "f4") for name, shape in history.shapes(about).items()}
        arrays["train_loss"] = np.array([0.1, 2.0 * epoch], "f4")
        arrays["train_metric"] = np.array([1, 0], "f4")
        arrays["train_margin"] = np.array([1, -3], "f4")
        history.write_epoch(run.folder, epoch, arrays)
    return run


def test_samples_are_listed_with_their_reasons(folder, ask):
    with_samples(folder, "a")
    said = json.loads(ask("samples", "a", "--order", "hard", "--json"))
    assert [one["sample"] for one in said["first"]] == ["b", "a"]
    assert said["first"][0]["loss"] == 3.0
    assert "Its mean loss over 2 epochs is 3" in said["first"][0]["reason"]
    assert "It was never right in 2 epochs." in ask("samples", "a", "--order", "forgotten")


def test_a_list_of_samples_is_written_with_its_files(folder, ask, tmp_path, monkeypatch):
    with_samples(folder, "a")
    monkeypatch.setattr(samples_command, "_paths", lambda run: {"b": "/data/b.png"})
    ask("samples", "a", "--order", "suspicious_training", "--csv", str(tmp_path / "list.csv"))
    rows = list(csv.DictReader((tmp_path / "list.csv").open()))
    assert [(row["sample"], row["files"], row["label"]) for row in rows] == [
        ("b", "/data/b.png", "y")
    ]


def test_an_order_a_history_or_an_evaluation_that_there_is_not_is_said(folder, ask):
    write(folder, "a", phase="done")
    with pytest.raises(UserError, match="no order 'hardest'"):
        ask("samples", "a", "--order", "hardest")
    with pytest.raises(UserError, match="before samples were recorded"):
        ask("samples", "a", "--order", "hard")
    with pytest.raises(UserError, match="was not evaluated"):
        ask("samples", "a", "--order", "worst")
