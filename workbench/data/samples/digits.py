"""The sample project *digits*: real handwriting, a spoken word and a caption that narrows.

Pictures are those of the "Optical recognition of handwritten digits" set (Alpaydin and Kaynak 1998)
that scikit-learn carries, each used once, so that no handwriting is in two splits. A third of them
are smudged and a third of the words drown in noise, never the same third: where the eye fails, the
ear can help. The caption is true of three to six digits and never decides.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.random import Generator, Philox
from numpy.typing import NDArray
from PIL import Image

from workbench.data.samples.speech import Speaker
from workbench.errors import UserError

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Other women's voices breathe at random, so that no two runs would give the same files.
VOICES = (
    "en-us+m1", "en-us+m3", "en-us+m7", "en-us+f1", "en-us+f4", "en+m2",
    "en+f1", "en-gb-x-rp+m5", "en-gb-x-rp+f4", "en-gb-scotland+m4", "en-gb-scotland+f1",
    "en-029+m6",
)  # fmt: skip
CAPTIONS: tuple[tuple[str, frozenset[int]], ...] = (
    ("an even digit", frozenset({0, 2, 4, 6, 8})),
    ("an odd digit", frozenset({1, 3, 5, 7, 9})),
    ("less than five", frozenset({0, 1, 2, 3, 4})),
    ("five or more", frozenset({5, 6, 7, 8, 9})),
    ("written with a closed loop", frozenset({0, 6, 8, 9})),
    ("written without any loop", frozenset({1, 2, 3, 5, 7})),
    ("a prime number", frozenset({2, 3, 5, 7})),
    ("one of its strokes is straight and long", frozenset({1, 4, 7})),
    ("its English word has four letters", frozenset({0, 4, 5, 9})),
    ("divisible by three", frozenset({0, 3, 6, 9})),
)
SPOILED = 1 / 3
"""Share of the pictures that are smudged, and of the words that drown in noise."""
SIDE = 64
RATE = 16000
SECONDS = 0.8
_PAPER = (250, 247, 240)
_INK = (28, 36, 66)


def draw(folder: Path, samples: int, seed: int, progress: Callable[[int, int], None]) -> None:
    """Make all samples and their table.

    Args:
        folder: where to; made.
        samples: how many; no more than there is handwriting.
        seed: the same seed gives the same files.
        progress: told (done, samples).

    Raises:
        UserError: the speech synthesiser is not installed, or too many samples are asked for.
    """
    speaker = Speaker()
    written = importlib.import_module("sklearn.datasets").load_digits()
    if samples > len(written.images):
        raise UserError(
            f"There are {len(written.images):,} handwritten digits, {samples:,} were asked for.",
            "Ask for fewer.",
        )
    for name in ("image", "audio", "text"):
        (folder / name).mkdir(parents=True)
    order = Generator(Philox(seed)).permutation(len(written.images))[:samples]
    rows = []
    for number, source in enumerate(order.tolist()):
        dice = Generator(Philox(key=[seed, 1 + number]))
        digit = int(written.target[source])
        stem = f"digit-{number:05d}"
        spoiled = dice.random()
        picture = _picture(written.images[source], dice, smudged=spoiled < SPOILED)
        picture.save(folder / "image" / f"{stem}.png", compress_level=1)
        voice = str(dice.choice(VOICES))
        drowned = SPOILED <= spoiled < 2 * SPOILED
        sound = _sound(speaker, WORDS[digit], voice, dice, drowned=drowned)
        soundfile.write(folder / "audio" / f"{stem}.wav", sound, RATE, subtype="PCM_16")
        (folder / "text" / f"{stem}.txt").write_text(_caption(digit, dice), encoding="utf-8")
        rows.append((stem, WORDS[digit], voice))
        progress(number + 1, samples)
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([("stem", "digit", "voice"), *rows])


def _picture(ink: NDArray[np.float64], dice: Generator, *, smudged: bool) -> Image.Image:
    """Eight by eight levels of ink, 0..16, as writing on paper."""
    levels = Image.fromarray((ink / 16 * 255).astype(np.uint8))
    inner = SIDE - 12
    smooth = np.asarray(levels.resize((inner, inner), Image.Resampling.BICUBIC), np.float64) / 255
    page = np.zeros((SIDE, SIDE))
    left, top = dice.integers(2, 11, 2)
    page[top : top + inner, left : left + inner] = np.clip((smooth - 0.25) / 0.45, 0, 1)
    if smudged:
        page = _smudge(page, dice)
    page = np.clip(page + dice.normal(0, 0.03, page.shape), 0, 1)[..., None]
    pixels = (1 - page) * np.asarray(_PAPER) + page * np.asarray(_INK)
    return Image.fromarray(pixels.round().astype(np.uint8))


def _smudge(page: NDArray[np.float64], dice: Generator) -> NDArray[np.float64]:
    """Blots over most of the writing."""
    down, across = np.mgrid[:SIDE, :SIDE]
    for _ in range(5):
        middle = dice.uniform(0.25 * SIDE, 0.75 * SIDE, 2)
        size = dice.uniform(0.14, 0.24) * SIDE
        distance = np.hypot(down - middle[0], across - middle[1]) / size
        page = np.maximum(page, np.clip(1.6 - distance, 0, 1) * dice.uniform(0.75, 1.0))
    return page


def _sound(
    speaker: Speaker, word: str, voice: str, dice: Generator, *, drowned: bool
) -> NDArray[np.float32]:
    said = speaker.speak(
        word,
        voice,
        words_a_minute=int(dice.integers(120, 220)),
        pitch=int(dice.integers(25, 75)),
        melody=int(dice.integers(20, 80)),
    )
    heard = soxr.resample(said, speaker.rate, RATE, quality="HQ")[: round(SECONDS * RATE)]
    whole = np.zeros(round(SECONDS * RATE), np.float32)
    start = int(dice.integers(0, len(whole) - len(heard) + 1))
    whole[start : start + len(heard)] = heard * (dice.uniform(0.5, 0.8) / np.abs(heard).max())
    loudness = float(np.sqrt(np.mean(whole**2)))
    # Decibels of noise against the voice: in one case hardly heard, in the other on top of it.
    decibels = dice.uniform(6, 12) if drowned else dice.uniform(-40, -25)
    noise = dice.normal(0, loudness * 10 ** (decibels / 20), len(whole)).astype(np.float32)
    mixed = whole + noise
    return np.asarray(mixed / max(1.0, float(np.abs(mixed).max()) * 1.02), np.float32)


def _caption(digit: int, dice: Generator) -> str:
    true = [words for words, digits in CAPTIONS if digit in digits]
    return str(dice.choice(true))
