"""Predictions of raw files agree with what the run said of them when it was evaluated."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from workbench.errors import UserError


def learn(folder, prepared, data, **more):
    """A run of given samples, trained for an epoch and evaluated."""
    from workbench import spec
    from workbench.insight.evaluate import evaluate
    from workbench.insight.trained import Trained
    from workbench.runs import store
    from workbench.training.trainer import Trainer

    usual = {"image": "image_cnn", "audio": "audio_cnn", "text": "text_average"}
    chosen = spec.from_data(
        {
            "data": data,
            "model": {"encoders": {m: {"name": usual[m]} for m in prepared.arrays}},
            "training": {"epochs": 1, "batch_size": 20},
        }
        | more
    )
    run = store.create(folder, chosen)
    Trainer(chosen, prepared, run.folder, lambda event: None, lambda: None).train()
    trained = Trained.open(run.folder)
    evaluate(chosen, prepared, trained.model, "test", run.folder)
    return trained


@pytest.fixture(scope="module")
def shapes_run(tmp_path_factory):
    """The sample project *shapes* with its run and what the cache holds of it."""
    from workbench.data.cache import prepare
    from workbench.data.folder import scan
    from workbench.data.samples import SAMPLES
    from workbench.suggest import suggest

    home = tmp_path_factory.mktemp("home")
    folder = SAMPLES["shapes"].make(home / "shapes", samples=96, seed=5)
    index = scan(folder, check=False)
    data = suggest(index).data
    prepared = prepare(index, data, ("image", "audio", "text"), folder=home / "cache")
    trained = learn(
        home / "runs", prepared, data.model_dump(),
        objective={"loss": {"name": "cross_entropy"}, "alignments": {"image+text": {
            "loss": {"name": "infonce"}}}},
    )  # fmt: skip
    return trained, prepared, index


@pytest.fixture(scope="module")
def predictor(shapes_run):
    from workbench.insight.prediction import Predictor

    return Predictor(shapes_run[0])


def files(index, stem):
    row = index.stems.tolist().index(stem)
    return {m: index.path(m, row) for m in ("image", "audio", "text")}


def test_every_test_file_gives_the_arrays_of_the_cache_to_the_bit(shapes_run, predictor):
    _, prepared, index = shapes_run
    for row in prepared.rows("test"):
        found = predictor.arrays(files(index, str(prepared.stems[row])))
        for modality, values in found.items():
            kept = prepared.arrays[modality][row]
            assert values.dtype == kept.dtype
            assert values[0].tobytes() == np.ascontiguousarray(kept).tobytes()


def test_every_test_file_gets_the_prediction_that_the_evaluation_kept(shapes_run, predictor):
    from workbench.runs import results

    trained, _, index = shapes_run
    found, samples = results.read(trained.folder, "test")
    for row, stem in enumerate(samples.stem.tolist()):
        said = predictor.predict(predictor.arrays(files(index, stem)))
        assert np.flatnonzero(said.said).tolist() == [samples.prediction[row]]
        assert said.confidence[0] == pytest.approx(samples.confidence[row], abs=1e-6)
        raised = np.exp(samples.outputs[row] - samples.outputs[row].max())
        assert said.shares[0] == pytest.approx(raised / raised.sum(), abs=1e-6)
    assert found.classes == trained.inputs.classes


def test_a_modality_that_is_left_out_is_averaged_over_ordinary_samples(shapes_run, predictor):
    from workbench.insight.background import background

    trained, prepared, index = shapes_run
    arrays = predictor.arrays(files(index, str(prepared.stems[0])))
    said = predictor.predict({"image": arrays["image"]})
    others = background(trained.folder)
    many = len(others["audio"])
    mixed = {m: others[m] for m in ("audio", "text")}
    mixed["image"] = np.repeat(arrays["image"], many, axis=0)
    logits = trained.says(mixed)["task"].astype(np.float64).mean(axis=0)
    shares = np.exp(logits) / np.exp(logits).sum()
    assert said.shares[0] == pytest.approx(shares, abs=1e-5)
    # Beside others it gets the same answer.
    several = predictor.predict({"image": prepared.arrays["image"][:3]})
    assert several.shares[0] == pytest.approx(shares, abs=1e-5)


def test_the_nearest_samples_are_those_of_the_evaluation(shapes_run, predictor):
    from workbench.runs import pairs

    trained, _, index = shapes_run
    aligned = pairs.read(trained.folder, "test")["image+text"]
    stem = str(aligned.stems[3])
    arrays = predictor.arrays({"image": files(index, stem)["image"]})
    found = predictor.neighbours(arrays)
    rows, near = aligned.nearest("image", 3, 10)
    assert [one.cosine for one in found] == pytest.approx(near.tolist(), abs=2e-3)
    assert {one.modality for one in found} == {"text"}
    assert found[0].stem in aligned.stems[rows[:3]]
    both = predictor.arrays(files(index, stem))
    own = float(aligned.halves["image"][3] @ aligned.halves["text"][3])
    assert predictor.likeness(both)["image+text"] == pytest.approx(own, abs=2e-3)
    assert predictor.neighbours(both) == ()


def test_what_cannot_be_read_is_refused_in_words(shapes_run, predictor, tmp_path):
    _, prepared, index = shapes_run
    given = files(index, str(prepared.stems[0]))
    with pytest.raises(UserError, match="is no picture"):
        predictor.arrays({"image": given["audio"]})
    with pytest.raises(UserError, match="is a folder"):
        predictor.arrays({"image": tmp_path})
    with pytest.raises(UserError, match="nothing to predict"):
        predictor.arrays({})
    (tmp_path / "torn.png").write_bytes(given["image"].read_bytes()[:40])
    with pytest.raises(UserError, match=r"torn\.png"):
        predictor.arrays({"image": tmp_path / "torn.png"})
    with pytest.raises(UserError, match="cannot be read"):
        predictor.arrays({"audio": tmp_path / "gone.wav"})


def table(file):
    with file.open(encoding="utf-8", newline="") as stream:
        return {row["stem"]: row for row in csv.DictReader(stream)}


def test_a_folder_becomes_a_table_and_a_bad_file_does_not_end_it(shapes_run, predictor, tmp_path):
    from workbench.insight.folder_prediction import predict_folder

    _, prepared, index = shapes_run
    given = files(index, str(prepared.stems[0]))
    loose = tmp_path / "loose"
    loose.mkdir()
    for modality, path in given.items():
        (loose / f"whole{path.suffix}").write_bytes(path.read_bytes())
        if modality == "image":
            (loose / "lonely.png").write_bytes(path.read_bytes())
            (loose / "torn.png").write_bytes(path.read_bytes()[:40])
    told = []
    done = predict_folder(
        predictor, loose, tmp_path / "out.csv",
        lambda words, count, total: told.append((count, total)), lambda: False,
    )  # fmt: skip
    rows = table(done.file)
    assert (done.predicted, done.problems) == (2, 1)
    assert told[-1] == (3, 3)
    assert "torn.png" in rows["torn"]["problem"]
    assert rows["torn"]["prediction"] == ""
    assert rows["lonely"]["lacking"] == "audio text"
    classes = predictor.trained.inputs.classes
    for stem, wanted in (("whole", given), ("lonely", {"image": given["image"]})):
        said = predictor.predict(predictor.arrays(wanted))
        shares = [float(rows[stem][f"probability {name}"]) for name in classes]
        assert shares == pytest.approx(said.shares[0].tolist(), abs=1e-5)
        assert rows[stem]["prediction"] == classes[int(said.said[0].argmax())]
        assert rows[stem]["problem"] == ""


def test_a_folder_of_the_runs_own_layout_has_the_names_of_its_samples(
    shapes_run, predictor, tmp_path
):
    from workbench.insight.folder_prediction import predict_folder, samples_of

    _, prepared, index = shapes_run
    found = samples_of(predictor, index.root, lambda: False)
    assert [one.stem for one in found] == index.stems.tolist()
    assert found[0].given == files(index, found[0].stem)
    # Beside the folders of the classes lies one that belongs to none.
    picture = files(index, str(prepared.stems[0]))["image"]
    extra = index.root / "another.png"
    extra.write_bytes(picture.read_bytes())
    try:
        done = predict_folder(
            predictor, index.root, tmp_path / "out.csv", lambda *told: None, lambda: False
        )
    finally:
        extra.unlink()
    assert done.predicted == len(index) + 1
    assert table(done.file)["another"]["lacking"] == "audio text"


def test_work_that_is_stopped_or_cannot_be_kept_leaves_no_table(shapes_run, predictor, tmp_path):
    from workbench.data.folder import Stopped
    from workbench.insight.folder_prediction import predict_folder

    *_, index = shapes_run
    told = []
    with pytest.raises(Stopped):
        predict_folder(
            predictor, index.root, tmp_path / "out.csv",
            lambda words, done, total: told.append(total), lambda: any(told),
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UserError, match="no folder that can be written"):
        predict_folder(predictor, index.root, tmp_path / "no" / "out.csv", print, lambda: False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no pictures or sounds or texts"):
        predict_folder(
            predictor, tmp_path / "empty", tmp_path / "out.csv", lambda *told: None, lambda: False
        )


def test_words_of_a_table_are_predicted_from_its_lines(shapes_run, predictor, tmp_path):
    from workbench.insight.folder_prediction import predict_folder

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "list.csv").write_text(
        "text,label\n" + "a red circle,x\na blue star,y\n" * 3
    )
    done = predict_folder(
        predictor, tmp_path / "in", tmp_path / "out.csv", lambda *told: None, lambda: False
    )
    rows = table(done.file)
    said = predictor.predict(predictor.arrays({"text": "a blue star"}))
    first = predictor.trained.inputs.classes[0]
    shares = [float(row[f"probability {first}"]) for row in rows.values()]
    assert shares[1::2] == pytest.approx([float(said.shares[0, 0])] * 3, abs=1e-5)


def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["[PAD]", "[UNK]", "one", "two", "three"]
    made = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made.to_str()


def wordy(labels, task, **more):
    """Samples of a word or two each."""
    from workbench.data.prepared import Prepared, Scaling

    count = len(labels)
    text = np.zeros((count, 4), np.int32)
    text[:, 0] = np.arange(count) % 3 + 2
    return Prepared(
        arrays={"text": text}, labels=labels, task=task, vocabulary=5, left_out={},
        split=np.repeat([0, 1, 2], [count - 20, 10, 10]).astype(np.int8),
        stems=np.array([f"s{n}" for n in range(count)], dtype=np.dtypes.StringDType()),
        scaling=Scaling.of(labels[:-20]) if task in ("number", "numbers") else None,
        tokenizer=tokenizer(), key="k", classes=(), **more,
    )  # fmt: skip


TEXT = {"words": 4, "vocabulary": 100}


def test_a_number_comes_in_its_unit_with_its_spread(tmp_path):
    from workbench.insight.prediction import Predictor
    from workbench.runs import results

    labels = 1000.0 + 50 * (np.arange(60) % 3)
    trained = learn(
        tmp_path, wordy(labels, "number"),
        {"folder": "/data", "target": "y", "task": "number", "text": TEXT},
        objective={"loss": {"name": "gaussian_nll"}},
    )  # fmt: skip
    predictor = Predictor(trained)
    said = predictor.predict(predictor.arrays({"text": "two"}))
    _, samples = results.read(trained.folder, "test")
    # Sample 40 is the first of the validation samples, 50 of the test samples: 50 % 3 is 2.
    row = samples.stem.tolist().index("s52")
    assert 52 % 3 == 1
    assert said.numbers[0, 0] == pytest.approx(samples.prediction[row], rel=1e-6)
    assert said.spreads[0, 0] == pytest.approx(samples.spread[row], rel=1e-5)
    assert said.shares.size == 0


def test_several_classes_obey_the_thresholds_that_were_chosen(tmp_path):
    from dataclasses import replace

    from workbench.insight.folder_prediction import predict_folder
    from workbench.insight.prediction import Predictor
    from workbench.runs import decision

    labels = np.stack([np.arange(60) % 2, np.arange(60) % 3 == 0], axis=1).astype(np.int8)
    prepared = replace(wordy(labels, "labels"), classes=("odd", "third"))
    trained = learn(
        tmp_path / "runs", prepared,
        {"folder": "/data", "target": "y", "task": "labels", "text": TEXT},
        objective={"loss": {"name": "binary_cross_entropy"}},
    )  # fmt: skip
    predictor = Predictor(trained)
    arrays = predictor.arrays({"text": "one two"})
    logits = trained.says(arrays)["task"][0].astype(np.float64)
    shares = 1 / (1 + np.exp(-logits))
    above = float(shares[0]) + 1e-3
    chosen = decision.Decision(thresholds={"odd": above, "third": 0.0})
    decision.write(trained.folder, chosen)
    said = predictor.predict(arrays)
    assert said.shares[0] == pytest.approx(shares, abs=1e-6)
    assert said.said[0].tolist() == [False, True]
    assert said.confidence[0] == pytest.approx((1 - shares[0]) * shares[1], abs=1e-6)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one two")
    done = predict_folder(
        predictor, tmp_path / "in", tmp_path / "out.csv", lambda *told: None, lambda: False
    )
    assert json.loads(table(done.file)["a"]["prediction"]) == ["third"]


def test_a_chosen_temperature_softens_the_shares(shapes_run, predictor):
    from workbench.runs import decision

    trained, prepared, index = shapes_run
    arrays = predictor.arrays(files(index, str(prepared.stems[0])))
    plain = predictor.predict(arrays).shares[0]
    decision.write(trained.folder, decision.Decision(temperature=4.0))
    try:
        softer = predictor.predict(arrays).shares[0]
    finally:
        decision.write(trained.folder, decision.Decision())
    expected = plain**0.25
    assert softer == pytest.approx(expected / expected.sum(), rel=1e-6)


def test_a_run_without_a_target_answers_with_who_lies_nearest(shapes_run, tmp_path):
    from dataclasses import replace

    from workbench.engine import protocol
    from workbench.engine.looks import predicted_event
    from workbench.insight.folder_prediction import predict_folder
    from workbench.insight.prediction import Predictor
    from workbench.runs import pairs

    _, prepared, index = shapes_run
    bare = replace(prepared, task="none", classes=(), labels=np.zeros(len(prepared.stems), int))
    trained = learn(
        tmp_path / "runs", bare,
        {"folder": "/data", "target": "", "task": "none"},
        objective={"loss": None, "alignments": {"image+text": {"loss": {"name": "infonce"}}}},
    )  # fmt: skip
    aligned = pairs.read(trained.folder, "test")["image+text"]
    stem = str(aligned.stems[0])
    picture = files(index, stem)["image"]
    predictor = Predictor(trained)
    said = predicted_event(
        protocol.Predict(number=1, run=str(trained.folder), image=str(picture)), predictor
    )
    _, near = aligned.nearest("image", 0, 10)
    assert [cosine for _, cosine in said.nearest] == pytest.approx(near.tolist(), abs=2e-3)
    assert (said.answers, said.lacking, said.removed) == ((), ("audio", "text"), ())
    with pytest.raises(UserError, match="learned no target"):
        predictor.predict(predictor.arrays({"image": picture}))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(picture.read_bytes())
    done = predict_folder(
        predictor, tmp_path / "in", tmp_path / "out.csv", lambda *told: None, lambda: False
    )
    assert table(done.file)["a"]["nearest"] == said.nearest[0][0]
