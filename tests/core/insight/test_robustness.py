"""How much noise a model stands: models made for the purpose, and figures worked by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.metrics import accuracy_score

from workbench.data.folder import Stopped
from workbench.data.prepared import Prepared, Scaling
from workbench.errors import UserError
from workbench.insight.judge import Judge
from workbench.insight.noise import Noise
from workbench.insight.robustness import STRENGTHS, Dial, disturb
from workbench.runs import robustness as kept
from workbench.runs.robustness import Curve, Robustness, Seen


def tokenizer():
    from workbench.data.readers import tokens
    from workbench.spec import TextInput

    texts = ["left one two three four", "right one two three four"]
    return tokens.train_tokenizer(texts, TextInput(vocabulary=100, words=2)).to_str()


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A model of picture and text whose label stands in the text alone; texts may be lacking."""
    from workbench import spec
    from workbench.insight import background
    from workbench.insight.trained import Trained
    from workbench.runs import store
    from workbench.training.trainer import Trainer

    dice = np.random.default_rng(0)
    count = 240
    labels = dice.integers(0, 2, count)
    has = np.ones(count, bool)
    has[[180, 200]] = False
    texts = np.stack([labels + 2, dice.integers(4, 8, count)], axis=1).astype(np.int32)
    texts[~has] = 0
    prepared = Prepared(
        arrays={"image": dice.integers(0, 255, (count, 8, 8, 3)).astype(np.uint8), "text": texts},
        labels=labels,
        split=np.repeat([0, 1, 2], [160, 20, 60]).astype(np.int8),
        stems=np.array([f"s{n}" for n in range(count)], dtype=np.dtypes.StringDType()),
        task="category", classes=("a", "b"), vocabulary=8, scaling=None, left_out={},
        tokenizer=tokenizer(), key="k", masks={"text": has},
    )  # fmt: skip
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {
                "encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_average"}}
            },
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {"epochs": 12, "batch_size": 16, "learning_rate": 0.01},
        }
    )
    run = store.create(tmp_path_factory.mktemp("runs"), chosen)
    Trainer(chosen, prepared, run.folder, lambda event: None, lambda: None).train()
    background.keep(run.folder, prepared, 0)
    trained = Trained.open(run.folder)
    return trained, trained.samples(prepared)


def quiet(*told):
    pass


def test_noise_hurts_where_the_label_stands_and_nowhere_else(learned):
    trained, prepared = learned
    said = []
    found = disturb(trained, prepared, "test", lambda *told: said.append(told), lambda: False)
    picture, text = found.curves
    assert (picture.name, picture.kind, picture.having) == ("image", "picture", 60)
    assert (text.name, text.kind, text.having) == ("text", "tokens", 58)
    assert found.strengths == STRENGTHS == tuple(pytest.approx(n / 10) for n in range(11))
    assert min(picture.scores) >= found.clean - 0.05
    assert found.stands(picture) == 1.0
    assert text.scores[-1] < 0.75
    assert found.stands(text) < 0.5
    assert text.without < 0.75 < picture.without
    assert (picture.removal, text.removal) == ("others", "trained")
    for curve in found.curves:
        places = zip(curve.scores, curve.between, strict=True)
        assert all(low <= score <= high for score, (low, high) in places)
        assert curve.lost[0] == (0.0, 0.0)
    assert text.lost[-1][0] > 0.1 > 0 >= picture.lost[-1][0]
    test, usual = prepared.labels[180:], np.bincount(prepared.labels[:160]).argmax()
    assert found.guessing == pytest.approx((test == usual).mean())
    # Of the ten strengths of two modalities each was told.
    assert [told[1] for told in said if told[2]] == list(range(20))


def test_a_point_of_a_curve_is_the_accuracy_of_the_whole_model_on_disturbed_samples(learned):
    trained, prepared = learned
    found = disturb(trained, prepared, "test", quiet, lambda: False)
    rows = prepared.rows("test")
    has = prepared.masks["text"][rows]
    words = Noise.of(prepared, "text").on(prepared.arrays["text"][rows], rows, 0.5)
    said = trained.says({"image": prepared.arrays["image"][rows], "text": words}, {"text": has})
    right = accuracy_score(prepared.labels[rows], said["task"].argmax(axis=1))
    assert found.curves[1].scores[5] == pytest.approx(right)


def test_fewer_samples_are_drawn_always_the_same(learned):
    trained, prepared = learned
    one, two = (disturb(trained, prepared, "test", quiet, lambda: False, 20) for _ in range(2))
    assert one == two
    assert one.samples == 20
    (alone,) = {disturb(trained, prepared, "test", quiet, lambda: False, 1).samples}
    assert alone == 1


def test_the_wish_to_stop_is_heard_and_an_empty_split_is_refused(learned):
    trained, prepared = learned
    with pytest.raises(Stopped):
        disturb(trained, prepared, "test", quiet, lambda: True)
    nobody = replace(prepared, split=np.zeros_like(prepared.split))
    with pytest.raises(UserError, match="No sample is in the test split"):
        disturb(trained, nobody, "test", quiet, lambda: False)


def test_the_dial_changes_one_sample_and_its_answer(learned):
    trained, prepared = learned
    dial = Dial(trained, prepared)
    calm = dial.turn("s181", "text", 0.0)
    np.testing.assert_allclose(calm.answers, calm.before, rtol=1e-5)
    assert calm.answers.sum() == pytest.approx(1.0)
    assert (len(calm.words), calm.struck, calm.kind) == (2, (), "tokens")
    wild = dial.turn("s181", "text", 1.0)
    np.testing.assert_allclose(wild.before, calm.before, rtol=1e-5)
    changed = np.flatnonzero(wild.values != calm.values)
    assert wild.struck == tuple(changed)
    assert any((dial.turn("s181", "text", 1.0, n).values != wild.values).any() for n in (1, 2, 3))
    seen = dial.turn("s181", "image", 1.0)
    assert (seen.values.shape, seen.words) == ((8, 8, 3), ())
    row = int(np.flatnonzero(prepared.stems == "s181")[0])
    noise = Noise.of(prepared, "image").on(prepared.arrays["image"][[row]], np.array([row]), 1.0)
    np.testing.assert_array_equal(seen.values, noise[0])


def test_what_cannot_be_disturbed_is_refused_in_words(learned):
    trained, prepared = learned
    dial = Dial(trained, prepared)
    with pytest.raises(UserError, match="s200 has no text"):
        dial.turn("s200", "text", 0.5)
    with pytest.raises(UserError, match="This run has no audio"):
        dial.turn("s181", "audio", 0.5)
    with pytest.raises(UserError, match="no longer hold the sample nobody"):
        dial.turn("nobody", "text", 0.5)


def judge(task, labels, scaling=None):
    labels = np.array(labels)
    trained = SimpleNamespace(
        spec=SimpleNamespace(data=SimpleNamespace(task=task)),
        inputs=SimpleNamespace(classes=(), scaling=scaling),
        objective=SimpleNamespace(by_median=False),
    )
    prepared = SimpleNamespace(labels=labels, rows=lambda split: np.arange(3))
    return Judge(trained, prepared, np.arange(3, len(labels)))


def test_guessing_says_what_is_usual_among_the_training_samples():
    assert judge("category", [1, 1, 0, 0, 0, 1, 0]).guessing() == 0.25
    several = [[1, 0], [1, 0], [0, 1], [1, 1], [0, 0]]
    assert judge("labels", several).guessing() == 0.5
    assert judge("number", [1.0, 2.0, 30.0, 5.0, 0.0], Scaling(2.0, 1.0)).guessing() == -2.5
    pairs = [[0.0, 0.0], [1.0, 10.0], [9.0, 20.0], [3.0, 30.0]]
    scaling = Scaling((1.0, 10.0), (1.0, 10.0))
    assert judge("numbers", pairs, scaling).guessing() == -2.0


def curve(name="image", scores=(0.9, 0.85, 0.4), without=0.6, sure=0.01):
    return Curve(
        name=name, kind="picture", scores=scores, between=tuple((s, s) for s in scores),
        lost=tuple((0.9 - s - sure, 1.0) for s in scores),
        without=without, removal="others", having=10,
    )  # fmt: skip


FOUND = Robustness(
    split="test", samples=10, score="accuracy", strengths=(0.0, 0.5, 1.0), guessing=0.1,
    curves=(curve(), curve("audio", (0.9, 0.81, 0.85)), curve("text", (0.9, 0.9, 0.9))),
)  # fmt: skip


def test_noise_is_stood_while_a_tenth_of_the_gain_at_most_is_lost():
    # The gain is 0.8: down to 0.82 it is stood; what comes after a fall does not count.
    assert [FOUND.stands(c) for c in FOUND.curves] == [0.5, 0.0, 1.0]
    # Of few samples the same losses may be chance.
    assert FOUND.stands(curve(scores=(0.9, 0.85, 0.8), sure=0.2)) == 1.0
    assert FOUND.at(FOUND.curves[0], 0.75) == pytest.approx(0.625)
    assert FOUND.curve("nobody") is None


def test_curves_are_read_as_they_were_written_and_damage_is_told(tmp_path):
    assert kept.read(tmp_path, "test") is None
    file = kept.write(tmp_path, FOUND)
    assert file == tmp_path / "insight" / "robustness-test.json"
    assert kept.read(tmp_path, "test") == FOUND
    short = FOUND.model_dump(mode="json")
    short["curves"][0]["scores"] = [0.9]
    with pytest.raises(ValidationError, match="as many places"):
        Robustness.model_validate(short)
    file.write_text(file.read_text()[:-20])
    with pytest.raises(UserError, match="is damaged"):
        kept.read(tmp_path, "test")


def test_what_was_seen_is_read_again_and_nothing_in_it_is_executed(tmp_path):
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    kept.write_seen(tmp_path, Seen(7, picture))
    seen = kept.read_seen(tmp_path)
    assert seen.number == 7
    np.testing.assert_array_equal(seen.values, picture)
    hostile = np.array([print], dtype=object)
    np.savez(tmp_path / "insight" / "disturbed.npz", number=np.array(1), values=hostile)
    with pytest.raises(UserError, match="is damaged"):
        kept.read_seen(tmp_path)
