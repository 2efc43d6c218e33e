"""Models, archives and runs that others have made: nothing of them runs, and each is refused."""

from __future__ import annotations

import json
import os
import pickle
import stat
import zipfile

import numpy as np
import pytest

from workbench.data import archives
from workbench.data.readers import keras_contents
from workbench.errors import UserError
from workbench.runs import own_files
from workbench.training import checkpoints

PLAIN = {"module": "keras", "class_name": "Functional", "config": {"layers": []}}


class Evil:
    """What a pickle of it would run."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (os.mkdir, (str(self.mark),))


def written(file, config=PLAIN, **more):
    """A ``.keras`` file by hand, entries by name."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"weights")
        for name, content in more.items():
            archive.writestr(name, content)
    return file


def test_a_model_of_keras_own_layers_passes(tmp_path):
    keras_contents.refuse_unsafe(written(tmp_path / "model.keras"))


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ({"module": "keras.layers", "class_name": "Lambda", "config": {}}, "a Lambda, which runs"),
        ({"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}, "a lambda, which runs"),
        ({"module": "keras.layers", "class_name": "TFSMLayer", "config": {}}, "a TFSMLayer"),
        ({"module": "os", "class_name": "system", "config": "id"}, "system of os"),
        ({"module": "kerasfake", "class_name": "Dense", "config": {}}, "Dense of kerasfake"),
        ({"module": "my.own", "class_name": "Layer", "registered_name": "my>Layer"}, "my.own"),
    ],
)
def test_layers_that_run_code_or_are_not_of_keras_are_refused_by_name(layer, reason, tmp_path):
    config = PLAIN | {"config": {"layers": [{"deep": [{"down": layer}]}]}}
    with pytest.raises(UserError, match=reason):
        keras_contents.refuse_unsafe(written(tmp_path / "model.keras", config))


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/outside", "assets/../../up", "C:\\up"])
def test_entries_that_lead_out_of_the_file_are_refused(name, tmp_path):
    with pytest.raises(UserError, match="leads out of it"):
        keras_contents.refuse_unsafe(written(tmp_path / "model.keras", **{name: b"x"}))


def test_links_strange_entries_and_bombs_in_a_model_are_refused(tmp_path):
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = written(tmp_path / "link.keras")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match="'assets/link' in it is a link"):
        keras_contents.refuse_unsafe(file)
    with pytest.raises(UserError, match=r"'code.pkl' in it belongs to no Keras model"):
        keras_contents.refuse_unsafe(written(tmp_path / "b.keras", **{"code.pkl": b"x"}))
    bomb = written(tmp_path / "c.keras", **{"assets/zeros": bytes(64 * 2**20)})
    with zipfile.ZipFile(bomb) as archive:
        packed = archive.getinfo("assets/zeros").compress_size
    assert packed > 1024
    with pytest.raises(UserError, match="claims 67,108,864 bytes"):
        keras_contents.refuse_unsafe(bomb)


def test_damaged_and_endlessly_nested_models_are_refused(tmp_path):
    (tmp_path / "a.keras").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(UserError, match=r"a.keras cannot be opened"):
        keras_contents.refuse_unsafe(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "b.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(UserError, match=r"metadata.json is missing"):
        keras_contents.refuse_unsafe(tmp_path / "b.keras")
    deep = tmp_path / "c.keras"
    with zipfile.ZipFile(deep, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
        archive.writestr("config.json", "[" * 200_000)
    with pytest.raises(UserError, match=r"c.keras"):
        keras_contents.refuse_unsafe(deep)


def test_a_checkpoint_with_a_pickle_runs_nothing_and_is_refused(tmp_path):
    mark = tmp_path / "ran"
    file = tmp_path / "best.npz"
    np.savez(file, **{"model/0000/kernel": np.array([Evil(mark)], object)}, allow_pickle=True)
    with pytest.raises(UserError, match=r"best.npz is damaged"):
        checkpoints.load(file, {})
    plain = tmp_path / "plain.npz"
    plain.write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(UserError, match=r"plain.npz is damaged"):
        checkpoints.load(plain, {})
    assert not mark.exists()


def test_a_checkpoint_that_was_changed_is_refused(tmp_path):
    file = tmp_path / "best.npz"
    state = np.frombuffer(b"{}", np.uint8)
    np.savez(file, state=state, **{"model/0000/kernel": np.ones(3)}, sha256=state)
    with pytest.raises(UserError, match="its checksum is another"):
        checkpoints.load(file, {})


@pytest.mark.parametrize("name", ["spec.json", "model/inputs.json", "checkpoints/best.npz"])
def test_a_run_whose_files_are_links_to_elsewhere_is_refused(name, tmp_path):
    run = tmp_path / "run"
    for each in ("spec.json", "model/inputs.json", "checkpoints/best.npz"):
        (run / each).parent.mkdir(parents=True, exist_ok=True)
        (run / each).write_bytes(b"{}")
    own_files.refuse_links(run)
    secret = tmp_path / "secret"
    secret.write_text("{}")
    (run / name).unlink()
    (run / name).symlink_to(secret)
    with pytest.raises(UserError, match=f"{name} of the run run is a link"):
        own_files.refuse_links(run)


def test_a_folder_of_checkpoints_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run" / "checkpoints").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="checkpoints of the run run is a link"):
        own_files.refuse_links(tmp_path / "run")


def test_an_archive_of_data_writes_nothing_outside(tmp_path):
    file = tmp_path / "data.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/one.txt", "one")
        archive.writestr("../../outside.txt", "out")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match="outside"):
        archives.unpacked(file)
    assert sorted(tmp_path.rglob("*")) == before
