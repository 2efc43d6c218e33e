from __future__ import annotations

import math

import numpy as np
import pytest

from workbench import events
from workbench.runs.curves import Curves
from workbench.runs.telemetry import figures, time_sentence, time_shares


def run(steps: int = 8, per_epoch: int = 4, **figures) -> Curves:
    made = Curves()
    made.hear(
        events.Started(
            run="r", epochs=10, steps=per_epoch, samples={}, parameters=1, shapes={}, device="CPU"
        )
    )
    for step in range(1, steps + 1):
        said = {name: told(step) if callable(told) else told for name, told in figures.items()}
        made.hear(
            events.StepsDone(
                epoch=1, step=step, losses=(1.0,), learning_rate=0.5, samples_per_second=100 * step,
                **said,
            )
        )  # fmt: skip
    return made


def test_before_anything_is_known_nothing_is_said() -> None:
    for figure in figures().values():
        assert figure.sentence(Curves()) == ""
        assert figure.title
        assert figure.empty
    assert time_sentence(Curves()) == ""
    x, shares = time_shares(Curves(), -math.inf, math.inf, 10)
    assert (len(x), shares) == (10, {})


def test_every_figure_says_what_its_curve_shows() -> None:
    known = run(gradient=float, update=2e-3)
    known.hear(
        events.Measured(
            processor=0.5, memory=2_000_000_000, memory_free=24_300_000_000,
            graphics=({"busy": 0.9, "memory": 5e9, "total": 8e10},),
        )
    )  # fmt: skip
    said = {name: figure.sentence(known) for name, figure in figures().items()}
    assert said == {
        "learning_rate": "Learning rate 0.5 now.",
        "gradient": "Length 8 now; 5 to 8 over the last epoch, before any limit.",
        "update": "A step moves the weights by 2.0e-03 of their length; 0.001, dotted, is usual.",
        "speed": "800 samples a second now, 650 over the last epoch.",
        "processor": "The engine keeps 50% of the processors busy.",
        "memory": "The engine holds 2.0 GB; 24.3 GB of the machine are free.",
        "busy": "Busy: GPU 90% of the time.",
        "graphics": "In use: GPU 5.0 GB.",
    }
    for figure in figures().values():
        assert all(len(series) for series in figure.series(known).values())


@pytest.mark.parametrize(("share", "words"), [(0.02, "lower"), (5e-5, "higher")])
def test_updates_that_are_far_from_usual_are_said_to_be(share: float, words: str) -> None:
    assert f"a {words} learning rate" in figures()["update"].sentence(run(update=share))


def test_the_time_is_told_with_its_share_for_data_first() -> None:
    known = run(seconds={"data": 1.2, "compute": 8.5, "checkpoint": 0.3, "told": 0.001})
    assert time_sentence(known) == "12% of the time goes to reading data, 3% to checkpoints."


def test_columns_of_time_hold_the_shares_of_their_own_steps() -> None:
    known = run(
        steps=8,
        seconds=lambda step: {"data": 3.0 if step <= 4 else 0.0, "compute": 1.0},
    )
    x, shares = time_shares(known, -math.inf, math.inf, 2)
    assert x.tolist() == [0.5, 1.5]
    assert shares["data"].tolist() == pytest.approx([0.75, 0.0])
    x, shares = time_shares(known, 1.0, 1.5, 5)
    assert np.allclose(shares["data"], 0)
    assert np.allclose(sum(shares.values()), 1)
    x, shares = time_shares(known, 0.25, 0.75, 4)
    assert np.allclose(shares["data"], 0.75)


def test_what_is_spent_only_late_takes_nothing_before() -> None:
    known = run(
        seconds=lambda step: {"compute": 1.0} | ({"checkpoint": 1.0} if step == 8 else {}),
    )
    _, shares = time_shares(known, -math.inf, math.inf, 8)
    assert shares["checkpoint"].tolist() == pytest.approx([0.0] * 7 + [0.5])
