"""Sentence models: what they make of a text, run by onnxruntime or Keras, and through the cache."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from workbench.data import cache
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.readers import sentences
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.spec import TextInput
from workbench.suggest import suggest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "green", "blue", "circle", "square", "triangle"]
SIZE = 6


def table(seed=0):
    return np.random.default_rng(seed).normal(size=(len(WORDS), SIZE)).astype("f4")


def tokenizer(padded=False):
    found = Tokenizer(models.WordLevel({w: n for n, w in enumerate(WORDS)}, unk_token="[UNK]"))
    found.normalizer = normalizers.Lowercase()
    found.pre_tokenizer = pre_tokenizers.Whitespace()
    found.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    if padded:
        found.enable_padding(length=64)
        found.enable_truncation(4)
    return found


def network(
    outputs=("last_hidden_state",), inputs=("input_ids", "attention_mask", "token_type_ids"),
    words="words", kind="INT64", seed=0,
):  # fmt: skip
    """A vector for each token: its row of the table, plus 10 where its type is not 0.

    Also ``pooler_output``, which is -1 everywhere, and ``sentence_embedding``, 3 and 4 and zeros.
    """
    h, t = onnx.helper, onnx.TensorProto
    shown = onnx.numpy_helper.from_array
    constants = [
        shown(table(seed), "table"),
        shown(np.full((1, SIZE), -1, "f4"), "pooled"),
        shown(np.eye(1, SIZE, 0, "f4") * 3 + np.eye(1, SIZE, 1, "f4") * 4, "said"),
        shown(np.float32(10), "ten"),
        shown(np.asarray([2], "i8"), "last"),
    ]
    nodes = [h.make_node("Gather", ["table", inputs[0]], ["rows"])]
    if "token_type_ids" in inputs:
        nodes += [
            h.make_node("Cast", ["token_type_ids"], ["types"], to=t.FLOAT),
            h.make_node("Mul", ["types", "ten"], ["tens"]),
            h.make_node("Unsqueeze", ["tens", "last"], ["added"]),
            h.make_node("Add", ["rows", "added"], ["tokens"]),
        ]
    sources = {
        "last_hidden_state": "tokens" if "token_type_ids" in inputs else "rows",
        "pooler_output": "pooled",
        "sentence_embedding": "said",
    }
    nodes += [h.make_node("Identity", [sources[name]], [name]) for name in outputs]
    shapes = {"last_hidden_state": ["batch", words, SIZE]}
    graph = h.make_graph(
        nodes,
        "network",
        [h.make_tensor_value_info(i, getattr(t, kind), ["batch", words]) for i in inputs],
        [h.make_tensor_value_info(o, t.FLOAT, shapes.get(o, ["batch", SIZE])) for o in outputs],
        constants,
    )
    made = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


@pytest.fixture
def folder(tmp_path):
    """A folder with a model and its tokeniser."""
    place = tmp_path / "sentence model"
    place.mkdir()
    onnx.save(network(), place / "model.onnx")
    tokenizer().save(str(place / "tokenizer.json"))
    return place


def opened(folder, words=32):
    return sentences.opened(TextInput(tokenizer="sentence_model", model=str(folder), words=words))


def by_hand(*words, how=np.mean, seed=0):
    """The vector of a text of these words, computed as the paper says."""
    vector = how(table(seed)[[WORDS.index(word) for word in words]], axis=0)
    return vector / np.sqrt((vector**2).sum())


def test_a_vector_is_the_mean_of_its_tokens_with_length_1(folder):
    model = opened(folder)
    assert model.size == SIZE
    assert model.vector("Red circle") == pytest.approx(
        by_hand("[CLS]", "red", "circle", "[SEP]"), abs=1e-6
    )
    assert np.linalg.norm(model.vector("a purple dodecagon")) == pytest.approx(1)
    assert model.vector("") == pytest.approx(by_hand("[CLS]", "[SEP]"), abs=1e-6)


def test_padding_of_a_model_of_fixed_length_does_not_count(folder, tmp_path):
    plain = opened(folder)
    onnx.save(network(words=8), folder / "model.onnx")
    fixed = opened(folder)
    for text in ("red", "green square", "blue triangle red circle"):
        assert fixed.vector(text) == pytest.approx(plain.vector(text), abs=1e-6)
    kept = by_hand("[CLS]", *["red"] * 6, "[SEP]")
    assert fixed.vector("red " * 30) == pytest.approx(kept, abs=1e-6)


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        (("input_ids",), "INT64"),
        (("tokens",), "INT64"),
        (("input_ids", "attention_mask"), "INT32"),
        (("input_ids", "attention_mask", "token_type_ids"), "INT32"),
        (("input_ids", "position_ids"), "INT64"),
    ],
)
def test_a_model_is_given_what_it_asks_for(folder, inputs, kind):
    onnx.save(network(inputs=inputs, kind=kind), folder / "model.onnx")
    wanted = by_hand("[CLS]", "blue", "[SEP]")
    assert opened(folder).vector("blue") == pytest.approx(wanted, abs=1e-6)


def test_tokens_are_pooled_rather_than_what_was_made_of_the_first(folder):
    onnx.save(network(outputs=("pooler_output", "last_hidden_state")), folder / "model.onnx")
    wanted = by_hand("[CLS]", "blue", "[SEP]")
    assert opened(folder).vector("blue") == pytest.approx(wanted, abs=1e-6)
    onnx.save(network(outputs=("pooler_output",)), folder / "model.onnx")
    assert opened(folder).vector("blue") == pytest.approx(np.full(SIZE, -(SIZE**-0.5)))


def test_a_model_that_gives_the_vector_itself_is_believed(folder):
    onnx.save(network(outputs=("last_hidden_state", "sentence_embedding")), folder / "model.onnx")
    assert opened(folder).vector("blue") == pytest.approx([0.6, 0.8, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("mode", "how"),
    [
        ("pooling_mode_mean_tokens", np.mean),
        ("pooling_mode_max_tokens", np.max),
        ("pooling_mode_cls_token", lambda rows, axis: rows[0]),
    ],
)
def test_it_pools_as_its_folder_says(folder, mode, how):
    (folder / "1_Pooling").mkdir()
    said = {"word_embedding_dimension": SIZE, "pooling_mode_cls_token": False, mode: True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(said))
    wanted = by_hand("[CLS]", "red", "circle", "[SEP]", how=how)
    assert opened(folder).vector("red circle") == pytest.approx(wanted, abs=1e-6)


def test_texts_are_cut_to_the_words_wanted_and_to_what_the_model_reads(folder):
    cut = by_hand("[CLS]", "red", "blue", "[SEP]")
    assert opened(folder, words=2).vector("red blue green") == pytest.approx(cut, abs=1e-6)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 4}')
    assert opened(folder).vector("red blue green") == pytest.approx(cut, abs=1e-6)
    (folder / "sentence_bert_config.json").unlink()
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 1e30}')
    assert opened(folder).words == 34
    # What the tokeniser would pad to plays no part.
    tokenizer(padded=True).save(str(folder / "tokenizer.json"))
    assert opened(folder).vector("red blue green") == pytest.approx(cut, abs=1e-6)


@pytest.mark.parametrize("how", ["mean", "first", "max"])
def test_pooling_passes_over_padding(how):
    dice = np.random.default_rng(2)
    hidden, lengths = dice.normal(size=(4, 5, 3)), [5, 2, 1, 0]
    mask = (np.arange(5) < np.asarray(lengths)[:, None]).astype(int)
    made = sentences.pooled(hidden, mask, how)
    for vector, rows, length in zip(made, hidden, lengths, strict=True):
        if not length:
            assert vector.tolist() == [0, 0, 0]
            continue
        kept = rows[:length]
        plain = {"mean": sum(kept) / length, "first": kept[0], "max": kept.max(axis=0)}[how]
        assert vector == pytest.approx(plain / np.linalg.norm(plain), abs=1e-6)


def test_a_model_that_fails_at_a_text_or_gives_no_numbers_is_told_in_words(folder):
    short = {"version": "1.0", **json.loads(tokenizer().to_str())}
    short["model"]["vocab"] = {**{w: n for n, w in enumerate(WORDS)}, "beyond": 99}
    (folder / "tokenizer.json").write_text(json.dumps(short))
    model = opened(folder)
    with pytest.raises(UserError, match=r"model.onnx fails: .*Gather"):
        model.vector("beyond")
    broken = network()
    values = np.where(np.arange(len(WORDS))[:, None] == 6, np.nan, table()).astype("f4")
    broken.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(values, "table"))
    onnx.save(broken, folder / "model.onnx")
    with pytest.raises(UserError, match="values that are not numbers"):
        opened(folder).vector("blue")


@pytest.fixture
def index(shapes):
    return scan(shapes, check=False)


def data(index, folder, **changes):
    text = TextInput(tokenizer="sentence_model", model=str(folder), **changes)
    return suggest(index).data.model_copy(update={"text": text})


def test_texts_become_vectors_once_and_are_then_found(index, folder, monkeypatch):
    told = []
    first = prepare(index, data(index, folder), ("text",), progress=lambda *a: told.append(a))
    model = opened(folder)
    assert first.arrays["text"].dtype == np.float32
    for row in (0, 50, 119):
        wanted = model.vector(index.text(row))
        assert first.arrays["text"][row] == pytest.approx(wanted, abs=1e-6)
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert first.vocabulary == 0
    assert json.loads(first.tokenizer)["sentence_model"]["size"] == SIZE

    def forbidden(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(sentences.SentenceModel, "vector", forbidden)
    again = prepare(index, data(index, folder), ("text",))
    assert (again.arrays["text"] == first.arrays["text"]).all()
    assert again.key == first.key


def test_another_model_or_length_gives_other_vectors_and_another_key(index, folder):
    first = prepare(index, data(index, folder), ("text",))
    onnx.save(network(seed=1), folder / "model.onnx")
    other = prepare(index, data(index, folder), ("text",))
    shorter = prepare(index, data(index, folder, words=1), ("text",))
    assert not np.allclose(first.arrays["text"], other.arrays["text"])
    assert not np.allclose(shorter.arrays["text"], other.arrays["text"])
    assert len({p.key for p in (first, other, shorter)}) == 3
    assert first.tokenizer != other.tokenizer


def test_a_stop_is_heard_and_what_was_read_is_kept(index, folder, monkeypatch):
    count, plain = [], sentences.SentenceModel.vector

    def counted(model, text):
        count.append(text)
        return plain(model, text)

    monkeypatch.setattr(sentences.SentenceModel, "vector", counted)
    with pytest.raises(Stopped):
        prepare(index, data(index, folder), ("text",), stop=lambda: len(count) >= 40)
    heard = len(count)
    assert 40 <= heard < 120
    whole = prepare(index, data(index, folder), ("text",))
    assert len(count) == 120
    assert (np.linalg.norm(whole.arrays["text"], axis=1) > 0.99).all()


def test_a_missing_text_is_a_row_of_zeros_with_its_mask(index, folder):
    names = index.files["text"].copy()
    names[7] = ""
    lacking = replace(index, files={**index.files, "text": names})
    made = prepare(lacking, data(index, folder), ("image", "text"))
    assert np.flatnonzero(~made.masks["text"]).tolist() == [7]
    assert not made.arrays["text"][7].any()
    assert made.arrays["text"][8].any()


def test_a_disk_that_is_too_short_gives_the_same_vectors_row_by_row(index, folder, monkeypatch):
    whole = prepare(index, data(index, folder), ("text",)).arrays["text"][:]
    onnx.save(network(), folder / "model.onnx")
    monkeypatch.setattr(cache._Store, "_short", lambda store, wanted: 1)
    monkeypatch.setattr(cache.decoded, "filled", lambda folder, wanted: False)
    streamed = prepare(index, data(index, folder), ("text",)).arrays["text"]
    assert not isinstance(streamed, np.ndarray)
    assert streamed[np.arange(120)] == pytest.approx(whole, abs=1e-6)


def test_a_wrong_model_is_refused_before_any_file_is_read(index, tmp_path):
    told = []
    with pytest.raises(UserError, match="There is no sentence model at"):
        prepare(
            index, data(index, tmp_path / "gone"), ("image", "text"),
            progress=lambda *a: told.append(a),
        )  # fmt: skip
    assert not told
