"""Texts to token numbers with Hugging Face tokenizers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from workbench.errors import UserError

SUFFIXES = frozenset({".txt", ".md"})
PADDING, UNKNOWN = 0, 1

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
FALLBACK = "cp1252"


def read(path: Path) -> tuple[str, str]:
    """A text and the encoding that it was read in.

    A byte-order mark decides; else UTF-8 where the bytes are that; else Windows-1252, in which
    every byte that has no meaning there becomes a replacement mark.

    Args:
        path: a text file.

    Returns:
        The text, and the name of its encoding.

    Raises:
        UserError: the file cannot be opened.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from None
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), encoding
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode(FALLBACK, errors="replace"), FALLBACK


def measure(path: Path) -> tuple[int, str]:
    """How many words a text has, and its encoding.

    Raises:
        UserError: the file cannot be opened or is empty.
    """
    text, encoding = read(path)
    if not text.strip():
        raise UserError(f"{path.name} is empty.")
    return len(text.split()), encoding


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """A word tokeniser that knows the most frequent words of these texts.

    Text is brought to NFKC and lower case; words and punctuation are apart; Chinese, Japanese and
    Korean characters are each a token of their own.

    Args:
        texts: of the training split only, so that nothing of the others leaks.
        vocabulary: how many tokens it may know, padding (0) and unknown (1) included.
    """
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.BertNormalizer(strip_accents=False)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordLevelTrainer(
        vocab_size=vocabulary, special_tokens=["[PAD]", "[UNK]"], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def tokenizer_from_json(text: str) -> Tokenizer:
    """The tokeniser that ``Tokenizer.to_str`` wrote.

    Raises:
        UserError: the text holds none.
    """
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # noqa: BLE001 - tokenizers raises bare Exception for bad JSON
        raise UserError(f"The tokeniser is damaged: {error}.", "Train the run again.") from None


def encode(tokenizer: Tokenizer, texts: list[str], words: int) -> NDArray[np.int32]:
    """Token numbers of texts, cut or padded at their end.

    Args:
        tokenizer: from ``train_tokenizer``.
        texts: any texts.
        words: tokens kept of each.

    Returns:
        [texts, words].
    """
    rows = np.zeros((len(texts), words), np.int32)
    for row, encoded in zip(rows, tokenizer.encode_batch(texts), strict=True):
        known = encoded.ids[:words]
        row[: len(known)] = known
    return rows
