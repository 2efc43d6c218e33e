"""Divisions keep together what belongs together, and move nobody without need."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.index import Index, Target, strings
from workbench.data.split import divide
from workbench.errors import UserError
from workbench.spec import DataSpec


def data(**changes):
    return DataSpec(folder="", target="label", task="category", **changes)


def made(names, groups=None, values=None):
    values = np.arange(len(names)) % 2 if values is None else values
    columns = {} if groups is None else {"speaker": strings(groups)}
    target = Target("label", "category", np.asarray(values, np.int64), ("a", "b"))
    return Index(Path(), "manifest", strings(names), {}, {"label": target}, columns=columns), target


def divided(index, target, **changes):
    return divide(index, target, np.ones(len(index), bool), data(**changes))


NAMES = [f"s{number:04d}" for number in range(600)]


@given(st.integers(0, 2**31 - 1), st.integers(20, 200))
@settings(max_examples=25, deadline=None)
def test_no_group_is_in_two_splits(seed, count):
    groups = [f"g{number % count}" for number in range(600)]
    index, target = made(NAMES, groups)
    result = divided(index, target, division="grouped", group="speaker", split_seed=seed)
    for group in set(groups):
        assert len(set(result[index.columns["speaker"] == group].tolist())) == 1
    assert set(result.tolist()) == {0, 1, 2}


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_added_samples_move_nobody(seed):
    index, target = made(NAMES)
    more, wider = made([*NAMES, *(f"t{number}" for number in range(300))])
    before = divided(index, target, division="stable", split_seed=seed)
    after = divided(more, wider, division="stable", split_seed=seed)
    assert (after[:600] == before).all()


def test_added_samples_and_groups_move_no_group():
    groups = [f"g{number % 60}" for number in range(600)]
    index, target = made(NAMES, groups)
    more, wider = made(
        [*NAMES, *(f"t{n}" for n in range(300))], [*groups, *(f"h{n % 30}" for n in range(300))]
    )
    options = {"division": "grouped", "group": "speaker"}
    assert (divided(more, wider, **options)[:600] == divided(index, target, **options)).all()


@pytest.mark.parametrize("division", ["stable", "random", "stratified", "grouped"])
def test_shares_are_met_about(division):
    index, target = made(NAMES, [f"g{number // 2}" for number in range(600)])
    result = divided(index, target, division=division, group="speaker", validation=0.2, test=0.1)
    assert np.bincount(result) / 600 == pytest.approx([0.7, 0.2, 0.1], abs=0.06)


def test_three_groups_are_enough_for_three_splits():
    index, target = made(NAMES, [f"g{number % 3}" for number in range(600)])
    result = divided(index, target, division="grouped", group="speaker")
    assert set(result.tolist()) == {0, 1, 2}


@pytest.mark.parametrize(("count", "named"), [(1, "only 'g0' in the 600"), (2, "'g0' and 'g1'")])
def test_too_few_groups_are_named(count, named):
    index, target = made(NAMES, [f"g{number % count}" for number in range(600)])
    with pytest.raises(UserError, match=named) as refused:
        divided(index, target, division="grouped", group="speaker")
    assert "another column" in refused.value.remedy


def test_a_stated_split_without_training_samples_is_refused():
    index, target = made(NAMES)
    index = replace(index, fixed_split=np.full(600, 2, np.int8))
    with pytest.raises(UserError, match="No sample is left for train") as refused:
        divided(index, target, division="stated")
    assert "do not state" in refused.value.remedy


@pytest.mark.parametrize("division", ["auto", "random", "stable", "grouped"])
def test_no_usable_sample_at_all_is_refused(division):
    target = Target("x + y", "numbers", np.full((600, 2), np.nan), columns=("x", "y"))
    index, _ = made(NAMES, NAMES)
    with pytest.raises(UserError, match="No sample is left for train"):
        divided(index, target, division=division, group="speaker")


TARGETS = st.sampled_from(["category", "number", "labels", "numbers", "none"])
DIVISIONS = st.sampled_from(["stratified", "random", "stable", "grouped"])


def target_of(task, count, dice):
    match task:
        case "number":
            return Target("x", task, np.where(dice.random(count) < 0.1, np.nan, dice.random(count)))
        case "numbers":
            return Target("x + y", task, dice.normal(size=(count, 2)), columns=("x", "y"))
        case "labels":
            return Target("l", task, (dice.random((count, 4)) < 0.3).astype(np.int8), tuple("abcd"))
        case "none":
            return Target("", task, np.zeros(count, np.int64))
    return Target("l", task, np.arange(count) % 3 - (dice.random(count) < 0.1), tuple("abc"))


@given(TARGETS, DIVISIONS, st.integers(60, 400), st.integers(0, 2**31 - 1))
@settings(max_examples=60, deadline=None)
def test_every_usable_sample_is_in_one_split_and_no_other_in_any(task, division, count, seed):
    dice = np.random.default_rng(seed)
    target = target_of(task, count, dice)
    names = [f"s{number}" for number in range(count)]
    index, _ = made(names, [f"g{number // 2}" for number in range(count)])
    usable = dice.random(count) < 0.9
    spec = data(division=division, group="speaker", split_seed=seed)
    result = divide(index, target, usable, spec)
    assert ((result >= 0) == (usable & target.present)).all()
    assert set(result.tolist()) >= {0, 1, 2}
    assert (divide(index, target, usable, spec) == result).all()


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_samples_does_not_matter_to_hashes(seed):
    index, target = made(NAMES)
    order = np.random.default_rng(seed).permutation(600)
    turned, other = made([NAMES[place] for place in order])
    assert (
        divided(turned, other, division="stable", split_seed=seed)
        == divided(index, target, division="stable", split_seed=seed)[order]
    ).all()


def test_samples_without_a_group_stand_alone():
    index, target = made(NAMES, ["" for _ in NAMES])
    result = divided(index, target, division="grouped", group="speaker")
    assert np.bincount(result).min() > 40


def test_a_group_that_is_not_there_is_refused_with_the_nearest():
    index, target = made(NAMES, NAMES)
    with pytest.raises(UserError, match="no column 'speakr'") as refused:
        divided(index, target, division="grouped", group="speakr")
    assert "speaker" in refused.value.remedy


def test_a_stated_split_must_be_stated():
    index, target = made(NAMES)
    with pytest.raises(UserError, match="state no split"):
        divided(index, target, division="stated")


def test_several_categories_spread_the_rarest_over_all_splits():
    dice = np.random.default_rng(0)
    values = (dice.random((600, 3)) < [0.5, 0.5, 0.05]).astype(np.int8)
    target = Target("label", "labels", values, ("a", "b", "rare"))
    index, _ = made(NAMES)
    result = divided(index, target, division="stratified", validation=0.2, test=0.2)
    rare = values[:, 2] == 1
    assert np.bincount(result[rare]) / rare.sum() == pytest.approx([0.6, 0.2, 0.2], abs=0.06)


def test_pairs_without_a_target_can_be_divided():
    index, _ = made(NAMES)
    result = divided(index, index.target(""), division="stratified")
    assert np.bincount(result).tolist() == [420, 90, 90]


def test_several_numbers_are_spread_over_their_range():
    values = np.random.default_rng(1).normal(size=(600, 2)) * [1, 100]
    target = Target("x + y", "numbers", values, columns=("x", "y"))
    index, _ = made(NAMES)
    result = divided(index, target, division="stratified")
    means = [values[result == part].mean(axis=0) / [1, 100] for part in range(3)]
    assert np.abs(np.subtract(means[1], means[0])).max() < 0.25
