"""What is prepared of samples that are incomplete, left out, or have targets of every kind."""

import os
from dataclasses import replace

import numpy as np
import pytest

from workbench.data.cache import prepare
from workbench.data.folder import Stopped, scan
from workbench.data.index import Target, strings
from workbench.errors import UserError
from workbench.suggest import suggest

ALL = ("image", "audio", "text")


@pytest.fixture
def index(shapes):
    return scan(shapes, check=False)


def data(index, **changes):
    return suggest(index).data.model_copy(update=changes)


def without(index, modality, rows):
    column = index.files[modality].copy()
    column[rows] = ""
    return replace(index, files={**index.files, modality: column})


def test_samples_that_lack_a_modality_are_kept_with_a_mask(index):
    whole = prepare(index, data(index), ALL)
    lacking = without(without(index, "image", [3, 4]), "text", [4, 9])
    some = prepare(lacking, data(index), ALL)
    assert len(some.stems) == 120
    assert set(some.masks) == {"image", "text"}
    assert np.flatnonzero(~some.masks["image"]).tolist() == [3, 4]
    assert np.flatnonzero(~some.masks["text"]).tolist() == [4, 9]
    assert not some.arrays["image"][[3, 4]].any()
    assert not some.arrays["text"][[4, 9]].any()
    assert (some.arrays["image"][5:] == whole.arrays["image"][5:]).all()
    assert not whole.masks


def test_samples_without_any_modality_in_use_are_left_out(index):
    lacking = without(without(index, "image", [3, 4]), "text", [4, 9])
    some = prepare(lacking, data(index), ("image", "text"))
    assert some.left_out == {"no file at all": 1}
    assert len(some.stems) == 119
    assert str(index.stems[4]) not in some.stems.tolist()


def test_incomplete_samples_can_be_left_out(index):
    lacking = without(without(index, "image", [3, 4]), "text", [4, 9])
    some = prepare(lacking, data(index, incomplete="leave_out"), ALL)
    assert some.left_out == {"no image": 2, "no text": 1}
    assert len(some.stems) == 117
    assert not some.masks


def test_what_a_person_leaves_out_is_gone(index):
    names = tuple(index.stems[[0, 7]].tolist())
    some = prepare(index, data(index, leave_out=names), ALL)
    assert some.left_out == {"left out by you": 2}
    assert not set(names) & set(some.stems.tolist())


def with_target(index, target):
    return replace(index, targets={target.name: target})


def test_several_categories_are_prepared_as_they_are(index):
    values = (np.random.default_rng(0).random((120, 4)) < 0.4).astype(np.int8)
    values[5] = -1
    target = Target("tags", "labels", values, tuple("abcd"))
    some = prepare(
        with_target(index, target), data(index, target="tags", task="labels"), ("image",)
    )
    assert (some.labels == np.delete(values, 5, axis=0)).all()
    assert some.outputs == 4
    assert some.scaling is None
    assert some.left_out == {"no target": 1}


def test_several_numbers_are_scaled_each_by_itself(index):
    values = np.random.default_rng(0).normal(size=(120, 2)) * [1, 100] + [0, 50]
    target = Target("x + y", "numbers", values, columns=("x", "y"))
    some = prepare(
        with_target(index, target), data(index, target="x + y", task="numbers"), ("image",)
    )
    assert some.columns == ("x", "y")
    trained = some.scaling.to_model(some.labels[some.rows("train")])
    assert np.median(trained, axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert some.scaling.to_unit(some.scaling.to_model(values)) == pytest.approx(values, abs=1e-3)


def test_pairs_need_no_target(index):
    pairs = replace(index, targets={})
    some = prepare(pairs, data(index, target="", task="none"), ("image", "text"))
    assert some.task == "none"
    assert len(some.stems) == 120
    assert some.outputs == 1


def test_texts_of_a_table_are_numbered_like_those_of_files(index):
    inline = replace(index, texts=strings([index.text(row) for row in range(120)]))
    files, table = (prepare(each, data(index), ("text",)) for each in (index, inline))
    assert (files.arrays["text"] == table.arrays["text"]).all()
    assert files.tokenizer == table.tokenizer


def test_a_changed_text_of_a_table_is_another_key(index):
    texts = strings([index.text(row) for row in range(120)])
    other = texts.copy()
    other[4] = "something else"
    keys = [
        prepare(replace(index, texts=each), data(index), ("text",)).key
        for each in (texts, texts, other)
    ]
    assert keys[0] == keys[1] != keys[2]


def test_a_text_file_that_breaks_after_the_scan_is_missing_from_its_sample(index):
    index.path("text", 5).write_bytes(b"")
    some = prepare(index, data(index), ALL)
    assert np.flatnonzero(~some.masks["text"]).tolist() == [5]
    again = prepare(index, data(index), ALL)
    assert np.flatnonzero(~again.masks["text"]).tolist() == [5]
    complete = prepare(index, data(index, incomplete="leave_out"), ALL)
    assert complete.left_out == {"unreadable": 1}
    assert complete.split[5] == -1


def test_a_text_file_that_is_mended_is_there_again(index):
    path = index.path("text", 5)
    text = path.read_bytes()
    path.write_bytes(b"")
    assert prepare(index, data(index), ("text", "image")).masks
    path.write_bytes(text)
    os.utime(path, ns=(7, 7))
    assert not prepare(index, data(index), ("text", "image")).masks


def test_progress_ends_at_all_rows_and_never_goes_back(index):
    told = []
    for modalities, passes in ((ALL, 4), (("image",), 1), (("text",), 2)):
        told.clear()
        prepare(index, data(index), modalities, progress=lambda *both: told.append(both))
        assert told[-1] == (passes * 120, passes * 120)
        assert told == sorted(told)


@pytest.mark.parametrize("modality", ALL)
def test_a_wish_to_stop_is_heard_in_every_modality(index, modality):
    with pytest.raises(Stopped):
        prepare(index, data(index), (modality,), stop=lambda: True)


def test_no_target_at_all_is_refused_with_what_to_do(index):
    target = Target("x", "number", np.full(120, np.nan))
    with pytest.raises(UserError, match="No sample has a target"):
        prepare(with_target(index, target), data(index, target="x", task="number"), ("image",))
