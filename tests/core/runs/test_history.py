"""The history of samples is read as it was written, and what others made of it harms nobody."""

import zipfile

import numpy as np
import pytest

from workbench.errors import UserError
from workbench.runs import history

ABOUT = history.About(
    task="category", classes=("a", "b"), outputs=2, train=("t0", "t1", "t2"), validation=("v0",),
    train_target=(0, 1, 1), validation_target=(1,),
)  # fmt: skip


def arrays(loss=1.0):
    return {
        "train_loss": np.full(3, loss, np.float32), "train_metric": np.ones(3, np.float32),
        "train_margin": np.array([1, np.nan, -2], np.float16),
        "train_said": np.array([0, -1, 0], np.int16),
        "validation_loss": np.zeros(1, np.float32), "validation_metric": np.ones(1, np.float32),
        "validation_outputs": np.array([[0.5, -0.5]], np.float16),
    }  # fmt: skip


def write(folder, epochs=3):
    history.begin(folder, ABOUT)
    for epoch in range(1, epochs + 1):
        history.write_epoch(folder, epoch, arrays(loss=float(epoch)))


def test_what_was_written_is_read(tmp_path):
    write(tmp_path)
    found = history.read(tmp_path)
    assert found.epochs == (1, 2, 3)
    assert found.train.loss[:, 0].tolist() == [1, 2, 3]
    assert found.train.said[0].tolist() == [0, -1, 0]
    assert np.isnan(found.train.margin[0, 1])
    assert found.train.stems.tolist() == ["t0", "t1", "t2"]
    assert found.train.target.tolist() == [0, 1, 1]
    assert found.outputs.shape == (3, 1, 2)
    assert found.outputs.dtype == np.float32
    assert history.why_none(tmp_path) == ""


def test_a_run_of_before_has_none_and_says_so(tmp_path):
    assert history.read(tmp_path) is None
    assert "before" in history.why_none(tmp_path)


def test_what_came_after_the_place_is_cut_off(tmp_path):
    write(tmp_path)
    for step in (5, 9, 14):
        history.write_part(tmp_path, step, {"values": np.full(2, step)}, kept=3)
    history.cut(tmp_path, 2, 9)
    assert history.read(tmp_path).epochs == (1, 2)
    assert history.read_part(tmp_path, 14) is None
    assert history.read_part(tmp_path, 9)["values"].tolist() == [9, 9]


def test_only_the_parts_of_the_last_checkpoints_are_kept(tmp_path):
    for step in (5, 9, 14):
        history.write_part(tmp_path, step, {"values": np.zeros(2)}, kept=2)
    assert history.read_part(tmp_path, 5) is None
    assert history.read_part(tmp_path, 9) is not None


def half(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def other_shape(file):
    np.savez(file, **(arrays() | {"train_loss": np.zeros(9, np.float32)}))


def words(file):
    np.savez(file, **(arrays() | {"train_loss": np.array(["x", "y", "z"])}))


def objects(file):
    np.savez(file, allow_pickle=True, **(arrays() | {"train_loss": np.array([{}, {}, {}])}))


def one_missing(file):
    np.savez(file, **{name: values for name, values in arrays().items() if name != "train_said"})


def growing(file):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("train_loss.npy", bytes(20_000_000))


@pytest.mark.parametrize("harm", [half, other_shape, words, objects, one_missing, growing])
def test_a_damaged_or_hostile_epoch_is_passed_over_and_named(tmp_path, harm):
    write(tmp_path)
    harm(tmp_path / "history" / "epoch-0002.npz")
    found = history.read(tmp_path)
    assert found.epochs == (1, 3)
    assert found.damaged == (2,)
    assert found.train.loss[:, 0].tolist() == [1, 3]


def test_a_damaged_list_of_samples_is_said(tmp_path):
    write(tmp_path)
    (tmp_path / "history" / "about.json").write_text('{"task": "category", "surprise": 1}')
    with pytest.raises(UserError, match=r"about\.json cannot be read"):
        history.read(tmp_path)


def test_targets_that_fit_no_sample_are_refused(tmp_path):
    write(tmp_path)
    file = tmp_path / "history" / "about.json"
    file.write_text(ABOUT.model_copy(update={"train_target": (0.0, 7.0)}).model_dump_json())
    with pytest.raises(UserError, match=r"about\.json cannot be read"):
        history.read(tmp_path)
