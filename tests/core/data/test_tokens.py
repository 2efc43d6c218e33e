"""Texts to token numbers: what is a token, what is unknown, and what is shown of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.readers import tokens
from workbench.spec import TextInput

KINDS = ["word", "bpe", "character"]
TEXTS = ["The red circle", "the blue square", "a red square, and a blue circle!"] * 3


def trained(texts=TEXTS, **options):
    return tokens.train_tokenizer(texts, TextInput(**options))


def shown(tokenizer, text):
    return [piece for piece, _ in tokens.pieces(tokenizer, text, 64)]


def test_words_and_punctuation_are_apart():
    assert shown(trained(), "Red, blue!") == ["Red", ",", "blue", "!"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我喜欢红色", ["我", "喜", "欢", "红", "色"]),
        ("これはペン", ["こ", "れ", "は", "ペ", "ン"]),
        ("cats🐱🐱and👍🏽", ["cats", "🐱", "🐱", "and", "👍🏽"]),
        ("한국어 문장", ["한국어", "문장"]),
    ],
)
def test_scripts_without_spaces_and_emoji_come_apart(text, wanted):
    tokenizer = trained([text])
    assert shown(tokenizer, text) == wanted
    assert all(known for _, known in tokens.pieces(tokenizer, text, 64))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["我喜欢红色圆形", "これは猫です", "🐱🐶 ❤️", "naïve façade"])
def test_what_was_trained_on_is_known_in_every_script(kind, text):
    tokenizer = trained([text] * 3, tokenizer=kind)
    numbers = tokens.encode(tokenizer, [text], 64)[0]
    assert numbers[0] > tokens.UNKNOWN
    assert tokens.UNKNOWN not in numbers


def test_a_character_is_what_the_eye_sees_as_one():
    assert shown(trained(["a"], tokenizer="character"), "né👍🏽の") == ["n", "é", "👍🏽", "の"]


def test_pieces_join_frequent_words_and_spell_rare_ones():
    tokenizer = trained(["circle"] * 50 + ["cile"], tokenizer="bpe")
    assert shown(tokenizer, "circle") == ["circle"]
    assert len(shown(tokenizer, "cile")) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_unseen_tokens_are_one_number_and_padding_stands_at_the_end(kind):
    tokenizer = trained(tokenizer=kind)
    empty, unseen, known = tokens.encode(tokenizer, ["", "ж", "red"], 40)
    assert not empty.any()
    assert tokens.UNKNOWN in unseen
    assert tokens.UNKNOWN not in known
    for row in (unseen, known):
        length = int((row != tokens.PADDING).sum())
        assert row[:length].all()
        assert not row[length:].any()
    assert ("ж", False) in tokens.pieces(tokenizer, "ж", 5)


@pytest.mark.parametrize("kind", KINDS)
def test_capitals_and_full_width_letters_follow_the_options(kind):
    alike = trained(tokenizer=kind)
    one, two, three = tokens.encode(alike, ["red", "RED", "ｒｅｄ"], 8)
    assert (one == two).all()
    assert (one == three).all()
    apart = trained(["red", "RED", "ｒｅｄ"] * 3, tokenizer=kind, lowercase=False)
    assert (tokens.encode(apart, ["red"], 8) != tokens.encode(apart, ["RED"], 8)).any()
    exact = trained(["red", "ｒｅｄ"] * 3, tokenizer=kind, normalization="none")
    assert (tokens.encode(exact, ["red"], 8) != tokens.encode(exact, ["ｒｅｄ"], 8)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_no_more_tokens_are_known_than_asked_for(kind):
    many = ["".join(chr(0x4E00 + (7 * n + k) % 3000) for k in range(40)) for n in range(200)]
    assert trained(many, tokenizer=kind, vocabulary=100).get_vocab_size() == 100


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_texts_teach_the_same_tokens(kind):
    assert trained(tokenizer=kind).to_str() == trained(tokenizer=kind).to_str()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_learn_from_makes_everything_unknown(kind):
    assert set(tokens.encode(trained([], tokenizer=kind), ["red"], 3)[0]) <= {0, 1}


def test_a_book_gives_the_tokens_of_its_beginning():
    tokenizer = trained()
    book = "red square " * 100_000
    numbers = tokens.encode(tokenizer, [book, book[:400]], 16)
    assert (numbers[0] == numbers[1]).all()


def test_words_behind_many_spaces_are_found():
    tokenizer = trained()
    numbers = tokens.encode(tokenizer, [" " * 100_000 + "red circle", "red circle"], 4)
    assert (numbers[0] == numbers[1]).all()


@pytest.mark.parametrize("kind", KINDS)
@given(st.text(max_size=60), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_any_text_has_as_many_pieces_as_numbers(kind, text, words):
    tokenizer = KNOWN[kind]
    numbers = tokens.encode(tokenizer, [text], words)[0]
    pieces = tokens.pieces(tokenizer, text, words)
    assert len(pieces) == np.count_nonzero(numbers)
    assert [known for _, known in pieces] == (numbers[: len(pieces)] != tokens.UNKNOWN).tolist()


KNOWN = {kind: trained(tokenizer=kind) for kind in KINDS}
