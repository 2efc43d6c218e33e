"""How often a duel calls a difference where there is none: a loss against itself, 20 times.

A loss that is multiplied with 3 is the same loss under Adam, which divides by the size of
gradients: but for rounding, which drives both apart as another order of batches would. Without that
the figures would be identical to the last bit, and the trial would prove nothing.

Run with ``pytest -m benchmark -s tests/benchmarks/test_duel_of_equals.py``; prints every verdict.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import spec
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES
from workbench.duels import advance, plan, store
from workbench.duels.judging import Judgement, judge
from workbench.duels.spec import Contestant, DuelSpec, duel_between
from workbench.runs.queue import Queue
from workbench.suggest import suggest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

TRIALS = 20


def recipe(data: Path) -> spec.RunSpec:
    """A small model on *shapes* that does not learn all there is."""
    changes = {
        "training.epochs": 6, "training.patience": None, "model.encoders.image.name": "none",
        "model.encoders.audio.width": 8,
    }  # fmt: skip
    return spec.change_all(suggest(scan(data)), changes.items())


def train(made: DuelSpec, runs: Path) -> Judgement:
    """Train a duel in this process: its runs are small, and starting one would take longer."""
    from workbench.engine.execution import execute
    from workbench.engine.recorder import Recorder

    duel, queue = store.create(runs, made), Queue(runs)
    while not plan.is_over(made, advance.advance(duel)):
        run = queue.take()
        assert run is not None
        execute(run, Recorder(run, lambda event: None), lambda: None)
    return judge(made, duel.outcomes())


def test_a_loss_against_itself_is_called_different_in_no_more_than_one_of_twenty(tmp_path):
    SAMPLES["shapes"].make(tmp_path / "shapes", samples=300)
    base = recipe(tmp_path / "shapes")
    alike = (
        Contestant(name="Cross-entropy"),
        Contestant(name="Three times cross-entropy", changes={"objective.weight": 3.0}),
    )
    called, identical = 0, 0
    for trial in range(TRIALS):
        made = duel_between(base, alike, rates=(1.0,), first_seed=1 + 100 * trial)
        (pair,) = train(made, tmp_path / "runs").pairs
        called += pair.call != "undecided"
        identical += all(each == 0 for each in pair.differences)
        low, high = pair.interval
        print(f"{trial:>2}  gain {pair.gain:+.4f} ({low:+.4f} to {high:+.4f})  p {pair.p:.3f}")
    print(f"called: {called} of {TRIALS}; identical to the last figure: {identical}")
    assert called <= 1
    assert identical < TRIALS
