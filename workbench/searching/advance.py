"""Carries a search on: tells what its runs have done, and lets the next trials wait."""

from __future__ import annotations

import math

from workbench import events
from workbench.duels.advance import MOST_TRIES, read_outcome
from workbench.engine import protocol, wishes
from workbench.errors import UserError
from workbench.runs import labels, store
from workbench.runs.queue import Line, Queue
from workbench.runs.store import Run
from workbench.searching.spec import SearchSpec
from workbench.searching.store import Search
from workbench.searching.study import Study, Trial, opened

_ENDED = ("stopped", "discarded", "failed")


def advance(search: Search) -> tuple[Trial, ...]:
    """Tell the study what its runs have done, end hopeless ones, and begin trials.

    It may be called as often as one likes, by several programs at once; what is done is not done
    again.

    Args:
        search: it.

    Returns:
        All trials, by number.

    Raises:
        UserError: the search is damaged, its data do not fit any more, or a folder cannot be
            written.
    """
    spec = search.spec()
    with search.held(), opened(search, spec) as study:
        queue = Queue(search.runs)
        line = queue.look()
        for trial in study.trials():
            if trial.fate == "running":
                _look_at(search, study, trial, queue, line)
        if study.on:
            _fill(search, spec, study, queue)
        return study.trials()


def halt(search: Search) -> tuple[Trial, ...]:
    """Begin no more trials; what is under way goes on to its end.

    Args:
        search: it.

    Raises:
        UserError: as of ``advance``.
    """
    with search.held(), opened(search, search.spec()) as study:
        study.switch(on=False)
        queue = Queue(search.runs)
        waiting = {each.run.name for each in queue.look().waiting}
        for trial in study.trials():
            if trial.fate == "running" and trial.run in waiting:
                queue.remove(trial.run)
        return study.trials()


def go_on(search: Search) -> tuple[Trial, ...]:
    """Carry a halted search on.

    Args:
        search: it.

    Raises:
        UserError: as of ``advance``.
    """
    with search.held(), opened(search, search.spec()) as study:
        study.switch(on=True)
        queue = Queue(search.runs)
        for trial in study.trials():
            if trial.fate == "running" and trial.run:
                # That it was taken out of the queue by a halt does not count against it.
                study.note(trial, tries=0)
                run = Run((search.runs / trial.run).resolve())
                if not trial.notes.get("ending") and _was_stopped(run):
                    queue.add(run)
    return advance(search)


def _was_stopped(run: Run) -> bool:
    """Whether a run was stopped together with its search, and can be trained to its end."""
    try:
        return run.status().phase in ("stopped", "discarded")
    except UserError:
        # A damaged one is told of where it is looked at.
        return False


def is_over(spec: SearchSpec, trials: tuple[Trial, ...]) -> bool:
    """Whether no trial is under way and none is to be begun.

    Args:
        spec: the search.
        trials: of it.
    """
    return all(each.fate != "running" for each in trials) and _left(spec, trials) == 0


def _left(spec: SearchSpec, trials: tuple[Trial, ...]) -> int:
    """How many trials are still to be begun."""
    if spec.minutes is not None:
        spent = sum(float(each.notes.get("seconds", 0.0)) for each in trials)
        if spent >= 60 * spec.minutes:
            return 0
    return max(0, spec.trials - len(trials))


def _look_at(search: Search, study: Study, trial: Trial, queue: Queue, line: Line) -> None:
    """Tell the study how a trial stands by now."""
    if not trial.run:
        # The process that drew it died before its run was made.
        _make(search, study, trial, queue)
        return
    run = Run((search.runs / trial.run).resolve())
    try:
        if not (run.folder / "spec.json").is_file():
            raise UserError("Its folder is gone.")
        status = run.status()
        study.report(trial, _course(run))
        if status.phase in ("done", "flat", "time"):
            _end(study, trial, run)
        elif status.phase in ("stopped", "discarded") and _is_queued(run, line):
            # Somebody wished that it goes on.
            return
        elif status.phase in _ENDED:
            early = bool(trial.notes.get("ending")) and status.phase != "failed"
            words = status.message if status.phase == "failed" else "It was stopped by hand."
            study.note(trial, message="" if early else words)
            study.end(trial, "pruned" if early else "failed")
        elif status.phase in ("created", "interrupted"):
            _wait_again(study, trial, run, queue, line)
        elif not trial.notes.get("ending") and study.hopeless(trial):
            study.note(trial, ending=True)
            wishes.leave(run, protocol.Stop())
    except UserError as error:
        study.note(trial, message=error.problem)
        study.end(trial, "failed")


def _end(study: Study, trial: Trial, run: Run) -> None:
    found = read_outcome(run)
    if found is None or found.searched is None:
        raise UserError("It ended without a finite validation metric.")
    study.note(trial, seconds=found.seconds)
    study.end(trial, "done", found.searched)


def _wait_again(study: Study, trial: Trial, run: Run, queue: Queue, line: Line) -> None:
    """Let a run that was interrupted or taken out of the queue wait again, a few times."""
    if not study.on or _is_queued(run, line):
        return
    tries = int(trial.notes.get("tries", 1))
    if tries >= MOST_TRIES:
        raise UserError(f"It was interrupted or taken out of the queue {tries} times.")
    study.note(trial, tries=tries + 1)
    queue.add(run)


def _is_queued(run: Run, line: Line) -> bool:
    return any(each.run.name == run.name for each in line.runs)


def _fill(search: Search, spec: SearchSpec, study: Study, queue: Queue) -> None:
    """Begin trials: no more at once than are trained, so that each learns from those before."""
    trials = study.trials()
    under_way = sum(each.fate == "running" for each in trials)
    for _ in range(min(queue.look().at_once - under_way, _left(spec, trials))):
        _make(search, study, study.begin(), queue)


def _make(search: Search, study: Study, trial: Trial, queue: Queue) -> None:
    spec = search.spec()
    run = store.create(search.runs, spec.spec_of(trial.values, f"trial {trial.number + 1}"))
    labels.change(
        run, name=f"{spec.name} · trial {trial.number + 1}"[:80], note=f"Search: {spec.name}",
        tags=("search",),
    )  # fmt: skip
    study.note(trial, run=run.name)
    queue.add(run)


def _course(run: Run) -> dict[int, float]:
    """The validation metric by epoch."""
    found: dict[int, float] = {}
    for event in run.events():
        if isinstance(event, events.EpochDone):
            name = next((key for key in event.validation if key != "loss"), "loss")
            found[event.epoch] = event.validation.get(name, math.nan)
    return found
