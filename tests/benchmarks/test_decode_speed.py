"""How long the first and the second use of 3,000 samples take, beside a bare loop in one run."""

import os
import shutil
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
import soxr
from PIL import Image

from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.readers import audio
from workbench.data.samples import SAMPLES
from workbench.suggest import suggest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]
COUNT = 3000
MOST = 1.3
SECOND = 1.0


def bare(index, data):
    """What anyone would write: Pillow, soundfile and the same arithmetic in a pool of threads."""
    side, rate, seconds = data.image.size, data.audio.sample_rate, data.audio.seconds
    pictures = np.empty((len(index), side, side, 3), np.uint8)
    sounds = np.empty((len(index), audio.frames(rate, seconds), data.audio.mel_bands), np.float16)
    texts = [""] * len(index)

    def one(row):
        with Image.open(index.path("image", row)) as opened:
            picture = opened.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
        pictures[row] = np.asarray(picture)
        sound, found = soundfile.read(index.path("audio", row), dtype="float32", always_2d=True)
        mono = sound.mean(axis=1)
        if found != rate:
            mono = soxr.resample(mono, found, rate)
        sounds[row] = audio.log_mel(mono, rate, seconds, data.audio.mel_bands)
        texts[row] = index.path("text", row).read_text(encoding="utf-8")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, range(len(index))))
    return pictures, sounds, texts


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def test_the_first_use_costs_what_decoding_costs_and_the_second_nothing(tmp_path):
    folder = SAMPLES["shapes"].make(tmp_path / "shapes", samples=COUNT)
    index = scan(folder, check=False)
    spec = suggest(index)
    cache = tmp_path / "cache"

    def use():
        return prepare(index, spec.data, spec.modalities, folder=cache)

    bare(index, spec.data)
    ratios, seconds_ = [], []
    for _ in range(3):
        shutil.rmtree(cache, ignore_errors=True)
        first, loop = seconds(use), seconds(lambda: bare(index, spec.data))
        ratios.append(first / loop)
        seconds_.append((first, loop))
    second = min(seconds(use) for _ in range(3))
    told = "  ".join(f"{a:.2f}/{b:.2f} s" for a, b in seconds_)
    print(f"\nfirst use / bare loop, {COUNT} samples: {told}; median {statistics.median(ratios):.2f}")
    print(f"second use: {second:.3f} s")
    assert statistics.median(ratios) <= MOST
    assert second <= SECOND
