"""Optimisers against their published update rules, schedules against curves worked by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.slow
START = np.asarray([3.0, -2.0, 0.5])


def each_option_at_its_ends(kind):
    for part in parts.parts(kind):
        yield part, part.check({})
        for option in part.options:
            for value in option.extremes():
                yield part, part.check({option.name: value})


def ids(cases):
    return [f"{part.name}-{list(options.values())}" for part, options in cases]


def walk(name, steps, rate=0.1, **options):
    """Weights after some steps down the bowl ``sum of w ** 2``."""
    import keras

    part = parts.find("optimizer", name)
    optimizer = part.function(rate, **part.check(options))
    weight = keras.Variable(START, dtype="float32")
    optimizer.build([weight])
    for _ in range(steps):
        optimizer.apply([2.0 * weight.value], [weight])
    return np.asarray(weight)


OPTIMIZERS = list(each_option_at_its_ends("optimizer"))


@pytest.mark.parametrize(("part", "options"), OPTIMIZERS, ids=ids(OPTIMIZERS))
def test_an_optimiser_stays_finite_at_the_ends_of_its_limits(part, options):
    once = walk(part.name, 1, rate=1e-3, **options)
    assert (np.abs(once) < np.abs(START)).all()
    assert np.isfinite(walk(part.name, 10, rate=1e-3, **options)).all()


@pytest.mark.parametrize("part", parts.parts("optimizer"), ids=lambda part: part.name)
def test_the_learning_rate_can_be_set_anew_before_each_step(part):
    import keras

    optimizer = part.function(0.1, **part.check({}))
    weight = keras.Variable(START, dtype="float32")
    optimizer.build([weight])
    optimizer.learning_rate.assign(0.0)
    optimizer.apply([2.0 * weight.value], [weight])
    assert np.asarray(weight) == pytest.approx(START)
    optimizer.learning_rate.assign(0.1)
    optimizer.apply([2.0 * weight.value], [weight])
    assert (np.abs(np.asarray(weight)) < np.abs(START)).all()


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_steps_by_the_rule_of_polyak(momentum, nesterov):
    weight, speed = START.copy(), np.zeros(3)
    for _ in range(4):
        pull = -0.1 * 2 * weight
        speed = momentum * speed + pull
        weight = weight + (momentum * speed + pull if nesterov else speed)
    found = walk("sgd", 4, momentum=momentum, nesterov=nesterov)
    assert found == pytest.approx(weight, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "decay"), [("adam", {}, 0.0), ("adamw", {"weight_decay": 0.5}, 0.5)]
)
@pytest.mark.parametrize(("beta_1", "beta_2"), [(0.9, 0.999), (0.0, 0.9)])
def test_adam_steps_by_the_rule_of_its_paper(name, options, decay, beta_1, beta_2):
    weight, mean, square = START.copy(), np.zeros(3), np.zeros(3)
    for step in range(1, 5):
        gradient = 2 * weight
        weight = weight - 0.1 * decay * weight
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        sized = np.sqrt(square / (1 - beta_2**step)) + 1e-7
        weight = weight - 0.1 * mean / (1 - beta_1**step) / sized
    found = walk(name, 4, beta_1=beta_1, beta_2=beta_2, **options)
    assert found == pytest.approx(weight, rel=1e-4)


SCHEDULES = list(each_option_at_its_ends("schedule"))


@pytest.mark.parametrize("total", [1, 2, 7, 1000])
@pytest.mark.parametrize(("part", "options"), SCHEDULES, ids=ids(SCHEDULES))
def test_a_schedule_is_a_rate_for_runs_of_any_length(part, options, total):
    rates = [part.function(step, base=0.2, total=total, **options) for step in range(total)]
    assert all(math.isfinite(rate) and 0 <= rate <= 0.2 + 1e-12 for rate in rates)
    assert rates[0] > 0
    assert all(isinstance(rate, float) for rate in rates)


def rate(name, step, total=100, **options):
    return parts.find("schedule", name).function(step, base=2.0, total=total, **options)


@pytest.mark.parametrize(
    ("step", "floor", "expected"),
    [(0, 0.0, 2.0), (25, 0.0, 1 + math.sqrt(0.5)), (50, 0.0, 1.0), (75, 0.0, 1 - math.sqrt(0.5)),
     (50, 0.5, 1.5), (50, 1.0, 2.0), (100, 0.25, 0.5)],
)  # fmt: skip
def test_cosine_passes_points_worked_by_hand(step, floor, expected):
    assert rate("cosine", step, warmup=0.0, floor=floor) == pytest.approx(expected)


def test_cosine_rises_evenly_to_the_base_and_never_again():
    rates = [rate("cosine", step, warmup=0.2, floor=0.0) for step in range(100)]
    assert rates[:20] == pytest.approx([0.1 * (step + 1) for step in range(20)])
    assert rates[20] == pytest.approx(2.0)
    assert all(later < earlier for earlier, later in pairwise(rates[20:]))


def test_a_constant_rate_without_a_warm_up_is_the_base_from_the_first_step():
    assert {rate("constant", step, warmup=0.0) for step in range(100)} == {2.0}


def test_cosine_is_that_of_keras_after_its_warm_up():
    import keras

    part = parts.find("schedule", "cosine")
    theirs = keras.optimizers.schedules.CosineDecay(0.1, 100)
    for step in (0, 1, 37, 99):
        ours = part.function(step, base=0.1, total=100, warmup=0.0, floor=0.0)
        assert ours == pytest.approx(float(theirs(step)), abs=1e-8)  # theirs is float32


def test_a_warm_up_rises_in_even_steps():
    part = parts.find("schedule", "constant")
    rates = [part.function(step, base=1.0, total=40, warmup=0.1) for step in range(6)]
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
