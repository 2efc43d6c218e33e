"""Tables as people and programs write them, whole or damaged."""

import csv
import io
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from workbench.data import gathered, tables
from workbench.errors import UserError

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
CELLS = WORDS.map(str.strip)


def table_of(folder, content, name="t.csv", **options):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tables.read(path, **options)


def cells(table):
    return list(zip(*(column.tolist() for column in table.columns.values()), strict=True))


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(deadline=None)
def test_any_cells_survive_any_separator_and_encoding(tmp_path_factory, rows, sign, encoding):
    out = io.StringIO()
    # Quoted, as only then blanks, quotes and ends of lines inside of cells are kept.
    write = csv.writer(out, delimiter=sign, quoting=csv.QUOTE_ALL)
    write.writerows([("first", "second", "third"), *rows])
    folder = tmp_path_factory.mktemp("table")
    assert cells(table_of(folder, out.getvalue().encode(encoding))) == rows


@given(
    st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS | st.lists(WORDS)}), min_size=1),
    st.booleans(),
)
@settings(deadline=None)
def test_any_values_survive_json_lines(tmp_path_factory, rows, ascii_only):
    content = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)
    table = table_of(tmp_path_factory.mktemp("table"), content, "t.jsonl")
    assert table.columns["a"].tolist() == [row["a"] for row in rows]
    for cell, row in zip(table.columns["b"].tolist(), rows, strict=True):
        if isinstance(row["b"], list):
            assert json.loads(cell) == row["b"]
        else:
            assert cell == row["b"]


@given(st.lists(CELLS | st.none(), min_size=1), st.lists(WORDS, max_size=3))
@settings(deadline=None)
def test_any_values_survive_parquet(tmp_path_factory, words, listed):
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    lists = [listed] * len(words)
    columns = pa.table({"w": pa.array(words, pa.string()), "l": pa.array(lists)})
    parquet.write_table(columns, path)
    table = tables.read(path)
    assert table.columns["w"].tolist() == [word or "" for word in words]
    assert [json.loads(cell) for cell in table.columns["l"].tolist()] == lists


def valid_parquet():
    out = io.BytesIO()
    parquet.write_table(pa.table({"a": ["x", "y"] * 50, "n": list(range(100))}), out)
    return out.getvalue()


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_damaged_parquet_is_read_or_refused_in_words(tmp_path_factory, data):
    raw = bytearray(valid_parquet())
    places = st.integers(0, len(raw) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=8)):
        raw[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    path.write_bytes(raw[: data.draw(st.integers(1, len(raw)))])
    try:
        table = tables.read(path)
    except UserError:
        return
    assert len(table.numbers) == len(table) > 0


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_after_a_header_are_rows_or_refused(tmp_path_factory, raw):
    try:
        table = table_of(tmp_path_factory.mktemp("table"), b"file_name,label\na.png,x\n" + raw)
    except UserError:
        return
    assert len({len(column) for column in table.columns.values()}) == 1
    assert len(table.numbers) == len(table)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_found_though_others_stand_in_the_cells(tmp_path, sign):
    others = "".join({",", ";", "\t", "|"} - {sign})
    lines = [sign.join(["name", "tags", "note"])]
    lines += [sign.join([f"n{n}", others[:n], f"x{others[n % 3]}y"]) for n in range(4)]
    table = table_of(tmp_path, "\n".join(lines))
    assert list(table.columns) == ["name", "tags", "note"]
    assert len(table) == 4


def test_a_first_line_may_state_the_sign(tmp_path):
    table = table_of(tmp_path, "sep=;\na;b\n1,5;x\n")
    assert cells(table) == [("1,5", "x")]


@pytest.mark.parametrize(
    "content", ["a.png,cat\nb.png,dog\n", "1,2\n3,4\n", "p1,cat\np2,dog\np3,cat\np4,cat\np5,dog\n"]
)
def test_a_table_without_a_header_keeps_its_first_row(tmp_path, content):
    table = table_of(tmp_path, content)
    assert list(table.columns) == ["column 1", "column 2"]
    assert cells(table)[0] == tuple(content.split("\n")[0].split(","))
    assert table.numbers[0] == 1
    assert "names no columns" in table.findings[0].title


@pytest.mark.parametrize("content", ["id,2019,2020\nx,1,2\ny,3,4\n", "name,label\na,b\na,b\n"])
def test_a_header_is_not_taken_for_a_row(tmp_path, content):
    assert list(table_of(tmp_path, content).columns) == content.split("\n")[0].split(",")


def test_torn_rows_are_left_out_by_number_and_empty_cells_at_the_end_are_not_missed(tmp_path):
    table = table_of(tmp_path, "a,b\n1,x,\n2\n\n3,y,z\n4,w\n")
    assert cells(table) == [("1", "x"), ("4", "w")]
    assert table.numbers.tolist() == [2, 6]
    assert "row 3, 5" in table.findings[0].detail
    assert table.findings[0].title == "2 rows have the wrong number of cells in t.csv"


def test_an_open_quote_swallows_the_rest_and_nothing_else(tmp_path):
    table = table_of(tmp_path, 'a,b\n1,x\n2,"y\n3,z\n4,w\n')
    assert cells(table) == [("1", "x"), ("2", "y\n3,z\n4,w")]


def test_late_letters_of_another_encoding_are_read(tmp_path):
    lines = "a,b\n" + "plain,words\n" * 100_000 + "Grüße,Köln später über Übung Straße\n"
    table = table_of(tmp_path, lines.encode("cp1252"))
    assert cells(table)[-1] == ("Grüße", "Köln später über Übung Straße")


def test_only_a_line_feed_ends_a_line_of_json(tmp_path):
    rows = [{"t": "one\u2028two\x0b\x1c\x85three", "n": 1}, {"t": "\r", "n": 2}]
    content = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\r\n[1]\n{\n"
    table = table_of(tmp_path, content, "t.jsonl")
    assert table.columns["t"].tolist() == ["one\u2028two\x0b\x1c\x85three", ""]
    assert table.findings[0].title == "2 lines are no JSON objects in t.jsonl"
    assert "line 3, 4" in table.findings[0].detail


def test_names_and_cells_of_json_with_halves_of_letters_are_cleaned(tmp_path):
    table = table_of(tmp_path, '{"\\ud800a": "x\\udfff", "b": ["\\ud800", "\\u0000"]}', "t.jsonl")
    assert cells(table) == [("x?", '["?", "\\u0000"]')]
    assert list(table.columns) == ["?a", "b"]


def test_columns_that_come_late_in_json_are_empty_before(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_PORTION", 2)
    lines = [{"a": 1}, {"a": 2}, {"a": 3, "b": "x"}, {"b": None}, {"c": {"d": 1.5}}]
    table = table_of(tmp_path, "\n".join(map(json.dumps, lines)), "t.jsonl")
    assert cells(table) == [
        ("1", "", ""), ("2", "", ""), ("3", "x", ""), ("", "", ""), ("", "", '{"d": 1.5}')
    ]  # fmt: skip


def test_columns_of_bytes_are_said_and_never_read(tmp_path):
    path = tmp_path / "t.parquet"
    picture = pa.array([{"bytes": b"x", "path": "a"}] * 3)
    columns = {"image": picture, "raw": [b"1"] * 3, "label": ["u", None, "v"]}
    parquet.write_table(pa.table(columns), path)
    table = tables.read(path)
    assert {name: cells.tolist() for name, cells in table.columns.items()} == {
        "label": ["u", "", "v"]
    }
    assert len(table.findings) == 2


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_limit_ends_reading_early(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    rows = [{"name": f"n{n}", "label": "xy"[n % 2]} for n in range(50)]
    if suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        path.write_text("name,label\n" + "\n".join(",".join(row.values()) for row in rows))
    table = tables.read(path, limit=7)
    assert table.columns["name"].tolist() == [f"n{n}" for n in range(7)]
    assert table.findings == ()


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_a_table_too_large_for_memory_is_read_as_far_as_it_goes_and_said(
    tmp_path, monkeypatch, name
):
    monkeypatch.setattr(gathered, "MOST_CELLS", 20)
    rows = [{"a": f"x{n}", "b": f"y{n}"} for n in range(30)]
    lines = [json.dumps(row) for row in rows] if name == "t.jsonl" else ["a,b"]
    lines += [",".join(row.values()) for row in rows] if name == "t.csv" else []
    table = table_of(tmp_path, "\n".join(lines), name)
    assert len(table) == 10
    assert [f.title for f in table.findings] == [f"Only the first 10 rows of {name} are read"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "x," * 20_000 + "\n1,2\n"),
        ("t.jsonl", json.dumps({f"k{n}": n for n in range(20_000)})),
        ("t.jsonl", "\n".join(json.dumps({f"k{n}": n}) for n in range(20_000))),
    ],
)
def test_more_columns_than_anyone_needs_are_refused(tmp_path, name, content):
    with pytest.raises(UserError, match=r"20,00[01] columns"):
        table_of(tmp_path, content, name)


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path, name):
    with pytest.raises(UserError, match="longer than"):
        table_of(tmp_path, b"a,b\n" + b"x" * (33 * 2**20), name)


def test_formulas_are_text_and_said(tmp_path):
    table = table_of(tmp_path, "a,b\n=cmd|' /C calc'!A0,-5\n@SUM(1),x\n")
    assert table.columns["a"][0] == "=cmd|' /C calc'!A0"
    assert [f.title for f in table.findings] == ["2 cells of t.csv begin like a formula"]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.parquet"])
def test_what_holds_no_rows_is_refused_with_a_remedy(tmp_path, name):
    with pytest.raises(UserError) as refused:
        table_of(tmp_path, b"\n", name)
    assert refused.value.remedy


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "folder.csv", tmp_path / "gone.csv"):
        with pytest.raises(UserError):
            tables.read(path)
