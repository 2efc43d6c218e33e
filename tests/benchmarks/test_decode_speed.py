"""First decode of 3,000 samples against a bare loop, and how soon a second use is ready.

Run by ``pytest -m benchmark -s tests/benchmarks/test_decode_speed.py``; prints seconds and ratios.
"""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from PIL import Image
from threadpoolctl import threadpool_limits

from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.readers import audio, tokens
from workbench.data.samples import SAMPLES
from workbench.suggest import suggest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

SAMPLES_MADE, ROUNDS = 3000, 5
MODALITIES = ("image", "audio", "text")


@pytest.fixture(scope="module")
def shapes_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "shapes"
    return SAMPLES["shapes"].make(folder, samples=SAMPLES_MADE)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Files as cameras and recorders write them: JPEG of 640 x 480, WAV of 44.1 kHz in stereo."""
    folder = tmp_path_factory.mktemp("data") / "photographs"
    dice = np.random.default_rng(0)
    ground = dice.integers(0, 255, (30, 40, 3), np.uint8)
    seconds = np.arange(44_100) / 44_100
    for number in range(SAMPLES_MADE):
        place = folder / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(np.roll(ground, number, axis=1)).resize((640, 480))
        picture.save(place / f"s{number:04d}.jpg", quality=90)
        tone = np.sin(2 * np.pi * (200 + number) * seconds) * 0.5
        sound = np.stack([tone, tone * 0.5], axis=1)
        soundfile.write(place / f"s{number:04d}.wav", sound, 44_100, subtype="PCM_16")
        words = " ".join(f"word{n}" for n in dice.integers(0, 900, 20))
        (place / f"s{number:04d}.txt").write_text(f"{words} of sample {number}")
    return folder


def bare(index, data, training):
    """What a careful plain script does: every core reads files in a loop, into plain arrays."""
    size, rate, seconds = data.image.size, data.audio.sample_rate, data.audio.seconds
    pictures = np.empty((len(index), size, size, 3), np.uint8)
    frames = audio.frames(rate, seconds)
    sounds = np.empty((len(index), frames, data.audio.mel_bands), np.float16)
    texts = [""] * len(index)
    files = {m: [str(index.path(m, row)) for row in range(len(index))] for m in MODALITIES}

    def read(row):
        with Image.open(files["image"][row]) as picture:
            picture.draft("RGB", (size, size))
            whole = picture.convert("RGB")
        ratio = size / max(whole.size)
        fitted = (round(whole.width * ratio), round(whole.height * ratio))
        pixels = np.asarray(whole.resize(fitted, Image.Resampling.BILINEAR, reducing_gap=2.0))
        square = np.empty((size, size, 3), np.uint8)
        square[:] = pixels.reshape(-1, 3).mean(axis=0)
        top, left = (size - fitted[1]) // 2, (size - fitted[0]) // 2
        square[top : top + fitted[1], left : left + fitted[0]] = pixels
        pictures[row] = square
        sound, own_rate = soundfile.read(files["audio"][row], dtype="float32", always_2d=True)
        mono = sound.mean(axis=1)
        if own_rate != rate:
            mono = soxr.resample(mono, own_rate, rate, quality="HQ")
        sounds[row] = audio.log_mel(mono, rate, seconds, data.audio.mel_bands)
        texts[row] = Path(files["text"][row]).read_text("utf-8")

    # Without this limit it takes up to ten times as long.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(read, range(len(index))):
            pass
    tokenizer = tokens.train_tokenizer([texts[row] for row in training], data.text)
    return pictures, sounds, tokens.encode(tokenizer, texts, data.text.words)


@pytest.mark.parametrize("source", ["shapes_folder", "photographs"])
def test_first_decode_and_second_use(source, request, tmp_path):
    index = scan(request.getfixturevalue(source), check=False)
    data = suggest(index).data
    ours, loops, second = [], [], []
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        start = time.perf_counter()
        prepared = prepare(index, data, MODALITIES, folder=folder)
        first = time.perf_counter()
        prepare(index, data, MODALITIES, folder=folder)
        again = time.perf_counter()
        arrays = bare(index, data, prepared.rows("train"))
        end = time.perf_counter()
        ours.append(first - start)
        second.append(again - first)
        loops.append(end - again)
        for modality, theirs in zip(MODALITIES, arrays, strict=True):
            difference = prepared.arrays[modality].astype(np.float32) - theirs
            assert np.abs(difference).mean() < 0.5
    ratios = [mine / loop for mine, loop in zip(ours, loops, strict=True)]
    print(
        f"\n{source}: first decode of {len(index):,} samples {statistics.median(ours):.2f} s, "
        f"bare loop {statistics.median(loops):.2f} s, ratio median "
        f"{statistics.median(ratios):.2f} of {np.round(ratios, 2)}; "
        f"second use {statistics.median(second):.3f} s of {np.round(second, 3)}"
    )
    assert statistics.median(ratios) < 1.3
    assert statistics.median(second) < 1.0
