"""Numbers, orders and several categories as people write them."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import amounts, label_sets, targets
from workbench.data.index import strings
from workbench.data.orders import known_order, natural
from workbench.errors import UserError


def read(*words):
    return amounts.read(words).values.tolist()


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", 12), ("-3.5e-2", -0.035), ("1,5", 1.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5),
        ("1,234,567", 1234567), ("1.234.567", 1234567), ("12 kg", 12), ("5 %", 5), ("21°", 21),
        (".5", 0.5), ("$5", 5), ("EUR 7", 7), ("3,50 €", 3.5), ("1 234,5", 1234.5),
        ("1'234.5", 1234.5), ("−5", -5), ("+7", 7), ("60 km/h", 60), ("0,123", 0.123),
        ("12岁", 12),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written, number):
    assert read(written) == [number]


@pytest.mark.parametrize(
    "written",
    ["", "abc", "1 2", "12kg3", "--5", "nan", "inf", "1.2.3.4", "1e999", "1_000", "12:30",
     "2020-01-02", "1,23,456", "120/80", "1" * 500, "e5", "."],
)  # fmt: skip
def test_what_is_no_number_is_none(written):
    assert all(math.isnan(value) for value in read(written))


@pytest.mark.parametrize(
    ("written", "numbers", "said"),
    [
        (["1,5", "2,500"], [1.5, 2.5], "decimal"),
        (["1,234.5", "2,345"], [1234.5, 2345], ""),
        (["1.234,5", "2.345", "7"], [1234.5, 2345, 7], "decimal"),
        (["1,234", "10,500"], [1234, 10500], "thousands"),
        (["1.234", "2.5"], [1.234, 2.5], ""),
    ],
)
def test_what_a_comma_means_the_other_cells_tell(written, numbers, said):
    found = amounts.read(written)
    assert found.values.tolist() == numbers
    assert said in " ".join(found.notes)
    assert bool(found.notes) == bool(said)


def test_names_with_a_letter_are_no_amounts():
    assert all(map(math.isnan, read("3a", "3b", "4a")))
    assert amounts.read(["3 kg", "30 g"]).units == {"kg": 1, "g": 1}


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=30))
def test_plain_numbers_are_read_exactly(values):
    assert read(*[repr(value) for value in values]) == values


@given(st.lists(st.integers(0, 10**9), min_size=1), st.sampled_from([",", ".", "'", "\u202f"]))
def test_numbers_with_thousands_are_read_back(values, sign):
    written = [f"{value:,}".replace(",", sign) for value in values]
    # A single dot before three digits is a decimal point unless another cell tells otherwise.
    written.append(f"9{sign}876{sign}543")
    assert read(*written) == [*values, 9876543]


@given(st.lists(st.text(max_size=30), max_size=20))
@settings(deadline=None)
def test_any_words_are_numbers_or_none(words):
    values = amounts.read(words).values
    assert len(values) == len(words)
    assert not np.isinf(values).any()


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("[1, 2.5]", [1, 2.5]), ("[0.5 1.5]", [0.5, 1.5]), ("0.5;1", [0.5, 1]), ("1 2", [1, 2]),
        ("0.5, 0.25", [0.5, 0.25]), ("1,5", None), ("[1, null]", None), ("[true]", None),
        ("[]", None), ("x y", None), ("[1e999]", None), ("5", None), (f"[{'9' * 400}]", None),
    ],
)  # fmt: skip
def test_cells_with_several_numbers_are_read(cell, numbers):
    assert amounts.listed(cell) == numbers


def detected(words, name="c", **options):
    target, findings = targets.detect(name, strings(words), **options)
    return target, {finding.kind: finding for finding in findings}


@pytest.mark.parametrize(
    ("words", "lowest_first"),
    [
        (["Often", "never", "Sometimes"], ["never", "Sometimes", "Often"]),
        (["agree", "strongly disagree", "neutral"], ["strongly disagree", "neutral", "agree"]),
        (["Mai", "Januar", "März"], ["Januar", "März", "Mai"]),
        (["Dec", "Jan", "Feb"], ["Jan", "Feb", "Dec"]),
        (["stimme zu", "stimme nicht zu", "neutral"], ["stimme nicht zu", "neutral", "stimme zu"]),
        (["满意", "非常不满意", "一般"], ["非常不满意", "一般", "满意"]),
        (["level 10", "level 2", "level 1"], ["level 1", "level 2", "level 10"]),
        (["★★★", "★", "★★"], ["★", "★★", "★★★"]),
        (["B+", "A", "B-"], ["B-", "B+", "A"]),
        (["very-high", "low", "medium"], ["low", "medium", "very-high"]),
    ],
)
def test_words_with_an_order_are_put_into_it(words, lowest_first):
    assert known_order(words) == lowest_first
    target, findings = detected(words * 3)
    assert (target.task, list(target.classes)) == ("ordered", lowest_first)
    assert findings["order"].detail == " < ".join(lowest_first) + "."
    assert [target.classes[value] for value in target.values[:3]] == words


def test_letters_are_grades_only_where_the_column_says_so():
    letters = ["A", "B", "C", "F"] * 3
    assert detected(letters)[0].task == "category"
    assert detected(letters, name="final_grade")[0].classes == ("F", "C", "B", "A")


@pytest.mark.parametrize("words", [["cat", "dog", "low"], ["low", "high"], ["a", "A", "b"], []])
def test_other_words_have_no_order(words):
    assert known_order(words) == []


def test_an_order_that_one_states_goes_before_all_and_strangers_come_last():
    target, findings = detected(["b", "a", "z"] * 3, order=("b", "x", "a"))
    assert target.classes == ("b", "a", "z")
    assert findings["order"].severity == "warning"
    assert target.values[:3].tolist() == [0, 1, 2]


def test_numbers_in_names_are_sorted_by_their_size():
    assert sorted(["b10", "b9", "a", "٣", "²"], key=natural)[:3] == ["٣", "a", "b9"]


@pytest.mark.parametrize(
    ("words", "separator"),
    [
        (["a|b", "a", "b|c"] * 3, "|"),
        (["red;big", "blue;big", "red"] * 3, ";"),
        (["x, y", "y, z", "x"] * 3, ","),
        (["salt, pepper", "sugar", "oil"] * 3, ""),
        (["2020/01/02", "2020/02/03", "2021/01/02"] * 5, ""),
        (["12:30", "12:45", "11:30"] * 5, ""),
        (["1,5", "2,5", "1,2"] * 5, ""),
        (["cat", "dog"] * 5, ""),
    ],
)
def test_a_sign_parts_categories_only_where_they_come_back(words, separator):
    assert label_sets.separator_of(words) == separator


LABELS = st.lists(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8), unique=True, max_size=5
)


@given(LABELS)
def test_lists_of_categories_come_back_from_json(labels):
    assert label_sets.split(json.dumps(labels), "") == labels


@given(LABELS.filter(bool), st.sampled_from("|;,/"))
def test_categories_parted_by_a_sign_come_back(labels, sign):
    assert label_sets.split(f" {sign} ".join(labels), sign) == labels


def test_lists_of_different_lengths_name_categories_and_those_of_one_are_numbers():
    ids, findings = detected(["[1, 2]", "[3]", "[1]"] * 5)
    assert (ids.task, ids.classes) == ("labels", ("1", "2", "3"))
    assert "15" not in findings["labels"].detail
    assert detected(["[1, 2]", "[3, 4]"] * 5)[0].values[:2].tolist() == [[1, 2], [3, 4]]


def test_a_list_of_another_length_is_no_value_and_said():
    target, findings = detected([*[f"[{n}.5, 1]" for n in range(20)], "[1]"])
    assert target.columns == ("c 1", "c 2")
    assert findings["not_a_number"].rows == (20,)
    assert np.flatnonzero(~target.present).tolist() == [20]


def test_units_are_dropped_and_said():
    target, findings = detected([f"{n / 2} kg" for n in range(60)])
    assert target.values[:3].tolist() == [0, 0.5, 1]
    assert "kg" in findings["unit"].detail
    assert findings["unit"].severity == "info"
    mixed = detected([*[f"{n / 2} kg" for n in range(60)], "500 g"])[1]["unit"]
    assert mixed.severity == "warning"


@pytest.mark.parametrize("task", ["category", "yes_no", "number", "labels", "ordered", "numbers"])
@given(words=st.lists(st.text(max_size=6), min_size=1, max_size=30))
@settings(deadline=None, max_examples=40)
def test_a_wish_is_met_or_refused_with_a_reason(task, words):
    column = np.strings.strip(strings([word.replace("\0", "") for word in words]))
    target, reason = wished(column, task)
    if target is None:
        assert "'c'" in reason.problem
        assert reason.remedy
    else:
        assert target.task == task
        assert len(target.values) == len(words)


def wished(column, task):
    try:
        return targets.detect("c", column, task=task)[0], None
    except UserError as reason:
        return None, reason
