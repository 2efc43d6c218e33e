"""Duels with real training: the same figures each time, through the command line and back."""

import json

import pytest

from workbench import spec
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES
from workbench.duels import advance, plan, store
from workbench.duels.judging import judge
from workbench.duels.spec import duel_of
from workbench.duels.telling import facts
from workbench.runs.queue import Queue
from workbench.suggest import suggest


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """Words alone, which train in a second."""
    data = SAMPLES["gauges"].make(tmp_path_factory.mktemp("data") / "gauges", samples=60)
    changes = [("model.encoders.image", None), ("training.epochs", 2)]
    return spec.change_all(suggest(scan(data)), changes)


def train(made, runs):
    """Train a duel in this process."""
    from workbench.engine.execution import execute
    from workbench.engine.recorder import Recorder

    duel, queue = store.create(runs, made), Queue(runs)
    while not plan.is_over(made, advance.advance(duel)):
        run = queue.take()
        execute(run, Recorder(run, lambda event: None), lambda: None)
    return facts(made, judge(made, duel.outcomes()))


def test_a_duel_repeated_with_the_same_seeds_gives_identical_figures(recipe, tmp_path):
    made = duel_of(
        recipe, "objective.loss.name", ["squared_error", "huber"], repeats=2, rates=(1.0,)
    )
    first = train(made, tmp_path / "one")
    assert first["over"]
    assert first["contestants"][0]["values"] != first["contestants"][1]["values"]
    assert train(made, tmp_path / "two") == first


def test_the_command_line_plans_a_duel_and_says_what_does_not_fit(recipe, tmp_path):
    from typer.testing import CliRunner

    from workbench.cli import app

    file = tmp_path / "spec.json"
    file.write_text(recipe.to_json())
    place = "objective.loss.name=squared_error,huber,log_cosh"
    said = CliRunner().invoke(app, ["duel", str(file), "--vary", place, "--plan", "--json"])
    told = json.loads(said.stdout)
    assert said.exit_code == 0
    assert (told["total"], len(told["seeds"])) == (3 * (3 + 7), 7)
    assert [each["name"] for each in told["contestants"]] == ["Squared error", "Huber", "Log cosh"]
    for wrong in (["--vary", "objective.loss.name"], [], ["--vary", f"{place}", "--rates", "0"]):
        refused = CliRunner().invoke(app, ["duel", str(file), *wrong, "--plan"])
        assert refused.exit_code != 0
