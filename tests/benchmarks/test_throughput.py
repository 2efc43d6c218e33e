"""Steady training speed against plain Keras scripts, same model and batch, in one process.

Run by ``pytest -m benchmark -s tests/benchmarks/test_throughput.py``; prints samples per second
and ratios.
"""

import statistics
import time

import numpy as np
import pytest

from workbench import spec, suggest
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

EPOCHS, ROUNDS = 6, 3


@pytest.fixture(scope="module")
def shapes_data(tmp_path_factory):
    folder = SAMPLES["shapes"].make(tmp_path_factory.mktemp("data") / "shapes")
    index = scan(folder)
    chosen = spec.change(suggest.suggest(index), "training.epochs", EPOCHS)
    chosen = spec.change(chosen, "training.patience", None)
    chosen = spec.change(chosen, "data.audio.seconds", 0.9)
    data = prepare(index, chosen.data, chosen.modalities, folder=folder.parent / "cache")
    return index, chosen, data


def ours(chosen, data, folder):
    """Samples per second of the later epochs by the clock, as of ``timed_fit``."""
    from workbench.training.trainer import Trainer

    said = []
    Trainer(chosen, data, folder, said.append, lambda: None).train()
    told = {event.epoch: event.time for event in said if event.event == "steps_done"}
    ends = {event.epoch: event.time for event in said if event.event == "epoch_done"}
    # From the end of one epoch, its validation included, to the last step of the next.
    seconds = [told[epoch] - ends[epoch - 1] for epoch in range(2, EPOCHS + 1)]
    return len(data.rows("train")) / statistics.median(seconds)


def compiled(chosen, data):
    import keras

    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build

    inputs = ModelInputs.of(data, chosen)
    built = build(chosen, inputs.shapes, inputs.outputs, inputs.vocabulary).model
    model = keras.Model(built.inputs, built.output["task"])
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def timed_fit(model, samples, *arguments, **options):
    """Samples per second of the later epochs; the first one traces."""
    import keras

    ends = []
    mark = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: ends.append(-time.perf_counter()),
        on_epoch_end=lambda *_: ends.append(time.perf_counter()),
    )
    model.fit(*arguments, epochs=EPOCHS, verbose=0, callbacks=[mark], **options)
    seconds = [start + end for start, end in zip(ends[::2], ends[1::2], strict=True)]
    return samples / statistics.median(seconds[1:])


def fit_on_arrays(chosen, data):
    rows = data.rows("train")
    arrays = {modality: np.asarray(array[rows]) for modality, array in data.arrays.items()}
    labels = data.labels[rows].astype("i4")
    size = chosen.training.batch_size
    return timed_fit(compiled(chosen, data), len(rows), arrays, labels, batch_size=size)


def fit_on_files(chosen, data, index):
    """What a careful plain script does: decode each file in ``tf.data`` in every epoch."""
    import tensorflow as tf

    rows = data.rows("train")
    places = {
        modality: [str(index.path(modality, row)) for row in rows] for modality in data.arrays
    }
    side = chosen.data.image.size
    length = round(chosen.data.audio.seconds * chosen.data.audio.sample_rate)
    mel = tf.signal.linear_to_mel_weight_matrix(
        chosen.data.audio.mel_bands, 257, chosen.data.audio.sample_rate, 20.0, 8000.0
    )
    frames = data.shape("audio")[0]
    vectorize = tf.keras.layers.TextVectorization(
        data.vocabulary, output_sequence_length=chosen.data.text.words
    )
    vectorize.adapt([open(place, encoding="utf-8").read() for place in places["text"]])  # noqa: PTH123, SIM115

    def read(paths, label):
        picture = tf.io.decode_png(tf.io.read_file(paths["image"]), channels=3)
        picture = tf.cast(tf.image.resize(picture, (side, side), antialias=True), tf.uint8)
        sound, _ = tf.audio.decode_wav(tf.io.read_file(paths["audio"]), 1, length)
        power = tf.abs(tf.signal.stft(sound[:, 0], 400, 160, 512)) ** 2
        decibels = tf.math.log(tf.maximum(power @ mel, 1e-6))[:frames]
        decibels = tf.cast(tf.ensure_shape(decibels, data.shape("audio")), tf.float16)
        tokens = tf.cast(vectorize(tf.io.read_file(paths["text"])), tf.int32)
        return {"image": picture, "audio": decibels, "text": tokens}, label

    labels = data.labels[rows].astype("i4")
    dataset = tf.data.Dataset.from_tensor_slices((places, labels)).shuffle(len(rows))
    dataset = dataset.map(read, tf.data.AUTOTUNE).batch(chosen.training.batch_size)
    return timed_fit(compiled(chosen, data), len(rows), dataset.prefetch(tf.data.AUTOTUNE))


def test_training_against_plain_keras(shapes_data, tmp_path):
    index, chosen, data = shapes_data
    ratios = {"arrays": [], "files": []}
    for number in range(ROUNDS):
        mine = ours(chosen, data, tmp_path / str(number))
        arrays = fit_on_arrays(chosen, data)
        files = fit_on_files(chosen, data, index)
        ratios["arrays"].append(mine / arrays)
        ratios["files"].append(mine / files)
        print(
            f"\nours {mine:,.0f}, fit on arrays {arrays:,.0f}, fit on files {files:,.0f} samples/s"
        )
    for name, values in ratios.items():
        print(
            f"ours / fit on {name}: median {statistics.median(values):.2f} of {np.round(values, 2)}"
        )
