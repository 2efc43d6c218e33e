from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from pydantic import ValidationError

from workbench.errors import UserError
from workbench.runs import results
from workbench.runs.results import ClassRow, ColumnRow, Results, Samples
from workbench.runs.results_csv import to_csv


def pets() -> tuple[Results, Samples]:
    figures = Results(
        split="test",
        task="category",
        target="animal",
        classes=("cat", "dog, big", "猫"),
        metrics={"accuracy": 2 / 3, "loss": float("nan")},
        baseline={"accuracy": 1 / 3},
        confusion=((1, 0, 0), (1, 0, 0), (0, 0, 1)),
        per_class=(
            ClassRow(name="cat", precision=0.5, recall=1.0, f1=2 / 3, support=1),
            ClassRow(name="dog, big", precision=0.0, recall=0.0, f1=0.0, support=1),
            ClassRow(name="猫", precision=1.0, recall=1.0, f1=1.0, support=1),
        ),
        loss_name="Focal (gamma 2)",
    )
    rows = Samples(
        stem=np.array(["a/1", 'the "second"', "third\nline"]),
        target=np.array([0, 1, 2]),
        prediction=np.array([0, 0, 2]),
        confidence=np.array([0.1 + 0.2, 0.9, 1.0]),
        true_probability=np.array([0.1 + 0.2, 1e-300, 1.0]),
        loss=np.array([1.25, np.inf, 0.0]),
        outputs=np.array([[0.1, 0.2, 0.3], [2, 1, 0], [-1, 0, np.inf]], np.float32),
    )
    return figures, rows


def prices() -> tuple[Results, Samples]:
    figures = Results(
        split="validation",
        task="number",
        target="price",
        metrics={"mae": 2.0},
        baseline={"mae": 4.0},
        loss_name="Huber",
    )
    nothing = np.empty(0)
    rows = Samples(
        stem=np.array(["a", "b"]),
        target=np.array([1.5, -2.25]),
        prediction=np.array([1 / 3, 1e17]),
        confidence=nothing,
        true_probability=nothing,
        loss=np.array([0.5, 7.0]),
    )
    return figures, rows


def genres() -> tuple[Results, Samples]:
    figures = Results(
        split="test",
        task="labels",
        target="genre",
        classes=("rock", 'jazz, "cool"', "猫|狗"),
        metrics={"accuracy": 0.5, "micro_f1": 0.5},
        baseline={"accuracy": 0.0},
        per_class=tuple(
            ClassRow(name=name, precision=0.5, recall=1.0, f1=2 / 3, support=1)
            for name in ("rock", 'jazz, "cool"', "猫|狗")
        ),
        loss_name="Binary cross entropy",
    )
    rows = Samples(
        stem=np.array(["a", "b"]),
        target=np.array([[0, 1, 1], [0, 0, 0]], np.int8),
        prediction=np.array([[1, 1, 1], [0, 1, 0]], np.int8),
        confidence=np.array([0.9, 0.3]),
        true_probability=np.array([0.1, 1 / 3]),
        loss=np.array([0.5, 7.0]),
    )
    return figures, rows


def places() -> tuple[Results, Samples]:
    figures = Results(
        split="test",
        task="numbers",
        target="x + y, m",
        metrics={"mae": 2.0},
        baseline={"mae": 4.0},
        loss_name="Huber",
        columns=("x", "y, m"),
        per_column=(
            ColumnRow(name="x", mae=1.0, rmse=2.0, baseline_mae=3.0),
            ColumnRow(name="y, m", mae=1 / 3, rmse=2.0, r2=-0.5, baseline_mae=3.0),
        ),
    )
    rows = Samples(
        stem=np.array(["a", "b", "c"]),
        target=np.array([[1.5, -2.25], [1 / 3, 0.0], [1e300, 5]]),
        prediction=np.array([[0.1, 1e-17], [np.nan, -np.inf], [1, 2]]),
        confidence=np.empty(0),
        true_probability=np.empty(0),
        loss=np.array([0.5, 7.0, np.nan]),
    )
    return figures, rows


@pytest.mark.parametrize("made", [pets, prices, genres, places])
def test_what_was_written_is_read_to_the_last_bit(tmp_path: Path, made) -> None:
    figures, rows = made()
    results.write(tmp_path, figures, rows)
    found = results.read(tmp_path, figures.split)
    assert found is not None
    assert found[0].model_dump_json() == figures.model_dump_json()
    for name in Samples.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(found[1], name), getattr(rows, name))
        assert getattr(found[1], name).dtype.kind == getattr(rows, name).dtype.kind


def test_the_rows_name_the_classes_for_other_programs(tmp_path: Path) -> None:
    results.write(tmp_path, *pets())
    table = parquet.read_table(tmp_path / "evaluation" / "test.parquet")
    assert table["target"].to_pylist() == ["cat", "dog, big", "猫"]
    assert table["prediction"].to_pylist() == ["cat", "cat", "猫"]
    assert table["outputs"].to_pylist()[1] == [2.0, 1.0, 0.0]
    rows = list(csv.DictReader(io.StringIO(to_csv(*pets()), newline="")))
    assert [row["stem"] for row in rows] == ["a/1", 'the "second"', "third\nline"]
    assert [row["target"] for row in rows] == ["cat", "dog, big", "猫"]
    assert float(rows[1]["true_probability"]) == 1e-300


def test_several_categories_are_a_list_of_names_and_several_numbers_have_columns() -> None:
    first, second = csv.DictReader(to_csv(*genres()).splitlines())
    assert json.loads(first["target"]) == ['jazz, "cool"', "猫|狗"]
    assert (second["target"], json.loads(second["prediction"])) == ("[]", ['jazz, "cool"'])
    first = next(csv.DictReader(to_csv(*places()).splitlines()))
    assert (first["target x"], first["target y, m"]) == ("1.5", "-2.25")
    assert (first["prediction x"], first["prediction y, m"]) == ("0.1", "1e-17")


@pytest.mark.parametrize("made", [pets, prices, genres, places])
def test_an_evaluation_without_samples_is_read(tmp_path: Path, made) -> None:
    figures, rows = made()
    none = Samples(*(getattr(rows, name)[:0] for name in Samples.__dataclass_fields__))
    assert to_csv(figures, none).count("\n") == 1
    results.write(tmp_path, figures, none)
    found = results.read(tmp_path, figures.split)
    assert found is not None
    assert len(found[1]) == 0
    assert found[1].target.shape == none.target.shape


def test_a_split_that_was_not_evaluated_is_none(tmp_path: Path) -> None:
    results.write(tmp_path, *pets())
    assert results.read(tmp_path, "validation") is None


def test_a_second_evaluation_takes_the_place_of_the_first(tmp_path: Path) -> None:
    figures, rows = pets()
    results.write(tmp_path, figures, rows)
    results.write(tmp_path, figures.model_copy(update={"loss_name": "Hinge"}), rows)
    found = results.read(tmp_path, "test")
    assert found is not None
    assert found[0].loss_name == "Hinge"
    assert sorted(p.name for p in (tmp_path / "evaluation").iterdir()) == [
        "test.json",
        "test.parquet",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("test.json", '"split"', "split", "Invalid JSON"),
        ("test.json", '"loss_name"', '"lost_name"', "loss_name"),
        ("test.json", '"support": 1', '"support": 1.5', "per_class.0.support"),
    ],
)
def test_a_damaged_file_says_which_and_where(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    results.write(tmp_path, *pets())
    damaged = tmp_path / "evaluation" / file
    text = damaged.read_text(encoding="utf-8")
    assert old in text
    damaged.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        results.read(tmp_path, "test")
    assert file in caught.value.problem
    assert said in caught.value.problem
    assert caught.value.remedy


def changed(table, name, values):
    return table.set_column(table.column_names.index(name), name, [values])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace_schema_metadata({"workbench": "9"}), "layout is 9"),
        (lambda t: t.replace_schema_metadata({}), "layout is not known"),
        (lambda t: t.drop_columns(["prediction"]), "prediction"),
        (lambda t: changed(t, "target", pa.array(["cow"] * 3).dictionary_encode()), "cow"),
        (lambda t: changed(t, "target", pa.array([1, 2, 3])), "classes"),
        (lambda t: changed(t, "loss", pa.array(["much", "", ""])), "much"),
        (lambda t: changed(t, "outputs", pa.array([[1.0], None, [2.0]], pa.list_(pa.float32(), 1))),
         "reshape"),
        (lambda t: changed(t, "outputs", pa.array([1.0, 2.0, 3.0])), "rows of numbers"),
    ],
)  # fmt: skip
def test_rows_of_another_layout_are_a_damaged_file(tmp_path: Path, change, said: str) -> None:
    results.write(tmp_path, *pets())
    damaged = tmp_path / "evaluation" / "test.parquet"
    parquet.write_table(change(parquet.read_table(damaged)), damaged)
    with pytest.raises(UserError) as caught:
        results.read(tmp_path, "test")
    assert "test.parquet" in caught.value.problem
    assert said in caught.value.problem
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("made", "change"),
    [
        (genres, {"confusion": ((1, 0, 0), (0, 1, 0), (0, 0, 1))}),
        (places, {"per_column": ()}),
        (places, {"columns": ("x", "x")}),
        (places, {"columns": ("x",)}),
        (prices, {"columns": ("x",)}),
    ],
)
def test_figures_of_several_that_do_not_agree_are_refused(made, change: dict[str, object]) -> None:
    figures, _ = made()
    with pytest.raises(ValidationError):
        Results.model_validate(figures.model_dump() | change)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"PAR1" * 9])
def test_bytes_that_are_no_table_are_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    results.write(tmp_path, *pets())
    (tmp_path / "evaluation" / "test.parquet").write_bytes(content)
    with pytest.raises(UserError, match=r"test\.parquet cannot be read"):
        results.read(tmp_path, "test")


def test_missing_rows_are_a_damaged_evaluation(tmp_path: Path) -> None:
    results.write(tmp_path, *pets())
    (tmp_path / "evaluation" / "test.parquet").unlink()
    with pytest.raises(UserError, match=r"test\.parquet"):
        results.read(tmp_path, "test")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "evaluation").write_text("a file where a folder should be")
    with pytest.raises(UserError, match="cannot be written"):
        results.write(tmp_path, *pets())


@pytest.mark.parametrize(
    "change",
    [
        {"confusion": ((1, 0), (0, 1))},
        {"confusion": ((1, 0, 0), (0, 1), (0, 0, 1))},
        {"classes": ("cat", "cat", "dog")},
        {"per_class": ()},
        {"confusion": ((-1, 0, 0), (1, 0, 0), (0, 0, 1))},
        {"unknown": 1},
    ],
)
def test_figures_that_do_not_agree_are_refused(change: dict[str, object]) -> None:
    figures, _ = pets()
    with pytest.raises(ValidationError):
        Results.model_validate(figures.model_dump() | change)


@pytest.mark.parametrize(
    "change",
    [{"loss": np.zeros(2)}, {"prediction": np.array([0, 1, 3])}, {"confidence": np.zeros(0)}],
)
def test_rows_that_do_not_agree_are_refused_and_nothing_is_written(
    tmp_path: Path, change: dict[str, object]
) -> None:
    figures, rows = pets()
    values = {name: getattr(rows, name) for name in Samples.__dataclass_fields__} | change
    with pytest.raises(ValueError, match=r"values|index"):
        results.write(tmp_path, figures, Samples(**values))
    assert not (tmp_path / "evaluation").exists()


def test_the_figures_are_plain_json(tmp_path: Path) -> None:
    results.write(tmp_path, *pets())
    data = json.loads((tmp_path / "evaluation" / "test.json").read_text(encoding="utf-8"))
    assert data["classes"] == ["cat", "dog, big", "猫"]
