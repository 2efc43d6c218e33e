"""Files of sentence models: only what lies in the named folder is read, and nothing is executed."""

import os
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tokenizers import Tokenizer, models, pre_tokenizers

from workbench.data.readers import onnx_contents, sentence_files, sentences
from workbench.errors import UserError
from workbench.spec import TextInput

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

WORDS = ["[UNK]", "red", "green", "blue"]
SIZE = 512
"""So large that the numbers may lie in a file of their own."""


def table():
    return np.random.default_rng(0).normal(size=(len(WORDS), SIZE)).astype("f4")


def network(domain="", inner=None):
    """A row of the table for each token; another operator where a domain is given."""
    h, t = onnx.helper, onnx.TensorProto
    last = h.make_node("Anything", ["rows"], ["tokens"], domain=domain)
    if not domain:
        last = h.make_node("Identity", ["rows"], ["tokens"])
    graph = h.make_graph(
        [h.make_node("Gather", ["table", "input_ids"], ["rows"]), inner or last],
        "network",
        [h.make_tensor_value_info("input_ids", t.INT64, ["batch", "words"])],
        [h.make_tensor_value_info("tokens", t.FLOAT, ["batch", "words", SIZE])],
        [onnx.numpy_helper.from_array(table(), "table")],
    )
    known = [h.make_opsetid("", 17)] + ([h.make_opsetid(domain, 1)] if domain else [])
    return h.make_model(graph, opset_imports=known, ir_version=8)


def tokenizer():
    found = Tokenizer(models.WordLevel({w: n for n, w in enumerate(WORDS)}, unk_token="[UNK]"))
    found.pre_tokenizer = pre_tokenizers.Whitespace()
    return found


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "model"
    place.mkdir()
    onnx.save(network(), place / "model.onnx")
    tokenizer().save(str(place / "tokenizer.json"))
    return place


def opened(place):
    return sentences.opened(TextInput(tokenizer="sentence_model", model=str(place)))


def refused(place):
    with pytest.raises(UserError) as error:
        opened(place)
    return str(error.value)


def test_the_usual_places_are_found(folder):
    wanted = opened(folder).vector("red blue")
    assert opened(folder / "model.onnx").vector("red blue") == pytest.approx(wanted)
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model.onnx")
    assert opened(folder).vector("red blue") == pytest.approx(wanted)
    (folder / "onnx" / "model.onnx").rename(folder / "only one.onnx")
    assert opened(folder).vector("red blue") == pytest.approx(wanted)


def test_a_text_without_any_token_is_zeros(folder):
    assert opened(folder).vector("").tolist() == [0.0] * SIZE


def test_what_cannot_be_found_is_told_with_a_remedy(folder, tmp_path):
    assert "Set data.text.model" in refused("")
    assert "whole path" in refused("model")
    assert "There is no sentence model at" in refused(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    assert "holds no ONNX or .keras model" in refused(tmp_path / "empty")
    (tmp_path / "weights.bin").write_bytes(b"x")
    assert "Export the model to ONNX" in refused(tmp_path / "weights.bin")
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / "empty" / name).write_bytes(b"x")
    assert "holds 2 models: a.onnx, b.onnx. Name one of them." in refused(tmp_path / "empty")
    (folder / "tokenizer.json").unlink()
    assert "There is no tokenizer.json for model.onnx" in refused(folder)
    (folder / "tokenizer.json").write_text("{}")
    assert "tokenizer.json is damaged" in refused(folder)


def test_damaged_models_and_settings_are_told_in_words(folder):
    (folder / "tokenizer_config.json").write_text("{")
    assert "is no JSON" in refused(folder)
    (folder / "tokenizer_config.json").write_text("[]")
    assert "does not hold settings" in refused(folder)
    (folder / "tokenizer_config.json").unlink()
    raw = (folder / "model.onnx").read_bytes()
    for damaged in (raw[:-100], b"not a model at all", b"\x00" * 50, b"\xff" * 50):
        (folder / "model.onnx").write_bytes(damaged)
        assert "model.onnx" in refused(folder)
    (folder / "model.onnx").write_bytes(b"")
    assert "model.onnx is empty" in refused(folder)


def test_operators_of_its_own_are_refused(folder):
    onnx.save(network("com.example"), folder / "model.onnx")
    assert "operators of its own: com.example.Anything. They would be" in refused(folder)


def test_operators_hidden_in_a_branch_are_refused_and_those_it_defines_itself_are_not(folder):
    h, t = onnx.helper, onnx.TensorProto
    out = h.make_tensor_value_info("inner", t.FLOAT, None)
    branch = h.make_graph(
        [h.make_node("Hidden", ["rows"], ["inner"], domain="com.example")], "branch", [], [out]
    )
    choose = h.make_node("If", ["yes"], ["tokens"], then_branch=branch, else_branch=branch)
    made = network("com.example", inner=choose)
    made.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(True), "yes"))
    onnx.save(made, folder / "model.onnx")
    assert "com.example.Hidden" in refused(folder)
    known = [h.make_opsetid("", 17)]
    body = h.make_node("Neg", ["x"], ["y"])
    made.functions.append(h.make_function("com.example", "Hidden", ["x"], ["y"], [body], known))
    onnx.save(made, folder / "model.onnx")
    mean = -table()[[1]].mean(axis=0)
    wanted = mean / np.linalg.norm(mean)
    assert opened(folder).vector("red") == pytest.approx(wanted, abs=1e-6)


def outside(folder, location):
    """A model whose numbers lie in a file of their own, said to be at a location."""
    made = network()
    onnx.save(made, folder / "model.onnx", save_as_external_data=True, location="numbers.bin")
    found = onnx.load(folder / "model.onnx", load_external_data=False)
    for entry in found.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = location
    (folder / "model.onnx").write_bytes(found.SerializeToString())


def test_numbers_in_a_file_of_their_own_are_read_and_belong_to_the_hash(folder):
    wanted = opened(folder).vector("red blue")
    outside(folder, "numbers.bin")
    model = opened(folder)
    assert model.vector("red blue") == pytest.approx(wanted, abs=1e-6)
    raw = bytearray((folder / "numbers.bin").read_bytes())
    raw[2] ^= 1
    (folder / "numbers.bin").write_bytes(raw)
    assert opened(folder).digest != model.digest


@pytest.mark.parametrize("location", ["../numbers.bin", "/numbers.bin", "in/../../numbers.bin"])
def test_numbers_outside_of_the_folder_are_refused(folder, location):
    outside(folder, location)
    (folder / "in").mkdir()
    (folder / "numbers.bin").rename(folder.parent / "numbers.bin")
    assert "outside of" in refused(folder)


def test_numbers_that_are_gone_are_told(folder):
    outside(folder, "gone.bin")
    assert "needs gone.bin, which cannot be read" in refused(folder)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no links")
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "tokenizer_config.json"])
def test_links_out_of_the_folder_are_refused(folder, tmp_path, name):
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    assert f"would read {name}, which is outside of" in refused(folder)
    (folder / name).unlink()
    (folder / "inner").mkdir()
    (tmp_path / name).rename(folder / "inner" / name)
    (folder / name).symlink_to(folder / "inner" / name)
    assert opened(folder).size == SIZE


def test_a_missing_onnxruntime_is_told_with_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert 'pip install "multimodal-workbench[sentences]"' in refused(folder)


def test_a_model_that_wants_something_else_is_refused(folder):
    made = network()
    h, t = onnx.helper, onnx.TensorProto
    made.graph.input.append(h.make_tensor_value_info("pixels", t.FLOAT, ["batch", 3]))
    onnx.save(made, folder / "model.onnx")
    assert "is given input_ids (int64), pixels (tensor(float))" in refused(folder)
    made = network()
    made.graph.node.append(h.make_node("ReduceSum", ["rows"], ["sum"], keepdims=0))
    del made.graph.output[:]
    made.graph.output.append(h.make_tensor_value_info("sum", t.FLOAT, []))
    onnx.save(made, folder / "model.onnx")
    assert "gives no vector for a text: sum []" in refused(folder)


def test_what_a_file_asks_for_is_what_the_onnx_package_reads(folder):
    found = onnx_contents.contents(folder / "model.onnx")
    assert found.operators == {("", "Gather"), ("", "Identity")}
    assert found.outside == ()
    outside(folder, "numbers.bin")
    assert onnx_contents.contents(folder / "model.onnx").outside == ("numbers.bin",)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.data())
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(folder, data):
    raw = bytearray((folder / "model.onnx").read_bytes()[:400])
    for at in data.draw(some.lists(some.integers(0, len(raw) - 1), max_size=8)):
        raw[at] = data.draw(some.integers(0, 255))
    file = folder / "changed.onnx"
    file.write_bytes(data.draw(some.sampled_from([bytes(raw), os.urandom(64)])))
    told = ""
    try:
        onnx_contents.contents(file)
    except UserError as error:
        told = error.problem
    assert not told or "changed.onnx" in told


def keras_model(kind, folder):
    import keras

    if kind == "texts":
        vectorize = keras.layers.TextVectorization(vocabulary=WORDS[1:], output_sequence_length=5)
        inputs = keras.Input((1,), dtype="string", name="text")
        tokens = vectorize(inputs)
        embedded = keras.layers.Embedding(len(WORDS) + 1, 4)(tokens)
        made = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(embedded))
    elif kind == "tokens":
        inputs = keras.Input((None,), dtype="int64", name="input_ids")
        made = keras.Model(inputs, keras.layers.Embedding(len(WORDS), 4)(inputs))
    elif kind == "several":
        inputs = [keras.Input((6,), dtype="int32", name=n) for n in ("attention_mask", "input_ids")]
        embedded = keras.layers.Embedding(len(WORDS), 4)(inputs[1])
        seen = keras.layers.Reshape((6, 1))(inputs[0])
        made = keras.Model(inputs, keras.layers.Multiply()([embedded, seen]))
    else:
        inputs = keras.Input((None,), dtype="int64")
        embedded = keras.layers.Embedding(len(WORDS), 4)(inputs)
        made = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(embedded))
    made.save(folder / "model.keras")
    return made


@pytest.mark.slow
def test_a_keras_model_of_texts_needs_no_tokeniser(tmp_path):
    made = keras_model("texts", tmp_path)
    model = opened(tmp_path)
    import tensorflow as tf

    for text in ("red", "green blue", ""):
        said = np.asarray(made(tf.constant([[text]])))[0]
        assert model.vector(text) == pytest.approx(said / np.linalg.norm(said), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tokens", "several"])
def test_a_keras_model_of_tokens_is_pooled_like_any_other(tmp_path, kind):
    made = keras_model(kind, tmp_path)
    assert "There is no tokenizer.json" in refused(tmp_path)
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    model = opened(tmp_path)
    rows = made.get_weights()[0][[1, 3, 3]].mean(axis=0)
    wanted = rows / np.linalg.norm(rows)
    assert model.vector("red blue blue") == pytest.approx(wanted, abs=1e-6)


@pytest.mark.slow
def test_a_keras_model_with_code_of_its_own_is_refused(tmp_path):
    keras_model("lambda", tmp_path)
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    assert "without Lambda layers" in refused(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"PK\x03\x04 no zip")
    assert "model.keras cannot be opened" in refused(tmp_path)


def test_the_hash_is_that_of_the_content_wherever_it_lies(folder, tmp_path):
    first = sentence_files.found(str(folder)).digest()
    folder.rename(tmp_path / "elsewhere")
    assert sentence_files.found(str(tmp_path / "elsewhere")).digest() == first
