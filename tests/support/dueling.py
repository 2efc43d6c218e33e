"""Duels whose runs say what a test wants, without any training."""

import math

from workbench import events, spec
from workbench.duels import advance, plan, store
from workbench.duels.spec import duel_of
from workbench.runs.queue import Queue
from workbench.runs.store import Run, Status


def recipe(task="number", loss="squared_error", **training):
    """A recipe on data that are never read."""
    return spec.from_data(
        {
            "name": "gauges",
            "data": {"folder": "/data", "target": "level", "task": task},
            "model": {
                "encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_average"}}
            },
            "objective": {"loss": {"name": loss}},
            "training": training,
        }
    )


def losses(*names, **more):
    """A duel of losses."""
    return duel_of(recipe(), "objective.loss.name", names or ("squared_error", "huber"), **more)


def finish(run, score, searched=None, epochs=2, phase="done", metric="mae"):
    """Let a run say that it was trained, with these figures."""
    searched = score if searched is None else searched
    told = [
        events.EpochDone(
            epoch=epoch, step=epoch, train={"loss": 1.0, metric: 1.0},
            validation={"loss": 1.0 / epoch, metric: searched if epoch == epochs else 9.0},
            seconds=1.0, best=True,
        )
        for epoch in range(1, epochs + 1)
    ]  # fmt: skip
    told.append(
        events.Trained(outcome="done", epochs=epochs, best_epoch=epochs, seconds=3.0,
                       samples_per_second=10.0)
    )  # fmt: skip
    if not math.isnan(score):
        told.append(
            events.Evaluated(
                split="test", metrics={metric: score, "loss": score**2}, baseline={metric: 5.0}
            )
        )
    told.append(events.Ended(outcome="done"))
    run.events_file.write_text("".join(events.to_line(each) + "\n" for each in told))
    run.write_status(Status(phase=phase, epoch=epochs, epochs=epochs))


def fail(run, words="Out of memory."):
    """Let a run fail."""
    run.write_status(Status(phase="failed", message=words))


def train(duel, score, failing=lambda place: False):
    """Advance a duel to its end; ``score(place)`` says the figure of each run."""
    made = duel.spec()
    for _ in range(50):
        outcomes = advance.advance(duel)
        if plan.is_over(made, outcomes):
            return outcomes
        for each in outcomes.every:
            if not each.over:
                run = Run(duel.runs / each.run)
                fail(run) if failing(each.place) else finish(run, score(each.place))
    raise AssertionError("the duel never ends")


def create(folder, made):
    """A new duel in a folder of runs."""
    return store.create(folder, made)


def waiting(folder):
    """Names of the runs that wait in the queue."""
    return [each.run.name for each in Queue(folder).look().waiting]
