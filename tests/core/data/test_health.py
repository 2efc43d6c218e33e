"""What will hurt is found, counted and named; what is well is left in peace."""

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageFilter

from workbench.data.folder import Stopped, scan
from workbench.data.health import examine
from workbench.data.samples import SAMPLES
from workbench.spec import DataSpec, Reading


def texture(seed, size=48):
    noise = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), np.uint8)
    return Image.fromarray(noise).resize((size, size), Image.Resampling.BICUBIC)


def tone(path, *pitches, level=0.5, rate=8000, seconds=0.5):
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(seconds * rate)) / rate
    waves = [np.sin(2 * np.pi * pitch * time) for pitch in pitches]
    soundfile.write(path, np.clip(level * np.sum(waves, 0), -1, 1), rate)


@pytest.fixture
def pets(tmp_path):
    """Two classes of thirty pictures, all different."""
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for number in range(30):
            texture(hash((label == "cat", number)) % 10**6).save(tmp_path / label / f"{number}.png")
    return tmp_path


def kinds(index):
    return sorted({finding.kind for finding in index.findings})


def finding(index, kind):
    found = [one for one in index.findings if one.kind == kind]
    assert len(found) == 1, kinds(index)
    return found[0]


def stems(index, one):
    return sorted(str(index.stems[row]) for row in one.rows)


def test_healthy_data_have_no_findings(pets):
    assert scan(pets).findings == ()


@pytest.mark.parametrize(("name", "expected"), [("shapes", []), ("gauges", ["outliers"])])
def test_the_sample_projects_cause_no_false_alarm(tmp_path, name, expected):
    made = SAMPLES[name].make(tmp_path / name)
    assert kinds(scan(made)) == expected


def test_a_second_look_opens_nothing_again(pets, monkeypatch):
    (pets / "cat" / "broken.png").write_bytes(b"no picture")
    first = scan(pets)
    monkeypatch.setattr("workbench.data.health.examination.look", None)
    assert scan(pets).findings == first.findings


def test_what_lacks_a_modality_is_told_once_with_unreadable_files_among_it(pets):
    for number in range(1, 30):
        (pets / "cat" / f"{number}.txt").write_text(f"words of their own, number {number}")
    (pets / "cat" / "7.txt").write_bytes(b"")
    quick = scan(pets, check=False)
    assert len(finding(quick, "missing_modality").rows) == 31
    assert len(finding(examine(quick), "missing_modality").rows) == 32


def test_a_stopped_look_keeps_what_it_measured(pets, monkeypatch):
    monkeypatch.setattr("workbench.data.health.examination._CHUNK", 10)
    asked = iter([False] * 3 + [True] * 9)
    index = scan(pets, check=False)
    with pytest.raises(Stopped):
        examine(index, stop=asked.__next__)
    told = []
    examine(index, progress=lambda done, total: told.append(done))
    assert told[0] == 40


def test_exact_copies_are_counted_and_can_be_left_out(pets):
    (pets / "cat" / "copy.png").write_bytes((pets / "cat" / "3.png").read_bytes())
    one = finding(scan(pets), "duplicates")
    assert stems(scan(pets), one) == ["cat/copy"]
    assert one.remedy.changes == {"leave_out": ("cat/copy",)}


def test_a_copy_in_another_split_is_a_leak(pets):
    for split in ("train", "test"):
        (pets / split).mkdir()
    for label in ("cat", "dog"):
        (pets / label).rename(pets / "train" / label)
        (pets / "test" / label).mkdir()
        for number in range(20):
            texture(10_000 + number + 100 * (label == "cat")).save(
                pets / "test" / label / f"{number}.png"
            )
    source = pets / "train" / "cat" / "5.png"
    (pets / "test" / "cat" / "seen.png").write_bytes(source.read_bytes())
    index = scan(pets)
    leak = finding(index, "duplicates_across_splits")
    assert stems(index, leak) == ["train/cat/5"]
    assert leak.severity == "warning"
    left = leak.remedy.changes["leave_out"]
    data = DataSpec(folder=str(pets), target="label", task="category", leave_out=left)
    assert "duplicates_across_splits" not in kinds(examine(scan(pets, check=False), data))


def test_a_picture_saved_again_smaller_and_softer_is_a_near_duplicate(pets):
    original = Image.open(pets / "cat" / "7.png")
    softer = original.resize((40, 40)).filter(ImageFilter.GaussianBlur(0.6))
    softer.save(pets / "cat" / "again.jpg", quality=80)
    index = scan(pets)
    assert stems(index, finding(index, "near_duplicates"))[0] in {"cat/7", "cat/again"}


def test_a_sound_at_another_level_is_a_near_duplicate_and_another_sound_is_not(tmp_path):
    for number in range(12):
        pitches = np.random.default_rng(number).uniform(150, 3500, 5)
        tone(tmp_path / "ab"[number % 2] / f"{number}.wav", *pitches, level=0.1)
    tone(
        tmp_path / "a" / "louder.wav",
        *np.random.default_rng(4).uniform(150, 3500, 5), level=0.13, rate=16000,
    )  # fmt: skip
    index = scan(tmp_path)
    assert len(finding(index, "near_duplicates").rows) == 1


def test_a_text_with_one_word_changed_is_a_near_duplicate(tmp_path):
    dice = np.random.default_rng(0)
    words = np.array([f"word{n}" for n in range(500)])
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(6):
            said = dice.choice(words, 300).tolist()
            (tmp_path / label / f"{number}.txt").write_text(" ".join(said))
    said[150] = "another"
    (tmp_path / "b" / "near.txt").write_text(" ".join(said).upper() + "!")
    index = scan(tmp_path)
    assert set(stems(index, finding(index, "near_duplicates"))) <= {"b/near", "b/5"}


def test_a_shared_picture_with_another_text_is_no_copy(pets):
    for label in ("cat", "dog"):
        for number in range(30):
            (pets / label / f"{number}.txt").write_text(f"text {label[0]} {number} of many words")
    (pets / "dog" / "1.png").write_bytes((pets / "dog" / "0.png").read_bytes())
    index = scan(pets)
    assert "duplicates" not in kinds(index)
    assert stems(index, finding(index, "shared_image")) == ["dog/0", "dog/1"]


def test_equal_samples_of_different_classes_are_named(pets):
    (pets / "dog" / "liar.png").write_bytes((pets / "cat" / "9.png").read_bytes())
    index = scan(pets)
    assert stems(index, finding(index, "conflicting_targets")) == ["cat/9", "dog/liar"]


def test_silent_constant_and_clipped_sounds_are_found(tmp_path):
    for number in range(24):
        pitches = np.random.default_rng(number).uniform(150, 3500, 4)
        tone(tmp_path / "ab"[number % 2] / f"{number}.wav", *pitches, level=0.1)
    tone(tmp_path / "a" / "silent.wav", 300, level=1e-5)
    soundfile.write(tmp_path / "a" / "constant.wav", np.full(4000, 0.25), 8000)
    tone(tmp_path / "b" / "clipped.wav", 300, 500, level=3)
    index = scan(tmp_path)
    assert stems(index, finding(index, "silent_audio")) == ["a/silent"]
    assert stems(index, finding(index, "constant_audio")) == ["a/constant"]
    assert stems(index, finding(index, "clipped_audio")) == ["b/clipped"]


def test_constant_and_unusually_large_pictures_are_found(pets):
    Image.new("RGB", (48, 48), "green").save(pets / "cat" / "plain.png")
    texture(1, 600).save(pets / "dog" / "huge.png")
    index = scan(pets)
    assert stems(index, finding(index, "constant_image")) == ["cat/plain"]
    assert stems(index, finding(index, "extreme_size")) == ["dog/huge"]


def test_a_picture_of_another_format_than_its_name_is_read_and_said(pets):
    texture(77).save(pets / "cat" / "0.png", format="JPEG")
    index = scan(pets)
    assert stems(index, finding(index, "wrong_extension")) == ["cat/0"]
    assert index.path("image", 0) is not None


def test_uneven_and_small_classes_are_said(pets):
    for number in range(2, 30):
        (pets / "dog" / f"{number}.png").unlink()
    index = scan(pets)
    assert "15 times the samples of dog" in finding(index, "imbalance").title
    assert {"too_few", "imbalance"} <= set(kinds(index))


def test_a_class_that_a_stated_split_lacks_is_named_with_a_remedy(pets):
    (pets / "train").mkdir()
    (pets / "test").mkdir()
    for label in ("cat", "dog"):
        (pets / label).rename(pets / "train" / label)
    (pets / "test" / "cat").mkdir()
    for number in range(10):
        texture(5_000 + number).save(pets / "test" / "cat" / f"{number}.png")
    one = finding(scan(pets), "absent_class")
    assert "missing from test" in one.title
    assert one.remedy.changes == {"division": "stratified"}


def test_texts_that_say_their_class_are_found(tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for number in range(30):
            said = f"a {label} that I met on day {number} of {number * 7} in the garden"
            (tmp_path / label / f"{number}.txt").write_text(said)
    one = finding(scan(tmp_path), "label_in_text")
    assert "2 of 2 classes" in one.title


def test_numbers_far_out_are_found_where_the_rest_is_normal(tmp_path):
    values = np.random.default_rng(0).normal(50, 5, 80)
    values[[3, 60]] = [500, -400]
    rows = [f"review number {n} with its own words {n * 31},{v:.3f}" for n, v in enumerate(values)]
    (tmp_path / "data.csv").write_text("\n".join(["text,score", *rows]))
    index = scan(tmp_path, reading=Reading())
    assert finding(index, "outliers").rows == (3, 60)


def test_every_finding_of_rows_names_files_and_kind(pets):
    (pets / "cat" / "copy.png").write_bytes((pets / "cat" / "3.png").read_bytes())
    (pets / "cat" / "broken.png").write_bytes(b"")
    Image.new("RGB", (48, 48), "green").save(pets / "cat" / "plain.png")
    index = scan(pets)
    assert len(index.findings) >= 3
    for one in index.findings:
        assert one.kind
        assert one.detail.endswith(".")
        assert all(0 <= row < len(index) for row in one.rows)
