"""The sample project *gauges*: a picture of a gauge and an operator's note; the target is a number.

The dial carries no figures: the picture tells how far the needle went, only the note tells up to
what the gauge reads. Of the training targets 8 in 100 are mistyped (a zero too many, the point
slipped, digits swapped); those of validation and test are clean, so that it shows how far a loss
lets itself be pulled.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

import numpy as np
from numpy.random import Generator, Philox
from PIL import Image, ImageDraw

MISTYPED = 0.08
"""Share of the training targets that are mistyped."""
RANGES = (6, 10, 16)
"""Highest readings in bar, of the usual series of gauges (EN 837-1)."""
SIDE = 96
_DETAIL = 4
_START, _SWEEP = 135.0, 270.0  # degrees, clockwise from three o'clock


def draw(folder: Path, samples: int, seed: int, progress: Callable[[int, int], None]) -> None:
    """Draw all samples, their notes and their table.

    Args:
        folder: where to; made.
        samples: how many.
        seed: the same seed gives the same files.
        progress: told (done, samples).
    """
    (folder / "image").mkdir(parents=True)
    (folder / "text").mkdir()

    def one(number: int) -> tuple[str, str, str]:
        dice = Generator(Philox(key=[seed, number]))
        stem = f"gauge-{number:05d}"
        top = int(dice.choice(RANGES))
        share = dice.uniform(0.04, 0.98)
        _picture(share, dice).save(folder / "image" / f"{stem}.png", compress_level=1)
        (folder / "text" / f"{stem}.txt").write_text(_note(top, dice), encoding="utf-8")
        part = ("train", "train", "train", "train", "train", "validation", "test")[number % 7]
        reading = f"{share * top:.2f}"
        if part == "train" and dice.random() < MISTYPED:
            reading = _mistype(reading, dice)
        return stem, reading, part

    rows = []
    with ThreadPoolExecutor(cpu_count() or 2) as pool:
        for done, row in enumerate(pool.map(one, range(samples)), start=1):
            rows.append(row)
            progress(done, samples)
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("stem", "pressure", "split"))
        table.writerows(rows)


def _picture(share: float, dice: Generator) -> Image.Image:
    large = SIDE * _DETAIL
    ground = tuple(int(v) for v in dice.uniform(70, 190, 3))
    picture = Image.new("RGB", (large, large), ground)
    pen = ImageDraw.Draw(picture)
    x, y = (large * dice.uniform(0.46, 0.54) for _ in range(2))
    radius = large * dice.uniform(0.38, 0.45)
    rim = tuple(int(v) for v in np.full(3, dice.uniform(30, 90)))
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=rim)
    face = radius * 0.9
    pale = int(dice.uniform(232, 252))
    pen.ellipse((x - face, y - face, x + face, y + face), fill=(pale, pale, pale))
    for tick in range(21):
        long = tick % 5 == 0
        inner = face * (0.76 if long else 0.84)
        _line(pen, x, y, tick / 20, inner, face * 0.93, (40, 40, 40), 5 if long else 3)
    needle = ((200, 40, 40), (25, 25, 25), (30, 70, 160))[int(dice.integers(3))]
    _line(pen, x, y, share, -face * 0.15, face * 0.8, needle, 8)
    hub = face * 0.1
    pen.ellipse((x - hub, y - hub, x + hub, y + hub), fill=rim)
    small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)
    grain = small * dice.uniform(0.85, 1.05) + dice.normal(0, 3, (SIDE, SIDE, 1))
    return Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))


def _line(
    pen: ImageDraw.ImageDraw, x: float, y: float, share: float, start: float, end: float,
    colour: tuple[int, int, int], width: int,
) -> None:  # fmt: skip
    angle = np.deg2rad(_START + _SWEEP * share)
    dx, dy = float(np.cos(angle)), float(np.sin(angle))
    pen.line((x + dx * start, y + dy * start, x + dx * end, y + dy * end), fill=colour, width=width)


def _note(top: int, dice: Generator) -> str:
    where = dice.choice(("Boiler", "Pump", "Tank", "Line", "Compressor"))
    shift = dice.choice(("early shift", "late shift", "night shift"))
    scale = dice.choice(
        (
            "gauge reads up to {t} bar",
            "scale ends at {t} bar",
            "{t} bar gauge",
            "range 0 to {t} bar",
        )
    )
    asides = ("glass is clean", "checked as usual", "slight vibration", "all quiet")
    aside = dice.choice(asides)
    return f"{where} {dice.integers(1, 5)}, {shift}: {str(scale).format(t=top)}, {aside}."


def _mistype(reading: str, dice: Generator) -> str:
    match int(dice.integers(4)):
        case 0 | 1:
            return f"{float(reading) * 10:.1f}"
        case 2:
            return f"{float(reading) / 10:.3f}"
    whole, _, rest = reading.partition(".")
    return f"{rest}.{whole}"
