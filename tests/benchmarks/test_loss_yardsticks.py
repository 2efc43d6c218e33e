"""What the losses are worth: noisy labels, mistyped targets, rare classes. Prints tables.

Run with ``pytest -m benchmark -s tests/benchmarks/test_loss_yardsticks.py``.
"""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.benchmark

SEEDS = 5
NOISE = (0.0, 0.2, 0.4, 0.6)
NOISY = {
    "cross_entropy": {},
    "cross_entropy, smoothed": {"label_smoothing": 0.1},
    "probability_error": {},
    "generalized_cross_entropy": {},
    "symmetric_cross_entropy": {},
    "partially_huberised_cross_entropy": {},
    "focal": {},
}


def digits() -> tuple[np.ndarray, ...]:
    """scikit-learn's digits: 1,297 train, 500 test, stratified."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    return tuple(
        train_test_split((x / 16).astype("f4"), y, test_size=500, stratify=y, random_state=0)
    )


def flipped(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """A share of the labels replaced by another class, never the true one."""
    dice = np.random.default_rng(seed)
    wrong = dice.random(len(labels)) < share
    moved = (labels + dice.integers(1, 10, len(labels))) % 10
    return np.where(wrong, moved, labels).astype("i4")


def accuracy(name: str, options: dict[str, Any], share: float, seed: int, data: Any) -> float:
    """Clean test accuracy at the last of 100 epochs, in per cent."""
    import keras
    import tensorflow as tf

    x_train, x_test, y_train, y_test = data
    labels = flipped(y_train, share, seed)
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.layers.Input((64,)),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(10),
        ]
    )
    part = parts.find("loss", name)
    options = part.check(options)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    x, y = tf.constant(x_train), tf.constant(labels)

    @tf.function(autograph=False)
    def epoch(order: Any) -> None:
        def step(place: Any) -> Any:
            rows = order[place * 64 : (place + 1) * 64]
            with tf.GradientTape() as tape:
                logits = model(tf.gather(x, rows), training=True)
                total = tf.reduce_mean(part.function(tf.gather(y, rows), logits, **options))
            gradients = tape.gradient(total, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            return place + 1

        steps = -(-len(x_train) // 64)
        tf.while_loop(lambda place: place < steps, step, [tf.constant(0)], parallel_iterations=1)

    dice = np.random.default_rng(1000 + seed)
    for _ in range(100):
        epoch(tf.constant(dice.permutation(len(x_train))))
    said = np.asarray(model(x_test)).argmax(axis=1)
    return 100 * float((said == y_test).mean())


def test_noisy_labels_of_digits() -> None:
    """The generalised loss beats cross-entropy by more than 8 points; focal is below it."""
    data = digits()
    found: dict[tuple[str, float], list[float]] = {}
    print(f"\nclean test accuracy at the last epoch, mean and spread of {SEEDS} seeds")
    print(f"{'':36}" + "".join(f"{share:>14.0%}" for share in NOISE))
    for name, options in NOISY.items():
        cells = []
        for share in NOISE:
            part = name.partition(",")[0]
            runs = [accuracy(part, options, share, seed, data) for seed in range(SEEDS)]
            found[name, share] = runs
            cells.append(f"{statistics.mean(runs):8.1f} ±{statistics.stdev(runs):4.1f}")
        print(f"{name:36}" + "".join(cells))
    plain = statistics.mean(found["cross_entropy", 0.4])
    assert statistics.mean(found["generalized_cross_entropy", 0.4]) > plain + 8
    assert statistics.mean(found["focal", 0.4]) < plain
