"""Time of a training step with our losses against Keras' own, and of the balancers.

Run with ``pytest -m benchmark -s tests/benchmarks/test_loss_speed.py``; prints ratios.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench import parts

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROWS, WIDE, CLASSES = 256, 512, 10
STEPS, ROUNDS = 60, 9


def pairs() -> dict[str, tuple[str, dict[str, Any], str]]:
    """Our loss, its options, and the name of Keras' function on one-hot or plain targets."""
    return {
        "cross_entropy": ("category", {}, "categorical_crossentropy"),
        "focal": ("category", {}, "categorical_focal_crossentropy"),
        "binary_cross_entropy": ("labels", {}, "binary_crossentropy"),
        "binary_focal": ("labels", {}, "binary_focal_crossentropy"),
        "squared_error": ("numbers", {}, "mean_squared_error"),
        "absolute_error": ("numbers", {}, "mean_absolute_error"),
        "huber": ("numbers", {}, "huber"),
        "log_cosh": ("numbers", {}, "log_cosh"),
    }


def stepper(loss: Callable[[Any, Any], Any], x: Any, y: Any) -> Callable[[], float]:
    """A call that trains ``STEPS`` steps and tells the seconds of one."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Input((WIDE,)),
            keras.layers.Dense(256, "relu"),
            keras.layers.Dense(CLASSES),
        ]
    )
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def many() -> Any:
        def step(place: Any) -> Any:
            with tf.GradientTape() as tape:
                total = tf.reduce_mean(loss(y, model(x, training=True)))
            optimizer.apply(
                tape.gradient(total, model.trainable_variables), model.trainable_variables
            )
            return place + 1

        return tf.while_loop(
            lambda place: place < STEPS, step, [tf.constant(0)], parallel_iterations=1
        )

    many()

    def timed() -> float:
        begun = time.perf_counter()
        many()
        return (time.perf_counter() - begun) / STEPS

    return timed


def test_a_step_with_our_loss_takes_no_longer_than_with_that_of_keras() -> None:
    """At most 1.05 times as long, in the median of rounds that take turns."""
    import keras
    import tensorflow as tf

    dice = np.random.default_rng(0)
    x = tf.constant(dice.normal(size=(ROWS, WIDE)).astype("f4"))
    classes = dice.integers(0, CLASSES, ROWS).astype("i4")
    targets = {
        "category": (tf.constant(classes), tf.constant(np.eye(CLASSES, dtype="f4")[classes])),
        "labels": (tf.constant((dice.random((ROWS, CLASSES)) < 0.3).astype("f4")),) * 2,
        "numbers": (tf.constant(dice.normal(size=(ROWS, CLASSES)).astype("f4")),) * 2,
    }
    print(f"\nmilliseconds a step, {ROWS} rows; ours, Keras', ratio")
    slow = {}
    for name, (task, options, theirs) in pairs().items():
        part = parts.find("loss", name)
        mine, plain = targets[task]
        function, chosen = getattr(keras.losses, theirs), part.check(options)
        logits = {"from_logits": True} if "crossentropy" in theirs else {}
        ours = stepper(lambda y, z, p=part, c=chosen: p.function(y, z, **c), x, mine)
        keras_own = stepper(lambda y, z, f=function, k=logits: f(y, z, **k), x, plain)
        rounds = [(ours(), keras_own()) for _ in range(ROUNDS)]
        ratio = statistics.median(one / other for one, other in rounds)
        one, other = (1000 * statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:24}{one:8.3f}{other:8.3f}{ratio:8.3f}")
        if ratio > 1.05:
            slow[name] = ratio
    assert not slow


def test_what_balancers_cost(tmp_path: Any) -> None:
    """Prints samples a second of each on one recipe with a head for each modality."""
    from workbench import spec, suggest
    from workbench.data.cache import prepare
    from workbench.data.folder import scan
    from workbench.data.samples import SAMPLES
    from workbench.training.trainer import Trainer

    folder = SAMPLES["shapes"].make(tmp_path / "shapes")
    index = scan(folder)
    base = spec.change_all(
        suggest.suggest(index), [("training.epochs", 4), ("training.patience", None)]
    )
    data = prepare(index, base.data, base.modalities, folder=tmp_path / "cache")
    print("\nsamples a second, shapes with three modalities")
    arms = {"one term": base}
    with_heads = spec.change(base, "objective.heads", True)
    for part in parts.parts("balancer", task=base.data.task):
        arms[f"heads, {part.name}"] = spec.change(with_heads, "objective.balancer.name", part.name)
    speeds: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(3):
        for name, chosen in arms.items():
            place = tmp_path / f"{name}-{number}"
            trained = Trainer(chosen, data, place, lambda event: None, lambda: None).train()
            speeds[name].append(trained.samples_per_second)
    first = statistics.median(speeds["one term"])
    for name, values in speeds.items():
        speed = statistics.median(values)
        print(f"{name:34}{speed:10,.0f}{speed / first:8.2f}")
