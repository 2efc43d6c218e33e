"""Vectors of a sentence model in a recipe, in the data and in the model."""

import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from workbench import spec as specs
from workbench.data.folder import scan
from workbench.errors import UserError
from workbench.suggest import suggest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.slow


@pytest.fixture
def model(tmp_path):
    """A folder with a model that knows each letter by a vector of its own."""
    h, t = onnx.helper, onnx.TensorProto
    table = np.random.default_rng(0).normal(size=(27, 24)).astype("f4")
    graph = h.make_graph(
        [h.make_node("Gather", ["table", "input_ids"], ["tokens"])],
        "network",
        [h.make_tensor_value_info("input_ids", t.INT64, ["batch", "words"])],
        [h.make_tensor_value_info("tokens", t.FLOAT, ["batch", "words", 24])],
        [onnx.numpy_helper.from_array(table, "table")],
    )
    made = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    place = tmp_path / "sentences"
    place.mkdir()
    onnx.save(made, place / "model.onnx")
    known = {"[UNK]": 0, **{letter: n for n, letter in enumerate("abcdefghijklmnopqrstuvwxyz", 1)}}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.save(str(place / "tokenizer.json"))
    return place


def recipe(folder):
    return suggest(scan(folder, check=False))


def test_choosing_the_encoder_has_texts_read_in_its_form_and_back(shapes):
    start = recipe(shapes)
    chosen = specs.change(start, "model.encoders.text.name", "text_sentence")
    assert chosen.data.text.tokenizer == "sentence_model"
    back = specs.change(chosen, "model.encoders.text.name", "text_lstm")
    assert back.data.text.tokenizer == "word"


def test_a_wrong_pairing_is_refused_in_words(shapes):
    with pytest.raises(UserError, match="yours are read as vectors of a sentence model"):
        specs.change(recipe(shapes), "data.text.tokenizer", "sentence_model")


def test_a_model_is_built_on_the_vectors_and_reads_them(shapes, model):
    from workbench.data.cache import prepare
    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build

    start = specs.change(recipe(shapes), "model.encoders.text.name", "text_sentence")
    spec = specs.change(start, "data.text.model", str(model))
    prepared = prepare(scan(shapes, check=False), spec.data, spec.modalities)
    inputs = ModelInputs.of(prepared, spec)
    assert inputs.shapes["text"] == (24,)
    built = build(spec, inputs.shapes, inputs.outputs, inputs.vocabulary)
    given = {name: np.asarray(values[:4]) for name, values in prepared.arrays.items()}
    made, other = built.model(given), built.model({**given, "text": given["text"][::-1]})
    assert np.isfinite(np.asarray(made["task"])).all()
    assert not np.allclose(np.asarray(made["task"]), np.asarray(other["task"]))
