"""The table of runs: columns, filters, orders, groups, marks - by runs whose values are known."""

import dataclasses

import pytest

from workbench import spec
from workbench.errors import UserError
from workbench.runs import labels, metrics, store, table
from workbench.runs.index import Query, RunIndex
from workbench.runs.store import Status
from workbench.runs.table import Wish


def recipe(*changes):
    made = spec.from_data(
        {
            "name": "r",
            "data": {"folder": "/data", "target": "y", "task": "number"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "huber"}},
        }
    )
    return spec.change_all(made, changes)


@pytest.fixture
def rows(tmp_path):
    """Four runs: huber twice, squared error, and huber on other data, the newest first."""
    runs = tmp_path / "runs"
    loss = ("objective.loss.name", "squared_error")
    made = [
        (recipe(("name", "one")), 1.0, "good"),
        (recipe(("name", "two"), ("training.seed", 1)), 3.0, ""),
        (recipe(("name", "three"), loss), 2.0, "odd"),
        (recipe(("name", "four"), ("data.folder", "/other")), 0.5, ""),
    ]
    for number, (chosen, mae, tag) in enumerate(made):
        run = store.create(runs, chosen)
        run = store.Run(run.folder.rename(runs / f"20260101-00000{number}-{chosen.name}"))
        run.write_status(Status(phase="done", metrics={"test_mae": mae, "test_r2": -mae}))
        labels.change(run, tags=(tag,) if tag else ())
    index = RunIndex(runs, tmp_path / "index.sqlite")
    index.refresh()
    return table.rows_of(index.find(Query()))


def names(rows):
    return [row.get("name") for row in rows]


def wish(rows, text, **more):
    return dataclasses.replace(table.parse(text, table.columns_of(rows)), **more)


def test_values_of_specs_figures_and_labels_are_columns(rows):
    assert names(rows) == ["four", "three", "two", "one"]
    first = rows[-1]
    assert first.get("objective.loss.delta") == 1.0
    assert first.get("metrics.test_mae") == 1.0
    assert first.get("tags") == "good"
    assert first.get("when") == "2026-01-01 00:00:00"
    assert {"phase", "training.epochs", "metrics.test_r2"} <= set(table.columns_of(rows))


def test_only_places_in_which_runs_differ_are_told(rows):
    found = table.differing(rows)
    assert "objective.loss.name" in found
    assert "objective.loss.delta" in found
    assert "data.folder" in found
    assert "training.epochs" not in found
    assert "training.seed" not in found
    assert found[0].endswith(".name")
    assert table.differing(rows[2:]) == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("objective.loss.name=huber", ["four", "two", "one"]),
        ("objective.loss.name!=huber", ["three"]),
        ("test_mae>1.5", ["three", "two"]),
        ("test_mae <= 1", ["four", "one"]),
        ("metrics.test_mae=2.0", ["three"]),
        ("name~o", ["four", "two", "one"]),
        ("good", ["one"]),
        ("huber test_mae<2", ["four", "one"]),
        ('tags="good"', ["one"]),
        ("delta>0", ["four", "two", "one"]),
        ("", ["four", "three", "two", "one"]),
    ],
)
def test_runs_are_filtered_by_words_and_conditions(rows, text, wanted):
    assert names(table.chosen(rows, wish(rows, text))) == wanted


def test_a_condition_on_no_column_names_the_nearest(rows):
    with pytest.raises(UserError, match="There is no column 'test_mea'") as told:
        wish(rows, "test_mea<1")
    assert "test_mae" in told.value.remedy


def test_an_end_that_several_columns_have_is_not_guessed():
    with pytest.raises(UserError, match=r"may be any of a\.size, b\.size"):
        table.column_called("size", ("a.size", "b.size"))
    assert table.column_called("name", ("name", "objective.loss.name")) == "name"


def test_runs_are_ordered_as_numbers_and_those_without_a_value_come_last(rows):
    by_mae = table.chosen(rows, Wish(order="metrics.test_mae"))
    assert names(by_mae) == ["four", "one", "three", "two"]
    down = table.chosen(rows, Wish(order="metrics.test_mae", descending=True))
    assert names(down) == ["two", "three", "one", "four"]
    by_delta = table.chosen(rows, Wish(order="objective.loss.delta", descending=True))
    assert names(by_delta)[-1] == "three"


def test_groups_tell_mean_and_deviation_of_their_figures(rows):
    groups = table.grouped(rows, "objective.loss.name")
    assert [(group.value, len(group.rows)) for group in groups] == [
        ("huber", 3), ("squared_error", 1),
    ]  # fmt: skip
    # .5, 3 and 1: mean 1.5, squares 1 + 2.25 + .25 over two.
    assert groups[0].means["metrics.test_mae"] == pytest.approx(1.5)
    assert groups[0].spreads["metrics.test_mae"] == pytest.approx(1.75**0.5)
    assert groups[1].spreads["metrics.test_mae"] != groups[1].spreads["metrics.test_mae"]


def test_the_best_is_marked_among_runs_on_the_same_data(rows):
    folders = {row.folder: row.get("name") for row in rows}
    # The best of all is alone on its data, and so better than nobody.
    assert {folders[each] for each in table.best(rows, "metrics.test_mae")} == {"one"}
    assert {folders[each] for each in table.best(rows, "metrics.test_r2")} == {"one"}


@pytest.mark.parametrize(
    ("name", "smaller"),
    [("test_mae", True), ("validation_loss", True), ("test_accuracy", False), ("test_r2", False),
     ("test_mae_steps", True), ("test_macro_f1", False)],
)  # fmt: skip
def test_the_direction_of_a_metric_is_known(name, smaller):
    assert metrics.smaller_is_better(name) == smaller
