"""Raw waves from the file through the cache, variation and training."""

import numpy as np
import pytest

from workbench import spec
from workbench.data import augment
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.readers import audio
from workbench.errors import UserError
from workbench.spec import AudioAugmentation, AudioInput
from workbench.suggest import suggest

pytestmark = pytest.mark.slow


def recipe(folder):
    start = suggest(scan(folder, check=False))
    return spec.change_all(
        start,
        [
            ("model.encoders.audio.name", "audio_wave"), ("model.encoders.audio.width", 4),
            ("model.encoders.image", None), ("model.encoders.text", None),
            ("data.audio.sample_rate", 8000), ("data.audio.seconds", 0.5),
            ("training.epochs", 1),
        ],
    )  # fmt: skip


def test_choosing_the_encoder_has_sounds_read_as_waves_and_back(shapes):
    chosen = recipe(shapes)
    assert chosen.data.audio.form == "wave"
    back = spec.change(chosen, "model.encoders.audio.name", "audio_cnn")
    assert back.data.audio.form == "log_mel"
    with pytest.raises(UserError, match="yours are read as raw waves"):
        spec.change(back, "data.audio.form", "wave")


def test_a_wave_in_the_cache_is_that_of_its_file_and_trains(shapes, tmp_path):
    from workbench.insight.evaluate import evaluate, load_model
    from workbench.training.trainer import Trainer

    chosen, index = recipe(shapes), scan(shapes, check=False)
    data = prepare(index, chosen.data, chosen.modalities, folder=tmp_path / "cache")
    assert data.shape("audio") == (4000,)
    row = int(data.rows("train")[0])
    place = index.stems.tolist().index(str(data.stems[row]))
    wave = audio.fit(audio.read(index.path("audio", place), 8000, 0.5), 8000, 0.5)
    assert np.asarray(data.arrays["audio"][row], "f4") == pytest.approx(wave, abs=1e-3)
    Trainer(chosen, data, tmp_path / "run", lambda event: None, lambda: None).train()
    model = load_model(chosen, tmp_path / "run")
    told = evaluate(chosen, data, model, "test", tmp_path / "run")
    assert np.isfinite(told.metrics["loss"])


def test_a_varied_wave_is_moved_louder_and_noisy_and_stays_in_range():
    wave = np.sin(np.arange(4000) / 5).astype("f2")
    still = augment.audio(wave, AudioAugmentation(), np.random.default_rng(0))
    assert np.array_equal(still, wave)
    varied = augment.audio(
        wave, AudioAugmentation(gain=6.0, noise=-20.0, shift=0.2, masks=2),
        np.random.default_rng(0),
    )  # fmt: skip
    assert varied.shape == wave.shape
    assert varied.dtype == wave.dtype
    assert np.abs(varied).max() <= 1
    assert not np.array_equal(varied, wave)


def test_shapes_of_both_forms_are_what_is_heard(shapes):
    path = scan(shapes, check=False).path("audio", 0)
    for form in ("log_mel", "wave"):
        options = AudioInput(form=form, seconds=0.3)
        assert audio.heard(path, options).shape == audio.shape(options)
