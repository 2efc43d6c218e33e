from __future__ import annotations

import math

import numpy as np
import pytest

from workbench import events
from workbench.runs.curves import Curves, Series, in_words, smooth, thin
from workbench.runs.verdict import verdict


def started(epochs: int = 10, steps: int = 4, train: int = 100) -> events.Started:
    return events.Started(
        run="r", epochs=epochs, steps=steps, samples={"train": train}, parameters=1, shapes={},
        device="CPU",
    )  # fmt: skip


def steps(last: int, *losses: float, speed: float = 50.0) -> events.StepsDone:
    return events.StepsDone(
        epoch=1, step=last, losses=losses, learning_rate=1e-3, samples_per_second=speed
    )


def epoch(
    number: int, train: float, validation: float | None, *, best: bool = False, seconds: float = 2.0
) -> events.EpochDone:
    told = {} if validation is None else {"loss": validation, "accuracy": 0.5}
    return events.EpochDone(
        epoch=number, step=4 * number, train={"loss": train}, validation=told, seconds=seconds,
        best=best,
    )  # fmt: skip


def heard(train: list[float], validation: list[float]) -> Curves:
    curves = Curves()
    curves.hear(started())
    curves.hear(steps(1, train[0]))
    for number, (fit, seen) in enumerate(zip(train, validation, strict=True), start=1):
        best = seen < min(validation[: number - 1], default=math.inf)
        curves.hear(epoch(number, fit, seen, best=best))
    return curves


def test_a_series_keeps_every_point_while_it_grows() -> None:
    grown = Series()
    for start in range(0, 5000, 7):
        numbers = np.arange(start, min(start + 7, 5000), dtype=float)
        grown.extend(numbers, -numbers)
    assert grown.x.tolist() == list(range(5000))
    assert np.array_equal(grown.y, -grown.x)


def test_steps_stand_at_their_place_in_epochs() -> None:
    curves = Curves()
    curves.hear(started(steps=4))
    curves.hear(steps(2, 3.0, 2.5))
    curves.hear(steps(5, 2.0, 1.5, 1.0))
    assert curves.steps.x.tolist() == [0.25, 0.5, 0.75, 1.0, 1.25]
    assert curves.steps.y.tolist() == [3.0, 2.5, 2.0, 1.5, 1.0]
    assert curves.place == 1.25


def test_an_epoch_without_validation_leaves_a_gap_and_the_best_stays_right() -> None:
    curves = Curves()
    curves.hear(epoch(1, 1.0, 0.9, best=True))
    curves.hear(epoch(2, 0.8, None))
    curves.hear(epoch(3, 0.6, 0.5, best=True))
    assert curves.validation["loss"].x.tolist() == [1, 3]
    assert (curves.best, curves.best_loss) == (3, 0.5)
    assert curves.metric == "accuracy"


def test_before_any_event_there_is_no_best_and_no_time_left() -> None:
    curves = Curves()
    assert curves.best == 0
    assert math.isnan(curves.best_loss)
    assert math.isnan(curves.seconds_left())


def test_time_left_counts_the_steps_first_and_whole_epochs_with_validation_then() -> None:
    curves = Curves()
    curves.hear(started(epochs=10, steps=4, train=100))
    curves.hear(steps(2, 1.0, 1.0, speed=50.0))
    assert curves.seconds_left() == pytest.approx(9.5 * 100 / 50)
    curves.hear(steps(4, 1.0, 1.0, speed=50.0))
    # Half of this epoch's eight seconds went into validation, which the speed does not know.
    curves.hear(epoch(1, 1.0, 1.0, seconds=8.0))
    assert curves.seconds_left() == pytest.approx(9 * 8)


def test_other_events_are_no_news() -> None:
    curves = Curves()
    curves.hear(events.Stopping())
    assert curves.version == 0
    curves.hear(started())
    assert curves.version == 1


@pytest.mark.parametrize("many", [4001, 5999, 7999, 8001, 100_003])
def test_thinning_loses_no_spike_wherever_it_stands(many: int) -> None:
    x = np.arange(many, dtype=float)
    for spot in (0, 1, many // 2, many - 500, many - 2, many - 1):
        y = np.sin(x / 50)
        y[spot] = 99.0
        places, values = thin(x, y)
        assert len(places) <= 4000
        assert 99.0 in values
        assert np.all(np.diff(places) > 0)
        assert (places[0], places[-1]) == (0, many - 1)


def test_thinning_covers_the_whole_curve_evenly() -> None:
    x = np.arange(5999, dtype=float)
    places, _ = thin(x, np.random.default_rng(0).normal(size=5999))
    assert np.diff(places).max() < 10


def test_thinning_returns_few_points_as_they_are_and_lives_with_nan() -> None:
    x = np.arange(10.0)
    assert thin(x, x)[0] is x
    y = np.full(10_000, np.nan)
    y[7777] = 1.0
    places, values = thin(np.arange(10_000.0), y)
    assert values[places == 7777].tolist() == [1.0]


def test_smoothing_is_the_exponential_mean_with_its_start_corrected() -> None:
    y = np.random.default_rng(1).normal(size=300) + 5
    _, ours = smooth(np.arange(300.0), y, 0.8)
    # Written out: every earlier value weighs 0.8 of the one after it.
    for at in (0, 1, 17, 299):
        weights = 0.8 ** np.arange(at, -1, -1.0)
        assert ours[at] == pytest.approx((weights * y[: at + 1]).sum() / weights.sum())


def test_no_smoothing_leaves_the_values_and_a_constant_stays_one() -> None:
    y = np.random.default_rng(2).normal(size=50)
    assert np.allclose(smooth(np.arange(50.0), y, 0.0)[1], y)
    for many in (1, 999, 1001, 123_457):
        assert np.allclose(smooth(np.arange(float(many)), np.full(many, 3.0), 0.99)[1], 3.0)


def test_smoothing_does_not_jump_where_points_begin_to_be_joined() -> None:
    y = np.random.default_rng(3).normal(size=1001)
    x = np.arange(1001.0)
    apart = smooth(x[:1000], y[:1000], 0.95)[1].std()
    joined = smooth(x, y, 0.95)[1].std()
    assert joined == pytest.approx(apart, rel=0.15)


def test_smoothing_steps_over_what_is_not_finite() -> None:
    y = np.array([np.nan, 1.0, np.inf, 1.0, np.nan])
    _, smoothed = smooth(np.arange(5.0), y, 0.5)
    assert math.isnan(smoothed[0])
    assert smoothed[1:].tolist() == [1.0] * 4
    assert len(smooth(np.empty(0), np.empty(0), 0.5)[0]) == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (45.4, "45 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_times_are_said_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    ("train", "validation", "word", "part"),
    [
        ([2.0], [2.0], "Learning", "one epoch"),
        ([2.0, 1.5, 1.0], [2.0, 1.6, 1.5], "Learning", "down 25% since epoch 1"),
        ([2.0, 1.5, 1.2, 0.9, 0.6], [2.0, 1.5, 1.6, 1.7, 1.8], "Overfitting", "since 2"),
        ([2.0, 1.5, 1.5, 1.5, 1.5], [2.0, 1.5, 1.5, 1.5, 1.5], "Flat", "3 epochs"),
        ([2.0, 1.5, 1.4, 1.4], [2.0, 0.5, 2.0, 0.4], "Unstable", "learning rate"),
    ],
)
def test_the_verdict_says_what_the_curves_do(train, validation, word, part) -> None:
    said = verdict(heard(train, validation))
    assert said.word == word
    assert part in said.reason
    assert said.tone == ("good" if word == "Learning" else "warn")


@pytest.mark.parametrize(
    "validation",
    [[1.0, 0.5, 0.25, 0.12, 0.06], [3.0, 0.3, 0.03, 0.003], [1.0, 0.1, -0.5, -1.0, -3.0]],
)
def test_a_loss_that_only_falls_is_learning_however_fast(validation) -> None:
    said = verdict(heard(validation, validation))
    assert (said.word, said.tone) == ("Learning", "good")


def test_a_loss_that_only_rises_is_overfitting_and_not_unstable() -> None:
    said = verdict(heard([1.0, 0.8, 0.6, 0.4], [0.1, 0.4, 1.6, 6.4]))
    assert (said.word, said.reason) == ("Overfitting", "only training improves since 1")


@pytest.mark.parametrize("validation", [[1.0, 1.5], [1.0, 1.0, 1.2], [0.0, 0.0], [-1.0, -0.5]])
def test_nothing_below_the_first_epoch_is_not_called_learning(validation) -> None:
    said = verdict(heard([1.0] * len(validation), validation))
    assert (said.word, said.tone) == ("No gain yet", "quiet")


def test_a_negative_loss_is_told_without_a_percentage() -> None:
    said = verdict(heard([-1.0, -2.0, -3.0], [-1.0, -2.0, -3.0]))
    assert (said.word, said.reason) == ("Learning", "loss from -1 to -3")


def test_a_negative_training_loss_that_worsens_is_not_overfitting() -> None:
    said = verdict(heard([-1.0, -0.99, -0.98, -0.985], [-1.0, -0.9, -0.9, -0.9]))
    assert said.word == "Flat"


@pytest.mark.parametrize("spoiled", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_unstable(spoiled) -> None:
    said = verdict(heard([1.0, 0.9], [1.0, spoiled]))
    assert (said.word, said.tone) == ("Unstable", "warn")
    assert "no number" in said.reason


def test_an_epoch_called_best_without_a_validation_loss_is_not_the_best() -> None:
    curves = Curves()
    curves.hear(epoch(1, 1.0, 2.0, best=True))
    curves.hear(epoch(2, 1.0, None, best=True))
    assert (curves.best, curves.best_loss) == (1, 2.0)


def test_the_verdict_before_the_first_validation_is_no_judgement() -> None:
    curves = Curves()
    assert verdict(curves).word == "Warming up"
    curves.hear(steps(1, 1.0))
    assert verdict(curves).word == "Starting"
    curves.hear(epoch(1, 1.0, None))
    assert verdict(curves).word == "Starting"


def test_the_verdict_survives_epochs_that_were_not_validated() -> None:
    curves = Curves()
    for number, seen in enumerate((2.0, None, 1.0, None, 1.1, 1.2, 1.3), start=1):
        curves.hear(epoch(number, 2.0 - 0.2 * number, seen, best=seen in {2.0, 1.0}))
    said = verdict(curves)
    assert (said.word, said.reason) == ("Overfitting", "only training improves since 3")
