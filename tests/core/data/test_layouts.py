"""Folders that nobody prepared: every layout is found, and can be asked for."""

import json
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from workbench.data.folder import scan
from workbench.errors import UserError
from workbench.spec import Reading


def picture(path, colour="red"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(path)


def words(path, text="a few words"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def quick(path, **reading):
    return scan(path, reading=Reading(**reading), check=False)


def kinds(index):
    return {finding.kind for finding in index.findings}


def finding(index, kind):
    return next(finding for finding in index.findings if finding.kind == kind)


def test_split_folders_are_splits_and_never_labels(tmp_path):
    for split, count in (("train", 4), ("Val", 2), ("test", 3)):
        for label in ("cat", "dog"):
            for number in range(count):
                picture(tmp_path / split / label / f"{number}.png")
    index = quick(tmp_path)
    assert index.layout == "class_folders"
    assert index.target("label").classes == ("cat", "dog")
    assert np.bincount(index.fixed_split).tolist() == [8, 4, 6]
    assert len(set(index.stems.tolist())) == len(index) == 18


def test_a_class_may_be_called_test_beside_others(tmp_path):
    for label in ("control", "test"):
        for number in range(3):
            picture(tmp_path / label / f"{number}.png")
    index = quick(tmp_path)
    assert index.target("label").classes == ("control", "test")
    assert index.fixed_split is None


def test_nested_class_folders_are_classes_by_their_whole_path(tmp_path):
    for label in ("pets/cat", "pets/dog", "wild/wolf"):
        for number in range(2):
            picture(tmp_path / label / f"{number}.png")
    assert quick(tmp_path).target("label").classes == ("pets/cat", "pets/dog", "wild/wolf")


def test_one_folder_a_sample_is_one_sample_whatever_its_files_are_called(tmp_path):
    for label in ("cat", "dog"):
        for number in range(3):
            picture(tmp_path / label / f"s{number}" / "picture.png")
            words(tmp_path / label / f"s{number}" / "note.txt")
    index = quick(tmp_path)
    assert index.layout == "sample_folders"
    assert len(index) == 6
    assert index.target("label").classes == ("cat", "dog")
    assert index.path("text", 0) == tmp_path / "cat" / "s0" / "note.txt"


def test_class_folders_inside_modality_folders_are_the_labels(tmp_path):
    for label in ("cat", "dog"):
        for number in range(3):
            picture(tmp_path / "images" / label / f"{number}.png")
            words(tmp_path / "captions" / label / f"{number}.txt")
    index = quick(tmp_path)
    assert index.layout == "modality_folders"
    assert index.modalities == ("image", "text")
    assert len(index) == 6
    assert index.target("label").values.tolist() == [0, 0, 0, 1, 1, 1]


def test_split_folders_below_modality_folders_are_splits(tmp_path):
    for split in ("train", "test"):
        for label in ("cat", "dog"):
            for number in range(2):
                picture(tmp_path / "image" / split / label / f"{number}.png")
                words(tmp_path / "text" / split / label / f"{number}.txt")
    index = quick(tmp_path)
    assert len(index) == 8
    assert index.target("label").classes == ("cat", "dog")
    assert sorted(index.fixed_split.tolist()) == [0] * 4 + [2] * 4


def test_modalities_without_any_label_are_pairs(tmp_path):
    for number in range(3):
        picture(tmp_path / "images" / f"{number}.png")
        words(tmp_path / "texts" / f"{number}.txt")
    index = quick(tmp_path)
    assert (len(index), index.targets, index.target("").task) == (3, {}, "none")
    assert "no target" in index.summary()


def test_folders_of_other_names_are_modalities_where_their_files_pair_up(tmp_path):
    for number in range(4):
        picture(tmp_path / "scans" / f"{number}.png")
        words(tmp_path / "reports" / f"{number}.txt")
    index = quick(tmp_path)
    assert (index.layout, index.modalities, len(index)) == (
        "modality_folders",
        ("image", "text"),
        4,
    )


@pytest.fixture
def named(tmp_path):
    """Loose files whose names say label, speaker and number."""
    for label in ("cat", "dog"):
        for speaker in ("anna", "ben"):
            for number in range(3):
                picture(tmp_path / f"{label}_{speaker}_{number}.png")
    return tmp_path


def test_labels_are_read_from_file_names_by_a_pattern(named):
    index = quick(named, pattern="{label}_{speaker}_{index}")
    assert index.layout == "file_names"
    assert index.target("label").classes == ("cat", "dog")
    assert index.columns["speaker"][:4].tolist() == ["anna", "anna", "anna", "ben"]
    assert index.reading.roles["speaker"] == "group"


def test_a_pattern_is_found_where_every_name_has_the_same_parts(named):
    index = quick(named)
    assert index.reading.pattern == "{label}_{part1}_{index}"
    assert index.target("label").classes == ("cat", "dog")


def test_names_that_do_not_match_are_listed_and_lack_the_target(named):
    picture(named / "odd.png")
    index = quick(named, pattern="{label}_{speaker}_{index}")
    assert finding(index, "no_match").files == ("odd",)
    assert finding(index, "no_target").rows == (12,)


def test_a_pattern_that_matches_nothing_is_refused_with_a_name(named):
    with pytest.raises(UserError, match="No file name matches") as refused:
        quick(named, pattern="{label}--{index}")
    assert "cat_anna_0" in refused.value.remedy


def test_one_text_file_with_a_label_on_every_line_is_many_samples(tmp_path):
    rows = [f"{('good', 'bad')[n % 2]}\tthe {n} film" for n in range(30)]
    words(tmp_path / "reviews.txt", "\n".join(rows))
    index = quick(tmp_path)
    assert (index.layout, len(index), index.modalities) == ("lines", 30, ("text",))
    assert index.text(3) == "the 3 film"
    assert index.target("label").classes == ("bad", "good")


def test_lines_of_fasttext_are_read(tmp_path):
    rows = [f"__label__{('good', 'bad')[n % 2]} the {n} film" for n in range(30)]
    words(tmp_path / "train.txt", "\n".join(rows))
    index = quick(tmp_path, layout="lines")
    assert index.text(0) == "the 0 film"
    assert index.target("label").classes == ("bad", "good")


def metadata(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix:
        case ".jsonl":
            path.write_text("\n".join(json.dumps(row) for row in rows))
        case ".parquet":
            parquet.write_table(pa.Table.from_pylist(rows), path)
        case suffix:
            sign = "\t" if suffix == ".tsv" else ","
            lines = [sign.join(rows[0]), *(sign.join(map(str, row.values())) for row in rows)]
            path.write_text("\n".join(lines))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_metadata_beside_the_files_names_them_as_hugging_face_does(tmp_path, suffix):
    rows = []
    for number in range(8):
        picture(tmp_path / "pics" / f"{number}.png")
        rows.append(
            {
                "file_name": f"pics/{number}.png",
                "caption": f"one of the many things number {number}",
                "label": ("a", "b")[number % 2],
                "price": number + 0.5,
            }
        )
    metadata(tmp_path / f"metadata{suffix}", rows)
    index = quick(tmp_path)
    assert index.layout == "manifest"
    assert index.modalities == ("image", "text")
    assert index.text(2) == "one of the many things number 2"
    assert {name: t.task for name, t in index.targets.items()} == {
        "label": "category",
        "price": "number",
    }
    assert index.reading.roles == {
        "file_name": "image", "caption": "text", "label": "target", "price": "target"
    }  # fmt: skip


def test_several_file_columns_give_several_modalities(tmp_path):
    for number in range(4):
        picture(tmp_path / "a" / f"{number}.png")
        words(tmp_path / "b" / f"n{number}.txt")
    rows = [
        {"image_file_name": f"a/{n}.png", "note_file_names": f"b/n{n}.txt", "kind": "xy"[n % 2]}
        for n in range(4)
    ]
    metadata(tmp_path / "labels.csv", rows)
    index = quick(tmp_path)
    assert index.path("text", 3) == tmp_path / "b" / "n3.txt"
    assert len(index) == 4
    assert index.findings == ()


def test_metadata_inside_of_split_folders_state_the_split(tmp_path):
    for split in ("train", "test"):
        rows = []
        for number in range(4):
            picture(tmp_path / split / f"{number}.png")
            rows.append({"file_name": f"{number}.png", "label": "xy"[number % 2]})
        metadata(tmp_path / split / "metadata.csv", rows)
    index = quick(tmp_path)
    assert len(index) == 8
    assert [str(index.stems[row])[:4] for row in np.flatnonzero(index.fixed_split == 2)] == [
        "test"
    ] * 4
    assert np.bincount(index.fixed_split).tolist() == [4, 0, 4]
    assert index.target("label").classes == ("x", "y")


def test_paths_that_lead_out_are_listed_and_never_opened(tmp_path):
    picture(tmp_path / "data" / "a.png")
    picture(tmp_path / "data" / "b.png")
    picture(tmp_path / "secret.png")
    rows = [
        {"file_name": name, "label": "xy"[n % 2]}
        for n, name in enumerate(
            ["a.png", "b.png", "../secret.png", str(tmp_path / "secret.png"), "C:\\x.png",
             "https://example.org/x.png"]
        )
    ]  # fmt: skip
    metadata(tmp_path / "data" / "metadata.csv", rows)
    index = quick(tmp_path / "data")
    assert len(index) == 2
    assert len(finding(index, "outside").files) == 4


def test_a_column_can_be_given_another_role_and_another_task(tmp_path):
    for number in range(12):
        picture(tmp_path / f"{number}.png")
    rows = [
        {"file_name": f"{n}.png", "grade": n % 3, "who": f"p{n % 4}", "extra": "uv"[n % 2]}
        for n in range(12)
    ]
    metadata(tmp_path / "metadata.csv", rows)
    index = quick(tmp_path, roles={"who": "group", "extra": "ignore"}, tasks={"grade": "number"})
    assert index.target("grade").task == "number"
    assert "extra" not in index.targets
    assert index.columns["who"][5] == "p1"
    assert index.reading.roles["who"] == "group"


def test_a_table_alone_gives_its_texts(tmp_path):
    rows = [
        {"review": f"a film that I saw {n} times", "stars": ("good", "bad")[n % 2]}
        for n in range(20)
    ]
    metadata(tmp_path / "reviews.csv", rows)
    index = quick(tmp_path)
    assert index.modalities == ("text",)
    assert index.text(7) == "a film that I saw 7 times"
    assert index.target("stars").classes == ("bad", "good")


def test_rows_without_a_target_are_listed(tmp_path):
    for number in range(6):
        picture(tmp_path / f"{number}.png")
    rows = [{"file_name": f"{n}.png", "label": ["x", "y", "NA"][n % 3]} for n in range(6)]
    metadata(tmp_path / "metadata.csv", rows)
    assert finding(quick(tmp_path), "no_target").rows == (2, 5)


def test_a_sample_that_lacks_a_modality_is_kept_counted_and_can_be_left_out(tmp_path):
    for label in ("cat", "dog"):
        for number in range(4):
            picture(tmp_path / label / f"{number}.png")
            if number:
                words(tmp_path / label / f"{number}.txt")
    index = quick(tmp_path)
    lacking = finding(index, "missing_modality")
    assert (len(index), lacking.rows) == (8, (0, 4))
    assert lacking.remedy.changes == {"incomplete": "leave_out"}


def test_a_zip_is_opened_like_the_folder_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    for label in ("cat", "dog"):
        for number in range(2):
            picture(tmp_path / "data" / label / f"{number}.png")
    packed = tmp_path / "data.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted((tmp_path / "data").rglob("*.png")):
            archive.write(file, file.relative_to(tmp_path))
    index = quick(packed)
    assert index.target("label").classes == ("cat", "dog")
    assert index.source == packed
    assert index.path("image", 0).is_file()
    assert quick(packed).root == index.root


@pytest.mark.parametrize(
    ("layout", "sentence"),
    [
        ("lines", "0 text files"),
        ("manifest", "no table of labels"),
        ("modality_folders", "No file lies in a folder of its modality"),
        ("class_folders", "No file lies in a folder of its class"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused_in_words(tmp_path, layout, sentence):
    for number in range(3):
        picture(tmp_path / f"{number}.png")
    with pytest.raises(UserError, match=sentence) as refused:
        quick(tmp_path, layout=layout)
    assert refused.value.remedy
