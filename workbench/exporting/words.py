"""Tokenisers of words as operations of TensorFlow, for formats that know strings.

The same tokens as ``data.readers.tokens`` gives: what its normaliser makes of each letter, and
where its words end, is read off the tokeniser itself, letter by letter of all of Unicode.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from workbench.data.readers import tokens
from workbench.lazy import Tensor, tf

_PLAIN, _SPACE, _ALONE, _SIGN, _SHADE, _GONE = range(6)
"""What a letter is: part of a word, between words, a token by itself, a sign that takes shades of
its own, such a shade, or nothing."""

_SURROGATES = range(0xD800, 0xE000)
_SHADES = (0xFE0F, *range(0x1F3FB, 0x1F400))
_JAPANESE = ((0x3000, 0x33FF), (0xFF00, 0xFFEF), (0x16FE0, 0x1B2FF), (0x1F200, 0x1F2FF))
"""Letters among these are tokens of their own; elsewhere letters and digits never are."""
_MOST_SHADES = 4
_MARKS = 3
"""Accents on one letter that are joined with it."""


def of_words(tokenizer: str) -> bool:
    """Whether a tokeniser, as JSON text, is one of words.

    Args:
        tokenizer: "" where there is none.
    """
    found = json.loads(tokenizer or "{}")
    splits = (found.get("pre_tokenizer") or {}).get("pretokenizers") or [{}]
    return bool(splits[0].get("type") == "BertPreTokenizer")


class Words:
    """From texts, string [batch], to token numbers, int32 [batch, words].

    Texts are in Unicode's form C, as nearly all are: accents behind a letter are joined with it
    one after the other, but are not put in order first.

    Args:
        tokenizer: of words, as JSON text.
        words: tokens kept of each text.
    """

    def __init__(self, tokenizer: str, words: int) -> None:
        known = tokens.from_json(tokenizer)
        self.words = words
        letters = _letters(known)
        self.begins = tf.constant(letters.begins, tf.int32)
        self.kinds = tf.constant(letters.kinds, tf.int32)
        self.normal = _table(letters.becomes, tf.int32, tf.string)
        self.joined = _table(_compositions(known), tf.int64, tf.int32)
        self.numbers = _table(known.get_vocab(), tf.string, tf.int32, tokens.UNKNOWN)

    def __call__(self, texts: Tensor) -> Tensor:
        """Token numbers of texts."""
        letters, rows = self._normalised(texts)
        for _ in range(_MARKS):
            letters, rows = self._composed(letters, rows)
        kinds = self._kind(letters)
        kept = tf.not_equal(kinds, _GONE)
        letters, rows, kinds = (tf.boolean_mask(each, kept) for each in (letters, rows, kinds))
        begins = _begins(kinds, rows)
        # Spaces begin pieces of their own, which are left out.
        starts = tf.cast(tf.where(begins)[:, 0], tf.int64)
        pieces = tf.RaggedTensor.from_row_starts(letters, starts)
        said = tf.not_equal(tf.gather(kinds, starts), _SPACE)
        pieces, of_row = tf.ragged.boolean_mask(pieces, said), tf.gather(rows, starts[said])
        found = self.numbers.lookup(tf.strings.unicode_encode(pieces, "UTF-8"))
        count = tf.size(texts, out_type=tf.int64)
        ragged = tf.RaggedTensor.from_value_rowids(found, of_row, nrows=count)
        return tf.ensure_shape(
            ragged.to_tensor(tokens.PADDING, shape=[None, self.words]), [None, self.words]
        )

    @property
    def tables(self) -> list[Any]:
        """What a module must hold on to."""
        return [self.normal, self.joined, self.numbers]

    def _normalised(self, texts: Tensor) -> tuple[Tensor, Tensor]:
        """Letters after each by itself was normalised, and in which text each stands."""
        ragged = tf.strings.unicode_decode(texts, "UTF-8")
        codes, rows = ragged.values, ragged.value_rowids()
        becomes = self.normal.lookup(codes)
        own = tf.strings.unicode_encode(codes[:, None], "UTF-8")
        found = tf.strings.unicode_decode(tf.where(becomes == _SAME, own, becomes), "UTF-8")
        return found.values, tf.gather(rows, found.value_rowids())

    def _composed(self, letters: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """An accent that stands behind its letter becomes one with it."""
        key = tf.cast(letters[:-1], tf.int64) * 2**21 + tf.cast(letters[1:], tf.int64)
        found = tf.where(rows[:-1] == rows[1:], self.joined.lookup(key), 0)
        whole = tf.concat([found, tf.zeros_like(letters[:1])], 0)
        gone = tf.concat([tf.zeros_like(letters[:1]), found], 0) > 0
        letters = tf.where(whole > 0, whole, letters)
        return tf.boolean_mask(letters, ~gone), tf.boolean_mask(rows, ~gone)

    def _kind(self, letters: Tensor) -> Tensor:
        return tf.gather(self.kinds, tf.searchsorted(self.begins, letters, side="right") - 1)


_SAME = "\x00"
"""Stands for a letter that stays as it is; no text holds it after normalisation."""


@dataclass(frozen=True)
class _Letters:
    """All of Unicode as a tokeniser sees it.

    Args:
        begins: the first letter of each run of letters of one kind.
        kinds: of these runs.
        becomes: what the normaliser makes of single letters, of those that it changes.
    """

    begins: NDArray[np.int32]
    kinds: NDArray[np.int32]
    becomes: dict[int, str]


def _letters(tokenizer: Tokenizer) -> _Letters:
    kinds = np.zeros(sys.maxunicode + 1, np.int32)
    becomes = {}
    for code in range(sys.maxunicode + 1):
        if code in _SURROGATES:
            continue
        letter = chr(code)
        made = tokenizer.normalizer.normalize_str(letter)
        if made == f" {letter} ":
            kinds[code] = _ALONE
            continue
        if not made:
            kinds[code] = _GONE
        elif made != letter:
            becomes[code] = made
        kinds[code] = kinds[code] or _kind_of(tokenizer, letter)
    kinds[list(_SHADES)] = _SHADE
    begins = np.flatnonzero(np.diff(kinds, prepend=-1)).astype(np.int32)
    return _Letters(begins, kinds[begins], becomes)


def _kind_of(tokenizer: Tokenizer, letter: str) -> int:
    code = ord(letter)
    if letter.isalnum() and not any(first <= code <= last for first, last in _JAPANESE):
        return _PLAIN
    parts = [part for part, _ in tokenizer.pre_tokenizer.pre_tokenize_str(f"a{letter}a")]
    if parts == ["a", "a"]:
        return _SPACE
    if len(parts) == 1:
        return _PLAIN
    return _SIGN if unicodedata.category(letter) == "So" else _ALONE


def _compositions(tokenizer: Tokenizer) -> dict[int, int]:
    """What two letters become together, by ``first * 2^21 + second``."""
    steps = json.loads(tokenizer.to_str())["normalizer"]["normalizers"]
    found: dict[int, int] = {}
    if steps[0]["type"] not in ("NFC", "NFKC"):
        return {0: 0}
    for letter in map(chr, range(sys.maxunicode + 1)):
        parted = unicodedata.decomposition(letter) or "\uac00" <= letter <= "\ud7a3"
        if not parted or unicodedata.normalize("NFC", letter) != letter:
            continue
        whole = unicodedata.normalize("NFD", letter)
        if len(whole) > 1:
            first = unicodedata.normalize("NFC", whole[:-1])
            if len(first) == 1:
                found[ord(first) * 2**21 + ord(whole[-1])] = ord(letter)
    return found


def _table(known: Any, key: Any, value: Any, default: Any = None) -> Any:
    if default is None:
        default = _SAME if value == tf.string else 0
    keys, values = list(known), list(known.values())
    filled = tf.lookup.KeyValueTensorInitializer(keys, values, key, value)
    return tf.lookup.StaticHashTable(filled, default)


def _begins(kinds: Tensor, rows: Tensor) -> Tensor:
    """Whether a letter begins a token, or a space between tokens."""
    grouped = kinds == _SIGN
    for _ in range(_MOST_SHADES):
        grouped |= (kinds == _SHADE) & _before(grouped) & (rows == _before(rows, -1))
    last, last_row = _before(kinds), _before(rows, -1)
    apart = (kinds == _SPACE) | (kinds == _ALONE) | (kinds == _SIGN)
    after = (last == _SPACE) | (last == _ALONE) | (_before(grouped) & ~grouped)
    return (rows != last_row) | apart | after


def _before(values: Tensor, first: Any = None) -> Tensor:
    """The value of the letter before; 0 before the first."""
    none = tf.zeros_like(values[:1])
    if first is not None:
        none += tf.cast(first, values.dtype)
    return tf.concat([none, values[:-1]], 0)
