"""Encoders that may know something already: where their weights come from, and what is frozen."""

import hashlib
import http.server
import threading
from dataclasses import replace

import numpy as np
import pytest

from workbench import parts
from workbench.errors import UserError

pytestmark = pytest.mark.slow
PICTURES = np.random.default_rng(0).random((2, 40, 40, 3)).astype("f4")


def made(**options):
    part = parts.find("encoder", "image_pretrained")
    return part.function(**part.check(options), fresh=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with weights of MobileNet as Keras would have them, of a start of its own."""
    import h5py
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    folder = tmp_path_factory.mktemp("published")
    keras.utils.set_random_seed(7)
    network = keras.applications.MobileNetV3Small(
        include_top=False, weights=None, input_shape=(64, 64, 3)
    )
    network.save_weights(folder / "mine.weights.h5")
    network.save(folder / "mine.keras")
    with h5py.File(folder / "mine.h5", "w") as file:
        # The format of the files that Keras publishes.
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    small = network(255 * np.resize(PICTURES, (2, 64, 64, 3))).numpy()
    np.save(folder / "told.npy", small)
    return folder


@pytest.fixture
def server(published):
    """What stands in for the site of Keras."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=published)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()
        thread.join()


@pytest.fixture
def stand_in(monkeypatch, tmp_path, server, published):
    """Have the weights of MobileNet come from the stand-in; gives the folder of Keras."""
    from workbench.layers import imagenet

    def of(name="mine.h5", digest=None, address=None):
        known = digest or hashlib.md5((published / name).read_bytes()).hexdigest()
        place = f"{address or server}/{name}"
        network = imagenet.NETWORKS["mobilenet_small"]
        there = replace(network, address=place, digest=known)
        monkeypatch.setitem(imagenet.NETWORKS, "mobilenet_small", there)
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
        return tmp_path / "keras" / "models"

    return of


def sequence(encoder):
    """What the network says of 64 x 64 pixels, a map a sample."""
    said = np.asarray(encoder(np.resize(PICTURES, (2, 64, 64, 3)))["sequence"])
    return said.reshape(2, 2, 2, -1)


@pytest.mark.parametrize("name", ["mine.weights.h5", "mine.h5", "mine.keras"])
def test_weights_from_a_file_are_those_that_were_saved(published, name):
    encoder = made(weights="file", weights_file=str(published / name))
    assert sequence(encoder) == pytest.approx(np.load(published / "told.npy"), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mine.bin", b"x", "no file of weights"),
        ("mine.weights.h5", None, "There is no file"),
        ("mine.weights.h5", b"broken", "do not fit"),
        ("mine.keras", b"broken", "do not fit"),
        ("mine.h5", b"broken", "do not fit"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(tmp_path, name, content, words):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=words):
        made(weights="file", weights_file=str(file))(PICTURES)


def test_a_file_that_nobody_named_is_asked_for():
    with pytest.raises(UserError, match="No file of weights is named"):
        made(weights="file")(PICTURES)


@pytest.mark.parametrize("name", ["mine.weights.h5", "mine.keras"])
def test_weights_of_another_network_are_refused_in_words(published, name):
    file = str(published / name)
    with pytest.raises(UserError, match="do not fit") as refused:
        made(network="resnet", weights="file", weights_file=file)(PICTURES)
    assert "ResNet 50 without its head" in refused.value.remedy


def test_imagenet_is_downloaded_once_with_its_progress_and_kept(stand_in, published):
    kept = stand_in()
    encoder, told = made(weights="imagenet"), []
    encoder.told = lambda done, total: told.append((done, total))
    assert sequence(encoder) == pytest.approx(np.load(published / "told.npy"), abs=1e-5)
    size = (published / "mine.h5").stat().st_size
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert [file.name for file in kept.iterdir()] == ["mine.h5"]
    again = made(weights="imagenet")
    again.told = lambda done, total: pytest.fail("it is there already")
    assert sequence(again) == pytest.approx(np.load(published / "told.npy"), abs=1e-5)


def test_without_a_listener_the_progress_of_a_download_is_in_the_log(stand_in, capsys):
    stand_in()
    made(weights="imagenet")(PICTURES)
    lines = capsys.readouterr().err.splitlines()
    lines = [line for line in lines if line.startswith("Downloading")]
    assert lines[-1].startswith("Downloading the weights of MobileNetV3 Small: 100 % of")
    assert 2 <= len(lines) <= 11


def test_a_damaged_file_is_downloaded_anew(stand_in, published):
    kept = stand_in()
    kept.mkdir(parents=True)
    (kept / "mine.h5").write_bytes(b"half of it")
    encoder = made(weights="imagenet")
    assert sequence(encoder) == pytest.approx(np.load(published / "told.npy"), abs=1e-5)


def test_without_a_connection_the_download_is_refused_and_says_where_a_file_may_lie(stand_in):
    kept = stand_in(address="http://127.0.0.1:9")
    with pytest.raises(UserError, match="MobileNetV3 Small cannot be downloaded") as refused:
        made(weights="imagenet")(PICTURES)
    assert f"place the file mine.h5 from http://127.0.0.1:9/mine.h5 in the folder {kept}" in (
        refused.value.remedy
    )
    assert not kept.exists() or list(kept.iterdir()) == []


def test_a_file_placed_by_hand_needs_no_connection(stand_in, published):
    kept = stand_in(address="http://127.0.0.1:9")
    kept.mkdir(parents=True)
    (kept / "mine.h5").write_bytes((published / "mine.h5").read_bytes())
    encoder = made(weights="imagenet")
    assert sequence(encoder) == pytest.approx(np.load(published / "told.npy"), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "digest", "words"),
    [
        ("mine.h5", "0" * 32, "not what Keras published"),
        ("gone.h5", "0" * 32, "the server answered 404 File not found"),
    ],
)
def test_what_comes_wrong_is_refused_and_not_kept(stand_in, name, digest, words):
    kept = stand_in(name, digest)
    with pytest.raises(UserError, match=words):
        made(weights="imagenet")(PICTURES)
    assert not kept.exists() or list(kept.iterdir()) == []


def test_addresses_and_digests_are_those_of_keras(monkeypatch):
    """Keras itself is asked: what it would download is what is downloaded here."""
    from keras.src.utils import file_utils

    from workbench.layers import imagenet

    class Asked(Exception):
        pass

    def get_file(name, origin, cache_subdir, file_hash):
        raise Asked(name, origin, cache_subdir, file_hash)

    monkeypatch.setattr(file_utils, "get_file", get_file)
    for network in imagenet.NETWORKS.values():
        with pytest.raises(Asked) as asked:
            network.make(include_top=False, weights="imagenet", input_shape=(64, 64, 3))
        assert asked.value.args == (network.file_name, network.address, "models", network.digest)


def test_a_checkpoint_needs_no_download():
    part = parts.find("encoder", "image_pretrained")
    encoder = part.function(**part.check({"weights": "imagenet"}), fresh=False)
    assert np.isfinite(np.asarray(encoder(PICTURES)["vector"])).all()
    assert len(encoder.frozen_layers) == 1, "it goes on as it was begun"


@pytest.mark.parametrize(
    "network", ["mobilenet_small", "mobilenet_large", "efficientnet", "convnext", "resnet"]
)
def test_pictures_reach_a_network_as_its_own_preparation_would_have_them(network):
    import keras

    module = {
        "mobilenet_small": keras.applications.mobilenet_v3,
        "mobilenet_large": keras.applications.mobilenet_v3,
        "efficientnet": keras.applications.efficientnet_v2,
        "convnext": keras.applications.convnext,
        "resnet": keras.applications.resnet,
    }[network]
    encoder = made(network=network)
    said = np.asarray(encoder(PICTURES)["sequence"])
    prepared = module.preprocess_input(np.array(255 * PICTURES))
    wanted = np.asarray(encoder.base(prepared, training=False))
    assert said.reshape(wanted.shape) == pytest.approx(wanted, rel=1e-3, abs=1e-4)


def test_statistics_are_learned_at_chance_and_held_where_something_is_known(published):
    file = str(published / "mine.weights.h5")
    for options, moves in (({}, True), ({"weights": "file", "weights_file": file}, False)):
        encoder = made(**options)
        encoder(PICTURES)
        before = [v.numpy() for v in encoder.base.non_trainable_variables]
        encoder(PICTURES, training=True)
        after = encoder.base.non_trainable_variables
        pairs = zip(before, after, strict=True)
        assert any(not np.array_equal(a, b.numpy()) for a, b in pairs) == moves


@pytest.mark.parametrize(
    ("train_it", "after", "held"), [("never", None, 1), ("later", 5, 1), ("at_once", None, 0)]
)
def test_when_the_network_is_trained_is_told(published, train_it, after, held):
    file = str(published / "mine.weights.h5")
    encoder = made(weights="file", weights_file=file, train_it=train_it, thaw_after=5)
    assert encoder.frozen_layers == ()
    encoder(PICTURES)
    assert encoder.thaws_after == after
    assert len(encoder.frozen_layers) == held


def test_a_network_that_starts_at_chance_is_trained_from_the_first_epoch():
    encoder = made(train_it="never")
    encoder(PICTURES)
    assert encoder.frozen_layers == ()


@pytest.fixture
def to_train(tmp_path):
    """What makes a trainer of few pictures with a network of these options."""
    from workbench import spec
    from workbench.data.index import strings
    from workbench.data.prepared import Prepared

    dice = np.random.default_rng(0)
    labels = np.arange(24) % 2
    pictures = (dice.random((24, 32, 32, 3)) * 100 + 100 * labels[:, None, None, None]).astype("u1")
    data = Prepared(
        arrays={"image": pictures}, labels=labels, task="category", classes=("a", "b"),
        split=np.repeat(np.asarray([0, 1, 2], "i1"), 8), vocabulary=0, scaling=None, left_out={},
        stems=strings([f"s{n}" for n in range(24)]), tokenizer="", key="k",
    )  # fmt: skip

    def of(kind, tell, wish=lambda: None, **options):
        run_spec = spec.from_data(
            {
                "data": {"folder": "/data", "target": "y", "task": "category"},
                "model": {"encoders": {"image": {"name": "image_pretrained", "options": options}}},
                "objective": {"loss": {"name": "cross_entropy"}},
                "training": {"epochs": 2, "batch_size": 4, "learning_rate": 1e-3},
            }
        )
        return kind(run_spec, data, tmp_path, tell, wish)

    return of


def test_two_phases_train_the_projection_first_and_the_network_later(to_train, published):
    from workbench import events
    from workbench.training.trainer import Trainer

    said, kept = [], []

    class Watched(Trainer):
        def look(self):
            layer = self._learner.built.encoders["image"]
            kept.append([np.array(v.numpy()) for v in layer.base.trainable_variables])

        def _train_epoch(self, iterator):
            self.look()
            return super()._train_epoch(iterator)

    file = str(published / "mine.weights.h5")
    trainer = to_train(Watched, said.append, thaw_after=1, weights="file", weights_file=file)
    trainer.train()
    trainer.look()
    assert len([event for event in said if isinstance(event, events.EpochDone)]) == 2
    start, first, second = kept
    assert all(np.array_equal(a, b) for a, b in zip(start, first, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_run_tells_how_far_its_download_is(to_train, stand_in, published):
    from workbench.training.trainer import Trainer

    class ToTheModel(Trainer):
        def _start(self):
            raise StopIteration

    stand_in()
    said = []
    with pytest.raises(StopIteration):
        to_train(ToTheModel, said.append, weights="imagenet").train()
    told = [event for event in said if event.stage == "download"]
    size = (published / "mine.h5").stat().st_size
    assert (told[-1].done, told[-1].total) == (size, size)


def test_a_wish_to_stop_ends_a_download_and_leaves_nothing(to_train, stand_in):
    from workbench.data.walk import Stopped
    from workbench.training.trainer import Trainer

    kept = stand_in()
    with pytest.raises(Stopped):
        to_train(Trainer, lambda event: None, lambda: "stop", weights="imagenet").train()
    assert list(kept.iterdir()) == []


def test_what_is_held_is_let_go_after_its_epochs(published):
    from workbench.training.model import Multimodal

    file = str(published / "mine.weights.h5")
    encoder = made(weights="file", weights_file=file, train_it="later", thaw_after=2)
    encoder(PICTURES)
    built = Multimodal(model=None, encoders={"image": encoder})
    assert len(built.frozen(2)) == len(encoder.base.trainable_variables)
    assert built.frozen(3) == []
