"""Texts to token numbers with Hugging Face tokenizers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from workbench.errors import UserError

PADDING, UNKNOWN = 0, 1


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
