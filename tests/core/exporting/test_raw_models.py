"""Models that take raw inputs, of every part there is, against what the app says."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from untrained import SHORT, prepared_of, raw_samples, spec_of, trained_of

from workbench import parts
from workbench.errors import UserError
from workbench.exporting import formats

pytestmark = pytest.mark.slow

ENCODERS = [each.name for each in parts.parts("encoder")]
FUSIONS = [each.name for each in parts.parts("fusion")]
HEADS = [
    ("cross_entropy", "ordered"), ("coral", "ordered"), ("corn", "ordered"), ("ldam", "category"),
    ("hinge", "yes_no"), ("binary_cross_entropy", "labels"), ("huber", "number"),
    ("gaussian_nll", "numbers"),
]  # fmt: skip


def softmax(logits):
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def app_says(trained, samples, folder):
    """By the formulas of the issue: what the screen shows of logits."""
    said = trained.says(prepared_of(trained, samples, folder))
    outputs = said["task"].astype(np.float64)
    sure = 1 / (1 + np.exp(-outputs))
    match trained.inputs.task:
        case "yes_no":
            return np.concatenate([1 - sure, sure], axis=1)
        case "labels":
            return sure
        case "number" | "numbers":
            return outputs * trained.inputs.spread + trained.inputs.center
    return softmax(outputs)


def difference(form, trained, folder, present=True):
    """The largest one between the app and a written file, of two samples."""
    from workbench.exporting import bundle, writers

    samples = raw_samples(trained)
    wanted = app_says(trained, samples, folder)
    form = formats.find(form)
    file = folder / form.file
    writers.write(form, bundle.model_for(trained, form), file)
    says = writers.opened(form, file)
    more = {f"{m}_present": np.ones(1, np.float32) for m in trained.inputs.incomplete}
    worst = 0.0
    for sample, row in zip(samples, wanted, strict=True):
        given = {name: values[None] for name, values in sample.items()}
        found = says(given | more)
        name = "values" if trained.inputs.scaling else "probabilities"
        worst = max(worst, float(np.abs(found[name][0] - row).max()))
    return worst


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_says_the_same_from_raw_inputs_in_a_file_of_keras_own_layers(name, tmp_path):
    part = parts.find("encoder", name)
    trained = trained_of(spec_of({part.modality: name}))
    assert difference("keras", trained, tmp_path) < 1e-5
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert "workbench" not in archive.read("config.json").decode()


@pytest.mark.parametrize("name", FUSIONS)
def test_every_fusion_says_the_same_from_raw_inputs(name, tmp_path):
    assert difference("keras", trained_of(spec_of(fusion=name)), tmp_path) < 1e-5


@pytest.mark.parametrize("name", FUSIONS)
def test_every_fusion_is_told_which_modality_a_sample_lacks(name, tmp_path):
    from workbench.exporting import raw

    spec = spec_of({"image": "image_cnn", "text": "text_average"}, fusion=name)
    trained = trained_of(spec, incomplete=("image", "text"))
    samples = raw_samples(trained, 1)
    arrays = prepared_of(trained, samples, tmp_path)
    arrays["image"] = np.zeros_like(arrays["image"])
    wanted = softmax(trained.says(arrays, {"image": np.zeros(1, bool)})["task"])
    model = raw.model_of(trained)
    given = {
        "image": np.zeros((1, 3, 4, 3), np.uint8), "image_present": np.zeros(1, np.float32),
        "text": samples[0]["text"][None], "text_present": np.ones(1, np.float32),
    }  # fmt: skip
    found = model(given, training=False)["probabilities"]
    np.testing.assert_allclose(np.asarray(found), wanted, atol=1e-5)


@pytest.mark.parametrize(("loss", "task"), HEADS)
def test_every_head_speaks_in_probabilities_or_in_the_unit_of_the_target(loss, task, tmp_path):
    trained = trained_of(spec_of({"text": "text_average"}, loss=loss, task=task))
    assert difference("keras", trained, tmp_path) < 1e-5 * max(np.ravel(trained.inputs.spread))


@pytest.mark.parametrize("form", ["savedmodel", "litert", "onnx"])
def test_the_other_formats_hold_all_modalities_and_a_memory(form, tmp_path):
    pytest.importorskip("tf2onnx") if form == "onnx" else None
    encoders = dict(SHORT) | {"text": "text_lstm"}
    trained = trained_of(spec_of(encoders, fusion="attention"), incomplete=("audio",))
    assert difference(form, trained, tmp_path) < formats.find(form).bound


def test_pairs_without_a_target_give_their_embeddings():
    from workbench.exporting import raw

    aligned = {"image+text": {"loss": {"name": "infonce"}, "size": 4}}
    spec = spec_of(loss=None, task="none", objective={"alignments": aligned})
    model = raw.model_of(trained_of(spec))
    assert {"embedding_image", "image_with_text_image", "image_with_text_text"} <= set(model.output)


def test_a_layer_that_is_not_one_of_keras_own_is_refused_by_its_name(tmp_path):
    from workbench.exporting import writers
    from workbench.layers import Cosines
    from workbench.lazy import keras

    given = keras.Input((4,), name="text")
    foreign = keras.Model({"text": given}, {"probabilities": Cosines(3)(given)})
    with pytest.raises(UserError, match="The layer Cosines is not one of Keras' own"):
        writers.write(formats.find("keras"), foreign, tmp_path / "model.keras")


@pytest.mark.parametrize(("form", "title"), [("litert", "LiteRT"), ("onnx", "ONNX")])
def test_an_operation_that_a_format_does_not_know_is_named_with_its_part(form, title, tmp_path):
    from workbench.exporting import writers
    from workbench.lazy import keras, ops

    pytest.importorskip("tf2onnx") if form == "onnx" else None
    given = keras.Input((4,), name="text")
    said = ops.erfinv(given * 0.1)
    model = keras.Model({"text": given}, {"probabilities": said}, name="multimodal")
    with pytest.raises(UserError, match=f"{title} does not know the operation Erfinv"):
        writers.write(formats.find(form), model, tmp_path / "model")


def test_formats_say_in_words_what_they_lack(monkeypatch):
    import importlib.util

    spec = spec_of(training={"precision": "bfloat16"})
    assert "bfloat16" in formats.why_not(formats.find("onnx"), spec)
    assert formats.bound(formats.find("keras"), spec) > 1e-3
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "multimodal-workbench[export]" in formats.why_not(formats.find("onnx"), spec)
    assert formats.why_not(formats.find("keras"), spec) == ""
    with pytest.raises(UserError, match="There is no format 'onx'"):
        formats.find("onx")
