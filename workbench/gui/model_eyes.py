"""A sample as the model sees it: after the recipe's preprocessing and, if wished, augmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Index, Strings
from workbench.errors import UserError
from workbench.gui.listing import has
from workbench.parts import MODALITIES, Modality
from workbench.spec import Augmentation, DataSpec

LEARNED_FROM = 5000
"""Training texts from which the preview's tokeniser learns; the run's own learns from all."""
_BEYOND = 200
"""Tokens shown of what is cut off."""
_LETTERS = 20_000
"""Letters of a text that are looked at."""


@dataclass(frozen=True)
class Token:
    """One token of a text.

    Args:
        text: as it stands in the text.
        number: what the model gets.
        known: the tokeniser knows it.
        dropped: augmentation has taken it out.
        cut: the text is longer than the model reads; this is beyond.
    """

    text: str
    number: int = 0
    known: bool = True
    dropped: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Seen:
    """What a model gets of one sample.

    Args:
        row: which sample.
        picture: uint8 [size, size, 3].
        log_mel: [frames, bands], -1..1.
        seconds: of sound that it looks at.
        tokens: of the text, and some that are cut off.
        words: what was done, a few words by modality.
        problems: why a modality is not shown, one sentence each.
    """

    row: int
    picture: NDArray[np.uint8] | None = None
    log_mel: NDArray[Any] | None = None
    seconds: float = 0.0
    tokens: tuple[Token, ...] | None = None
    words: dict[Modality, str] = field(default_factory=dict)
    problems: dict[Modality, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Learned:
    """What the tokeniser learned from; two alike give the same one."""

    stems: Strings
    texts: Strings | None
    data: DataSpec

    def same(self, index: Index, data: DataSpec) -> bool:
        """Whether it serves these data, read in this way."""
        mine, other = (
            spec.model_dump(exclude={"folder", "image", "audio"}) for spec in (self.data, data)
        )
        return self.stems is index.stems and self.texts is index.texts and mine == other


class ModelEyes:
    """Shows samples as a recipe prepares them; asked from worker threads.

    It keeps the tokeniser that it learned last: learning one takes a moment, and nobody should wait
    for it to see a picture.
    """

    def __init__(self) -> None:
        # One assignment replaces it, so that threads see the old or the new one.
        self._learned: tuple[_Learned, Any, str] | None = None

    def knows(self, index: Index, data: DataSpec) -> bool:
        """Whether the tokeniser of these data was learned, or cannot be.

        Args:
            index: the data.
            data: how they are divided and texts are read.
        """
        learned = self._learned
        return learned is not None and learned[0].same(index, data)

    def learn(self, index: Index, data: DataSpec) -> None:
        """Learn the tokeniser of these data from training texts; takes a moment.

        Args:
            index: the data.
            data: how they are divided and texts are read.
        """
        # Imported in the worker thread: the window opens without the readers.
        from workbench.data.readers import tokens
        from workbench.data.tokenized import read

        tokenizer, problem = None, ""
        try:
            texts = read(index, _training(index, data))
            tokenizer = tokens.train_tokenizer(texts, data.text)
        except UserError as error:
            problem = f"No tokens can be shown. {error.problem}"
        self._learned = (_Learned(index.stems, index.texts, data), tokenizer, problem)

    def see(
        self,
        index: Index,
        row: int,
        data: DataSpec,
        augmentation: Augmentation,
        variation: int,
        modalities: Sequence[Modality] = MODALITIES,
    ) -> Seen:
        """One sample; its text only where the tokeniser was learned.

        Args:
            index: the data.
            row: which sample.
            data: how files are read.
            augmentation: how training samples are varied.
            variation: 0: as in validation; n: as in epoch n of a training.
            modalities: what is looked at.
        """
        found: dict[Modality, Any] = {}
        words: dict[Modality, str] = {}
        problems: dict[Modality, str] = {}
        options = augmentation if variation else Augmentation()
        for modality in index.modalities:
            if modality not in modalities or (modality == "text" and not self.knows(index, data)):
                continue
            if not has(index, modality, row):
                problems[modality] = f"This sample has no {modality}; the model is told so."
                continue
            look = {"image": _picture, "audio": _sound, "text": self._text}[modality]
            try:
                found[modality], words[modality] = look(index, row, data, options, variation)
            except UserError as error:
                problems[modality] = error.problem
            except OSError as error:
                problems[modality] = f"The file cannot be read: {error.strerror or error}."
        seconds = data.audio.seconds if "audio" in found else 0.0
        return Seen(
            row, found.get("image"), found.get("audio"), seconds, found.get("text"), words, problems
        )

    def _text(
        self, index: Index, row: int, data: DataSpec, options: Augmentation, variation: int
    ) -> tuple[tuple[Token, ...], str]:
        from workbench.data import augment
        from workbench.data.readers import tokens

        assert self._learned is not None
        _, tokenizer, problem = self._learned
        if tokenizer is None:
            raise UserError(problem)
        said, kept = index.text(row)[:_LETTERS], data.text.words
        pieces = tokens.pieces(tokenizer, said, _LETTERS)
        shown = pieces[: kept + _BEYOND]
        numbers = tokens.encode(tokenizer, [said], max(len(shown), 1))[0][: len(shown)]
        after = numbers.copy()
        dice = augment.dice(0, variation, row, "text")
        after[:kept] = augment.text(numbers[:kept], options.text, dice)
        found = tuple(
            Token(text, int(after[at]), known, bool(after[at] != numbers[at]), at >= kept)
            for at, (text, known) in enumerate(shown)
        )
        return found, _told(len(pieces), kept, found)


def _told(count: int, kept: int, tokens: Sequence[Token]) -> str:
    parts = [f"{min(count, kept):,} of {kept:,} tokens"]
    if count > kept:
        parts.append(f"{count - kept:,} cut off")
    unknown = sum(not token.known and not token.cut for token in tokens)
    if unknown:
        parts.append(f"{unknown:,} unknown")
    return ", ".join(parts)


def _picture(
    index: Index, row: int, data: DataSpec, options: Augmentation, variation: int
) -> tuple[NDArray[np.uint8], str]:
    from workbench.data import augment
    from workbench.data.readers import image

    path, side = index.path("image", row), data.image.size
    assert path is not None
    pixels = image.read_bytes(path, side, data.image.fit)
    dice = augment.dice(0, variation, row, "image")
    return augment.image(pixels, options.image, dice), f"{side} × {side} pixels"


def _sound(
    index: Index, row: int, data: DataSpec, options: Augmentation, variation: int
) -> tuple[NDArray[Any], str]:
    from workbench.data import augment
    from workbench.data.readers import audio

    path, wanted = index.path("audio", row), data.audio
    assert path is not None
    heard = augment.audio(
        audio.heard(path, wanted), options.audio, augment.dice(0, variation, row, "audio")
    )
    words = f"{wanted.seconds:g} s at {wanted.sample_rate:,} Hz"
    if heard.ndim == 1:
        # A wave is looked at by its spectrogram.
        shown = audio.log_mel(heard, wanted.sample_rate, wanted.seconds, wanted.mel_bands)
        return shown, f"{words}, a wave of {len(heard):,} samples"
    frames, bands = heard.shape
    return heard, f"{words}, {frames:,} × {bands}"


def _training(index: Index, data: DataSpec) -> NDArray[np.int64]:
    """Some training samples with a text, chosen evenly; no other text may teach the tokeniser."""
    from workbench.data.cache import select
    from workbench.data.split import divide

    target = index.target(data.target).as_task(data.task)
    usable, _ = select(index, target, index.modalities, data)
    training = divide(index, target, usable, data) == 0
    rows = np.flatnonzero(training & index.has("text"))
    places = np.linspace(0, len(rows) - 1, min(len(rows), LEARNED_FROM))
    return rows[np.unique(places.astype(np.int64))]
