"""Carries a duel on: takes in what its runs have done, and lets the next ones wait in the queue."""

from __future__ import annotations

import math
from collections.abc import Mapping

from workbench import events
from workbench.duels import plan
from workbench.duels.spec import DuelSpec
from workbench.duels.store import Duel, Fate, Outcome, Outcomes, Place
from workbench.errors import UserError
from workbench.runs import labels, store
from workbench.runs.queue import Line, Queue
from workbench.runs.store import Phase, Run

MOST_TRIES = 3
"""A run that was interrupted or taken out of the queue so often is lost."""
_FATES: Mapping[Phase, Fate] = {
    "created": "waiting",
    "running": "running",
    "paused": "running",
    "interrupted": "waiting",
    "done": "done",
    "flat": "done",
    "time": "done",
    "stopped": "failed",
    "discarded": "failed",
    "failed": "failed",
}
_BY_HAND = "It was stopped by hand, so it was not trained like the others."


def advance(duel: Duel) -> Outcomes:
    """Take in what the runs of a duel have done and let all that can be begun wait in the queue.

    It may be called as often as one likes, by several programs at once; what is done is not done
    again.

    Args:
        duel: it.

    Returns:
        What has come out so far.

    Raises:
        UserError: the duel is damaged, its data do not fit any more, or a folder cannot be written.
    """
    spec = duel.spec()
    with duel.held():
        before = duel.outcomes()
        queue = Queue(duel.runs)
        line = queue.look()
        outcomes = before.model_copy(
            update={"every": tuple(_looked_at(duel, each, line) for each in before.every)}
        )
        if outcomes.on:
            outcomes = _filled(duel, spec, outcomes, queue, line)
        if outcomes != before:
            duel.write(outcomes)
        return outcomes


def halt(duel: Duel) -> Outcomes:
    """Let nothing more of a duel begin; what is under way goes on to its end.

    Args:
        duel: it.

    Raises:
        UserError: as of ``advance``.
    """
    with duel.held():
        outcomes = duel.outcomes().model_copy(update={"on": False})
        queue = Queue(duel.runs)
        waiting = {each.run.name for each in queue.look().waiting}
        for each in outcomes.every:
            if each.run in waiting:
                queue.remove(each.run)
        duel.write(outcomes)
        return outcomes


def go_on(duel: Duel) -> Outcomes:
    """Carry a halted duel on; what was stopped by hand or interrupted goes on to its end, too.

    Args:
        duel: it.

    Raises:
        UserError: as of ``advance``.
    """
    with duel.held():
        before, queue = duel.outcomes(), Queue(duel.runs)
        line, again = queue.look(), []
        for known in before.every:
            # What was stopped together with the duel was not looked at since.
            each = _looked_at(duel, known, line)
            run = Run((duel.runs / each.run).resolve())
            if each.fate == "failed" and _can_go_on(run):
                queue.add(run)
                changes = {"tries": 1, "fate": "waiting", "message": ""}
                again.append(each.model_copy(update=changes))
            else:
                again.append(each)
        duel.write(before.model_copy(update={"on": True, "every": tuple(again)}))
    return advance(duel)


def _can_go_on(run: Run) -> bool:
    """Whether a run that was given up stands where it could be trained to its end."""
    if not (run.folder / "spec.json").is_file():
        return False
    try:
        return run.status().phase in ("created", "stopped", "discarded", "interrupted", "paused")
    except UserError:
        return False


def read_outcome(run: Run) -> Outcome | None:
    """The figures of a run that is done, without its place; None where it said none.

    Args:
        run: the run.

    Raises:
        UserError: its events are damaged.
    """
    epochs: dict[int, events.EpochDone] = {}
    trained: events.Trained | None = None
    evaluated: events.Evaluated | None = None
    for event in run.events():
        match event:
            case events.EpochDone():
                epochs[event.epoch] = event
            case events.Trained():
                trained = event
            case events.Evaluated():
                evaluated = event
    if trained is None or evaluated is None:
        return None
    best = epochs.get(trained.best_epoch)
    figures = {} if best is None else best.validation
    metric = next((name for name in figures if name != "loss"), "loss")
    value = figures.get(metric, math.nan)
    return Outcome(
        place=Place(contestant="", seed=0), run=run.name, fate="done", metrics=evaluated.metrics,
        split=evaluated.split, searched=value if math.isfinite(value) else None,
        seconds=trained.seconds, epochs=trained.epochs,
    )  # fmt: skip


def _looked_at(duel: Duel, outcome: Outcome, line: Line) -> Outcome:
    """An outcome as it stands by now."""
    if outcome.over:
        return outcome
    run = Run(duel.runs / outcome.run)
    queued = any(each.run.name == outcome.run for each in line.runs)
    try:
        if not (run.folder / "spec.json").is_file():
            raise UserError("Its folder is gone.")
        status = run.status()
        fate = _FATES[status.phase]
        if queued and status.phase in ("stopped", "discarded"):
            # Somebody wished that it goes on.
            fate = "waiting"
        if fate == "done":
            found = read_outcome(run)
            if found is None:
                raise UserError("It ended without having been evaluated.")
            return found.model_copy(update={"place": outcome.place, "tries": outcome.tries})
    except UserError as error:
        return outcome.model_copy(update={"fate": "failed", "message": error.problem})
    if fate == "failed":
        words = status.message if status.phase == "failed" else _BY_HAND
        return outcome.model_copy(update={"fate": "failed", "message": words})
    if fate == "waiting" and not queued and outcome.tries >= MOST_TRIES:
        words = f"It was interrupted or taken out of the queue {outcome.tries} times."
        return outcome.model_copy(update={"fate": "failed", "message": words})
    return outcome.model_copy(update={"fate": fate})


def _filled(
    duel: Duel, spec: DuelSpec, outcomes: Outcomes, queue: Queue, line: Line
) -> Outcomes:  # fmt: skip
    """Make the runs that are wanted, and have all that wait stand in the queue."""
    made = []
    for place in plan.wanted(spec, outcomes):
        run = store.create(
            duel.runs, spec.spec_of(spec.contestant(place.contestant), seed=place.seed,
                                    rate=place.rate)
        )  # fmt: skip
        labels.change(run, name=_called(place), note=f"Duel: {spec.name}", tags=("duel",))
        made.append(Outcome(place=place, run=run.name))
        # Noted before the next one is made: a process that dies here makes no run twice.
        outcomes = outcomes.model_copy(update={"every": (*outcomes.every, made[-1])})
        duel.write(outcomes)
    queued = {each.run.name for each in line.runs}
    every = []
    for each in outcomes.every:
        if each.fate == "waiting" and each.run not in queued:
            queue.add(Run((duel.runs / each.run).resolve()))
            every.append(each.model_copy(update={"tries": each.tries + 1}))
        else:
            every.append(each)
    return outcomes.model_copy(update={"every": tuple(every)})


def _called(place: Place) -> str:
    what = "search" if place.searching else f"seed {place.seed}"
    rate = "" if place.rate == 1.0 else f" · rate x {place.rate:.3g}"
    return f"{place.contestant} · {what}{rate}"
