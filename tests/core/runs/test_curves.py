from __future__ import annotations

import math

import numpy as np
import pytest

from workbench import events
from workbench.runs.curves import Curves, in_words
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


def resumed(step: int, *, from_disk: bool = True) -> events.Resumed:
    return events.Resumed(epoch=1 + step // 4, step=step, from_disk=from_disk)


def told(step: int, **figures) -> events.StepsDone:
    return events.StepsDone(
        epoch=1, step=step, losses=(1.0 / step,), learning_rate=0.1 / step,
        samples_per_second=9.0, **figures,
    )  # fmt: skip


def everything(curves: Curves) -> list[tuple[list[float], list[float]]]:
    return [(series.x.tolist(), series.y.tolist()) for series in curves._every()]


def whole_run(last: int) -> list[events.Said]:
    said: list[events.Said] = [started(steps=4)]
    for step in range(1, last + 1):
        seconds = {"data": 0.25, "compute": 0.75}
        said.append(
            told(
                step, terms={"task": 1.0, "image": 2.0 * step}, weights={"task": 1, "image": 1},
                gradients={"image": 2.0}, gradient=3.0 + step, update=1e-3, seconds=seconds,
            )
        )  # fmt: skip
        said.append(events.Measured(processor=0.5, memory=step, memory_free=9))
        if step % 4 == 0:
            at = step // 4
            said.append(epoch(at, 1.0, 3.0 / at if at < 3 else 9.0, best=at < 3))
    return said


@pytest.mark.parametrize("at", [3, 4, 6, 8, 12])
def test_a_run_that_goes_on_from_disk_doubles_nothing_and_leaves_no_gap(at: int) -> None:
    straight, resumes = Curves(), Curves()
    for event in whole_run(14):
        straight.hear(event)
        resumes.hear(event)
    resumes.hear(resumed(at))
    again = whole_run(14)
    cut = next(n for n, e in enumerate(again) if getattr(e, "step", 0) > at)
    for event in again[cut:]:
        resumes.hear(event)
    assert everything(resumes) == everything(straight)
    assert (resumes.best, resumes.best_loss) == (2, 1.5)


def test_taking_back_the_best_epoch_gives_the_one_before() -> None:
    curves = Curves()
    for event in whole_run(8):
        curves.hear(event)
    assert curves.best == 2
    curves.hear(resumed(6))
    assert (curves.best, curves.best_loss, curves.place) == (1, 3.0, 1.5)


def test_a_run_that_goes_on_in_its_engine_loses_no_point() -> None:
    curves = Curves()
    for event in whole_run(6):
        curves.hear(event)
    before = everything(curves)
    curves.hear(events.Paused(epoch=2, step=6))
    assert curves.standing
    curves.hear(resumed(6, from_disk=False))
    assert not curves.standing
    assert everything(curves) == before


def test_an_epoch_that_is_told_twice_stands_once() -> None:
    curves = Curves()
    curves.hear(epoch(1, 1.0, 0.9, best=True))
    curves.hear(epoch(2, 0.8, 0.7, best=True))
    curves.hear(epoch(2, 0.8, 0.7, best=True))
    assert curves.validation["loss"].x.tolist() == [1, 2]
    assert curves.epoch_seconds.x.tolist() == [1, 2]


def test_gradient_update_machine_and_time_are_heard() -> None:
    curves = Curves()
    curves.hear(started(steps=4))
    curves.hear(told(1, gradient=2.0, seconds={"data": 1.0, "compute": 3.0}))
    curves.hear(told(2, gradient=4.0, update=0.01, seconds={"compute": 2.0, "checkpoint": 2.0}))
    curves.hear(
        events.Measured(
            processor=0.5, memory=7, memory_free=8,
            graphics=({"busy": 0.9, "memory": 5, "total": 10}, {"memory": 6, "total": 10}),
        )
    )  # fmt: skip
    assert curves.gradient.y.tolist() == [2.0, 4.0]
    assert (curves.update.x.tolist(), curves.update.y.tolist()) == ([0.5], [0.01])
    assert curves.time_split() == {"data": 1 / 8, "compute": 5 / 8, "checkpoint": 2 / 8}
    assert (curves.processor.last, curves.memory.last, curves.memory_free.last) == (0.5, 7, 8)
    assert {name: s.last for name, s in curves.graphics.items()} == {"GPU 1": 5, "GPU 2": 6}
    assert {name: s.last for name, s in curves.busy.items()} == {"GPU 1": 0.9}


def test_the_split_of_time_is_that_of_the_last_epoch() -> None:
    curves = Curves()
    curves.hear(started(steps=2))
    for step in range(1, 5):
        curves.hear(told(step, seconds={"data": 4.0 if step < 3 else 1.0, "compute": 1.0}))
    assert curves.time_split() == {"data": 0.5, "compute": 0.5}
    assert curves.time_split(over=2.0)["data"] == pytest.approx(10 / 14)


def test_one_epoch_that_was_held_up_does_not_spoil_the_time_left() -> None:
    curves = Curves()
    curves.hear(started(epochs=10, steps=4))
    curves.hear(steps(12, 1.0))
    for number, seconds in enumerate((2.0, 2.0, 500.0), start=1):
        curves.hear(epoch(number, 1.0, 1.0, seconds=seconds))
    assert curves.seconds_left() == pytest.approx(7 * 2.0)


def noisy(curves: Curves, losses: np.ndarray, at_once: int) -> None:
    curves.hear(started(steps=500))
    for last in range(at_once, len(losses) + 1, at_once):
        curves.hear(steps(last, *losses[last - at_once : last]))


@pytest.mark.parametrize("at_once", [1, 7, 50, 1000])
def test_spikes_are_found_and_nothing_else_however_steps_are_told(at_once: int) -> None:
    rng = np.random.default_rng(5)
    losses = 2.0 * np.exp(-np.arange(7000) / 3000) + 0.05 * rng.normal(size=7000)
    planted = [700, 2222, 2223, 6000]
    losses[planted] += 1.5
    curves = Curves()
    noisy(curves, losses, at_once)
    assert np.rint(curves.spikes.x * 500).astype(int).tolist() == [at + 1 for at in planted]


def test_a_very_even_curve_and_one_that_rises_slowly_have_no_spikes() -> None:
    for losses in (np.full(3000, 0.7), np.linspace(1, 5, 3000), np.linspace(5, 1, 3000)):
        curves = Curves()
        noisy(curves, losses, 10)
        assert len(curves.spikes) == 0


def test_many_spikes_are_unstable_and_the_figures_are_told() -> None:
    losses = np.tile(np.r_[np.linspace(1.0, 1.1, 24), 5.0], 40)
    curves = Curves()
    noisy(curves, losses, 10)
    said = verdict(curves)
    assert (said.word, said.reason) == ("Unstable", "20 spikes of the loss in an epoch")
    assert "20 of the last 500 steps (4%)" in said.details
    assert "up to 5" in said.details


def test_waiting_for_data_is_said_with_its_share_but_only_when_nothing_is_worse() -> None:
    curves = heard([2.0, 1.5], [2.0, 1.5])
    curves.hear(told(9, seconds={"data": 4.0, "compute": 6.0}))
    said = verdict(curves)
    assert (said.word, said.reason) == ("Data-bound", "40% of the time waits for data")
    worse = heard([2.0, 1.5, 1.2, 0.9, 0.6], [2.0, 1.5, 1.6, 1.7, 1.8])
    worse.hear(told(21, seconds={"data": 4.0, "compute": 6.0}))
    assert verdict(worse).word == "Overfitting"


@pytest.mark.parametrize(("data", "compute"), [(0.4, 0.6), (1.0, 9.0)])
def test_short_or_small_waits_are_not_worth_a_word(data: float, compute: float) -> None:
    curves = heard([2.0, 1.5], [2.0, 1.5])
    curves.hear(told(9, seconds={"data": data, "compute": compute}))
    assert verdict(curves).word == "Learning"


def test_details_tell_since_when_and_by_how_much() -> None:
    said = verdict(heard([2.0, 1.5, 1.2, 0.9, 0.6], [2.0, 1.5, 1.6, 1.7, 1.8]))
    for figures in ("since epoch 2", "1.5 in epoch 2", "1.8 now", "from 1.5 to 0.6"):
        assert figures in said.details
    flat = verdict(heard([2.0, 1.5, 1.5, 1.5, 1.5], [2.0, 1.5, 1.5, 1.5, 1.5]))
    assert "Flat for 3 epochs" in flat.details
