"""Events go to one JSON line and come back as the same values."""

import json
import math
from typing import get_args

import pytest

from workbench import events
from workbench.errors import UserError

EVERY = [
    events.EngineReady(versions={"keras": "3.15.0"}, device="CPU · 2 threads", pid=7),
    events.Preparing(stage="cache", done=3, total=900),
    events.Prepared(samples=900, seconds=1.25),
    events.LossesDrawn(
        number=3,
        curves=(
            events.DrawnLoss(values=(0.5, math.inf), slopes=(-1.0, 0.0), bends=(1.0, 1.0)),
            events.DrawnLoss(problem="There is no loss 'x'."),
        ),
    ),
    events.ModelDescribed(
        number=4,
        parts={"image": events.DescribedPart(parameters=9, operations=10**12, shape=(64,))},
    ),
    events.Started(
        run="/runs/größer 猫",
        epochs=20,
        steps=27,
        samples={"train": 840, "validation": 30, "test": 30},
        parameters=12_345_678_901,
        shapes={"image": (64, 64, 3), "text": (32,)},
        device="GPU 0",
    ),
    events.StepsDone(
        epoch=1,
        step=2,
        losses=(0.1, 1 / 3),
        learning_rate=1e-3,
        samples_per_second=812.5,
        gradient=2.5,
        seconds={"data": 0.25},
    ),
    events.EpochDone(epoch=1, step=27, train={"loss": 0.5}, validation={}, seconds=2.5, best=False),
    events.Stopping(after_epoch=True),
    events.Paused(epoch=3, step=61, released=True),
    events.Resumed(epoch=3, step=61, from_disk=True, skipped="step-61 is damaged"),
    events.Measured(
        processor=0.9, memory=2**31, memory_free=2**34, graphics=({"busy": 0.5, "memory": 1e9},)
    ),
    events.RatesTried(rates=(1e-5, 2e-5), losses=(2.5, 3.5), total=100),
    events.RateFound(rate=None, lowest=1e-3, words="None can be proposed."),
    events.BatchTried(size=64, samples_per_second=812.5, memory=2**31),
    events.BatchFound(size=64, words="64 suits."),
    events.Trained(outcome="flat", epochs=9, best_epoch=4, seconds=21.5, samples_per_second=800.0),
    events.Evaluated(split="test", metrics={"mae": 0.3}, baseline={"mae": 2.1}),
    events.Working(words="Evaluating", done=3, total=9),
    events.Studied(file="evaluation/test.json", words="Done."),
    events.RunOpened(number=3, modalities=("audio", "image"), may_lack=("audio",)),
    events.Reweighed(
        number=4,
        epochs=(1, 2),
        recorded=(0.5, 0.25),
        loss=(1.5, 1.0),
        recorded_worst=(0.5, None),
        worst=(0.75, 0.5),
        samples=20,
    ),
    events.Explained(
        number=5,
        answers=(0.25, 0.75),
        before=(0.5, 0.5),
        output=1,
        rival=0,
        hidden=("audio",),
        words=("a", "round"),
        problems={"text": "none"},
        gap=0.01,
        likeness={"image": 0.1},
    ),
    events.Predicted(
        number=6,
        answers=(0.25, 0.75),
        said=("dog",),
        lacking=("audio",),
        removed=("audio",),
        nearest=(("a/1", 0.5),),
        likeness={"image+text": 0.25},
        seconds=0.02,
    ),
    events.Disturbed(
        number=6, answers=(0.25, 0.75), before=(0.5, 0.5), kind="tokens", words=("a",), struck=(0,)
    ),
    events.NotAnswered(number=4, ask="explain", problem="It is gone.", remedy="Train again."),
    events.Ended(outcome="discarded"),
    events.Failed(problem='A "bad" line\nand a tab\t', remedy="Mend it.", log="a\r\nb\u2028c"),
]


def names(listed):
    return [type(event).__name__ for event in listed]


def test_no_event_is_missing_from_this_test():
    known = get_args(get_args(events.Event)[0])
    assert sorted(kind.__name__ for kind in known) == sorted(names(EVERY))


@pytest.mark.parametrize("event", EVERY, ids=names(EVERY))
def test_every_event_is_one_line_and_comes_back_equal(event):
    line = events.to_line(event)
    assert "\n" not in line
    assert "\r" not in line
    assert events.from_line(line) == event
    assert events.from_line(line.encode() + b"\n") == event


@pytest.mark.parametrize("event", EVERY, ids=names(EVERY))
def test_every_line_torn_anywhere_is_refused_and_never_taken_for_an_event(event):
    line = events.to_line(event).encode()
    for end in range(len(line)):
        with pytest.raises(UserError, match="Not an event"):
            events.from_line(line[:end])


def test_a_line_is_plain_json_that_names_its_event():
    plain = json.loads(events.to_line(events.Preparing(time=5.0, stage="scan", done=1)))
    assert plain == {"event": "preparing", "time": 5.0, "stage": "scan", "done": 1, "total": 0}


@pytest.mark.parametrize(
    "change",
    [
        {"event": "teleported"},
        {"outcome": "perhaps"},
        {"surprise": 1},
        {"epochs": "many"},
        {"seconds": None},
    ],
)
def test_an_unknown_event_field_or_value_is_refused_and_not_guessed(change):
    plain = json.loads(events.to_line(EVERY[7])) | change
    with pytest.raises(UserError, match="Not an event"):
        events.from_line(json.dumps(plain))


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"3", b"\xff\xfe", b'{"event": "ended"}'])
def test_what_is_no_event_is_refused(line):
    with pytest.raises(UserError, match="Not an event"):
        events.from_line(line)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_no_number_any_more_survives_the_line(value):
    said = events.StepsDone(
        epoch=1, step=1, losses=(value, 2.0), learning_rate=0.1, samples_per_second=1.0
    )
    back = events.from_line(events.to_line(said))
    assert repr(back.losses) == repr((value, 2.0))
    ended = events.EpochDone(
        epoch=1, step=1, train={"loss": value}, validation={"loss": value}, seconds=1, best=False
    )
    back = events.from_line(events.to_line(ended))
    assert repr(back.train["loss"]) == repr(back.validation["loss"]) == repr(value)


def test_an_event_cannot_be_changed_once_it_was_said():
    with pytest.raises(ValueError, match="frozen"):
        EVERY[1].done = 4
