"""Noise on one modality, from none to nothing but noise.

Every sample has noise of its own, which stays the same while it grows, so that a curve over the
strength does not jump by chance and a sample under the dial changes smoothly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from workbench.data.augment import SILENCE, UNKNOWN
from workbench.data.prepared import Prepared
from workbench.parts import MODALITIES, Modality
from workbench.runs.robustness import Kind

_ORDINARY = 256
# Samples from which is taken what stands in, and how bright and how loud is usual.
_BLUR = 1 / 16
# Radius of the blur at full strength, as a part of the side.
_NEPERS = 4 * np.log(10)
# Of power in one unit of a log-mel spectrogram, which is 40 dB.
_SEED = 20260


@dataclass(frozen=True)
class Noise:
    """Puts noise on samples of one modality.

    A share ``s`` of noise means: a picture is blurred by ``s`` times a sixteenth of its side and
    blended as ``(1 - s) picture + s noise``, Gaussian with the mean and spread of each colour
    among ordinary pictures. A sound is blended likewise with Gaussian noise as loud as itself, so
    that it lies ``20 log10((1 - s) / s)`` dB above the noise; of a spectrogram the powers are
    added, in every band alike, with the exponential spread that they have in Gaussian noise. A
    token is hit with probability ``s``; one half of those becomes unknown, the other a token of
    another text. The vector of a sentence model is blended with that of another text, its length
    kept.

    Args:
        modality: which.
        ordinary: samples of it, as of ``Prepared.arrays``.
    """

    modality: Modality
    ordinary: NDArray[Any]

    @classmethod
    def of(cls, prepared: Prepared, modality: Modality) -> Noise:
        """Noise for these samples; what is usual is what the training samples are.

        Args:
            prepared: the samples.
            modality: which of theirs.
        """
        rows = prepared.rows("train")
        if modality in prepared.masks:
            rows = rows[prepared.masks[modality][rows]]
        dice = np.random.default_rng(_SEED)
        chosen = np.sort(dice.choice(rows, min(len(rows), _ORDINARY), replace=False))
        return cls(modality, np.array(prepared.arrays[modality][chosen]))

    @property
    def kind(self) -> Kind:
        """Which noise it is."""
        return kind_of(self.modality, self.ordinary)

    def on(
        self, samples: NDArray[Any], rows: NDArray[np.int64], strength: float, draw: int = 0
    ) -> NDArray[Any]:
        """These samples under noise.

        Args:
            samples: [samples, ...]; not changed.
            rows: numbers of the samples: each keeps its noise whatever else is asked about.
            strength: 0 none, 1 nothing but noise.
            draw: another number, other noise.

        Returns:
            Of the same shape and type.
        """
        if strength <= 0:
            return np.array(samples)
        blend = {
            "picture": self._picture, "log_mel": self._log_mel, "wave": self._wave,
            "tokens": self._tokens, "vector": self._vector,
        }[self.kind]  # fmt: skip
        found = np.empty_like(samples)
        for place, row in enumerate(rows):
            dice = self._dice(int(row), draw)
            found[place] = blend(samples[place], min(float(strength), 1.0), dice)
        return found

    def _dice(self, row: int, draw: int) -> np.random.Generator:
        place = [0, row, MODALITIES.index(self.modality), draw]
        return np.random.Generator(np.random.Philox(key=[_SEED, 0], counter=place))

    def _picture(
        self, pixels: NDArray[Any], strength: float, dice: np.random.Generator
    ) -> NDArray[Any]:
        mean, spread = self._colours
        radius = strength * _BLUR * pixels.shape[0]
        blurred = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius))
        noise = mean + spread * dice.standard_normal(pixels.shape, dtype=np.float32)
        blend = (1 - strength) * np.asarray(blurred, np.float32) + strength * noise
        return np.asarray(np.clip(np.rint(blend), 0, 255), np.uint8)

    def _log_mel(
        self, sound: NDArray[Any], strength: float, dice: np.random.Generator
    ) -> NDArray[Any]:
        # What is silent adds nothing, not the floor to which it was cut.
        power = np.where(sound > SILENCE, np.exp((sound.astype(np.float64) - 1) * _NEPERS), 0.0)
        level = power.mean() or self._usual_power
        own, others = _parts(strength)
        both = own * power + others * level * dice.standard_exponential(sound.shape)
        found = np.log(np.maximum(both, 1e-12)) / _NEPERS + 1
        return np.asarray(np.clip(found, SILENCE, 1.0), sound.dtype)

    def _wave(
        self, sound: NDArray[Any], strength: float, dice: np.random.Generator
    ) -> NDArray[Any]:
        wave = sound.astype(np.float64)
        level = np.square(wave).mean() or self._usual_power
        own, others = np.sqrt(_parts(strength))
        both = own * wave + others * np.sqrt(level) * dice.standard_normal(sound.shape)
        return np.asarray(np.clip(both, -1.0, 1.0), sound.dtype)

    @cached_property
    def _colours(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and spread of each colour among ordinary pictures."""
        usual = self.ordinary.astype(np.float32)
        return usual.mean(axis=(0, 1, 2)), np.maximum(usual.std(axis=(0, 1, 2)), 1.0)

    @cached_property
    def _known(self) -> NDArray[Any]:
        """The tokens of ordinary texts, each as often as it occurs there."""
        found = self.ordinary[self.ordinary != 0]
        return found if len(found) else np.array([UNKNOWN], self.ordinary.dtype)

    @cached_property
    def _usual_power(self) -> float:
        """Mean power of ordinary sounds, for one that is silent."""
        usual = self.ordinary.astype(np.float64)
        if self.kind == "wave":
            return float(np.square(usual).mean())
        return float(np.where(usual > SILENCE, np.exp((usual - 1) * _NEPERS), 0.0).mean())

    def _tokens(
        self, words: NDArray[Any], strength: float, dice: np.random.Generator
    ) -> NDArray[Any]:
        chance, lost = dice.random(len(words)), dice.random(len(words)) < 0.5
        others = dice.choice(self._known, len(words))
        hit = (words != 0) & (chance < strength)
        return np.asarray(np.where(hit, np.where(lost, UNKNOWN, others), words), words.dtype)

    def _vector(
        self, vector: NDArray[Any], strength: float, dice: np.random.Generator
    ) -> NDArray[Any]:
        other = self.ordinary[dice.integers(len(self.ordinary))]
        both = (1 - strength) * vector + strength * other
        length = (1 - strength) * np.linalg.norm(vector) + strength * np.linalg.norm(other)
        found = both * length / max(float(np.linalg.norm(both)), 1e-12)
        return np.asarray(found, vector.dtype)


def kind_of(modality: Modality, samples: NDArray[Any]) -> Kind:
    """Which noise suits samples of a modality.

    Args:
        modality: which.
        samples: as of ``Prepared.arrays``.
    """
    match modality:
        case "image":
            return "picture"
        case "audio":
            return "wave" if samples.ndim == 2 else "log_mel"
    return "vector" if samples.dtype.kind == "f" else "tokens"


def _parts(strength: float) -> NDArray[np.float64]:
    """What of the power is the sound's and what the noise's; together they are as loud as it."""
    parts = np.array([(1 - strength) ** 2, strength**2])
    return np.asarray(parts / parts.sum(), np.float64)
