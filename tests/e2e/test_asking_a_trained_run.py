"""Questions to a warm engine about a trained run, and longer work on it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine import Engine, train

from workbench import events
from workbench.data.samples import SAMPLES
from workbench.engine import protocol
from workbench.runs import class_curves, explained, results, robustness, store

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    samples = SAMPLES["shapes"].make(home / "shapes", samples=160, seed=3)
    return train(home, samples, "training.epochs=1", "model.modality_dropout=0.2")


@pytest.fixture
def engine():
    made = Engine()
    yield made
    made.close()


def test_a_warm_engine_opens_a_run_and_then_evaluates_another_split(trained, engine):
    engine.ask(protocol.OpenRun(number=1, run=str(trained)))
    opened = engine.until(events.RunOpened)[-1]
    assert opened.modalities == ("audio", "image", "text")
    assert set(opened.may_lack) == {"audio", "image", "text"}
    engine.ask(protocol.OpenRun(number=2, run=str(trained / "nowhere")))
    lost = engine.until(events.NotAnswered)[-1]
    assert lost.number == 2
    assert "nowhere" in lost.problem
    engine.ask(protocol.EvaluateSplit(run=str(trained), split="validation"))
    said = engine.until(events.Studied, events.Failed)
    assert said[-1] == events.Studied(file="evaluation/validation.json", time=said[-1].time)
    assert any(isinstance(event, events.Working) for event in said)
    assert engine.wait() == 0
    found, samples = results.read(trained, "validation")
    assert len(samples) == sum(row.support for row in found.per_class)
    low, high = found.intervals["accuracy"]
    assert low <= found.metrics["accuracy"] <= high
    assert class_curves.read(trained, "validation") is not None


def test_a_sample_is_explained_and_the_next_question_finds_the_model_in_memory(trained, engine):
    stem = str(results.read(trained, "test")[1].stem[0])
    for number, method in enumerate(("occlusion", "integrated_gradients"), start=1):
        engine.ask(protocol.Explain(number=number, run=str(trained), stem=stem, method=method))
        found = engine.until(events.Explained, events.NotAnswered)[-1]
        assert isinstance(found, events.Explained), found
        maps = explained.read(trained)
        assert maps.number == found.number == number
        assert set(maps.maps) == {"image", "audio", "text"}
        assert sum(found.answers) == pytest.approx(1.0)
    engine.ask(protocol.Explain(number=9, run=str(trained), stem="nobody"))
    assert "nobody" in engine.until(events.NotAnswered)[-1].problem


def test_the_dial_is_answered_and_its_curves_are_measured(trained, engine):
    stem = str(results.read(trained, "test")[1].stem[0])
    for number, (modality, strength) in enumerate([("image", 0.0), ("audio", 0.5)], start=1):
        engine.ask(
            protocol.DisturbSample(
                number=number, run=str(trained), stem=stem, modality=modality, strength=strength
            )
        )
        told = engine.until(events.Disturbed, events.NotAnswered)[-1]
        assert isinstance(told, events.Disturbed), told
        seen = robustness.read_seen(trained)
        assert seen.number == told.number == number
        assert sum(told.answers) == pytest.approx(1.0)
        moved = np.abs(np.array(told.answers) - told.before).max()
        assert (moved < 1e-5) == (strength == 0)
    engine.ask(protocol.Disturb(run=str(trained), split="test", samples=12))
    said = engine.until(events.Studied, events.Failed)
    assert said[-1].file == "insight/robustness-test.json"
    found = robustness.read(trained, "test")
    assert [curve.name for curve in found.curves] == ["image", "audio", "text"]
    assert found.samples == 12


def test_modalities_and_samples_are_explained_from_the_command_line(trained):
    stem = str(results.read(trained, "test")[1].stem[0])

    def ask(*words):
        done = subprocess.run(
            [sys.executable, "-m", "workbench", "explain", *words, "--json"],
            check=False, capture_output=True, text=True, timeout=200,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout)

    code, found = ask("modalities", str(trained))
    assert code == 0
    added = sum(row["shapley"] for row in found["modalities"])
    assert added == pytest.approx(found["whole"] - found["nothing"])
    code, found = ask("sample", str(trained), stem, "--method", "occlusion", "--without", "audio")
    assert code == 0
    assert sorted(found["shares"]) == ["image", "text"]
    code, found = ask("robustness", str(trained), "--samples", "12")
    assert code == 0
    assert [len(curve["scores"]) for curve in found["curves"]] == [11, 11, 11]
    assert all(0 <= curve["stands"] <= 1 for curve in found["curves"])
    code, found = ask("sample", str(trained), stem, "--class", "cirle high")
    assert code == 2
    assert "circle high" in found["remedy"]


def test_files_are_predicted_by_a_warm_engine_and_a_folder_by_one_that_ends(trained, engine):
    stem = str(results.read(trained, "test")[1].stem[0])
    file = str(Path(store.find(trained).spec().data.folder) / stem)
    engine.ask(protocol.OpenRun(number=1, run=str(trained)))
    engine.until(events.RunOpened)
    engine.ask(protocol.Predict(number=2, run=str(trained), image=f"{file}.png", text="a circle"))
    found = engine.until(events.Predicted, events.NotAnswered)[-1]
    assert isinstance(found, events.Predicted), found
    assert (found.number, found.lacking, found.removed) == (2, ("audio",), ())
    assert sum(found.answers) == pytest.approx(1.0)
    engine.ask(protocol.Predict(number=3, run=str(trained), audio=f"{file}.png"))
    assert "is no sound" in engine.until(events.NotAnswered)[-1].problem
    out = trained / "insight" / "predictions.csv"
    out.parent.mkdir(exist_ok=True)
    folder = str(Path(file).parent)
    engine.ask(protocol.PredictFolder(run=str(trained), folder=folder, file=str(out)))
    said = engine.until(events.Studied, events.Failed)
    assert said[-1].file == str(out)
    assert any(isinstance(event, events.Working) and event.total for event in said)
    assert engine.wait() == 0
    assert len(out.read_text("utf-8").splitlines()) == len(list(Path(folder).glob("*.png"))) + 1


def test_the_command_line_predicts_words_from_standard_input_and_refuses_in_words(trained):
    command = [sys.executable, "-m", "workbench", "predict", str(trained), "--json"]
    done = subprocess.run(
        [*command, "--text", "-"], input="a red circle", check=True, capture_output=True,
        text=True, timeout=200,
    )  # fmt: skip
    facts = json.loads(done.stdout)
    assert facts["lacking"] == ["image", "audio"]
    assert facts["said"] == [max(facts["answers"], key=facts["answers"].get)]
    for words, told in (
        (["--folder", str(trained)], "--out"), (["--out", "x.csv"], "--folder"),
        (["--folder", str(trained), "--text", "a"], "Leave --image"),
    ):  # fmt: skip
        done = subprocess.run([*command, *words], check=False, capture_output=True, text=True)
        assert done.returncode == 2
        assert told in json.loads(done.stdout)["remedy"]


def test_the_command_line_evaluates_the_same(trained):
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "evaluate", str(trained), "--split", "test", "--json"],
        check=True, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    facts = json.loads(done.stdout)
    found, _ = results.read(trained, "test")
    assert facts["metrics"] == found.metrics
    assert facts["intervals"]["accuracy"] == list(found.intervals["accuracy"])
