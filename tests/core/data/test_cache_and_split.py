"""Dividing samples, decoding them once, the sample projects, and the suggestion."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench import suggest
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.index import Index, Target, strings
from workbench.data.prepared import Scaling
from workbench.data.samples import SAMPLES
from workbench.data.split import divide as divide_index
from workbench.errors import UserError
from workbench.spec import DataSpec


def classes(counts):
    values = np.repeat(np.arange(len(counts)), counts)
    return Target("label", "category", values, tuple("abcdefgh"[: len(counts)]))


def divide(target, seed=0, fixed=None, usable=None):
    usable = np.ones(len(target.values), bool) if usable is None else usable
    stems = strings([f"s{row}" for row in range(len(usable))])
    index = Index(Path(), "class_folders", stems, {}, {}, fixed_split=fixed)
    spec = DataSpec(
        folder="", target=target.name, task=target.task, validation=0.2, test=0.1, split_seed=seed
    )
    return divide_index(index, target, usable, spec)


def test_every_class_is_divided_in_the_same_proportions():
    target = classes([200, 100, 50])
    divided = divide(target)
    for number in range(3):
        shares = (
            np.bincount(divided[target.values == number], minlength=3)
            / (target.values == number).sum()
        )
        assert shares == pytest.approx([0.7, 0.2, 0.1], abs=0.02)


def test_the_seed_decides_who_goes_where():
    target = classes([40, 40])
    assert np.array_equal(divide(target, 3), divide(target, 3))
    assert not np.array_equal(divide(target, 3), divide(target, 4))


def test_classes_too_small_to_share_stay_in_training():
    target = classes([2] * 8)
    divided = divide(target)
    assert set(target.values[divided == 0]) == set(range(8))
    assert {1, 2} <= set(divided)


def test_what_the_data_state_is_kept_and_the_rest_trains():
    target = classes([10, 10])
    fixed = np.array([0, 1, 2, -1] * 5, np.int8)
    assert np.array_equal(divide(target, fixed=fixed), np.maximum(fixed, 0))


def test_numbers_are_divided_over_their_whole_range():
    target = Target("x", "number", np.random.default_rng(0).lognormal(size=400))
    divided = divide(target)
    medians = [np.median(target.values[divided == part]) for part in range(3)]
    assert max(medians) / min(medians) < 1.4


def test_too_few_samples_are_refused():
    with pytest.raises(UserError, match="No sample is left for"):
        divide(classes([1, 1]))


def test_one_mistyped_target_moves_the_scaling_hardly():
    values = np.random.default_rng(0).normal(10, 2, 1000)
    clean, spoiled = Scaling.of(values), Scaling.of(np.append(values, 1e9))
    assert clean.spread == pytest.approx(2, rel=0.1)
    assert spoiled.spread == pytest.approx(clean.spread, rel=0.01)
    assert clean.to_unit(clean.to_model(values)) == pytest.approx(values, rel=1e-5)
    assert Scaling.of(np.full(5, 3.0)).spread == 1.0


def prepared(folder, **changes):
    index = scan(folder)
    spec = suggest.suggest(index)
    for place, value in changes.items():
        spec = suggest_change(spec, place.replace("__", "."), value)
    return prepare(index, spec.data, spec.modalities)


def suggest_change(spec, place, value):
    from workbench import spec as specs

    return specs.change(spec, place, value)


def cached(home):
    """The arrays of pictures and sounds, with the time when each was made."""
    arrays = (home / "cache" / "decoded").glob("[ai]*/values.npy")
    return {entry.parent.name: entry.stat().st_mtime_ns for entry in arrays}


def test_files_are_decoded_once_and_again_only_when_they_or_options_change(shapes, own_home):
    first = prepared(shapes)
    before = cached(own_home)
    assert len(before) == 2
    second = prepared(shapes)
    assert cached(own_home) == before
    assert first.key == second.key
    prepared(shapes, data__image__size=16)
    assert len(cached(own_home)) == 3
    victim = next(shapes.glob("*/*.png"))
    Image.new("RGB", (96, 96), "black").save(victim)
    os.utime(victim, ns=(1, 1))
    third = prepared(shapes)
    assert len(cached(own_home)) == 4
    assert third.key != first.key


def test_what_is_prepared_is_what_the_readers_give(shapes):
    from workbench.data.readers import audio, image

    data = prepared(shapes)
    index = scan(shapes)
    row = 17
    assert data.stems[row] == index.stems[row]
    assert (data.arrays["image"][row] == image.read_bytes(index.path("image", row), 64)).all()
    seconds = suggest.suggest(index).data.audio.seconds
    mel = audio.log_mel(audio.read(index.path("audio", row), 16000), 16000, seconds, 64)
    assert data.arrays["audio"][row] == pytest.approx(mel, abs=1e-3)
    assert [len(data.rows(name)) for name in ("train", "validation", "test")] == [84, 18, 18]


def test_the_tokeniser_has_seen_the_training_texts_only(shapes):
    stems = scan(shapes).stems
    data = prepared(shapes)
    outsider = str(stems[data.rows("test")[0]])
    (shapes / f"{outsider}.txt").write_text("xylophone")
    again = prepared(shapes)
    assert "xylophone" not in json.loads(again.tokenizer)["model"]["vocab"]
    assert again.arrays["text"][data.rows("test")[0]].tolist()[:2] == [1, 0]


def test_a_file_that_breaks_after_the_scan_is_missing_from_its_sample(shapes):
    index = scan(shapes)
    spec = suggest.suggest(index)
    index.path("image", 5).write_bytes(b"broken")
    data = prepare(index, spec.data, spec.modalities)
    assert np.flatnonzero(~data.masks["image"]).tolist() == [5]
    assert not data.arrays["image"][5].any()
    complete = spec.data.model_copy(update={"incomplete": "leave_out"})
    data = prepare(index, complete, spec.modalities)
    assert data.left_out == {"unreadable": 1}
    assert data.split[5] == -1
    assert not data.masks


def test_a_missing_modality_is_refused_with_what_to_do(shapes):
    index = scan(shapes)
    spec = suggest.suggest(index)
    bare = type(index)(
        index.root, index.layout, index.stems, {"text": index.files["text"]}, index.targets
    )
    with pytest.raises(UserError, match="Switch image off"):
        prepare(bare, spec.data, spec.modalities)


@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_sample_project_is_the_same_for_the_same_seed(tmp_path, name):
    told = []
    one = SAMPLES[name].make(
        tmp_path / "one", samples=60, seed=5, progress=lambda *t: told.append(t)
    )
    two = SAMPLES[name].make(tmp_path / "two", samples=60, seed=5)
    assert told[-1] == (60, 60)
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert all((one / file).read_bytes() == (two / file).read_bytes() for file in files)
    index = scan(one)
    assert {finding.kind for finding in index.findings} <= {"outliers", "too_few", "absent_class"}
    assert index.modalities == SAMPLES[name].modalities
    with pytest.raises(UserError, match="not empty"):
        SAMPLES[name].make(one)


def test_gauges_has_its_stated_share_of_mistyped_targets_in_training_only(tmp_path):
    from workbench.data.samples import gauges

    index = scan(SAMPLES["gauges"].make(tmp_path / "g", samples=1400))
    values, parts = index.target("pressure").values, index.fixed_split
    assert (values[parts > 0] <= max(gauges.RANGES)).all()
    far = values[parts == 0] > max(gauges.RANGES)
    # Half of the mistyped ones have a zero too many, and most of these leave the range.
    assert 0.2 * gauges.MISTYPED < far.mean() < gauges.MISTYPED


def test_the_suggestion_follows_the_data(shapes, tmp_path):
    index = scan(shapes)
    spec = suggest.suggest(index)
    assert spec.modalities == ("image", "audio", "text")
    assert spec.objective.loss.name == "cross_entropy"
    assert "balanced" in suggest.reasons(index, spec)["objective.loss"]
    gauges = scan(SAMPLES["gauges"].make(tmp_path / "g", samples=350))
    spec = suggest.suggest(gauges)
    assert spec.objective.loss.name == "huber"
    assert spec.data.task == "number"
    assert "lie far out" in suggest.reasons(gauges, spec)["objective.loss"]
