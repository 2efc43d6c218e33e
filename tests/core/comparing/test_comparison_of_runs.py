"""Chosen runs beside each other: curves, settings, answers, and what is written of them."""

import json
import math
import re

import numpy as np
import pytest
from comparing import classified, estimated, run_of
from scipy import stats
from typer.testing import CliRunner

from workbench.cli import app
from workbench.comparing import overlay, telling, words
from workbench.comparing.comparison import compare
from workbench.errors import UserError
from workbench.reporting import comparison as report


def two(folder):
    """Ten cats: the first is right on 0..6, the second on 0..3 and on 8."""
    first = classified(folder, "plain", [0] * 7 + [1] * 3)
    second = classified(folder, "focal", [0] * 4 + [1] * 4 + [0, 1], loss="focal")
    return [first.folder, second.folder]


def test_samples_are_parted_by_who_is_right(tmp_path):
    both = compare(two(tmp_path)).against[0].answers
    found = {part: set(both.one.stem[both.rows(part)].tolist())
             for part in ("first", "second", "both", "neither")}  # fmt: skip
    assert found == {
        "first": {"s4", "s5", "s6"}, "second": {"s8"}, "both": {"s0", "s1", "s2", "s3"},
        "neither": {"s7", "s9"},
    }  # fmt: skip


def test_the_test_of_mcnemar_counts_only_what_one_alone_got_right(tmp_path):
    against = compare(two(tmp_path)).against[0]
    # 3 against 1: of 2**4 ways, those at least as lopsided are 0, 1, 3 and 4 heads.
    assert against.p == pytest.approx((1 + 4 + 4 + 1) / 16)
    assert against.lead == pytest.approx(-0.2)


def test_a_clear_lead_is_called_and_an_unclear_one_is_not(tmp_path):
    truth = [0] * 40
    plain = classified(tmp_path, "plain", [0] * 20 + [1] * 20, truth)
    good = classified(tmp_path, "good", [0] * 36 + [1] * 4, truth, loss="focal")
    same = classified(tmp_path, "same", [1] + [0] * 20 + [1] * 19, truth, seed=2)
    found = compare([plain.folder, good.folder, same.folder])
    clear, unclear = (words.headline(found, each) for each in found.against)
    assert clear.startswith("good is right more often than plain, by 40.0 points on 40 samples")
    assert "cannot be told apart" in unclear


def test_p_is_corrected_for_the_number_of_comparisons(tmp_path):
    truth = [0] * 12
    folders = [classified(tmp_path, "base", [1] * 12, truth).folder]
    folders += [classified(tmp_path, f"r{n}", [0] * 6 + [1] * 6, truth).folder for n in range(2)]
    alone = stats.binomtest(6, 6).pvalue
    assert [each.p for each in compare(folders).against] == pytest.approx([2 * alone] * 2)


def test_the_interval_of_many_samples_is_that_of_the_normal_distribution(tmp_path):
    chance = np.random.default_rng(1)
    said = chance.integers(0, 2, (2, 3000))
    runs = [classified(tmp_path, f"r{n}", said[n]) for n in range(2)]
    against = compare([run.folder for run in runs]).against[0]
    off = (said[1] == 0).astype(float) - (said[0] == 0)
    half = stats.norm.ppf(0.975) * off.std(ddof=1) / math.sqrt(3000)
    assert against.interval == pytest.approx((off.mean() - half, off.mean() + half), abs=1e-5)


def test_of_numbers_the_nearer_one_leads(tmp_path):
    truth = [0.0, 0.0, 0.0, 0.0]
    one = estimated(tmp_path, "one", [1.0, 1.0, 1.0, 1.0], truth)
    two = estimated(tmp_path, "two", [0.5, 3.0, 1.0, 0.0], truth)
    against = compare([one.folder, two.folder]).against[0]
    both = against.answers
    assert both.rows("first").tolist() == [1]
    assert both.rows("second").tolist() == [3, 0]
    assert math.isnan(against.p)
    assert against.lead == pytest.approx(-0.125)


def test_several_numbers_weigh_alike_whatever_their_units(tmp_path):
    truth = np.array([[0.0, 0.0], [2.0, 2000.0]])
    one = estimated(tmp_path, "one", truth + np.array([1.0, 0.0]), truth, columns=("a", "b"))
    two = estimated(tmp_path, "two", truth + np.array([0.0, 1000.0]), truth, columns=("a", "b"))
    assert compare([one.folder, two.folder]).against[0].lead == pytest.approx(0.0)


def test_only_samples_that_both_answered_with_the_same_truth_count(tmp_path):
    one = classified(tmp_path, "one", [0, 0, 1], [0, 0, 0], ["a", "b", "c"])
    two = classified(tmp_path, "two", [0, 0, 1], [0, 1, 0], ["a", "b", "d"], loss="focal")
    found = compare([one.folder, two.folder])
    assert found.against[0].answers.one.stem.tolist() == ["a"]
    assert found.against[0].answers.left_out == 3
    assert any("3 samples are left out" in each for each in found.warnings)


def test_what_was_taken_for_what_is_counted_by_difference(tmp_path):
    one = classified(tmp_path, "one", [0, 1, 1, 1], [0, 0, 1, 1])
    two = classified(tmp_path, "two", [0, 0, 0, 1], [0, 0, 1, 1])
    both = compare([one.folder, two.folder]).against[0].answers
    assert both.confusion().tolist() == [[-1, 1], [-1, 1]]


def test_only_settings_that_differ_are_told_and_never_the_seed(tmp_path):
    one = classified(tmp_path, "one", [0, 1], seed=1)
    two = classified(tmp_path, "two", [0, 1], seed=2, loss="focal")
    found = compare([one.folder, two.folder])
    assert "objective.loss.name" in found.differing
    assert "training.seed" not in found.differing


def test_repeats_by_other_seeds_become_a_mean_and_a_band(tmp_path):
    runs = [
        run_of(tmp_path, "a", seed=1, curve=(0.2, 0.4)),
        run_of(tmp_path, "b", seed=2, curve=(0.4, 0.8, 0.9)),
        run_of(tmp_path, "c", loss="focal", curve=(0.1, 0.1)),
    ]
    tracks = [side.track for side in compare([run.folder for run in runs]).sides]
    mean, alone = overlay.lines(tracks, "accuracy")
    assert (mean.runs, alone.runs) == (2, 1)
    assert mean.y.tolist() == pytest.approx([0.3, 0.6, 0.9])
    assert mean.spread.tolist() == pytest.approx(
        [stats.tstd([0.2, 0.4]), stats.tstd([0.4, 0.8]), 0]
    )
    assert len(overlay.lines(tracks, "accuracy", means=False)) == 3


@pytest.mark.parametrize(
    ("axis", "places"), [("epoch", [1, 2]), ("step", [10, 20]), ("time", [2, 4])]
)
def test_curves_lie_over_epochs_steps_or_time(tmp_path, axis, places):
    track = overlay.read(run_of(tmp_path, "a"), "a", "a")
    assert overlay.lines([track], "accuracy", axis)[0].x.tolist() == places


def test_values_of_different_losses_have_no_best(tmp_path):
    found = compare(two(tmp_path))
    assert found.best("test_accuracy") == {found.sides[0].run.folder}
    assert found.best("test_loss") == frozenset()


def test_runs_of_one_name_are_told_apart(tmp_path):
    runs = [classified(tmp_path, "same", [0]), classified(tmp_path, "same", [0])]
    assert [side.name for side in compare([run.folder for run in runs]).sides] == [
        "same (1)", "same (2)"
    ]  # fmt: skip


def test_a_run_without_an_evaluation_is_compared_by_its_curves(tmp_path):
    folders = [classified(tmp_path, "one", [0]).folder, run_of(tmp_path, "two").folder]
    found = compare(folders)
    assert found.against[0].answers is None
    assert "two was not evaluated" in words.headline(found, found.against[0])


def test_a_damaged_run_does_not_hide_the_others(tmp_path):
    folders = two(tmp_path)
    (folders[1] / "evaluation" / "test.json").write_text("{")
    found = compare(folders)
    assert any("test.json" in each for each in found.warnings)
    assert len(found.sides) == 2


@pytest.mark.parametrize("many", [1, 13])
def test_too_few_or_too_many_runs_are_refused(tmp_path, many):
    folders = [run_of(tmp_path, f"r{n}").folder for n in range(many)]
    with pytest.raises(UserError, match=f"{many} runs cannot be compared"):
        compare(folders)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(UserError, match="nothing is no run"):
        compare([*two(tmp_path), tmp_path / "nothing"])


def test_the_command_tells_and_writes_what_is_compared(tmp_path):
    folders = [str(each) for each in two(tmp_path)]
    html, csv = tmp_path / "out" / "page.html", tmp_path / "out" / "rows.csv"
    given = ["compare", *folders, "--json", "--html", str(html), "--csv", str(csv)]
    told = json.loads(CliRunner().invoke(app, given, catch_exceptions=False).stdout)
    assert told["against_first"][0]["counts"] == {
        "first": 3, "second": 1, "both": 4, "neither": 2
    }  # fmt: skip
    assert told["against_first"][0]["disagreement"]["second"] == ["s8"]
    assert csv.read_text().splitlines()[0].startswith("run,name,test_accuracy")
    assert "focal" in html.read_text()


def test_the_page_escapes_names_and_runs_no_script(tmp_path):
    evil = "<script>alert(1)</script>"
    one = classified(tmp_path, evil, [0, 1], stems=[f"{evil}0", "s1"])
    two = classified(tmp_path, "two", [1, 0], stems=[f"{evil}0", "s1"], loss="focal")
    page = report.page(compare([one.folder, two.folder]))
    assert not re.search("<script", page)
    assert page.count("&lt;script&gt;") >= 3


def test_a_cell_of_the_table_is_no_formula(tmp_path):
    one = classified(tmp_path, "=1+1", [0])
    two = classified(tmp_path, "two", [0])
    assert ",'=1+1," in telling.to_csv(compare([one.folder, two.folder]))
