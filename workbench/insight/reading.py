"""Files and words of anybody as the model gets them: by the very readers that training uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.parallel import one_core_each
from workbench.data.readers import audio, image, text
from workbench.errors import UserError
from workbench.insight.sample import OneSample, text_array
from workbench.insight.trained import Trained
from workbench.parts import MODALITIES, Modality


@dataclass(frozen=True)
class Given:
    """What somebody gives; None: nothing of that modality.

    Args:
        image: a file.
        audio: a file.
        text: words, not a file.
    """

    image: Path | None = None
    audio: Path | None = None
    text: str | None = None

    def has(self, modality: Modality) -> bool:
        """Whether something of that modality is given."""
        return getattr(self, modality) is not None


def read(trained: Trained, given: Given) -> OneSample:
    """A sample in the form of the model's inputs; what is not given is lacking.

    Args:
        trained: the run.
        given: files and words; those of modalities that the run does not know are not looked at.

    Raises:
        UserError: a file cannot be read, or nothing that the model knows is given.
    """
    known = [m for m in MODALITIES if m in trained.spec.modalities]
    found = {m: _one(trained, m, given) for m in known if given.has(m)}
    if not found:
        words = " or ".join({"image": "a picture", "audio": "a sound", "text": "words"}[m]
                            for m in known)  # fmt: skip
        raise UserError("Nothing is given that the model knows.", f"Give it {words}.")
    lacking = tuple(m for m in known if m not in found)
    return OneSample(found | {m: nothing(trained, m) for m in lacking}, lacking)


def nothing(trained: Trained, modality: Modality) -> NDArray[Any]:
    """What stands for a modality that is lacking, [1, ...]: zeros, as training has them."""
    kind = {"image": "uint8", "audio": "float16", "text": "int32"}[modality]
    if modality == "text" and trained.spec.data.text.form != "tokens":
        kind = "float32"
    return np.zeros((1, *trained.inputs.shapes[modality]), kind)


def _one(trained: Trained, modality: Modality, given: Given) -> NDArray[Any]:
    data = trained.spec.data
    if modality == "image":
        assert given.image is not None
        return image.read_bytes(given.image, data.image.size, data.image.fit)[None]
    if modality == "audio":
        assert given.audio is not None
        # Half precision, as the cache keeps it: the model has never heard more. On one core, as
        # there: products of matrices end on other last digits when their rows are shared out.
        with one_core_each():
            return audio.heard(given.audio, data.audio).astype(np.float16)[None]
    assert given.text is not None
    return text_array(trained, given.text)


def words_of(path: Path) -> str:
    """The text of a file.

    Raises:
        UserError: it cannot be read.
    """
    return text.read(path)[0]


def together(samples: list[OneSample]) -> Mapping[Modality, NDArray[Any]]:
    """Several samples as one batch."""
    return {m: np.concatenate([one.arrays[m] for one in samples]) for m in samples[0].arrays}
