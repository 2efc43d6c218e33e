from __future__ import annotations

import numpy as np
import pytest

from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight.background import MOST, background, keep


def prepared(samples=200, has=None):
    return Prepared(
        arrays={
            "image": np.arange(samples, dtype=np.uint8)[:, None, None, None]
            * np.ones((1, 2, 2, 3), np.uint8),
            "text": np.arange(samples, dtype=np.int32)[:, None] * np.ones((1, 3), np.int32),
        },
        labels=np.zeros(samples),
        split=(np.arange(samples) % 3).astype(np.int8),
        stems=np.array([f"{n}" for n in range(samples)]),
        task="category",
        classes=("a", "b"),
        vocabulary=9,
        scaling=None,
        left_out={},
        tokenizer="",
        key="",
        masks={} if has is None else {"text": has},
    )


def test_training_samples_that_have_everything_are_kept(tmp_path):
    has = np.arange(200) % 2 == 0
    keep(tmp_path, prepared(has=has), seed=3)
    found = background(tmp_path)
    rows = found["image"][:, 0, 0, 0]
    assert sorted(found) == ["image", "text"]
    assert len(rows) == min(MOST, int((has & (np.arange(200) % 3 == 0)).sum()))
    assert (rows % 3 == 0).all()
    assert (rows % 2 == 0).all()
    np.testing.assert_array_equal(found["text"][:, 0], rows)
    assert found["image"].dtype == np.uint8


def test_the_same_seed_keeps_the_same_samples(tmp_path):
    for place, seed in (("a", 1), ("b", 1), ("c", 2)):
        keep(tmp_path / place, prepared(samples=250), seed)
    one, same, other = (background(tmp_path / p)["text"][:, 0].tolist() for p in "abc")
    assert one == same != other


@pytest.mark.parametrize("damage", ["none", "cut", "pickle", "uneven"])
def test_a_damaged_file_is_told_in_words(tmp_path, damage):
    file = tmp_path / "model" / "background.npz"
    keep(tmp_path, prepared(), seed=0)
    if damage == "none":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:100])
    elif damage == "pickle":
        np.savez(file, image=np.array([{"a": 1}], dtype=object))
    else:
        np.savez(file, image=np.zeros((2, 3)), text=np.zeros((3, 3)))
    with pytest.raises(UserError, match=r"background|keeps no"):
        background(tmp_path)
