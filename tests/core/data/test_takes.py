"""What is recorded lies in class folders that the scan reads, whatever people call them."""

import numpy as np
import pytest
from PIL import Image

from workbench.data.folder import scan
from workbench.data.takes import LONGEST_SIDE, Brought, Takes, safe_name
from workbench.errors import UserError

PICTURE = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
SOUND = (0.3 * np.sin(np.arange(8000) / 9)).astype(np.float32), 16000


@pytest.fixture
def takes(tmp_path):
    made = Takes(tmp_path / "my data")
    made.add_class("yes")
    made.add_class("nein 猫")
    return made


def test_recorded_takes_are_samples_with_all_that_belongs_to_them(takes):
    for name in takes.classes():
        for _ in range(3):
            takes.save(name, picture=PICTURE, sound=SOUND, words="a word")
    index = scan(takes.folder, check=False)
    assert index.modalities == ("image", "audio", "text")
    assert index.target("label").classes == ("nein 猫", "yes")
    assert len(index) == 6
    assert index.text(0) == "a word"


def test_a_sound_comes_back_as_it_was_recorded(takes):
    from workbench.data.readers import audio

    stem = takes.save("yes", sound=SOUND)
    read = audio.read(takes.files("yes", stem)["audio"], 16000)
    assert read == pytest.approx(SOUND[0], abs=1e-4)


def test_takes_are_numbered_on_after_one_was_deleted(takes):
    for _ in range(3):
        takes.save("yes", picture=PICTURE)
    takes.delete("yes", "take-0002")
    assert takes.save("yes", picture=PICTURE) == "take-0004"
    assert takes.takes("yes") == ("take-0001", "take-0003", "take-0004")


def test_a_class_can_be_renamed_and_removed(takes):
    takes.save("yes", picture=PICTURE)
    takes.rename_class("yes", "Yes")
    assert takes.takes("Yes") == ("take-0001",)
    takes.remove_class("Yes")
    assert takes.classes() == ("nein 猫",)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "a/b",
        "a\\b",
        "..",
        ".hidden",
        "con",
        "x" * 61,
        "what?",
        "a\nb",
        "end.",
        "COM1",
        "nul.x",
    ],
)
def test_names_that_no_folder_can_have_are_refused(takes, name):
    with pytest.raises(UserError) as refused:
        takes.add_class(name)
    assert refused.value.remedy


def test_a_second_class_of_one_name_is_refused_in_either_case(takes):
    with pytest.raises(UserError, match="There is a class"):
        takes.add_class("YES")
    with pytest.raises(UserError, match="There is a class"):
        takes.rename_class("nein 猫", "yes")


def test_nothing_is_not_saved_and_no_class_is_made_up(takes):
    with pytest.raises(UserError, match="nothing to save"):
        takes.save("yes", words="  ")
    with pytest.raises(UserError, match="no class 'other'"):
        takes.save("other", picture=PICTURE)


def test_files_that_are_there_are_copied_and_others_passed_over(takes, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "b.exe").write_text("no")
    files = [tmp_path / "a.txt", tmp_path / "a.txt", tmp_path / "b.exe", tmp_path / "gone.png"]
    assert takes.bring("yes", files) == Brought(2, ("b.exe", "gone.png"))
    assert takes.takes("yes") == ("a", "a-2")


def test_files_of_one_name_stay_together_and_join_no_sample_that_was_there(takes, tmp_path):
    takes.save("yes", picture=PICTURE)
    source = Takes(tmp_path / "other")
    source.add_class("x")
    source.save("x", picture=PICTURE, sound=SOUND)
    takes.bring("yes", [tmp_path / "other" / "x"])
    assert takes.takes("yes") == ("take-0001", "take-0001-2")
    assert set(takes.files("yes", "take-0001")) == {"image"}
    assert set(takes.files("yes", "take-0001-2")) == {"image", "audio"}


def test_bringing_files_can_be_stopped(takes, tmp_path):
    files = [tmp_path / f"{n}.txt" for n in range(5)]
    for file in files:
        file.write_text("x")
    asked = iter([False, False, True])
    assert takes.bring("yes", files, lambda: next(asked)).copied == 2


def test_deleting_a_take_spares_those_whose_names_begin_like_it(takes, tmp_path):
    for name in ("a.txt", "a.b.txt", "a[1].txt"):
        (tmp_path / name).write_text("hello")
    takes.bring("yes", [tmp_path / name for name in ("a.txt", "a.b.txt", "a[1].txt")])
    takes.delete("yes", "a")
    assert takes.takes("yes") == ("a.b", "a[1]")
    takes.delete("yes", "a[1]")
    assert takes.takes("yes") == ("a.b",)


def test_a_large_picture_is_kept_smaller_in_the_same_shape(takes):
    stem = takes.save("yes", picture=np.zeros((1080, 1920, 3), np.uint8))
    with Image.open(takes.files("yes", stem)["image"]) as kept:
        assert kept.size == (LONGEST_SIDE, LONGEST_SIDE * 1080 // 1920)


def test_a_disk_that_refuses_leaves_no_half_of_a_take(takes, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("soundfile.write", full)
    with pytest.raises(UserError, match="No space left"):
        takes.save("yes", picture=PICTURE, sound=SOUND)
    assert list((takes.folder / "yes").iterdir()) == []


def test_names_are_kept_as_people_write_them():
    assert safe_name("  Äpfel & Birnen 🍎 ", "class") == "Äpfel & Birnen 🍎"
