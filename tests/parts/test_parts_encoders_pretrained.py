"""Encoders that may know something already: where their weights come from, and what is frozen."""

import numpy as np
import pytest

from workbench import parts
from workbench.errors import UserError

pytestmark = pytest.mark.slow
PICTURES = np.random.default_rng(0).random((2, 40, 40, 3)).astype("f4")


def made(**options):
    part = parts.find("encoder", "image_pretrained")
    return part.function(**part.check(options), fresh=True)


def test_weights_from_a_file_are_those_that_were_saved(tmp_path):
    first = made()
    before = np.asarray(first(PICTURES)["sequence"])
    file = tmp_path / "mine.weights.h5"
    first.base.save_weights(file)
    again = made(weights="file", weights_file=str(file))
    assert np.asarray(again(PICTURES)["sequence"]) == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mine.keras", b"x", "no file of weights"),
        ("mine.weights.h5", None, "no file"),
        ("mine.weights.h5", b"broken", "do not fit"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(tmp_path, name, content, words):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=words):
        made(weights="file", weights_file=str(file))(PICTURES)


def test_without_a_connection_the_download_is_refused_in_one_sentence(monkeypatch):
    from workbench.layers import pretrained

    def refuse(**options):
        assert options["weights"] == "imagenet"
        raise OSError("no route to host")

    monkeypatch.setitem(pretrained._MAKERS, "mobilenet_small", refuse)
    with pytest.raises(UserError, match="cannot be downloaded: no route to host") as refused:
        made(weights="imagenet")(PICTURES)
    assert "name a file" in refused.value.remedy


def test_a_checkpoint_needs_no_download():
    part = parts.find("encoder", "image_pretrained")
    encoder = part.function(**part.check({"weights": "imagenet"}), fresh=False)
    assert np.isfinite(np.asarray(encoder(PICTURES)["vector"])).all()


@pytest.mark.parametrize(
    ("train_it", "after", "held"), [("never", None, 1), ("later", 5, 1), ("at_once", None, 0)]
)
def test_when_the_network_is_trained_is_told(train_it, after, held):
    encoder = made(train_it=train_it, thaw_after=5)
    encoder(PICTURES)
    assert encoder.thaws_after == after
    assert len(encoder.frozen_layers) == held


def test_two_phases_train_the_projection_first_and_the_network_later(tmp_path):
    from workbench import events, spec
    from workbench.data.index import strings
    from workbench.data.prepared import Prepared
    from workbench.training.trainer import Trainer

    dice = np.random.default_rng(0)
    labels = np.arange(24) % 2
    pictures = (dice.random((24, 32, 32, 3)) * 100 + 100 * labels[:, None, None, None]).astype("u1")
    data = Prepared(
        arrays={"image": pictures}, labels=labels, task="category", classes=("a", "b"),
        split=np.repeat(np.asarray([0, 1, 2], "i1"), 8), vocabulary=0, scaling=None, left_out={},
        stems=strings([f"s{n}" for n in range(24)]), tokenizer="", key="k",
    )  # fmt: skip
    run_spec = spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_pretrained",
                                             "options": {"thaw_after": 1}}}},
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {"epochs": 2, "batch_size": 4, "learning_rate": 1e-3},
        }
    )  # fmt: skip
    said, kept = [], []

    class Watched(Trainer):
        def _keep(self):
            layer = self._built.encoders["image"]
            kept.append([np.array(v.numpy()) for v in layer.base.trainable_variables])

        def _thaw(self, epoch):
            self._keep()
            super()._thaw(epoch)

    trainer = Watched(run_spec, data, tmp_path, said.append, lambda: None)
    trainer.train()
    trainer._keep()
    assert len([event for event in said if isinstance(event, events.EpochDone)]) == 2
    start, first, second = kept
    assert all(np.array_equal(a, b) for a, b in zip(start, first, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_what_is_held_in_the_first_epoch_does_not_move(tmp_path):
    from workbench.training.model import Multimodal

    encoder = made(train_it="later", thaw_after=2)
    encoder(PICTURES)
    built = Multimodal(model=None, encoders={"image": encoder})
    assert len(built.frozen(2)) == len(encoder.base.trainable_variables)
    assert built.frozen(3) == []
