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

_TOGETHER = 4096
"""Texts that are encoded at once; the tokens of each take memory until all are done."""
_LETTERS_A_TOKEN, _LETTERS = 64, 1024
"""A text is looked at so far at first: so many letters for each token kept, and these."""

# Hiragana and katakana, which the normaliser leaves together, and emoji with their colour of skin.
_ALONE = r"[\p{Hiragana}\p{Katakana}\u30FC]|\p{So}[\x{FE0F}\x{1F3FB}-\x{1F3FF}]*"
_WORD_BEGINS = "\u2581"


def train_tokenizer(texts: Iterable[str], options: TextInput) -> Tokenizer:
    """A tokeniser that knows the most frequent tokens of these texts.

    Words: words and punctuation are apart; Chinese and Japanese characters and emoji are each a
    token of their own. Pieces (byte pair encoding, Sennrich et al. 2016, arXiv:1508.07909):
    frequent words stay whole, rare ones fall into pieces. Characters: what the eye sees as one
    character (Unicode Standard Annex 29) is a token.

    Args:
        texts: of the training split only, so that nothing of the others leaks.
        options: which tokens, how many, and how letters are brought to one form.

    Raises:
        UserError: a sentence model reads the texts, which has a tokeniser of its own.
    """
    if options.tokenizer == "sentence_model":
        raise UserError(
            "A sentence model reads these texts whole and makes one vector of each.",
            "To see tokens choose another tokenizer.",
        )
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
    first = words * _LETTERS_A_TOKEN + _LETTERS
    for start in range(0, len(texts), _TOGETHER):
        part = [text[:first] for text in texts[start : start + _TOGETHER]]
        for row, encoded in enumerate(tokenizer.encode_batch(part), start):
            known = encoded.ids
            if len(known) <= words and len(texts[row]) > first:
                # Mostly spaces: the tokens stand further on.
                known = tokenizer.encode(texts[row]).ids
            rows[row, : len(known)] = known[:words]
    return rows


def pieces(tokenizer: Tokenizer, text: str, words: int) -> list[tuple[str, bool]]:
    """The tokens of a text for the eye.

    Args:
        tokenizer: from ``train_tokenizer``.
        text: any text.
        words: tokens kept.

    Returns:
        Each token as it is written in the text (the mere beginning of a word as ``▁``), and whether
        the tokeniser knows it.
    """
    encoded = tokenizer.encode(text)
    shown = []
    for number, token, (start, end) in zip(
        encoded.ids[:words], encoded.tokens, encoded.offsets, strict=False
    ):
        written = token if token == _WORD_BEGINS else text[start:end]
        shown.append((written, number != UNKNOWN))
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
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Split(Regex(_ALONE), "isolated")]
    )
    trainer = trainers.WordLevelTrainer(
        vocab_size=vocabulary, special_tokens=_SPECIAL, show_progress=False
    )
    return tokenizer, trainer


def _pieces(vocabulary: int) -> tuple[Tokenizer, trainers.Trainer]:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    # The rarest letters of a large alphabet are unknown, as rare words are.
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=_SPECIAL,
        show_progress=False,
        min_frequency=2,
        limit_alphabet=vocabulary - len(_SPECIAL),
    )
    return tokenizer, trainer


def _characters(vocabulary: int) -> tuple[Tokenizer, trainers.Trainer]:
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\X"), "isolated")
    trainer = trainers.WordLevelTrainer(
        vocab_size=vocabulary, special_tokens=_SPECIAL, show_progress=False
    )
    return tokenizer, trainer
