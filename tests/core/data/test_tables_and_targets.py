"""Tables in every form, and what their columns are as targets."""

import csv
import io
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from workbench.data import tables, targets
from workbench.data.index import strings
from workbench.data.readers import text
from workbench.errors import UserError

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=0, max_size=20).map(
    str.strip
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=20))
@settings(deadline=None)
def test_any_cells_come_back_from_csv(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    out = io.StringIO()
    # Cells that only look like a separator's rival must not change the separator.
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("first", "second"), *rows])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    table = tables.read(path)
    kept = [(a, b) for a, b in rows]
    assert list(zip(*(table.columns[n].tolist() for n in ("first", "second")), strict=True)) == kept


@given(st.binary(max_size=300), st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet"]))
@settings(deadline=None)
def test_any_bytes_are_a_table_or_refused_in_words(tmp_path_factory, raw, suffix):
    path = tmp_path_factory.mktemp("bytes") / f"t{suffix}"
    path.write_bytes(raw)
    try:
        table = tables.read(path)
    except UserError:
        return
    assert len(table) > 0


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_lists_and_numbers_of_json_and_parquet_are_kept(tmp_path, suffix):
    rows = [
        {"name": "a", "tags": ["x", "y"], "n": 1.5, "ok": True, "none": None},
        {"name": "ü", "tags": [], "n": 2.0, "ok": False, "none": "z"},
    ]
    path = tmp_path / f"t{suffix}"
    if suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(row) for row in rows) + "\nnot json\n")
    else:
        parquet.write_table(pa.Table.from_pylist(rows), path)
    table = tables.read(path)
    assert table.columns["tags"].tolist() == ['["x", "y"]', "[]"]
    assert table.columns["ok"].tolist() == ["true", "false"]
    assert table.columns["none"].tolist() == ["", "z"]
    assert [float(n) for n in table.columns["n"]] == [1.5, 2.0]
    assert bool(table.findings) == (suffix == ".jsonl")


def test_headers_without_a_name_of_their_own_get_one(tmp_path):
    (tmp_path / "t.csv").write_text("a,a,,a\n1,2,3,4\n")
    table = tables.read(tmp_path / "t.csv")
    assert list(table.columns) == ["a", "a 2", "column 3", "a 3"]
    assert len(table.findings) == 1


@pytest.mark.parametrize("content", ["", "a,b\n", "\n\n\n"])
def test_a_table_without_rows_is_refused(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(UserError):
        tables.read(tmp_path / "t.csv")


def found(words, **options):
    target, findings = targets.detect("c", strings(words), **options)
    return target, {finding.kind for finding in findings}


@pytest.mark.parametrize(
    ("words", "task", "classes"),
    [
        (["cat", "dog", "cat", "dog"], "category", ("cat", "dog")),
        (["yes", "No", "yes", "No"], "yes_no", ("No", "yes")),
        (["1", "2", "3"] * 9, "category", ("1", "2", "3")),
        (["low", "High", "medium"] * 3, "ordered", ("low", "medium", "High")),
        (["3 stars", "1 star", "10 stars"] * 3, "ordered", ("1 star", "3 stars", "10 stars")),
        (["低", "高", "中"] * 3, "ordered", ("低", "中", "高")),
        (["nie", "oft", "immer"] * 3, "ordered", ("nie", "oft", "immer")),
        (["a|b", "a", "b|c", "c"] * 3, "labels", ("a", "b", "c")),
        (['["a", "b"]', "[]", '["b"]'] * 4, "labels", ("a", "b")),
        ([f"{n}.5" for n in range(30)], "number", ()),
        ([f"[{n}, {n / 2}]" for n in range(30)], "numbers", ()),
    ],
)
def test_what_a_column_is_shows_in_its_words(words, task, classes):
    target, _ = found(words)
    assert (target.task, target.classes) == (task, classes)


def test_words_that_mean_nothing_are_missing_and_said():
    target, kinds = found(["a", "NA", "b", "null", "a", "b", "?"])
    assert target.values.tolist() == [0, -1, 1, -1, 0, 1, -1]
    assert kinds == {"no_value"}


def test_mistyped_numbers_are_listed_with_their_rows():
    target, findings = targets.detect("c", strings([*map(str, np.arange(40) + 0.5), "oops"]))
    assert np.isnan(target.values[-1])
    assert next(f for f in findings if f.kind == "not_a_number").rows == (40,)


def test_several_categories_are_a_row_of_zeros_and_ones():
    target, kinds = found(["a;b", "", "b", "c;a"] * 3)
    assert target.values[:4].tolist() == [[1, 1, 0], [-1, -1, -1], [0, 1, 0], [1, 0, 1]]
    assert target.present[:4].tolist() == [True, False, True, True]
    assert kinds == {"labels"}


def test_prose_with_commas_is_no_list_of_categories():
    words = [f"the {n} fox, quick as it was, jumped over {n * 7} dogs" for n in range(40)]
    assert found(words)[0] is None


def test_a_column_is_read_as_one_says():
    assert found(["1", "2", "3"] * 9, task="number")[0].task == "number"
    assert found(["a", "b", "c"] * 3, task="ordered", order=("c", "a", "b"))[0].classes == (
        "c",
        "a",
        "b",
    )
    assert found(["a+b", "b"] * 4, task="labels", separator="+")[0].classes == ("a", "b")


@pytest.mark.parametrize(
    ("words", "task"),
    [
        (["a", "b"] * 4, "number"),
        (["a", "b"] * 4, "numbers"),
        (["a", "b", "c"] * 4, "yes_no"),
        ([str(n / 7) for n in range(90)], "category"),
        ([str(n / 7) for n in range(90)], "ordered"),
        ([f"w{n}" for n in range(90)], "labels"),
        (["", ""], "category"),
    ],
)
def test_what_a_column_cannot_be_is_refused_with_a_reason(words, task):
    with pytest.raises(UserError) as refused:
        found(words, task=task)
    assert "'c'" in refused.value.problem
    assert refused.value.remedy


def test_columns_of_numbers_can_be_learned_together():
    known = {n: found([str(v + n) for v in np.arange(30) + 0.5])[0] for n in (1, 2)}
    known = {"x": known[1], "y": known[2], "z": found(["a", "b"] * 15)[0]}
    joined = targets.together(known)
    assert (joined.name, joined.task, joined.columns) == ("x + y", "numbers", ("x", "y"))
    assert joined.values.shape == (30, 2)
    assert targets.together(known, ("y", "x")).columns == ("y", "x")
    assert targets.together({"x": known["x"]}) is None
    with pytest.raises(UserError, match="'z' is no column of numbers"):
        targets.together(known, ("x", "z"))


@given(st.lists(CELLS, min_size=1, max_size=40))
@settings(deadline=None)
def test_any_column_is_a_target_or_none_and_never_an_error(words):
    target, findings = targets.detect("c", strings(words))
    assert target is None or len(target.values) == len(words)
    assert all(finding.kind for finding in findings)


CHINESE = "这是一个关于图像和声音的多模态学习的例子。我们希望这段文字足够长。" * 3
JAPANESE = "これは日本語の文章です。画像と音声とテキストを一緒に学習します。" * 3


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        (CHINESE, "gb18030"),
        (CHINESE, "gbk"),
        (JAPANESE, "shift_jis"),
        ("hello there, plain words", "utf-16-le"),
        ("hello there, plain words", "utf-16-be"),
        ("Schöne Grüße aus Köln, später mehr über Übungen. " * 3, "cp1252"),
        ("emoji 🍎 und 猫 zusammen", "utf-8"),
        ("emoji 🍎 und 猫 zusammen", "utf-32"),
    ],
)
def test_texts_in_many_encodings_are_read_as_they_were_written(tmp_path, said, encoding):
    (tmp_path / "a.txt").write_bytes(said.encode(encoding))
    read, stated = text.read(tmp_path / "a.txt")
    assert read == said
    assert stated in text.ENCODINGS
