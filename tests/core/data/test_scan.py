"""Folders as people have them, and what is said of those that do not serve."""

import numpy as np
import pytest
import soundfile
from PIL import Image

from workbench.data.folder import Stopped, scan
from workbench.errors import UserError


def picture(path, colour="red", size=(20, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def sound(path, seconds=0.2, rate=8000, channels=1, subtype="PCM_16"):
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = 0.5 * np.sin(np.arange(int(seconds * rate)) / 5)
    soundfile.write(path, np.stack([wave] * channels, 1), rate, subtype=subtype)


def words(path, text="a few words", encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


@pytest.fixture
def animals(tmp_path):
    """Two classes of four samples, pictures and texts."""
    for label in ("cat", "dog"):
        for number in range(4):
            picture(tmp_path / label / f"{number}.png")
            words(tmp_path / label / f"{number}.txt")
    return tmp_path


def titles(index):
    return [finding.title for finding in index.findings]


def files_of(index, part):
    return next(finding.files for finding in index.findings if part in finding.title)


def test_class_folders_pair_files_of_one_stem(animals):
    index = scan(animals, check=False)
    assert index.layout == "class_folders"
    assert index.modalities == ("image", "text")
    assert len(index) == 8
    assert index.target("label").classes == ("cat", "dog")
    assert index.target("label").values.tolist() == [0] * 4 + [1] * 4
    assert index.findings == ()
    assert index.path("image", 0) == animals / "cat" / "0.png"
    assert "8 samples · image + text · 2 classes" in index.summary()


def test_names_in_any_script_with_spaces_and_umlauts_are_read(tmp_path):
    for label in ("schöne Äpfel", "红 苹果", "🍎 pie"):
        for number in range(2):
            picture(tmp_path / label / f"Bild Nr {number} ü.PNG")
    index = scan(tmp_path, check=False)
    assert set(index.target("label").classes) == {"schöne Äpfel", "红 苹果", "🍎 pie"}
    assert len(index) == 6
    assert index.findings == ()


def test_broken_files_become_findings_and_their_samples_lack_them(animals):
    whole = (animals / "cat" / "0.png").read_bytes()
    (animals / "cat" / "0.png").write_bytes(whole[: len(whole) // 2])
    (animals / "cat" / "1.png").write_bytes(b"")
    (animals / "dog" / "2.png").write_bytes(b"this is no picture")
    (animals / "dog" / "3.txt").write_bytes(b"  \n")
    index = scan(animals)
    broken = ("cat/0.png", "cat/1.png", "dog/2.png")
    assert files_of(index, "3 image files unreadable") == broken
    assert files_of(index, "1 text file unreadable") == ("dog/3.txt",)
    assert "3 samples have no image" in titles(index)
    assert [index.path("image", row) is None for row in range(8)].count(True) == 3
    assert index.findings[0].severity == "error"


def test_a_wav_that_is_cut_short_or_empty_is_found(tmp_path):
    for label in ("low", "high"):
        for number in range(3):
            sound(tmp_path / label / f"{number}.wav")
    cut = tmp_path / "low" / "0.wav"
    cut.write_bytes(cut.read_bytes()[:1000])
    soundfile.write(tmp_path / "high" / "1.wav", np.zeros(0), 8000)
    index = scan(tmp_path)
    assert files_of(index, "2 audio files unreadable") == ("high/1.wav", "low/0.wav")


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_wavs_of_every_depth_and_in_stereo_are_read(tmp_path, subtype):
    for label in ("low", "high"):
        for number in range(2):
            sound(tmp_path / label / f"{number}.wav", channels=2, subtype=subtype, rate=44100)
    index = scan(tmp_path)
    assert index.modalities == ("audio",)
    assert "unreadable" not in {finding.kind for finding in index.findings}
    assert index.facts["audio_rate"] == 44100
    assert index.facts["audio_seconds"] == pytest.approx(0.2)


def test_a_text_in_another_encoding_is_read_and_said(animals):
    words(animals / "cat" / "0.txt", "Äpfel für später", "cp1252")
    words(animals / "cat" / "1.txt", "猫", "utf-16")
    index = scan(animals)
    assert files_of(index, "not UTF-8") == ("cat/0.txt",)


def test_hidden_files_and_litter_are_passed_over(animals):
    for name in (".DS_Store", "Thumbs.db", "._0.png"):
        (animals / "cat" / name).write_bytes(b"x")
    words(animals / "README.txt", "about these data")
    assert scan(animals, check=False).findings == ()


def test_a_link_out_of_the_folder_is_not_followed(animals, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    picture(secret)
    (animals / "cat" / "stolen.png").symlink_to(secret)
    index = scan(animals)
    assert len(index) == 8
    assert files_of(index, "out of the folder") == ("cat/stolen.png",)


@pytest.fixture
def gauges(tmp_path):
    """Modality folders with a table."""
    rows = ["stem,pressure,kind,broken,split"]
    for number in range(30):
        picture(tmp_path / "Images" / f"g{number}.png")
        words(tmp_path / "notes" / f"g{number}.txt")
        split = ("train", "val", "test")[number % 3]
        kind, broken = (("a", "yes"), ("b", "no"))[number % 2]
        rows.append(f"g{number},{number * 0.37:.2f},{kind},{broken},{split}")
    (tmp_path / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def test_modality_folders_with_a_table_offer_every_column(gauges):
    index = scan(gauges, check=False)
    assert index.layout == "manifest"
    assert index.modalities == ("image", "text")
    assert {name: target.task for name, target in index.targets.items()} == {
        "pressure": "number",
        "kind": "category",
        "broken": "yes_no",
    }
    assert index.target("broken").classes == ("no", "yes")
    assert index.target("pressure").values[10] == pytest.approx(3.70)
    assert np.bincount(index.fixed_split).tolist() == [10, 10, 10]
    assert index.findings == ()


def test_whatever_is_wrong_with_a_table_is_said_and_nothing_else_is_lost(gauges):
    table = gauges / "labels.csv"
    lines = table.read_text().splitlines()
    lines[1] = lines[1].replace("0.00", "oops")
    lines[2] = "g1,1.0"
    lines += ["nobody,1,a,yes,train", "../../etc/passwd,1,a,yes,train", "g5,9,a,yes,train"]
    table.write_text("\n".join(lines))
    picture(gauges / "Images" / "stray.png")
    found = " | ".join(titles(index := scan(gauges)))
    assert "1 value of 'pressure' is not a number" in found
    assert "1 row has the wrong number of cells in labels.csv" in found
    assert "1 file named in labels.csv is missing" in found
    assert "1 file named in labels.csv is outside of the folder" in found
    assert "named twice" in found
    assert "have no row in labels.csv" in found
    assert len(index) == 29
    assert np.isnan(index.target("pressure").values).sum() == 1


def test_names_in_a_table_may_carry_folder_and_suffix(gauges):
    table = gauges / "labels.csv"
    lines = table.read_text().splitlines()
    table.write_text(
        "\n".join(
            [
                lines[0],
                *(line.replace("g", "Images/g", 1).replace(",", ".png,", 1) for line in lines[1:]),
            ]
        )
    )
    assert len(scan(gauges)) == 30


def test_a_class_with_one_sample_is_left_out_and_said(animals):
    picture(animals / "emu" / "0.png")
    words(animals / "emu" / "0.txt")
    index = scan(animals)
    assert index.target("label").classes == ("cat", "dog")
    assert "1 classes have one sample only" in titles(index)
    assert index.target("label").values[-1] == -1


def bad_missing(path):
    return path / "nowhere", "There is no folder"


def bad_file(path):
    picture(path / "a.png")
    return path / "a.png", "is a file, not a folder"


def bad_empty(path):
    return path, "holds no pictures, sounds or texts"


def bad_loose(path):
    picture(path / "a.png")
    picture(path / "b.png")
    return path, "have no labels"


def bad_one_class(path):
    for number in range(3):
        picture(path / "cat" / f"{number}.png")
    return path, "one class only: cat"


def bad_single_samples(path):
    for label in "abc":
        picture(path / label / "0.png")
    return path, "fewer than two classes have two samples"


def bad_all_broken(path):
    for label in "ab":
        for number in range(2):
            picture(path / label / f"{number}.png")
            (path / label / f"{number}.png").write_bytes(b"no")
    return path, "No file in .* can be read"


@pytest.mark.parametrize(
    "make",
    [
        bad_missing, bad_file, bad_empty, bad_loose, bad_one_class, bad_single_samples,
        bad_all_broken,
    ],
)  # fmt: skip
def test_a_folder_that_does_not_serve_gets_a_sentence_and_a_remedy(tmp_path, make):
    path, sentence = make(tmp_path)
    with pytest.raises(UserError, match=sentence) as refused:
        scan(path)
    assert refused.value.remedy
    assert "Traceback" not in str(refused.value)


def test_a_scan_can_be_stopped_and_tells_its_progress(animals):
    told = []
    scan(animals, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (16, 16)
    with pytest.raises(Stopped):
        scan(animals, stop=lambda: True)
