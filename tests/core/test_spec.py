"""Specs are read strictly, changed by dotted places, and written whole."""

import json

import pytest

from workbench import spec
from workbench.errors import UserError

DATA = {
    "data": {"folder": "/data", "target": "label", "task": "number"},
    "model": {"encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_average"}}},
    "objective": {"loss": {"name": "huber"}},
}


@pytest.fixture
def base():
    return spec.from_data(DATA)


def test_every_default_is_written_out_and_read_back(base):
    data = json.loads(base.to_json())
    assert data["objective"]["loss"]["options"] == {"delta": 1.0}
    assert data["training"]["optimizer"]["options"] == {"beta_1": 0.9, "beta_2": 0.999}
    assert data["model"]["fusion"]["options"]["size"] == 64
    assert spec.from_data(data) == base


def test_json_and_toml_files_are_read_alike(base, tmp_path):
    (tmp_path / "a.json").write_text(base.to_json())
    (tmp_path / "a.toml").write_text(
        '[data]\nfolder = "/data"\ntarget = "label"\ntask = "number"\n'
        '[model.encoders.image]\nname = "image_cnn"\n[model.encoders.text]\nname = "text_average"\n'
        '[objective.loss]\nname = "huber"\n'
    )
    assert spec.read(tmp_path / "a.json") == spec.read(tmp_path / "a.toml") == base


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not valid JSON"),
        ("[]", "does not hold a spec"),
        ('{"data": 3}', "data is 3"),
        ("{}", "The setting 'data' is missing"),
    ],
)
def test_a_file_that_holds_no_spec_is_refused_with_its_name(tmp_path, text, sentence):
    file = tmp_path / "spec.json"
    file.write_text(text)
    with pytest.raises(UserError, match=sentence) as refused:
        spec.read(file)
    assert str(file) in str(refused.value)


def test_a_newer_version_is_refused():
    with pytest.raises(UserError, match=r"version 99.*Update"):
        spec.from_data(DATA | {"version": 99})


@pytest.mark.parametrize(
    ("place", "text", "value"),
    [
        ("training.epochs", "7", 7),
        ("training.learning_rate", "1e-4", 1e-4),
        ("training.patience", "none", None),
        ("data.image.size", "48", 48),
        ("objective.loss.delta", "0.5", 0.5),
        ("objective.loss.options.delta", "0.5", 0.5),
        ("model.encoders.text.size", "32", 32),
    ],
)
def test_a_value_is_changed_as_a_person_types_it(base, place, text, value):
    changed = json.loads(spec.change(base, place, text).to_json())
    for key in place.split("."):
        changed = changed.get(key, changed.get("options", {}).get(key))
    assert changed == value


def test_another_part_brings_its_own_options(base):
    changed = spec.change(base, "objective.loss.name", "absolute_error")
    assert changed.objective.loss.options == {}
    assert spec.change(changed, "objective.loss", "huber") == base


@pytest.mark.parametrize("off", [None, "none"])
def test_a_modality_is_switched_off_and_on(base, off):
    changed = spec.change(base, "model.encoders.text", off)
    assert changed.modalities == ("image",)
    again = spec.change(changed, "model.encoders.text.name", "text_lstm")
    assert again.modalities == ("image", "text")
    with pytest.raises(UserError, match="at least one modality"):
        spec.change(changed, "model.encoders.image", off)


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("training.epoch", "3", "Did you mean 'training.epochs'"),
        ("training.epochs", "0", "1 <= x <= 10000"),
        ("training.epochs", "many", "a whole number"),
        ("objective.loss.dleta", "1", "Did you mean 'delta'"),
        ("objective.loss.name", "cross_entropy", "categories"),
        ("model.encoders.audio.width", "8", "switched off"),
        ("model.encoders.image.name", "text_lstm", "Reads text"),
        ("nowhere.at.all", "1", "There is no setting"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_the_nearest_or_the_range(
    base, place, value, sentence
):
    with pytest.raises(UserError, match=sentence):
        spec.change(base, place, value)
