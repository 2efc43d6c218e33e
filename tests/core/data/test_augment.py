"""Variation of training samples: what each option does, and that chance is one of its own."""

import numpy as np
import pytest

from workbench.data import augment
from workbench.data.readers import audio as reader
from workbench.spec import AudioAugmentation, Augmentation, ImageAugmentation, TextAugmentation

EVERYTHING = Augmentation(
    image=ImageAugmentation(
        flip="both", crop=0.3, rotate=30.0, brightness=0.3, contrast=0.3, cutout=0.3
    ),
    audio=AudioAugmentation(gain=12.0, noise=-20.0, shift=0.3, masks=3),
    text=TextAugmentation(drop=0.3),
)


def picture(height=24, width=32):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def sound(frames=40, bands=16):
    return np.random.default_rng(2).uniform(-0.9, 0.5, (frames, bands)).astype(np.float16)


SAMPLES = {"image": picture(), "audio": sound(), "text": np.arange(2, 34, dtype=np.int32)}
MODALITIES = tuple(SAMPLES)


def chance(row=0, epoch=0, seed=5, modality="image"):
    return augment.dice(seed, epoch, row, modality)


def vary_image(values, row=0, **options):
    return augment.image(values, ImageAugmentation(**options), chance(row))


def vary_audio(values, row=0, **options):
    return augment.audio(values, AudioAugmentation(**options), chance(row))


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_variation_is_a_function_of_seed_epoch_and_row_alone(modality):
    def varied(seed, epoch, row):
        dice = augment.dice(seed, epoch, row, modality)
        return augment.vary(modality, SAMPLES[modality], EVERYTHING, dice)

    places = [(seed, epoch, row) for seed in (0, 1) for epoch in (0, 1) for row in (0, 1)]
    found = {place: varied(*place) for place in places}
    for place in reversed(places):
        assert np.array_equal(varied(*place), found[place])
    assert len({values.tobytes() for values in found.values()}) == len(places)


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_sample_itself_is_not_changed_and_keeps_its_shape_and_type(modality):
    given = SAMPLES[modality]
    before = given.copy()
    for row in range(20):
        varied = augment.vary(modality, given, EVERYTHING, chance(row, modality=modality))
        assert varied.shape == given.shape
        assert varied.dtype == given.dtype
        assert np.array_equal(given, before)
    given.flags.writeable = False  # as in a memory-mapped array
    augment.vary(modality, given, EVERYTHING, chance(modality=modality))


@pytest.mark.parametrize("modality", MODALITIES)
def test_without_an_option_nothing_is_varied(modality):
    assert not augment.any_on(Augmentation())
    varied = augment.vary(modality, SAMPLES[modality], Augmentation(), chance(modality=modality))
    assert np.array_equal(varied, SAMPLES[modality])


ONE_OPTION = [
    ("image", ImageAugmentation(flip="vertical")),
    *(("image", ImageAugmentation(**{name: 0.3})) for name in (
        "crop", "rotate", "brightness", "contrast", "cutout"
    )),
    *(("audio", AudioAugmentation(**options)) for options in (
        {"gain": 1.0}, {"noise": 0.0}, {"noise": -80.0}, {"shift": 0.1}, {"masks": 1}
    )),
    ("text", TextAugmentation(drop=0.1)),
]  # fmt: skip


@pytest.mark.parametrize(("modality", "options"), ONE_OPTION, ids=lambda value: str(value)[:60])
def test_each_option_alone_switches_variation_on(modality, options):
    assert augment.any_on(options)
    assert augment.any_on(Augmentation(**{modality: options}))


def test_the_width_of_masks_that_are_not_there_switches_nothing_on():
    assert not augment.any_on(AudioAugmentation(mask_size=0.5))


def test_chance_of_a_modality_says_nothing_of_that_of_another():
    drawn = np.array([[chance(row, modality=m).random() for m in MODALITIES] for row in range(400)])
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.2


def test_switching_an_option_on_leaves_the_choices_of_the_others():
    pixels = np.full((32, 32, 3), 100, np.uint8)
    for row in range(10):
        alone = vary_image(pixels, row, brightness=0.4)
        with_more = vary_image(pixels, row, brightness=0.4, flip="both", crop=0.4)
        assert np.array_equal(alone, with_more)  # a plain picture shows nothing of the others


@pytest.mark.parametrize(
    ("flip", "wanted"),
    [
        ("horizontal", {"same", "across"}),
        ("vertical", {"same", "down"}),
        ("both", {"same", "across", "down", "turned"}),
    ],
)
def test_half_of_the_pictures_are_mirrored(flip, wanted):
    pixels = picture()
    every = {
        "same": pixels,
        "across": np.fliplr(pixels),
        "down": np.flipud(pixels),
        "turned": np.rot90(pixels, 2),
    }
    found = [
        next(
            name for name, p in every.items() if np.array_equal(p, vary_image(pixels, r, flip=flip))
        )
        for r in range(400)
    ]
    assert set(found) == wanted
    assert found.count("same") == pytest.approx(400 / len(wanted), abs=50)


def test_a_crop_shows_a_part_of_the_picture_enlarged():
    """A picture whose red and green say where a pixel comes from."""
    across, down = np.meshgrid(np.arange(64) * 4, np.arange(64) * 4)
    pixels = np.stack([across, down, np.zeros_like(down)], axis=-1).astype(np.uint8)
    widths, corners = [], []
    for row in range(200):
        shown = vary_image(pixels, row, crop=0.5).astype(int)
        span = shown[32, 60, 0] - shown[32, 4, 0]
        assert shown[60, 32, 1] - shown[4, 32, 1] == pytest.approx(span, abs=4)  # keeps its shape
        assert (np.diff(shown[32, :, 0]) >= 0).all()
        widths.append(span / (56 * 4))
        corners.append(shown[0, 0, 0] / 4)
    assert min(widths) == pytest.approx(0.5, abs=0.03)
    assert max(widths) == pytest.approx(1.0, abs=0.03)
    assert 20 < max(corners) <= 33


def test_a_turn_keeps_the_middle_and_fills_with_the_mean_colour():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, :32] = (200, 100, 0)
    pixels[28:36, 28:36] = (0, 0, 255)
    ground = np.rint(pixels.reshape(-1, 3).mean(axis=0))
    filled = 0
    for row in range(50):
        turned = vary_image(pixels, row, rotate=45.0)
        assert turned[32, 32].tolist() == [0, 0, 255]
        filled += np.array_equal(turned[0, 0], ground)
    assert filled > 30


@pytest.mark.parametrize("most", [10.0, 90.0, 180.0])
def test_a_turn_goes_to_either_side_as_far_as_it_may(most):
    """Where a dot to the right of the middle goes."""
    pixels = np.zeros((65, 65, 3), np.uint8)
    pixels[31:34, 55:58] = 255
    angles = []
    for row in range(300):
        bright = vary_image(pixels, row, rotate=most)[..., 0].astype(float)
        bright[bright < 10] = 0  # what the turn brings in
        down, across = (np.indices(bright.shape) * bright).sum(axis=(1, 2)) / bright.sum() - 32
        assert np.hypot(down, across) == pytest.approx(24, abs=0.5)
        angles.append(np.degrees(np.arctan2(down, across)))
    assert max(angles) == pytest.approx(most, abs=0.05 * most + 0.5)
    assert min(angles) == pytest.approx(-most, abs=0.05 * most + 0.5)


def test_brightness_moves_every_pixel_by_the_same_amount():
    pixels = np.random.default_rng(0).integers(100, 150, (16, 16, 3), dtype=np.uint8)
    moved = [vary_image(pixels, row, brightness=0.2).astype(int) - pixels for row in range(200)]
    assert all(np.ptp(by) <= 1 for by in moved)  # rounding
    amounts = [by.mean() for by in moved]
    assert -51 <= min(amounts) < -45
    assert 45 < max(amounts) <= 51


def test_contrast_stretches_differences_from_the_mean():
    pixels = np.random.default_rng(0).integers(90, 160, (16, 16, 3), dtype=np.uint8)
    shares = []
    for row in range(200):
        varied = vary_image(pixels, row, contrast=0.5).astype(float)
        assert varied.mean() == pytest.approx(pixels.mean(), abs=0.5)
        shares.append(varied.std() / pixels.std())
    assert min(shares) == pytest.approx(0.5, abs=0.03)
    assert max(shares) == pytest.approx(1.5, abs=0.03)


def test_pixels_beyond_black_and_white_are_clipped_not_wrapped():
    pixels = picture()
    for row in range(40):
        varied = vary_image(pixels, row, brightness=0.8, contrast=0.8).astype(int)
        order = np.argsort(pixels, axis=None, kind="stable")
        assert (np.diff(varied.ravel()[order]) >= 0).all()


def test_a_cutout_is_a_grey_square_of_the_given_side_at_most():
    pixels = np.zeros((40, 40, 3), np.uint8)
    covered = []
    for row in range(300):
        grey = (vary_image(pixels, row, cutout=0.5) == augment.GREY).all(axis=-1)
        down, across = np.flatnonzero(grey.any(axis=1)), np.flatnonzero(grey.any(axis=0))
        assert len(down) <= 20
        assert len(across) <= 20
        assert np.ptp(down) + 1 == len(down)
        assert np.ptp(across) + 1 == len(across)
        assert grey.sum() == len(down) * len(across)
        covered.append(grey.sum())
    assert max(covered) == 20 * 20
    assert min(covered) >= 10 * 10


@pytest.mark.parametrize("side", [1, 2, 3, 17])
def test_pictures_of_any_size_can_be_varied(side):
    for row in range(20):
        dice = chance(row)
        assert augment.image(picture(side, side), EVERYTHING.image, dice).shape == (side, side, 3)


def decibels(log_mel):
    return 40.0 * (np.asarray(log_mel, float) - 1)


def test_gain_adds_decibels_and_leaves_silence_silent():
    values = np.full((30, 8), -0.25, np.float32)
    values[:10] = -1
    added = []
    for row in range(200):
        varied = vary_audio(values, row, gain=12.0)
        assert (varied[:10] == -1).all()
        by = decibels(varied[10:]) - decibels(values[10:])
        assert np.ptp(by) < 1e-3
        added.append(by.mean())
    assert min(added) == pytest.approx(-12, abs=0.5)
    assert max(added) == pytest.approx(12, abs=0.5)


def test_gain_of_a_spectrogram_is_that_of_the_sound_itself():
    """Ten decibels on the waveform, read anew, against ten decibels on the spectrogram."""
    rate = 16000
    wave = np.random.default_rng(0).normal(0, 0.01, rate).astype(np.float32)
    quiet = reader.log_mel(wave, rate, 1.0, 32)
    loud = reader.log_mel(wave * 10**0.5, rate, 1.0, 32)
    found = [vary_audio(quiet, row, gain=10.0) for row in range(400)]
    nearest = min(found, key=lambda varied: abs(varied.mean() - loud.mean()))
    assert decibels(nearest) == pytest.approx(decibels(loud), abs=0.2)


def test_noise_adds_its_power_to_that_of_the_sound():
    values = np.full((200, 50), decibels_to_unit(-30.0), np.float32)
    levels = []
    for row in range(150):
        power = 10 ** (decibels(vary_audio(values, row, noise=-20.0)) / 10)
        assert power.min() >= 0.999e-3  # power is only added
        levels.append(10 * np.log10(power.mean() - 1e-3))
    assert max(levels) == pytest.approx(-20, abs=1.0)
    assert min(levels) < -60


def decibels_to_unit(level):
    return level / 40 + 1


def test_a_shift_moves_sound_and_lets_silence_in():
    values = np.arange(50 * 4, dtype=np.float32).reshape(50, 4) / 400
    offsets = set()
    for row in range(300):
        varied = vary_audio(values, row, shift=0.2)
        kept = np.flatnonzero(varied[:, 0] != -1)
        assert np.array_equal(kept, np.arange(kept[0], kept[-1] + 1))
        place = int(np.flatnonzero((values == varied[kept[0]]).all(axis=1))[0])
        offset = int(kept[0]) - place
        assert np.array_equal(varied[kept], values[place : place + len(kept)])
        assert len(kept) == 50 - abs(offset)
        offsets.add(offset)
    assert offsets == set(range(-10, 11))


@pytest.mark.parametrize("masks", [1, 2, 4])
def test_masks_silence_whole_spans_and_whole_bands(masks):
    values = np.zeros((60, 40), np.float32)
    widest = [0, 0]
    for row in range(200):
        silent = vary_audio(values, row, masks=masks, mask_size=0.1) == -1
        frames, bands = silent.all(axis=1), silent.all(axis=0)
        assert np.array_equal(silent, frames[:, None] | bands)
        assert frames.sum() <= 6 * masks
        assert bands.sum() <= 4 * masks
        widest = [max(widest[0], frames.sum()), max(widest[1], bands.sum())]
    assert widest[0] >= 5
    assert widest[1] >= 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (5, 1)])
def test_spectrograms_of_any_size_stay_within_their_limits(shape):
    for row in range(30):
        varied = augment.audio(np.full(shape, 0.9, np.float16), EVERYTHING.audio, chance(row))
        assert varied.shape == shape
        assert np.isfinite(varied).all()
        assert (np.abs(varied) <= 1).all()


def test_hidden_tokens_become_unknown_and_padding_stays():
    tokens = np.concatenate([np.arange(2, 22), np.zeros(12)]).astype(np.int32)
    hidden = 0
    for row in range(300):
        varied = augment.text(tokens, TextAugmentation(drop=0.25), chance(row))
        changed = varied != tokens
        assert (varied[changed] == augment.UNKNOWN).all()
        assert not changed[20:].any()
        hidden += changed.sum()
    assert hidden / (300 * 20) == pytest.approx(0.25, abs=0.02)
