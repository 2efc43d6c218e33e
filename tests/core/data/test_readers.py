"""Files to numbers, against numbers worked by hand or by other libraries."""

import numpy as np
import pytest
import soundfile
from PIL import Image

from workbench.data.readers import audio, image, text, tokens
from workbench.errors import UserError
from workbench.spec import TextInput


def test_a_picture_keeps_its_aspect_on_a_square_of_its_mean_colour(tmp_path):
    Image.new("RGB", (40, 20), (200, 100, 50)).save(tmp_path / "wide.png")
    pixels = image.read(tmp_path / "wide.png", 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels == pytest.approx(np.broadcast_to(np.array([200, 100, 50]) / 255, (16, 16, 3)))


def test_transparency_lies_over_white(tmp_path):
    Image.new("RGBA", (8, 8), (255, 0, 0, 128)).save(tmp_path / "a.png")
    assert image.read_bytes(tmp_path / "a.png", 8)[0, 0].tolist() == pytest.approx(
        [255, 127, 127], abs=1
    )


def test_sixteen_bit_greys_are_scaled_and_not_cut(tmp_path):
    values = np.linspace(0, 65535, 64).astype("u2").reshape(8, 8)
    Image.fromarray(values).save(tmp_path / "deep.png")
    read = image.read_bytes(tmp_path / "deep.png", 8)[..., 0]
    assert read == pytest.approx(values / 257, abs=1)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA"])
def test_every_colour_mode_is_read(tmp_path, mode):
    suffix = "tif" if mode == "CMYK" else "png"
    Image.new("RGB", (9, 9), (10, 200, 30)).convert(mode).save(tmp_path / f"a.{suffix}")
    assert image.read_bytes(tmp_path / f"a.{suffix}", 9).shape == (9, 9, 3)


def test_a_picture_is_turned_as_its_camera_was_held(tmp_path):
    picture = Image.new("RGB", (20, 20), "white")
    picture.paste("black", (0, 0, 20, 10))
    exif = picture.getexif()
    exif[0x0112] = 6  # the top of the scene is at the right side of the file
    picture.save(tmp_path / "turned.png", exif=exif)
    read = image.read_bytes(tmp_path / "turned.png", 20)
    assert read[10, 18].tolist() == [0, 0, 0]
    assert read[10, 1].tolist() == [255, 255, 255]


def test_a_claim_of_too_many_pixels_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(image, "MAX_PIXELS", 50)
    Image.new("RGB", (10, 10)).save(tmp_path / "big.png")
    with pytest.raises(UserError, match="10 x 10 pixels"):
        image.read(tmp_path / "big.png", 8)


def test_stereo_is_mixed_and_resampled_and_keeps_its_tone(tmp_path):
    times = np.arange(44100) / 44100
    wave = np.sin(2 * np.pi * 440 * times)
    soundfile.write(tmp_path / "a.flac", np.stack([wave, 0 * wave], 1), 44100)
    read = audio.read(tmp_path / "a.flac", 16000)
    assert len(read) == pytest.approx(16000, abs=2)
    spectrum = np.abs(np.fft.rfft(read))
    assert np.argmax(spectrum) * 16000 / len(read) == pytest.approx(440, abs=2)
    assert np.abs(read).max() == pytest.approx(0.5, abs=0.02)


def test_the_log_mel_spectrogram_is_that_of_fft_and_triangles_worked_apart():
    rate, bands, seconds = 16000, 12, 0.3
    dice = np.random.default_rng(0)
    sound = (0.3 * dice.normal(size=int(rate * seconds))).clip(-1, 1).astype("f4")
    ours = audio.log_mel(sound, rate, seconds, bands)
    window = np.hanning(401)[:-1]
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (20, rate / 2))
    corners = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(512, 1 / rate)
    for frame in (0, 7, len(ours) - 1):
        piece = sound[frame * 160 : frame * 160 + 400] * window
        power = (np.abs(np.fft.rfft(piece, 512)) * 2 / window.sum()) ** 2
        for band in range(bands):
            triangle = np.interp(hertz, corners[band : band + 3], [0, 1, 0], left=0, right=0)
            decibels = 10 * np.log10(max(float(power @ triangle), 1e-12))
            assert ours[frame, band] == pytest.approx(np.clip(decibels, -80, 0) / 40 + 1, abs=2e-3)


def test_a_pure_tone_lights_the_band_of_its_pitch():
    rate, bands = 16000, 40
    sound = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate).astype("f4")
    spectrogram = audio.log_mel(sound, rate, 1.0, bands)
    assert spectrogram.shape == (98, 40)
    top = 2595 * np.log10(1 + 8000 / 700)
    low = 2595 * np.log10(1 + 20 / 700)
    wanted = (2595 * np.log10(1 + 1000 / 700) - low) / (top - low) * (bands + 1) - 1
    assert np.median(spectrogram.argmax(axis=1)) == pytest.approx(wanted, abs=1)
    assert spectrogram.max() == pytest.approx(1.0, abs=0.06)
    assert (audio.log_mel(np.zeros(rate, "f4"), rate, 1.0, bands) == -1).all()


@pytest.mark.parametrize(
    ("raw", "encoding", "expected"),
    [
        ("Grüße 猫".encode(), "utf-8", "Grüße 猫"),
        ("Grüße".encode("utf-8-sig"), "utf-8-sig", "Grüße"),
        ("猫".encode("utf-16"), "utf-16", "猫"),
        ("Grüße".encode("cp1252"), "cp1252", "Grüße"),
    ],
)
def test_a_text_is_read_in_its_encoding(tmp_path, raw, encoding, expected):
    (tmp_path / "a.txt").write_bytes(raw)
    assert text.read(tmp_path / "a.txt") == (expected, encoding)


def test_tokens_are_words_in_lower_case_and_single_chinese_characters():
    tokenizer = tokens.train_tokenizer(
        ["The red CIRCLE, the red sun", "红色的圆"], TextInput(vocabulary=100)
    )
    numbers = tokens.encode(tokenizer, ["the circle", "红圆", "never seen", ""], 6)
    vocabulary = tokenizer.get_vocab()
    assert numbers[0].tolist() == [vocabulary["the"], vocabulary["circle"], 0, 0, 0, 0]
    assert numbers[1].tolist()[:3] == [vocabulary["红"], vocabulary["圆"], 0]
    assert numbers[2].tolist() == [1, 1, 0, 0, 0, 0]
    assert numbers[3].tolist() == [0] * 6
    again = tokens.from_json(tokenizer.to_str())
    assert (tokens.encode(again, ["the circle"], 6) == numbers[:1]).all()
    with pytest.raises(UserError, match="damaged"):
        tokens.from_json("{}")
