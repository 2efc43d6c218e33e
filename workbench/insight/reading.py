"""Files and words that a person gives, as the arrays that a trained run was made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.media import SUFFIXES, row_form
from workbench.data.readers import text as texts
from workbench.data.readers import tokens
from workbench.errors import UserError
from workbench.insight.trained import Trained
from workbench.parts import MODALITIES, Modality

Raw = Path | str
"""A file; of a text also its words."""

NOUNS: Mapping[Modality, str] = {"image": "picture", "audio": "sound", "text": "text"}


class Reader:
    """Reads for one trained run, by the same readers and options as its training did.

    Args:
        trained: the run.
    """

    def __init__(self, trained: Trained) -> None:
        self._trained = trained
        self._data = trained.spec.data

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What the run takes, in the fixed order."""
        return tuple(m for m in MODALITIES if m in self._trained.spec.modalities)

    def row(self, modality: Modality, raw: Raw) -> NDArray[Any]:
        """One modality of one sample, without the batch.

        Args:
            modality: which.
            raw: a file, or words.

        Raises:
            UserError: the run takes no such modality, or the file is of another kind, cannot be
                decoded or is gone.
        """
        if modality not in self._trained.spec.modalities:
            takes = " and ".join(f"{NOUNS[m]}s" for m in self.modalities)
            raise UserError(f"This run takes no {NOUNS[modality]}s.", f"It takes {takes}.")
        if isinstance(raw, Path):
            _refuse_kind(modality, raw)
        if modality == "text":
            return self.words(texts.read(raw)[0] if isinstance(raw, Path) else raw)
        return row_form(modality, self._data).read(Path(raw))

    def nothing(self, modality: Modality) -> NDArray[Any]:
        """What stands where a sample lacks a modality: zeros, as in training."""
        shape = self._trained.inputs.shapes[modality]
        if modality == "text":
            kind = np.dtype(np.int32 if self._data.text.form == "tokens" else np.float32)
            return np.zeros(shape, kind)
        return np.zeros(shape, row_form(modality, self._data).kind)

    def words(self, text: str) -> NDArray[Any]:
        """A text as the model gets it, [words] or [size].

        Args:
            text: any text.

        Raises:
            UserError: the sentence model that the run was trained with is gone or another one.
        """
        return self._of_words(text)

    @cached_property
    def _of_words(self) -> Callable[[str], NDArray[Any]]:
        options, known = self._data.text, self._trained.inputs.tokenizer
        if options.form == "tokens":
            tokenizer = tokens.from_json(known)
            return lambda text: tokens.encode(tokenizer, [text], options.words)[0]
        from workbench.data.readers import sentences

        model = sentences.opened(options)
        if model.facts() != known:
            raise UserError(
                f"The sentence model {model.name} is not the one that the run was trained with.",
                f"Put the one of that time back to {options.model}, or train again.",
            )
        return model.vector


def _refuse_kind(modality: Modality, path: Path) -> None:
    if path.is_dir():
        raise UserError(f"{path.name} is a folder, not a file.", "Give one of its files.")
    if path.suffix.lower() not in SUFFIXES[modality]:
        known = ", ".join(sorted(ending[1:].upper() for ending in SUFFIXES[modality]))
        raise UserError(f"{path.name} is no {NOUNS[modality]}.", f"These are read: {known}.")
