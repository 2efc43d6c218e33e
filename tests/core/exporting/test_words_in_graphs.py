"""Tokenisers of words inside a graph, against the tokenizers library."""

from __future__ import annotations

import random
import sys
import unicodedata

import numpy as np
import pytest

from workbench.data.readers import tokens
from workbench.spec import TextInput

pytestmark = pytest.mark.slow

TEXTS = [
    "Hello, World! it's a red-ish circle...", "Ünïcödé ÄÖÜ ß straße", "", "   \t\n ",
    "日本語のテキスト、カタカナ と ﾊﾝｶｸ ｶﾞ", "emoji 👍🏽👍 ok❤️x ☀☀️☁ 👍🏽🏽",
    "e\u0301 a\u0308b 한국어 \u1112\u1161\u11ab",
    "ﬁne ½ ①② ＡＢＣ $5 + 3 = 8 ©®", "Привет МИР İstanbul ΣΑΣ", "a\u200bb\u00adc\x07d x\ufe0fy",
]  # fmt: skip


def numbered(options, texts, words=24):
    """Token numbers by the graph and by the library."""
    from workbench.exporting.words import Words, of_words
    from workbench.lazy import tf

    tokenizer = tokens.train_tokenizer(TEXTS * 2, options)
    assert of_words(tokenizer.to_str())
    graph = tf.function(
        Words(tokenizer.to_str(), words), input_signature=[tf.TensorSpec([None], tf.string)]
    )
    return graph(tf.constant(texts)).numpy(), tokens.encode(tokenizer, texts, words)


@pytest.mark.parametrize("options", [TextInput(), TextInput(lowercase=False, normalization="none")])
def test_texts_of_all_scripts_fall_into_the_same_tokens(options):
    dice = random.Random(0)
    pool = "".join(TEXTS) + "abc XYZ.,'"
    texts = TEXTS + ["".join(dice.choices(pool, k=dice.randint(0, 60))) for _ in range(400)]
    # Every letter that Unicode knows, spread: within a word, and after a space.
    letters = [chr(code) for code in range(0x20, sys.maxunicode, 37)]
    known = [c for c in letters if unicodedata.category(c) not in ("Cs", "Cn", "Co")]
    texts += [f"red{c}circle {c}" for c in known]
    if options.normalization != "none":
        texts = [unicodedata.normalize("NFC", text) for text in texts]
    found, wanted = numbered(options, texts)
    wrong = np.flatnonzero((found != wanted).any(axis=1))
    assert [texts[place] for place in wrong[:5]] == []


def test_a_tokeniser_of_pieces_or_letters_is_not_one_of_words():
    from workbench.exporting.words import of_words

    for kind in ("bpe", "character"):
        made = tokens.train_tokenizer(TEXTS, TextInput(tokenizer=kind))
        assert not of_words(made.to_str())
    assert not of_words("")
