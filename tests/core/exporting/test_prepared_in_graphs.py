"""Pictures and sounds that are prepared inside a graph, against Pillow and the readers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from workbench.data.readers import audio, image
from workbench.spec import AudioInput

pytestmark = pytest.mark.slow

SIZES = [
    (16, 16), (1, 1), (1, 90), (90, 1), (33, 47), (47, 33), (64, 32), (31, 200), (200, 31),
    (17, 500), (500, 17), (300, 260), (403, 16), (100, 101), (129, 640), (777, 1000), (1024, 33),
]  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    """Fits pictures of any size with one traced function for each way of fitting."""
    from workbench.exporting.pictures import Fitting
    from workbench.lazy import tf

    known = {}

    def fit(pixels, size, way, exact):
        key = size, way, exact
        if key not in known:
            any_size = tf.TensorSpec([None, None, None, 3], tf.uint8)
            known[key] = tf.function(Fitting(size, way, exact), input_signature=[any_size])
        return known[key](pixels[None]).numpy()[0]

    return fit


def drawn(high, wide, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (high, wide, 3)).astype(np.uint8)


@pytest.mark.parametrize(("way", "size"), [("pad", 31), ("crop", 16), ("stretch", 16)])
def test_a_picture_of_any_size_is_fitted_to_the_last_bit_as_pillow_does_it(
    way, size, fitted, tmp_path
):
    for high, wide in SIZES:
        pixels = drawn(high, wide)
        Image.fromarray(pixels).save(tmp_path / "p.png", compress_level=0)
        wanted = image.read_bytes(tmp_path / "p.png", size, way)
        np.testing.assert_array_equal(fitted(pixels, size, way, True), wanted, f"{high} x {wide}")


@pytest.mark.parametrize("way", ["pad", "stretch"])
def test_without_float64_few_pixels_are_off_and_by_one_at_most(way, fitted, tmp_path):
    for high, wide in SIZES:
        pixels = drawn(high, wide)
        Image.fromarray(pixels).save(tmp_path / "p.png", compress_level=0)
        wanted = image.read_bytes(tmp_path / "p.png", 16, way).astype(int)
        off = np.abs(fitted(pixels, 16, way, False).astype(int) - wanted)
        assert off.max() <= 1
        assert (off > 0).mean() < 0.02


def test_a_plain_picture_keeps_its_colour_in_every_pixel(fitted):
    plain = np.full((37, 80, 3), (7, 130, 255), np.uint8)
    assert (fitted(plain, 16, "pad", True) == (7, 130, 255)).all()


@pytest.mark.parametrize(
    ("rate", "seconds", "bands"),
    [(4000, 0.2, 8), (4000, 0.02, 8), (11025, 0.3, 16), (16000, 0.5, 64)],
)
def test_a_spectrogram_by_products_is_that_of_the_reader(rate, seconds, bands):
    from workbench.exporting.sounds import heard

    options = AudioInput(sample_rate=rate, seconds=seconds, mel_bands=bands)
    dice = np.random.default_rng(0)
    for share in (0.4, 1.0, 1.7):
        times = np.arange(max(int(rate * seconds * share), 1))
        wave = (0.5 * np.sin(times * 0.3) + dice.normal(0, 1e-4, len(times))).astype(np.float32)
        wanted = audio.log_mel(wave, rate, seconds, bands).astype(np.float16)
        np.testing.assert_array_equal(np.asarray(heard(wave[None], options))[0], wanted)
        near = np.asarray(heard(wave[None], options, exact=False))[0]
        assert np.abs(near - wanted.astype(np.float32)).max() < 1e-3


def test_a_raw_wave_is_cut_or_filled_with_silence_and_rounded_as_the_cache_is():
    from workbench.exporting.sounds import heard

    options = AudioInput(form="wave", sample_rate=4000, seconds=0.01)
    wave = np.linspace(-1, 1, 33).astype(np.float32)
    found = np.asarray(heard(wave[None], options))[0]
    np.testing.assert_array_equal(found[:33], wave.astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(found[33:], np.zeros(7))
    assert np.asarray(heard(np.tile(wave, 3)[None], options)).shape == (1, 40)
