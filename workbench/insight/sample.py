"""One sample of a run as the model gets it, and what a person changes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.prepared import Prepared
from workbench.data.readers import tokens
from workbench.errors import UserError
from workbench.insight.reading import Reader
from workbench.insight.trained import Trained
from workbench.parts import Modality

Span = tuple[float, float]
"""From and to, as shares of the whole, 0..1."""
Box = tuple[float, float, float, float]
"""Left, top, width and height, as shares of the picture, 0..1."""


@dataclass(frozen=True)
class Edits:
    """What is changed.

    Args:
        text: other words; None: those of the sample.
        cut: what is kept of the picture, enlarged to its whole; None: all.
        covered: what of the picture is covered with its mean colour.
        muted: which passage of the sound is made silent.
    """

    text: str | None = None
    cut: Box | None = None
    covered: Box | None = None
    muted: Span | None = None


@dataclass(frozen=True)
class OneSample:
    """A sample in the form of the model's inputs.

    Args:
        arrays: of each modality of the run, [1, ...].
        lacking: modalities that it does not have.
        words: its tokens for the eye, one for each place that is no padding.
    """

    arrays: Mapping[Modality, NDArray[Any]]
    lacking: tuple[Modality, ...] = ()
    words: tuple[str, ...] = field(default=())


def take(trained: Trained, prepared: Prepared, stem: str) -> OneSample:
    """A sample of the data that the run was made of.

    Args:
        trained: the run.
        prepared: its samples.
        stem: name of the sample.

    Raises:
        UserError: the data hold no such sample.
    """
    rows = np.flatnonzero(prepared.stems == stem)
    if not len(rows):
        raise UserError(f"The data no longer hold the sample {stem}.", "Choose another one.")
    row = int(rows[0])
    arrays = {m: np.array(prepared.arrays[m][row : row + 1]) for m in trained.spec.modalities}
    lacking = tuple(m for m, has in prepared.masks.items() if m in arrays and not has[row])
    return OneSample(arrays, lacking, _words(trained, arrays))


def changed(trained: Trained, sample: OneSample, edits: Edits) -> OneSample:
    """The sample with what a person changed; what is changed is no longer lacking.

    Args:
        trained: the run.
        sample: as it is.
        edits: what is changed.
    """
    arrays = dict(sample.arrays)
    lacking = set(sample.lacking)
    if "image" in arrays and (edits.cut or edits.covered):
        arrays["image"] = _picture(arrays["image"][0], edits)[None]
    if "audio" in arrays and edits.muted is not None:
        arrays["audio"] = _muted(arrays["audio"], edits.muted)
    if "text" in arrays and edits.text is not None:
        arrays["text"] = text_array(trained, edits.text)
        lacking.discard("text")
    return OneSample(arrays, tuple(sorted(lacking)), _words(trained, arrays))


def text_array(trained: Trained, text: str) -> NDArray[Any]:
    """A text as the model gets it, [1, ...].

    Args:
        trained: the run.
        text: any text.

    Raises:
        UserError: the sentence model that the run was trained with is gone.
    """
    return Reader(trained).words(text)[None]


def words_of(trained: Trained, numbers: NDArray[np.int32]) -> tuple[str, ...]:
    """The tokens of a text for the eye, one for each place that is no padding.

    Args:
        trained: the run.
        numbers: of its tokens, [1, words].
    """
    tokenizer = tokens.from_json(trained.inputs.tokenizer)
    known = [int(n) for n in numbers[0] if n]
    return tuple(tokenizer.id_to_token(n) or "?" for n in known)


def _words(trained: Trained, arrays: Mapping[Modality, NDArray[Any]]) -> tuple[str, ...]:
    numbers = arrays.get("text")
    if numbers is None or numbers.dtype != np.int32:
        return ()
    return words_of(trained, numbers)


def _picture(picture: NDArray[np.uint8], edits: Edits) -> NDArray[np.uint8]:
    from PIL import Image

    side = picture.shape[0]
    found = picture
    if edits.covered is not None:
        left, top, right, bottom = _pixels(edits.covered, side)
        found = found.copy()
        found[top:bottom, left:right] = picture.mean(axis=(0, 1)).round().astype(np.uint8)
    if edits.cut is not None:
        box = _pixels(edits.cut, side)
        image = Image.fromarray(found).resize((side, side), Image.Resampling.BICUBIC, box=box)
        found = np.asarray(image)
    return found


def _pixels(box: Box, side: int) -> tuple[int, int, int, int]:
    left, top, width, height = box
    first = [min(max(round(value * side), 0), side - 1) for value in (left, top)]
    wide = [max(round(value * side), 1) for value in (width, height)]
    right, bottom = (min(begin + size, side) for begin, size in zip(first, wide, strict=True))
    return first[0], first[1], right, bottom


def _muted(sound: NDArray[Any], span: Span) -> NDArray[Any]:
    found = np.array(sound)
    length = found.shape[1]
    begin, end = (min(max(round(share * length), 0), length) for share in sorted(span))
    # Log-mel: the floor of this sound; a wave: nothing.
    found[:, begin:end] = found.min() if found.ndim == 3 else 0
    return found
