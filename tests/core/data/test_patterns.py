"""Patterns of file names say what they take, and refuse what they cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data import patterns
from workbench.data.index import strings
from workbench.errors import UserError


def test_fields_take_what_stands_between_the_signs():
    pattern = patterns.parse("{label}_{speaker}-{_}.{index}")
    assert pattern.fields == ("label", "speaker", "index")
    assert pattern.match("cat_anna-x.07") == {"label": "cat", "speaker": "anna", "index": "07"}
    assert pattern.match("cat-anna") is None


def test_the_last_field_takes_the_rest():
    assert patterns.parse("{label}_{rest}").match("cat_a_b") == {"label": "cat", "rest": "a_b"}


def test_spans_show_where_each_field_stands():
    assert patterns.parse("{label}_{n}").spans("dog_12") == [("label", 0, 3), ("n", 4, 6)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no field"),
        ("plain", "has no field"),
        ("{_}_{_}", "has no field"),
        ("{label", "brace { at letter 1"),
        ("label}", "brace } at letter 6"),
        ("{a}{b}", "Nothing stands between two fields at letter 4"),
        ("{1a}", "'1a' at letter 1"),
        ("{}", "'' at letter 1"),
        ("{a}_{a}", "stands twice"),
        ("{a b}", "is no name of a field"),
    ],
)
def test_what_is_no_pattern_is_refused_with_its_place(text, sentence):
    with pytest.raises(UserError) as refused:
        patterns.parse(text)
    assert sentence in refused.value.problem
    assert refused.value.remedy


@given(st.text(max_size=40))
def test_any_text_is_a_pattern_or_refused_in_words(text):
    try:
        pattern = patterns.parse(text)
    except UserError:
        return
    assert pattern.fields


words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.lists(words, min_size=2, max_size=5), st.sampled_from("_-. +()[]"))
def test_a_name_joined_from_words_is_taken_apart_again(parts, sign):
    fields = [f"f{number}" for number in range(len(parts))]
    pattern = patterns.parse(sign.join(f"{{{field}}}" for field in fields))
    assert pattern.match(sign.join(parts)) == dict(zip(fields, parts, strict=True))


@given(st.lists(st.text(max_size=12), max_size=12))
def test_columns_agree_with_single_matches(names):
    pattern = patterns.parse("{a}_{b}")
    columns, matched = pattern.columns(strings(names))
    for row, name in enumerate(names):
        one = pattern.match(name)
        assert matched[row] == (one is not None)
        assert {field: str(columns[field][row]) for field in "ab"} == (one or {"a": "", "b": ""})


def test_a_pattern_is_suggested_where_all_names_have_the_same_parts():
    names = [f"{label}-{number}" for label in ("cat", "dog") for number in range(5)]
    assert patterns.suggest(names) == "{label}-{index}"


def test_a_few_names_of_another_form_do_not_hide_the_pattern():
    names = [f"{label}_{number}" for label in ("cat", "dog") for number in range(20)]
    assert patterns.suggest([*names, "notes on it"]) == "{label}_{index}"
    assert patterns.suggest([*names, *(f"x{n}" for n in range(20))]) == ""


@pytest.mark.parametrize("names", [[], ["a"], ["IMG001", "IMG002"], ["a_b", "c"]])
def test_no_pattern_is_suggested_where_names_say_nothing(names):
    assert patterns.suggest(names) == ""


@given(st.lists(st.text(max_size=20), max_size=20))
def test_a_suggestion_always_is_a_pattern(names):
    text = patterns.suggest(names)
    assert not text or patterns.parse(text).fields
