"""A sample as the model sees it: after the recipe's preprocessing and, if wished, augmentation."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.parts import Modality
from workbench.spec import Augmentation, DataSpec, TextInput

LEARNED_FROM = 5000
"""Training texts from which the preview's tokeniser learns; the run's own learns from all."""


@dataclass(frozen=True)
class Token:
    """One token of a text.

    Args:
        text: as it stands in the text.
        known: the tokeniser knows it.
        dropped: augmentation has taken it out.
    """

    text: str
    known: bool = True
    dropped: bool = False


@dataclass(frozen=True)
class Seen:
    """What a model gets of one sample.

    Args:
        picture: uint8 [size, size, 3].
        log_mel: [frames, bands], -1..1.
        tokens: of the text, as many as the recipe keeps.
        words: what was done, a few words by modality.
        problems: why a modality is not shown, one sentence each.
    """

    picture: NDArray[np.uint8] | None = None
    log_mel: NDArray[Any] | None = None
    tokens: tuple[Token, ...] | None = None
    words: dict[Modality, str] = field(default_factory=dict)
    problems: dict[Modality, str] = field(default_factory=dict)


class ModelEyes:
    """Shows samples as a recipe prepares them; asked from worker threads.

    It keeps the tokeniser of the last options, as learning one takes a moment.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[Index, TextInput, tuple[Any, ...]] | None = None
        self._tokenizer: Any = None

    def see(
        self, index: Index, row: int, data: DataSpec, augmentation: Augmentation, variation: int
    ) -> Seen:
        """One sample.

        Args:
            index: the data.
            row: which sample.
            data: how files are read.
            augmentation: how training samples are varied.
            variation: 0: as in validation; n: as in epoch n of training.
        """
        found: dict[Modality, Any] = {}
        words: dict[Modality, str] = {}
        problems: dict[Modality, str] = {}
        for modality in index.modalities:
            try:
                found[modality], words[modality] = self._one(
                    modality, index, row, data, augmentation, variation
                )
            except UserError as error:
                problems[modality] = error.problem
        return Seen(found.get("image"), found.get("audio"), found.get("text"), words, problems)

    def _one(
        self, modality: Modality, index: Index, row: int, data: DataSpec,
        augmentation: Augmentation, variation: int,
    ) -> tuple[Any, str]:  # fmt: skip
        # Imported in the worker thread: the window opens without the readers.
        from workbench.data import augment
        from workbench.data.readers import audio, image

        if not index.has(modality)[row]:
            raise UserError(f"This sample has no {modality}; the model is told so.")
        dice = augment.dice(0, variation, row, modality)
        path = index.path(modality, row)
        assert path is not None
        if modality == "image":
            side = data.image.size
            pixels = image.read_bytes(path, side, data.image.fit)
            varied = augment.image(pixels, augmentation.image, dice) if variation else pixels
            return varied, f"{side} × {side} pixels"
        if modality == "audio":
            options = data.audio
            sound = audio.read(path, options.sample_rate, options.seconds)
            log_mel = audio.log_mel(sound, options.sample_rate, options.seconds, options.mel_bands)
            if variation:
                log_mel = augment.audio(log_mel, augmentation.audio, dice)
            shape = f"{log_mel.shape[0]} frames of {log_mel.shape[1]} bands"
            return log_mel, f"{options.seconds:g} s at {options.sample_rate:,} Hz, {shape}"
        return self._tokens(index, row, data, augmentation, variation)

    def _tokens(
        self, index: Index, row: int, data: DataSpec, augmentation: Augmentation, variation: int
    ) -> tuple[tuple[Token, ...], str]:
        from workbench.data import augment
        from workbench.data.readers import tokens

        said = index.text(row)
        tokenizer = self._trained(index, data)
        pieces = tokens.pieces(tokenizer, said, data.text.words)
        numbers = tokens.encode(tokenizer, [said], data.text.words)[0]
        after = numbers
        if variation:
            dice = augment.dice(0, variation, row, "text")
            after = augment.text(numbers, augmentation.text, dice)
        found = tuple(
            Token(text, known, bool(after[place] != numbers[place]))
            for place, (text, known) in enumerate(pieces)
        )
        whole = len(tokenizer.encode(said).ids)
        cut = f", {whole - len(found)} cut off" if whole > len(found) else ""
        return found, f"{len(found)} of {data.text.words} tokens{cut}"

    def _trained(self, index: Index, data: DataSpec) -> Any:
        """The tokeniser that the training texts give."""
        from workbench.data.readers import tokens
        from workbench.data.split import divide
        from workbench.data.tokenized import read

        division = (data.division, data.group, data.validation, data.test, data.split_seed,
                    data.target, data.task)  # fmt: skip
        with self._lock:
            known = self._known
            if known is None or known[0] is not index or known[1:] != (data.text, division):
                target = index.target(data.target).as_task(data.task)
                split = divide(index, target, index.has("text"), data)
                rows = np.flatnonzero(split == 0)[:LEARNED_FROM]
                self._tokenizer = tokens.train_tokenizer(read(index, rows), data.text)
                self._known = (index, data.text, division)
            return self._tokenizer
