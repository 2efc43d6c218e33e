"""Texts to token numbers with Hugging Face tokenizers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from workbench.errors import UserError
from workbench.spec import TextInput

PADDING, UNKNOWN = 0, 1
_SPECIAL = ["[PAD]", "[UNK]"]


def train_tokenizer(texts: Iterable[str], options: TextInput) -> Tokenizer:
    """A tokeniser that knows the most frequent tokens of these texts.

    Words: words and punctuation are apart; Chinese, Japanese and Korean characters are each a token
    of their own. Pieces (byte pair encoding, Sennrich et al. 2016, arXiv:1508.07909): frequent
    words stay whole, rare ones fall into pieces. Characters: every character is a token.

    Args:
        texts: of the training split only, so that nothing of the others leaks.
        options: which tokens, how many, and how letters are brought to one form.
    """
    kinds = {"word": _words, "bpe": _pieces, "character": _characters}
    tokenizer, trainer = kinds[options.tokenizer](options.vocabulary)
    tokenizer.normalizer = _normalizer(options)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def from_json(text: str) -> Tokenizer:
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


def pieces(tokenizer: Tokenizer, text: str, words: int) -> list[tuple[str, bool]]:
    """The tokens of a text for the eye.

    Args:
        tokenizer: from ``train_tokenizer``.
        text: any text.
        words: tokens kept.

    Returns:
        Each token as it is written in the text, and whether the tokeniser knows it.
    """
    encoded = tokenizer.encode(text)
    shown = []
    for number, (start, end) in zip(encoded.ids[:words], encoded.offsets[:words], strict=True):
        shown.append((text[start:end], number != UNKNOWN))
    return shown


def _normalizer(options: TextInput) -> normalizers.Normalizer:
    steps: list[normalizers.Normalizer] = []
    if options.normalization != "none":
        steps.append({"NFC": normalizers.NFC, "NFKC": normalizers.NFKC}[options.normalization]())
    steps.append(
        normalizers.BertNormalizer(
            clean_text=True,
            handle_chinese_chars=options.tokenizer == "word",
            strip_accents=False,
            lowercase=options.lowercase,
        )
    )
    return normalizers.Sequence(steps)


def _words(vocabulary: int) -> tuple[Tokenizer, trainers.Trainer]:
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordLevelTrainer(
        vocab_size=vocabulary, special_tokens=_SPECIAL, show_progress=False
    )
    return tokenizer, trainer


def _pieces(vocabulary: int) -> tuple[Tokenizer, trainers.Trainer]:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=_SPECIAL, show_progress=False, min_frequency=2
    )
    return tokenizer, trainer


def _characters(vocabulary: int) -> tuple[Tokenizer, trainers.Trainer]:
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"(?s)."), "isolated")
    trainer = trainers.WordLevelTrainer(
        vocab_size=vocabulary, special_tokens=_SPECIAL, show_progress=False
    )
    return tokenizer, trainer
