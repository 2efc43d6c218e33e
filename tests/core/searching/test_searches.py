"""Searches over options, with runs that say what a test wants."""

import json
import math
import sqlite3
import subprocess
import sys

import dueling
import pytest
from typer.testing import CliRunner

from workbench import spec
from workbench.cli import app
from workbench.duels.spec import DuelSpec
from workbench.engine import protocol, wishes
from workbench.errors import UserError
from workbench.runs import labels
from workbench.runs.queue import Queue
from workbench.runs.store import Run, Status
from workbench.searching import advance, store, telling
from workbench.searching.judging import duel_of_best, headline, progress, stand
from workbench.searching.space import Hyperparameter, fitting, offered, parse
from workbench.searching.spec import read, search_of

RATE = "training.learning_rate=1e-4..1e-1"


def searched(folder, *over, **more):
    """A search of the recipe of gauges."""
    recipe = dueling.recipe()
    made = search_of(recipe, [parse(recipe, each) for each in over or (RATE,)], **more)
    return store.create(folder, made)


def train(search, score, rounds=60, **more):
    """Advance a search to its end; ``score(values)`` says the figure of each trial."""
    made = search.spec()
    for _ in range(rounds):
        trials = advance.advance(search)
        if advance.is_over(made, trials):
            return trials
        for each in trials:
            if each.fate == "running":
                dueling.finish(Run(search.runs / each.run), score(each.values), **more)
    raise AssertionError("the search never ends")


def off(values):
    """How far the learning rate is from 1e-2, in decades."""
    return abs(math.log10(values["training.learning_rate"]) + 2)


def test_the_first_trial_is_the_recipe_and_others_stay_within_the_range(tmp_path):
    trials = train(searched(tmp_path, trials=5), off)
    rates = [each.values["training.learning_rate"] for each in trials]
    assert rates[0] == dueling.recipe().training.learning_rate
    assert all(1e-4 <= rate <= 1e-1 for rate in rates)
    assert len(set(rates)) == 5


def test_the_best_trial_is_found_and_told_with_its_doubts(tmp_path):
    search = searched(tmp_path, trials=5)
    trials = train(search, off)
    standing = stand(search)
    assert standing.over
    assert standing.best == min(trials, key=lambda each: off(each.values)).number
    words = telling.lines(search.spec(), standing)
    assert "better than it is" in words
    assert f"Trial {standing.best + 1} is the best" in headline(search.spec(), standing)


def test_a_sampler_that_learns_comes_nearer_than_chance(tmp_path):
    late = {}
    for sampler in ("tpe", "random"):
        trials = train(searched(tmp_path, trials=16, sampler=sampler, prune=False), off)
        late[sampler] = sum(off(each.values) for each in trials[8:]) / 8
    assert late["tpe"] < late["random"] / 1.5


def test_a_search_that_is_gone_on_with_tries_what_it_would_have_tried(tmp_path):
    whole = train(searched(tmp_path / "one", trials=4), off)
    search = searched(tmp_path / "two", trials=4)
    for trial in advance.advance(search):
        dueling.finish(Run(search.runs / trial.run), off(trial.values))
    advance.halt(search)
    # Another process would begin here: nothing but the folder is kept.
    advance.go_on(store.find(search.folder))
    again = train(store.find(search.folder), off)
    assert [dict(each.values) for each in again] == [dict(each.values) for each in whole]


def test_a_halted_search_begins_no_trial(tmp_path):
    search = searched(tmp_path)
    advance.advance(search)
    advance.halt(search)
    assert Queue(search.runs).look().waiting == ()
    assert len(advance.advance(search)) == 1
    assert "halted" in progress(search.spec(), stand(search))


def test_a_trial_that_was_stopped_with_its_search_goes_on_with_it(tmp_path):
    search = searched(tmp_path)
    run = Run(search.runs / advance.advance(search)[0].run)
    Queue(search.runs).take(run.name)
    run.write_status(Status(phase="stopped", epoch=1, epochs=5))
    advance.halt(search)
    trials = advance.go_on(search)
    assert [(each.run, each.fate) for each in trials] == [(run.name, "running")]
    assert [each.run.name for each in Queue(search.runs).look().waiting] == [run.name]


def test_no_more_trials_wait_than_are_trained_at_once(tmp_path):
    search = searched(tmp_path)
    Queue(search.runs).settle(at_once=3)
    assert len(advance.advance(search)) == 3
    assert len(advance.advance(search)) == 3


def test_failures_are_counted_and_the_search_goes_on(tmp_path):
    search = searched(tmp_path, trials=3)
    first = advance.advance(search)[0]
    dueling.fail(Run(search.runs / first.run), "Out of memory.")
    trials = train(search, off)
    assert [each.fate for each in trials] == ["failed", "done", "done"]
    assert trials[0].notes["message"] == "Out of memory."
    assert "1 failed" in progress(search.spec(), stand(search))


def begun(run, value, epochs=3):
    """Let a run be under way with one value at every epoch."""
    dueling.finish(run, value, epochs=epochs)
    text = "".join(
        line + "\n" for line in run.events_file.read_text().splitlines() if "epoch_done" in line
    ).replace("9.0", str(value))
    run.events_file.write_text(text)
    run.write_status(Status(phase="running", pid=0))


def test_a_hopeless_trial_is_asked_to_end_and_told_as_ended_early(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.runs.store.living", lambda status: status)
    search = searched(tmp_path, trials=7, first_trials=3)
    for _ in range(3):
        for each in advance.advance(search):
            if each.fate == "running":
                run = Run(search.runs / each.run)
                begun(run, 0.5)
                dueling.finish(run, 0.5, epochs=3)
    bad = advance.advance(search)[-1]
    run = Run(search.runs / bad.run)
    begun(run, 5.0)
    advance.advance(search)
    assert wishes.take(run) == protocol.Stop()
    run.write_status(Status(phase="stopped"))
    assert advance.advance(search)[bad.number].fate == "pruned"


def test_without_pruning_no_trial_is_asked_to_end(tmp_path):
    search = searched(tmp_path, trials=4, first_trials=1, prune=False)
    dueling.finish(Run(search.runs / advance.advance(search)[0].run), 0.1)
    bad = advance.advance(search)[1]
    begun(Run(search.runs / bad.run), 50.0)
    advance.advance(search)
    assert not (search.runs / bad.run / "wish.json").exists()


def test_a_trial_whose_process_died_before_its_run_was_made_gets_one(tmp_path, monkeypatch):
    search = searched(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(advance.store, "create", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            advance.advance(search)
    trials = advance.advance(search)
    assert len(trials) == 1
    assert (search.runs / trials[0].run / "spec.json").is_file()


def test_the_time_of_trials_is_a_budget_too(tmp_path):
    # Each takes 3 seconds of training.
    trials = train(searched(tmp_path, trials=50, minutes=0.1), off)
    assert len(trials) == 2


def test_runs_say_which_search_they_are_of(tmp_path):
    search = searched(tmp_path, name="rates")
    said = labels.read(Run(search.runs / advance.advance(search)[0].run))
    assert said.tags == ("search",)
    assert said.note == "Search: rates"


def test_what_matters_is_told_from_ten_trials_on(tmp_path):
    space = (RATE, "objective.loss.name=squared_error,absolute_error")
    search = searched(tmp_path, *space, trials=10, prune=False)
    Queue(search.runs).settle(at_once=5)
    train(search, off)
    standing = stand(search)
    assert sum(standing.importance.values()) == pytest.approx(1)
    assert standing.importance["training.learning_rate"] > 0.8
    few = searched(tmp_path / "few", trials=2)
    train(few, off)
    assert "10 finished trials" in stand(few).why_no_importance


def test_the_best_is_settled_by_a_duel_against_the_recipe(tmp_path):
    search = searched(tmp_path, RATE, "objective.loss.name=squared_error,huber", trials=6)
    train(search, off)
    standing = stand(search)
    duel = duel_of_best(search.spec(), standing)
    assert isinstance(duel, DuelSpec)
    best = standing.trial(standing.best)
    rate = best.values["training.learning_rate"]
    assert duel.spec_of(duel.contestants[1]).training.learning_rate == rate
    # The learning rate is what was searched: none is looked for again.
    assert duel.rates == (1.0,)


def test_a_search_whose_best_is_the_recipe_has_no_duel(tmp_path):
    search = searched(tmp_path, trials=3)
    train(search, lambda values: abs(values["training.learning_rate"] - 0.001))
    standing = stand(search)
    assert "Nothing beats the recipe" in headline(search.spec(), standing)
    with pytest.raises(UserError, match="no trial that is better"):
        duel_of_best(search.spec(), standing)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ("training.learning_rat", "There is no setting 'training.learning_rat'"),
        ("training.learning_rate=1e-2..1e-4", "goes from 0.01 to 0.0001"),
        ("training.learning_rate=1e-2..1e9", "learning_rate is"),
        ("training.learning_rate=0.1", "fewer than two"),
        ("objective.loss.name=huber,hubert", "There is no loss 'hubert'"),
        ("objective.loss.name=huber,cross_entropy", "does not fit"),
        ("training.seed=1..5", "is the same for all"),
        ("name=a,b", "There is no setting"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_the_reason(tmp_path, over, words):
    with pytest.raises(UserError, match=words):
        searched(tmp_path, over)


def test_an_option_of_one_loss_is_not_searched_together_with_the_loss(tmp_path):
    recipe = dueling.recipe(loss="huber")
    over = [parse(recipe, each) for each in
            ("objective.loss.delta", "objective.loss.name=huber,squared_error")]  # fmt: skip
    with pytest.raises(UserError, match="could not be trained"):
        search_of(recipe, over)


def test_ranges_follow_from_the_limits_of_options():
    recipe = dueling.recipe()
    for each in offered(recipe):
        for value in each.ends:
            spec.change(recipe, each.place, value)
    rate = parse(recipe, "training.learning_rate")
    assert rate.log
    assert rate.low == pytest.approx(recipe.training.learning_rate / 30, rel=0.01)
    batch = parse(recipe, "training.batch_size")
    assert (batch.low, batch.high) == (
        recipe.training.batch_size / 4,
        recipe.training.batch_size * 4,
    )
    names = fitting(recipe, "objective.loss.name")
    assert "huber" in names
    assert "cross_entropy" not in names


def test_a_search_is_read_back_as_it_was_written(tmp_path):
    search = searched(tmp_path, RATE, "objective.loss.name")
    assert read(search.folder / "search.json").to_json() == search.spec().to_json()


def test_a_damaged_database_is_told_and_can_be_thrown_away(tmp_path):
    search = searched(tmp_path)
    search.database.write_bytes(b"no database at all, but long enough to be read as a header" * 9)
    with pytest.raises(UserError, match=r"study\.db"):
        advance.advance(search)
    search.database.unlink()
    assert len(advance.advance(search)) == 1


def test_the_database_holds_nothing_that_could_be_executed(tmp_path):
    search = searched(tmp_path, trials=3)
    train(search, off)
    with sqlite3.connect(search.database) as base:
        tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master")]
        for table in (name for name in tables if not name.startswith(("sqlite_", "ix_"))):
            for row in base.execute(f"SELECT * FROM {table}"):
                assert not any(isinstance(cell, bytes) for cell in row)


def test_optuna_is_not_imported_with_the_program():
    code = "import sys, workbench.cli, workbench.searching.advance; print('optuna' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_command_plans_without_training(tmp_path):
    file = tmp_path / "recipe.json"
    file.write_text(dueling.recipe().to_json())
    given = ["search", str(file), "--over", RATE, "--plan", "--json", "--runs", str(tmp_path / "r")]
    told = json.loads(CliRunner().invoke(app, given, catch_exceptions=False).stdout)
    assert told["space"][0]["log"] is True
    assert not (tmp_path / "r").exists()


def test_a_hyperparameter_of_equal_ends_is_refused():
    with pytest.raises(UserError, match="must be below"):
        Hyperparameter(place="training.epochs", kind="int", low=3, high=3)
