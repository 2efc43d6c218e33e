"""Noise on one modality: amounts worked by hand, and the same noise whenever it is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.insight.noise import Noise

DICE = np.random.default_rng(0)
ROWS = np.array([3, 7, 11])


def samples_of(kind):
    """Of each kind what is ordinary, and three samples."""
    match kind:
        case "picture":
            return "image", DICE.integers(0, 256, (20, 16, 16, 3)).astype(np.uint8)
        case "log_mel":
            return "audio", DICE.uniform(-1, 0.5, (20, 30, 8)).astype(np.float16)
        case "wave":
            return "audio", DICE.uniform(-0.5, 0.5, (20, 400)).astype(np.float16)
        case "tokens":
            found = DICE.integers(2, 50, (20, 12)).astype(np.int32)
            found[:, 9:] = 0
            return "text", found
    return "text", DICE.normal(0, 1, (20, 8)).astype(np.float32)


KINDS = ("picture", "log_mel", "wave", "tokens", "vector")


@pytest.mark.parametrize("kind", KINDS)
def test_no_noise_changes_nothing_and_noise_keeps_shape_and_type(kind):
    modality, ordinary = samples_of(kind)
    noise, samples = Noise(modality, ordinary), ordinary[:3]
    assert noise.kind == kind
    np.testing.assert_array_equal(noise.on(samples, ROWS, 0.0), samples)
    before = samples.copy()
    found = noise.on(samples, ROWS, 0.5)
    assert (found.shape, found.dtype) == (samples.shape, samples.dtype)
    assert (found != samples).any()
    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_keeps_its_noise_whatever_else_is_asked_and_another_draw_gives_another(kind):
    modality, ordinary = samples_of(kind)
    noise, samples = Noise(modality, ordinary), ordinary[:3]
    together = noise.on(samples, ROWS, 0.8)
    alone = Noise(modality, ordinary).on(samples[1:2], ROWS[1:2], 0.8)
    np.testing.assert_array_equal(together[1:2], alone)
    assert (noise.on(samples, ROWS, 0.8, draw=1) != together).any()


@pytest.mark.parametrize("kind", ["picture", "vector"])
def test_at_full_strength_nothing_of_the_sample_is_left(kind):
    modality, ordinary = samples_of(kind)
    noise = Noise(modality, ordinary)
    one, other = (noise.on(ordinary[n : n + 1], ROWS[:1], 1.0) for n in (4, 5))
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_plain_picture_is_blended_in_proportion_with_noise_like_ordinary_pictures():
    ordinary = DICE.normal((60, 120, 180), 20, (8, 64, 64, 3)).clip(0, 255).astype(np.uint8)
    plain = np.full((1, 64, 64, 3), 200, np.uint8)
    for strength in (0.25, 0.5, 1.0):
        found = Noise("image", ordinary).on(plain, ROWS[:1], strength)[0].astype(float)
        mean = (1 - strength) * 200 + strength * ordinary.mean(axis=(0, 1, 2))
        np.testing.assert_allclose(found.mean(axis=(0, 1)), mean, atol=1.5)
        np.testing.assert_allclose(found.std(axis=(0, 1)), strength * 20, rtol=0.08)


def test_a_wave_is_as_loud_as_before_and_as_far_above_the_noise_as_is_said():
    wave = (0.2 * np.sin(np.arange(20000) / 7)).astype(np.float32)
    noise = Noise("audio", wave[None])
    for strength in (0.2, 0.5, 0.7):
        found = noise.on(wave[None], ROWS[:1], strength)[0].astype(float)
        assert np.square(found).mean() == pytest.approx(np.square(wave).mean(), rel=0.05)
        own = wave * (found @ wave) / (wave @ wave)
        ratio = 10 * np.log10(np.square(own).mean() / np.square(found - own).mean())
        assert ratio == pytest.approx(20 * np.log10((1 - strength) / strength), abs=0.4)


def test_powers_of_a_spectrogram_are_added_and_its_mean_power_stays():
    level = np.full((1, 200, 64), 0.5, np.float32)
    for strength in (0.3, 0.5, 1.0):
        found = Noise("audio", level).on(level, ROWS[:1], strength)[0].astype(float)
        power, before = 10 ** (4 * (found - 1)), 10 ** (4 * (0.5 - 1))
        assert power.mean() == pytest.approx(before, rel=0.03)
        # Exponential powers have a spread as large as their mean, which is the noise's share.
        share = strength**2 / ((1 - strength) ** 2 + strength**2)
        assert power.std() == pytest.approx(share * before, rel=0.03)


def test_a_silent_sound_gets_noise_as_loud_as_ordinary_sounds():
    loud = np.full((4, 100, 16), 0.25, np.float16)
    silent = np.full((1, 100, 16), -1.0, np.float16)
    found = Noise("audio", loud).on(silent, ROWS[:1], 1.0).astype(float)
    assert (10 ** (4 * (found - 1))).mean() == pytest.approx(10 ** (4 * (0.25 - 1)), rel=0.1)


def test_words_once_hit_stay_hit_and_as_many_as_was_asked_for_are():
    ordinary = np.full((6, 2000), 5, np.int32)
    words = np.full((3, 2000), 9, np.int32)
    words[:, 1500:] = 0
    noise, last = Noise("text", ordinary), np.zeros((3, 2000), bool)
    for strength in (0.2, 0.5, 1.0):
        found = noise.on(words, ROWS, strength)
        hit = found != words
        assert (hit | ~last).all()
        assert hit[:, :1500].mean() == pytest.approx(strength, abs=0.04)
        # Half of them are unknown, the others stand in other texts; padding stays.
        assert set(found[hit].tolist()) == {1, 5}
        assert (found[hit] == 1).mean() == pytest.approx(0.5, abs=0.06)
        assert not found[:, 1500:].any()
        last = hit


def test_a_vector_goes_to_that_of_another_text_and_keeps_its_length():
    noise = Noise("text", np.array([[0.0, 1.0]], np.float32))
    found = noise.on(np.array([[1.0, 0.0]], np.float32), ROWS[:1], 0.5)
    np.testing.assert_allclose(found, [[np.sqrt(0.5), np.sqrt(0.5)]], rtol=1e-6)


def test_what_is_ordinary_are_training_samples_that_have_the_modality():
    from workbench.data.prepared import Prepared

    words = np.arange(2, 12, dtype=np.int32)[:, None]
    prepared = Prepared(
        arrays={"text": words}, labels=np.zeros(10), split=np.repeat([0, 2], 5).astype(np.int8),
        stems=np.array([f"s{n}" for n in range(10)], dtype=np.dtypes.StringDType()),
        task="category", classes=("a", "b"), vocabulary=12, scaling=None, left_out={},
        tokenizer="", key="k", masks={"text": np.array([True, False] * 5)},
    )  # fmt: skip
    assert Noise.of(prepared, "text").ordinary[:, 0].tolist() == [2, 4, 6]
