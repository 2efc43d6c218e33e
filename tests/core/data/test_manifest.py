"""Folders with a table of their samples, as people write it."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import manifest
from workbench.data.lookup import Lookup, inner
from workbench.data.walk import walk
from workbench.errors import UserError
from workbench.spec import Reading


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def table(path, header, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(header), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")


def read(root, **reading):
    root = Path(root).resolve()
    return manifest.read(root, walk(root, lambda: False), Reading(**reading))


def finding(columns, kind, severity=None):
    return next(f for f in columns.findings if f.kind == kind and severity in {None, f.severity})


def pictures(root, count, folder=""):
    paths = [f"{folder}{number}.png" for number in range(count)]
    touch(root, *paths)
    return paths


@pytest.mark.parametrize(
    "written",
    ["deep/pics/{n}.png", "pics/{n}.png", "{n}.png", "./deep/pics/{n}.png", "deep\\pics\\{n}.png",
     "PICS/{n}.PNG"],
)  # fmt: skip
def test_files_are_found_by_any_part_of_their_path_that_is_theirs_alone(tmp_path, written):
    pictures(tmp_path, 6, "deep/pics/")
    rows = [(written.format(n=n), "ab"[n % 2]) for n in range(6)]
    table(tmp_path / "labels.csv", ("file_name", "label"), *rows)
    columns = read(tmp_path)
    assert columns.files["image"].tolist() == [f"deep/pics/{n}.png" for n in range(6)]
    assert columns.findings == []


@pytest.mark.parametrize("written", ["{n}", "pics/{n}", "deep/pics/{n}", "{n}.wav"])
def test_files_of_one_sample_are_found_by_a_stem(tmp_path, written):
    pictures(tmp_path, 6, "deep/pics/")
    touch(tmp_path, *(f"deep/sounds/{n}.wav" for n in range(6)))
    rows = [(written.format(n=n), "ab"[n % 2]) for n in range(6)]
    table(tmp_path / "labels.csv", ("sample", "label"), *rows)
    columns = read(tmp_path)
    assert "image" in columns.files or "wav" in written
    assert len(columns.stems) == 6


def test_accents_are_found_however_they_are_encoded(tmp_path):
    touch(tmp_path, *(unicodedata.normalize("NFD", f"größe{n}.png") for n in range(4)))
    rows = [(unicodedata.normalize("NFC", f"größe{n}.png"), "ab"[n % 2]) for n in range(4)]
    table(tmp_path / "labels.csv", ("file_name", "label"), *rows)
    assert len(read(tmp_path).stems) == 4


def test_a_name_that_several_files_have_is_not_guessed(tmp_path):
    pictures(tmp_path, 4, "x/")
    pictures(tmp_path, 1, "y/")
    table(tmp_path / "labels.csv", ("file_name", "label"), *((f"{n}.png", "ab"[n % 2])
                                                             for n in range(4)))  # fmt: skip
    columns = read(tmp_path)
    assert columns.files["image"].tolist() == ["x/1.png", "x/2.png", "x/3.png"]
    assert finding(columns, "missing_file").files == ("0.png",)
    assert "Row 2." in finding(columns, "missing_file").detail
    assert set(finding(columns, "unlisted").files) == {"x/0.png", "y/0.png"}


def test_paths_and_links_that_lead_out_are_told_with_their_rows(tmp_path):
    root = tmp_path / "data"
    touch(tmp_path, "secret.png")
    pictures(root, 4)
    touch(root, "s.wav")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    rows = [(f"{n}.png", "s.wav", "ab"[n % 2]) for n in range(4)]
    names = ["../secret.png", "/etc/x.png", "C:\\x.png", "https://a.b/x.png", "link.png"]
    rows += [(name, "s.wav", "a") for name in names[:1]] + [(name, "", "a") for name in names[1:]]
    table(root / "labels.csv", ("picture", "sound", "label"), *rows)
    columns = read(root)
    told = finding(columns, "outside")
    assert told.files == tuple(names)
    assert told.rows == (4,)
    assert "Row 6, 7, 8, 9, 10." in told.detail
    assert columns.files["image"][4] == ""
    assert len(columns.stems) == 5


def test_a_table_whose_files_all_lie_elsewhere_says_so(tmp_path):
    table(tmp_path / "labels.csv", ("file_name", "label"), ("/mnt/a.png", "x"), ("/mnt/b.png", "y"))
    with pytest.raises(UserError, match="lies outside") as refused:
        read(tmp_path)
    assert "relative" in refused.value.remedy


def test_the_first_of_two_rows_of_one_file_counts_and_a_contradiction_warns(tmp_path):
    pictures(tmp_path, 4)
    rows = [(f"{n}.png", "ab"[n % 2]) for n in range(4)]
    table(tmp_path / "labels.csv", ("file_name", "label"), *rows, ("0.png", "a"), ("1.png", "a"))
    columns = read(tmp_path)
    assert len(columns.stems) == 4
    assert finding(columns, "repeated_row", "info").files == ("0.png",)
    against = finding(columns, "repeated_row", "warning")
    assert (against.files, against.rows) == (("1.png",), (1,))
    assert [columns.targets["label"].classes[v] for v in columns.targets["label"].values] == [
        "a", "b", "a", "b"
    ]  # fmt: skip


def test_one_picture_may_have_several_texts(tmp_path):
    pictures(tmp_path, 2)
    rows = [(f"{n % 2}.png", f"one two three four {n}", "ab"[n % 2]) for n in range(6)]
    table(tmp_path / "labels.csv", ("file_name", "caption", "label"), *rows)
    columns = read(tmp_path)
    assert len(columns.stems) == len(set(columns.stems.tolist())) == 6
    assert columns.texts[5] == "one two three four 5"


def test_a_row_that_names_no_picture_is_a_sample_without_one(tmp_path):
    pictures(tmp_path, 4)
    rows = [(f"{n}.png" if n < 4 else "", f"a long enough caption {n}", "ab"[n % 2])
            for n in range(6)]  # fmt: skip
    rows.append(("gone.png", "a caption without its picture", "a"))
    table(tmp_path / "labels.csv", ("file_name", "caption", "label"), *rows)
    columns = read(tmp_path)
    assert columns.files["image"].tolist()[3:] == ["3.png", "", ""]
    assert finding(columns, "missing_file").files == ("gone.png",)


def test_a_list_of_files_gives_its_first_and_says_so(tmp_path):
    pictures(tmp_path, 4)
    (tmp_path / "metadata.jsonl").write_text(
        "\n".join(f'{{"file_names": ["{n}.png", "0.png"], "label": "{n % 2}"}}' for n in range(4))
    )
    columns = read(tmp_path)
    assert columns.files["image"].tolist() == [f"{n}.png" for n in range(4)]
    assert "name several image files" in finding(columns, "column").title


def test_of_two_columns_of_pictures_that_with_files_here_is_used(tmp_path):
    pictures(tmp_path, 4)
    rows = [(f"https://a.b/{n}.png", f"{n}.png", "ab"[n % 2]) for n in range(4)]
    table(tmp_path / "labels.csv", ("url", "local", "label"), *rows)
    columns = read(tmp_path)
    assert columns.reading.roles == {"url": "ignore", "local": "image", "label": "target"}
    assert "'url'" in finding(columns, "column").title


def test_what_one_says_of_a_column_goes_before_what_it_looks_like(tmp_path):
    pictures(tmp_path, 4)
    rows = [(f"{n}.png", f"{3 - n}.png", "ab"[n % 2], n % 2) for n in range(4)]
    table(tmp_path / "labels.csv", ("before", "after", "label", "extra"), *rows)
    columns = read(tmp_path, roles={"after": "image", "extra": "group", "nothing": "text"})
    assert columns.files["image"].tolist() == ["3.png", "2.png", "1.png", "0.png"]
    assert columns.reading.roles["before"] == "ignore"
    assert columns.columns["extra"].tolist() == ["0", "1", "0", "1"]
    assert any("no column 'nothing'" in f.title for f in columns.findings)


def test_a_column_of_stems_may_be_called_a_picture(tmp_path):
    pictures(tmp_path, 4)
    rows = [(f"code{n}", n, "ab"[n % 2]) for n in range(4)]
    table(tmp_path / "labels.csv", ("which", "number", "label"), *rows)
    columns = read(tmp_path, roles={"number": "image"})
    assert columns.files["image"].tolist() == [f"{n}.png" for n in range(4)]


def test_codes_counters_and_folds_are_no_targets(tmp_path):
    pictures(tmp_path, 12)
    rows = [(f"{n}.png", n, f"a{n}f3-{n}", n % 5, n / 8, "ab"[n % 2]) for n in range(12)]
    table(tmp_path / "labels.csv", ("file_name", "row", "uuid", "fold", "size", "label"), *rows)
    columns = read(tmp_path)
    assert columns.reading.roles == {
        "file_name": "image", "row": "id", "uuid": "id", "fold": "group", "size": "target",
        "label": "target",
    }  # fmt: skip
    assert any("folds" in f.title for f in columns.findings)
    assert {name: t.task for name, t in columns.targets.items()} == {
        "size": "number", "label": "category"
    }  # fmt: skip


def test_reading_again_what_was_found_gives_the_same(tmp_path):
    pictures(tmp_path, 12)
    rows = [(f"{n}.png", ("low", "mid", "high")[n % 3], "x|y" if n % 2 else "x", n / 7, n * n / 3)
            for n in range(12)]  # fmt: skip
    header = ("file_name", "size", "tags", "u", "v")
    table(tmp_path / "labels.csv", header, *rows)
    first = read(tmp_path, orders={"size": ("low", "mid", "high")})
    again = manifest.read(tmp_path, walk(tmp_path, lambda: False), first.reading)
    assert again.reading == first.reading
    assert [target.task for target in first.targets.values()] == [
        "ordered", "labels", "number", "number", "numbers"
    ]  # fmt: skip
    assert {name: t.values.tolist() for name, t in again.targets.items()} == {
        name: t.values.tolist() for name, t in first.targets.items()
    }
    assert list(first.targets) == ["size", "tags", "u", "v", "u + v"]


@pytest.mark.parametrize(
    ("words", "split", "said"),
    [
        (("train", "val", "test"), [0, 1, 2], False),
        (("Training", "dev", "EVAL"), [0, 1, 2], False),
        (("训练集", "验证", "测试"), [0, 1, 2], False),
        (("train", "test", "unknown"), [0, 2, -1], True),
    ],
)
def test_a_column_states_the_split(tmp_path, words, split, said):
    pictures(tmp_path, 12)
    # Few unknown words among known ones still make a column of splits.
    places = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2]
    rows = [(f"{n}.png", words[place], "ab"[n % 2]) for n, place in enumerate(places)]
    table(tmp_path / "labels.csv", ("file_name", "split", "label"), *rows)
    columns = read(tmp_path)
    assert columns.split.tolist() == [split[place] for place in places]
    assert [f.rows for f in columns.findings if f.kind == "split"] == ([(11,)] if said else [])


def test_a_column_without_known_words_states_no_split(tmp_path):
    pictures(tmp_path, 4)
    rows = [(f"{n}.png", f"s{n % 2}", "ab"[n % 2]) for n in range(4)]
    table(tmp_path / "labels.csv", ("file_name", "part", "label"), *rows)
    columns = read(tmp_path, roles={"part": "split"})
    assert columns.split is None
    assert "states no split" in finding(columns, "split").detail


def test_tables_of_one_name_in_several_folders_are_read_together(tmp_path):
    for folder in ("north", "south/deep"):
        pictures(tmp_path, 3, f"{folder}/")
        rows = [(f"{n}.png", "ab"[n % 2], f"some words of the place {n}") for n in range(3)]
        table(tmp_path / folder / "metadata.csv", ("file_name", "label", "text"), *rows)
    columns = read(tmp_path)
    assert columns.files["image"].tolist()[2:4] == ["north/2.png", "south/deep/0.png"]
    assert columns.files["text"].tolist()[2:4] == ["north/metadata.csv", "south/deep/metadata.csv"]
    assert columns.split is None


def test_tables_named_after_splits_state_them(tmp_path):
    pictures(tmp_path, 6)
    for number, split in enumerate(("train", "validation", "test")):
        rows = [(f"{n}.png", "ab"[n % 2]) for n in (2 * number, 2 * number + 1)]
        table(tmp_path / f"{split}.csv", ("file_name", "label"), *rows)
    columns = read(tmp_path)
    splits = {str(s): int(v) for s, v in zip(columns.stems, columns.split, strict=True)}
    assert splits == {"0": 0, "1": 0, "2": 1, "3": 1, "4": 2, "5": 2}


def test_a_table_that_lists_other_things_gives_way_to_the_next(tmp_path):
    pictures(tmp_path, 4)
    table(tmp_path / "data.csv", ("day", "rain"), *((f"d{n}", n * 2) for n in range(9)))
    rows = [(f"{n}.png", "ab"[n % 2]) for n in range(4)]
    table(tmp_path / "zebra.csv", ("file_name", "label"), *rows)
    columns = read(tmp_path)
    assert columns.reading.manifest == "zebra.csv"
    with pytest.raises(UserError, match=r"data\.csv"):
        read(tmp_path, manifest="data.csv")
    with pytest.raises(UserError, match=r"no table other\.csv"):
        read(tmp_path, manifest="other.csv")


def test_samples_are_named_by_their_id_or_row_where_no_file_does(tmp_path):
    (tmp_path / "t.csv").write_text(
        'id,text,label\nq7,"one two three four",x\n,"five six seven eight",y\ntorn\n'
        'q9,"nine ten eleven twelve",x\n,"and so on and on",y\n'
    )
    columns = read(tmp_path)
    assert columns.stems.tolist() == ["q7", "row 3", "q9", "row 6"]


NAMES = st.text(st.sampled_from("ab./\\~:. %é猫\u0301"), max_size=12)


@given(NAMES)
@settings(max_examples=300)
def test_a_path_that_is_kept_never_leaves_the_folder(name):
    path = inner(name)
    if path is not None:
        joined = os.path.normpath(f"/root/folder/{path}")
        assert joined == "/root/folder" or joined.startswith("/root/folder/")


@given(names=st.lists(NAMES, min_size=1, max_size=8), base=st.sampled_from(["", "a", "pics"]))
@settings(deadline=None)
def test_whatever_a_table_names_only_files_of_the_folder_are_found(tmp_path_factory, names, base):
    root = tmp_path_factory.mktemp("folder")
    touch(root, "a/b.png", "pics/a.png", "b.png", "b.wav")
    lookup = Lookup(walk(root, lambda: False))
    for name in names:
        path = inner(name)
        if path is not None:
            found = {lookup.file(path, base, "image"), *lookup.sample(path, base).values()}
            assert found <= {"", "a/b.png", "pics/a.png", "b.png", "b.wav"}


@given(st.binary(max_size=300), st.sampled_from(["metadata.csv", "labels.jsonl", "x.tsv"]))
@settings(deadline=None)
def test_any_table_beside_files_is_read_or_refused(tmp_path_factory, raw, name):
    root = tmp_path_factory.mktemp("folder")
    pictures(root, 2)
    (root / name).write_bytes(b"file_name,label\n0.png,a\n1.png,b\n" + raw)
    try:
        columns = read(root)
    except UserError:
        return
    assert len(columns.stems) == len(set(columns.stems.tolist()))
    assert all(0 <= row < len(columns.stems) for f in columns.findings for row in f.rows)
