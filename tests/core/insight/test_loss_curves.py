"""Curves of losses: values, slopes and bends against closed forms, over every loss."""

import numpy as np
import pytest

from workbench import events, parts
from workbench.engine import protocol
from workbench.insight.loss_curves import CLASSES, axes_of, curve

pytestmark = pytest.mark.slow
PLACES = {
    "residual": np.linspace(-4, 4, 81),
    "probability": np.linspace(0.01, 0.99, 50),
    "margin": np.linspace(-6, 6, 61),
    "position": np.linspace(-2, 2, 41),
    "similarity": np.linspace(-0.95, 0.95, 39),
}
EVERY = [
    (part, axis)
    for kind in ("loss", "alignment")
    for part in parts.parts(kind)
    for axis in axes_of(part)
]


@pytest.mark.parametrize(("part", "axis"), EVERY, ids=[f"{p.name}-{a}" for p, a in EVERY])
def test_every_loss_can_be_drawn_and_its_slope_is_that_of_its_values(part, axis):
    places = PLACES[axis]
    found = curve(part, part.check({}), axis, places)
    for values in (found.values, found.slopes, found.bends):
        assert values.shape == places.shape
        assert np.isfinite(values).all()
    # Over a probability the slope is that in the score behind it.
    if axis != "probability":
        by_hand = np.gradient(found.values, places)
        close = np.isclose(found.slopes, by_hand, rtol=0.25, atol=0.05 * np.ptp(found.slopes))
        assert close[1:-1].mean() > 0.85


def told(name, axis, places, **options):
    part = parts.find("loss", name)
    return curve(part, part.check(options), axis, np.asarray(places, float))


def test_huber_is_a_square_then_a_line_then_has_no_bend():
    found = told("huber", "residual", [0.5, 2.0], delta=1.0)
    assert found.values.tolist() == [0.125, 1.5]
    assert found.slopes.tolist() == [0.5, 1.0]
    assert found.bends.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("name", "options", "pull"),
    [
        ("cross_entropy", {}, lambda p: 1.0),
        ("focal", {"gamma": 2.0}, lambda p: (1 - p) ** 2 - 2 * p * (1 - p) * np.log(p)),
        ("generalized_cross_entropy", {"q": 0.7}, lambda p: p**0.7),
        ("probability_error", {}, lambda p: p),
        ("symmetric_cross_entropy", {}, lambda p: 0.1 + 4 * p),
        ("poly1", {"epsilon": 1.0}, lambda p: 1 + p),
        ("partially_huberised_cross_entropy", {}, lambda p: min(1.0, 2 * p)),
    ],
)
def test_over_a_probability_the_slope_is_the_pull_at_the_score_of_the_truth(name, options, pull):
    for p in (0.1, 0.3, 0.9):
        slope = told(name, "probability", [p], **options).slopes[0]
        assert slope == pytest.approx(-pull(p) * (1 - p), rel=1e-6)


def test_a_margin_and_its_probability_are_one_place():
    p = 0.4
    margin = np.log(p / (1 - p)) + np.log(CLASSES - 1)
    one = told("focal", "probability", [p]).values[0]
    assert told("focal", "margin", [margin]).values[0] == pytest.approx(one)


def test_a_question_is_answered_for_each_loss_and_says_what_is_wrong_with_one():
    from workbench.engine.questions import drawn

    lines = (
        protocol.Line(name="huber", options={"delta": 0.5}),
        protocol.Line(name="hubr"),
        protocol.Line(name="huber", options={"delta": -1.0}),
        protocol.Line(name="focal"),
    )
    asked = protocol.DrawLosses(number=7, lines=lines, axis="residual", low=-1, high=1, points=3)
    said = drawn(asked)
    assert isinstance(said, events.LossesDrawn)
    assert said.number == 7
    assert said.curves[0].values == (0.375, 0.0, 0.375)
    assert "Did you mean 'huber'" in said.curves[1].problem
    assert "delta is -1" in said.curves[2].problem
    assert "cannot be drawn over residual" in said.curves[3].problem


def test_the_latest_question_is_answered_and_those_it_overtook_are_not():
    import threading

    from workbench.engine.questions import Questions

    answers, busy, go = [], threading.Event(), threading.Event()

    def say(event):
        answers.append(event.number)
        busy.set()
        go.wait(20)

    questions = Questions(say)
    ask = protocol.DrawLosses(
        number=1, lines=(protocol.Line(name="huber"),), axis="residual", low=-1, high=1
    )
    questions.put(ask)
    questions.start()
    assert busy.wait(20)
    for number in (2, 3, 4):
        questions.put(ask.model_copy(update={"number": number}))
    busy.clear()
    go.set()
    assert busy.wait(20)
    assert answers == [1, 4]
