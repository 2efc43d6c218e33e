"""Which modality carried a model: oracles worked by hand, and models made for the purpose."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import UserError
from workbench.insight import contribution
from workbench.insight.contribution import shapley, synergy

NAMES = ("audio", "image", "text")


def worth(**values):
    initials = {"a": "audio", "i": "image", "t": "text"}
    return {
        frozenset(initials[letter] for letter in key.strip("_")): np.float64(value)
        for key, value in values.items()
    }


PUBLISHED = worth(_=0.10, i=0.62, a=0.55, t=0.30, ai=0.80, it=0.70, at=0.60, ait=0.86)


def test_values_of_three_modalities_are_those_worked_by_hand():
    found = shapley(PUBLISHED, NAMES)
    assert found["audio"] == pytest.approx(0.2833333333)
    assert found["image"] == pytest.approx(0.3683333333)
    assert found["text"] == pytest.approx(0.1083333333)
    assert sum(found.values()) == pytest.approx(0.76)


def test_values_of_two_modalities_are_those_worked_by_hand():
    found = shapley(worth(_=0.0, a=0.55, i=0.62, ai=0.80), ("audio", "image"))
    assert found["audio"] == pytest.approx(0.365)
    assert found["image"] == pytest.approx(0.435)


def test_modalities_that_only_add_have_no_synergy_and_an_exclusive_or_is_all_synergy():
    adds = worth(_=0.0, a=0.1, i=0.2, t=0.3, ai=0.3, at=0.4, it=0.5, ait=0.6)
    assert all(v == pytest.approx(0.0) for v in synergy(adds, NAMES).values())
    either = worth(_=0.5, a=0.5, i=0.5, ai=1.0)
    assert synergy(either, ("audio", "image"))["audio", "image"] == pytest.approx(0.5)
    # By hand: half of what the pair adds without text, half of what it adds with it.
    found = synergy(PUBLISHED, NAMES)["audio", "image"]
    without = 0.80 + 0.10 - 0.55 - 0.62
    beside = 0.86 + 0.30 - 0.60 - 0.70
    assert found == pytest.approx((without + beside) / 2)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A model of picture and text whose label stands in the text alone, and one that hides."""
    from workbench import spec
    from workbench.data.prepared import Prepared
    from workbench.insight import background
    from workbench.runs import store
    from workbench.training.trainer import Trainer

    dice = np.random.default_rng(0)
    count = 240
    labels = dice.integers(0, 2, count)
    prepared = Prepared(
        arrays={
            "image": dice.integers(0, 255, (count, 8, 8, 3)).astype(np.uint8),
            "text": np.stack([labels + 2, dice.integers(4, 9, count)], axis=1).astype(np.int32),
        },
        labels=labels,
        split=np.repeat([0, 1, 2], [160, 20, 60]).astype(np.int8),
        stems=np.array([f"s{n}" for n in range(count)], dtype=np.dtypes.StringDType()),
        task="category",
        classes=("a", "b"),
        vocabulary=9,
        scaling=None,
        left_out={},
        tokenizer="",
        key="k",
    )
    found = {}
    for hides in (0.0, 0.3):
        chosen = spec.from_data(
            {
                "data": {"folder": "/data", "target": "label", "task": "category"},
                "model": {
                    "encoders": {
                        "image": {"name": "image_cnn"}, "text": {"name": "text_average"},
                    },
                    "modality_dropout": hides,
                },
                "objective": {"loss": {"name": "cross_entropy"}},
                "training": {"epochs": 12, "batch_size": 16, "learning_rate": 0.01},
            }
        )  # fmt: skip
        run = store.create(tmp_path_factory.mktemp("runs"), chosen)
        Trainer(chosen, prepared, run.folder, lambda event: None, lambda: None).train()
        background.keep(run.folder, prepared, 0)
        found[hides] = run.folder
    return found, prepared


@pytest.mark.parametrize("hides", [0.0, 0.3])
def test_the_modality_that_alone_carries_the_label_gets_nearly_all(learned, hides):
    from workbench.insight.trained import Trained

    folders, prepared = learned
    trained = Trained.open(folders[hides])
    prepared = trained.inputs.masked(prepared)
    said = []
    found, rows = contribution.contribute(
        trained, prepared, "test", lambda *told: said.append(told), lambda: False
    )
    by_name = {row.name: row for row in found.modalities}
    assert found.whole == 1.0
    assert sum(row.shapley for row in found.modalities) == pytest.approx(found.gain, abs=1e-12)
    assert by_name["text"].shapley / found.gain > 0.9
    assert by_name["text"].alone == pytest.approx(1.0, abs=0.05)
    assert by_name["image"].without == pytest.approx(1.0, abs=0.05)
    assert by_name["text"].permuted < 0.7
    assert by_name["image"].permuted == pytest.approx(1.0, abs=0.05)
    assert {row.removal for row in found.modalities} == {"trained" if hides else "others"}
    assert [of.name for of in found.classes] == ["a", "b"]
    assert all(of.shapley["text"] > of.shapley["image"] for of in found.classes)
    assert rows.modalities == ("image", "text")
    assert (rows.values[:, 1] > rows.values[:, 0]).mean() > 0.9
    assert said[-1][1] < said[-1][2]


def test_the_halves_of_a_model_say_what_the_whole_says(learned):
    from workbench.insight.halves import Halves
    from workbench.insight.trained import Trained

    folders, prepared = learned
    for folder in folders.values():
        trained = Trained.open(folder)
        samples = {m: prepared.arrays[m][:50] for m in ("image", "text")}
        halves = Halves.of(trained)
        whole = trained.says(samples)["task"]
        np.testing.assert_array_equal(halves.decide(halves.encode(samples)), whole)


def test_the_wish_to_stop_is_heard(learned):
    from workbench.data.folder import Stopped
    from workbench.insight.trained import Trained

    folders, prepared = learned
    with pytest.raises(Stopped):
        contribution.contribute(
            Trained.open(folders[0.0]), prepared, "test", lambda *told: None, lambda: True
        )


def test_an_empty_split_is_refused_in_words(learned):
    from dataclasses import replace

    from workbench.insight.trained import Trained

    folders, prepared = learned
    nobody = replace(prepared, split=np.zeros_like(prepared.split))
    with pytest.raises(UserError, match="No sample is in the test split"):
        contribution.contribute(
            Trained.open(folders[0.0]), nobody, "test", lambda *told: None, lambda: False
        )


def test_what_was_found_is_read_as_it_was_written_and_damage_is_told(learned, tmp_path):
    from workbench.insight.trained import Trained
    from workbench.runs import contribution as kept

    folders, prepared = learned
    found, rows = contribution.contribute(
        Trained.open(folders[0.0]), prepared, "test", lambda *told: None, lambda: False, most=20
    )
    assert found.samples == 20
    file = kept.write(tmp_path, found, rows)
    again, same = kept.read(tmp_path, "test")
    assert again == found
    np.testing.assert_array_equal(same.values, rows.values)
    assert kept.read(tmp_path, "train") is None
    file.with_suffix(".parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="damaged"):
        kept.read(tmp_path, "test")
