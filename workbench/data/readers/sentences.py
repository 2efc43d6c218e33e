"""Texts to vectors by a sentence model that a person names; it stays as it is.

Each text is run by itself, by as many cores as there are: no padding is computed, a vector never
depends on the texts beside it, and batches were not faster on a processor (measured with six
layers of 384 numbers: 134 texts a second one by one, 129 in eights, 98 to 152 in batches of 32).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from workbench.data.readers.sentence_files import SentenceFiles, found, text_of
from workbench.data.readers.sentence_runners import Arrays, KerasRunner, OnnxRunner, Runner
from workbench.errors import UserError
from workbench.spec import TextInput

Pooling = Literal["mean", "first", "max"]

_PROBE = "The quick brown fox."
_LONGEST = 512
"""Tokens that a model reads where nothing says how many."""
_UNLIMITED = 100_000
"""From here on a stated length means that there is none."""
_LETTERS_A_TOKEN, _LETTERS = 64, 1024
"""A text is looked at so far: so many letters for each token kept, and these."""

_POOLED: Mapping[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "first",
    "pooling_mode_max_tokens": "max",
}


def pooled(hidden: NDArray[Any], mask: NDArray[Any], how: Pooling = "mean") -> NDArray[np.float32]:
    """One vector of length 1 for each text.

    Args:
        hidden: a vector for each token, [texts, words, size].
        mask: 1 for a token, 0 for padding, [texts, words].
        how: the mean of the tokens, the first, or of each number the highest.

    Returns:
        [texts, size]; zeros where there is no token.
    """
    values = np.asarray(hidden, np.float64)
    counts = (np.asarray(mask) > 0)[:, :, None]
    if how == "mean":
        vectors = (values * counts).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
    elif how == "first":
        vectors = values[:, 0] * counts[:, 0]
    else:
        highest = np.where(counts, values, -np.inf).max(axis=1)
        vectors = np.where(counts.any(axis=1), highest, 0.0)
    return unit(vectors)


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Vectors brought to length 1, [texts, size]; zeros stay."""
    values = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.where(lengths > 0, lengths, 1.0), np.float32)


@dataclass(frozen=True)
class SentenceModel:
    """A sentence model that was opened and has read one text.

    Args:
        name: of its file.
        digest: hash of the content of all its files.
        words: tokens that it reads of a text, those that it adds itself included.
        size: numbers in a vector.
        pooling: how tokens become one vector, where it gives one for each token.
        runner: runs it.
        tokenizer: None where it reads texts itself.
    """

    name: str
    digest: str
    words: int
    size: int
    pooling: Pooling
    runner: Runner
    tokenizer: Tokenizer | None

    def vector(self, text: str) -> NDArray[np.float32]:
        """The vector of a text, [size]; zeros of a text without any token.

        Args:
            text: any text.

        Raises:
            UserError: the model fails at this text.
        """
        found = _vector(self, text)
        if found is None:
            return np.zeros(self.size, np.float32)
        if found.shape != (self.size,):
            raise UserError(f"{self.name} gives {found.shape[0]} numbers instead of {self.size}.")
        return found

    def facts(self) -> str:
        """What makes the same vectors again, as JSON text."""
        known = {"model": self.name, "digest": self.digest, "size": self.size, "words": self.words}
        return json.dumps({"sentence_model": {**known, "pooling": self.pooling}})


def opened(options: TextInput) -> SentenceModel:
    """The sentence model that the options name.

    Args:
        options: name of the model, and how many tokens of a text are kept.

    Raises:
        UserError: it is missing, damaged, incomplete, unsafe, or no sentence model.
    """
    files = found(options.model)
    onnx = files.model.lower().endswith(".onnx")
    digest = files.digest()
    runner: Runner = OnnxRunner(files.path) if onnx else KerasRunner(files.path)
    _check_inputs(runner, files)
    tokenizer = None
    words = options.words
    if "string" not in runner.inputs.values():
        tokenizer = _tokenizer(files)
        words = _cut(tokenizer, files, options.words, runner.words)
    blank = SentenceModel(files.path.name, digest, words, 0, _pooling(files), runner, tokenizer)
    vector = _vector(blank, _PROBE)
    if vector is None:
        raise UserError(f"{files.tokenizer} finds no token in '{_PROBE}'.", "Is it another one's?")
    return SentenceModel(blank.name, digest, words, len(vector), blank.pooling, runner, tokenizer)


def _vector(model: SentenceModel, text: str) -> NDArray[np.float32] | None:
    """The vector of a text; None where it has no token."""
    said = text[: model.words * _LETTERS_A_TOKEN + _LETTERS]
    if model.tokenizer is None:
        given = {name: np.asarray([said], object) for name in model.runner.inputs}
        mask = None
    else:
        encoded = model.tokenizer.encode(said)
        mask = np.asarray([encoded.attention_mask], np.int64)
        if not mask.any():
            return None
        known = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
            "position_ids": list(range(len(encoded.ids))),
        }
        given = {
            name: np.asarray([known[_meaning(name, model.runner)]], kind)
            for name, kind in model.runner.inputs.items()
        }
    vectors = _sentence(model.runner.run(given), mask, model)
    if not np.isfinite(vectors).all():
        raise UserError(f"{model.name} gives values that are not numbers.")
    return vectors


def _sentence(
    answers: Arrays, mask: NDArray[Any] | None, model: SentenceModel
) -> NDArray[np.float32]:
    """The vector among the outputs: one of that name, else one a token, else one a text."""
    named = answers.get("sentence_embedding")
    if named is not None and named.ndim == 2:
        return np.asarray(unit(named)[0])
    for answer in answers.values():
        if answer.ndim == 3 and answer.dtype.kind == "f":
            every = np.ones(answer.shape[:2]) if mask is None else mask
            if every.shape != answer.shape[:2]:
                raise UserError(
                    f"{model.name} gives {answer.shape[1]} vectors for {every.shape[1]} tokens."
                )
            return np.asarray(pooled(answer, every, model.pooling)[0])
    for answer in answers.values():
        if answer.ndim == 2 and answer.dtype.kind == "f":
            return np.asarray(unit(answer)[0])
    shapes = ", ".join(f"{name} {list(answer.shape)}" for name, answer in answers.items())
    raise UserError(
        f"{model.name} gives no vector for a text: {shapes}.",
        "A sentence model gives one vector for each text or for each token.",
    )


def _meaning(name: str, runner: Runner) -> str:
    """What an input is given; the only one is given token numbers, however it is named."""
    return "input_ids" if len(runner.inputs) == 1 else name


def _check_inputs(runner: Runner, files: SentenceFiles) -> None:
    kinds = runner.inputs
    texts = len(kinds) == 1 and "string" in kinds.values()
    known = {"input_ids", "attention_mask", "token_type_ids", "position_ids"}
    strange = [name for name in kinds if name not in known]
    numbers = not set(kinds.values()) - {"int32", "int64"}
    if texts or (numbers and (len(kinds) == 1 or not strange)):
        return
    told = ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
    raise UserError(
        f"{files.model} is given {told}, which is not what a sentence model is given.",
        "It must be given input_ids, and may be given attention_mask, token_type_ids and "
        "position_ids, all whole numbers; a .keras model may be given one text.",
    )


def _tokenizer(files: SentenceFiles) -> Tokenizer:
    if not files.tokenizer:
        raise UserError(
            f"There is no tokenizer.json for {files.model} in {files.folder}.",
            "It comes with the model: copy it there. Of a model in a folder inside another one, "
            "name the outer folder.",
        )
    said = text_of(files.folder / files.tokenizer)
    try:
        return Tokenizer.from_str(said)
    except Exception as error:  # noqa: BLE001 - tokenizers raises bare Exception for bad JSON
        raise UserError(
            f"{files.tokenizer} is damaged: {error}.", "Copy it anew from where the model is from."
        ) from None


def _cut(tokenizer: Tokenizer, files: SentenceFiles, words: int, fixed: int | None) -> int:
    """Tell the tokeniser how many tokens are kept; how many that is, its own included."""
    stated = [
        (tokenizer.truncation or {}).get("max_length"),
        files.setting("sentence_bert_config.json").get("max_seq_length"),
        files.setting("tokenizer_config.json").get("model_max_length"),
    ]
    lengths = [int(n) for n in stated if isinstance(n, int | float) and 0 < n < _UNLIMITED]
    own = tokenizer.num_special_tokens_to_add(is_pair=False)
    kept = min([words + own, fixed or _LONGEST, *lengths])
    if kept <= own:
        raise UserError(f"{files.model} reads {kept} tokens, of which {own} are its own.")
    padding = tokenizer.padding or {}
    tokenizer.enable_truncation(kept)
    tokenizer.no_padding()
    if fixed:
        marks = (tokenizer.token_to_id(mark) for mark in ("[PAD]", "<pad>"))
        number = padding.get("pad_id", next((mark for mark in marks if mark is not None), 0))
        tokenizer.enable_padding(length=fixed, pad_id=number)
    return kept


def _pooling(files: SentenceFiles) -> Pooling:
    """What 1_Pooling/config.json of sentence-transformers says; the mean where it says nothing."""
    said = files.setting("1_Pooling/config.json")
    modes = [mode for mode, on in said.items() if mode.startswith("pooling_mode_") and on is True]
    if not modes:
        return "mean"
    if len(modes) > 1 or modes[0] not in _POOLED:
        raise UserError(
            f"{files.model} makes its vector by {' and '.join(modes)}.",
            "Known are mean_tokens, cls_token and max_tokens, one of them.",
        )
    return _POOLED[modes[0]]
