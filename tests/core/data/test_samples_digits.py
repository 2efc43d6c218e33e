"""The sample project *digits* is what its README says; the same seed makes the same files."""

import csv
import sys

import numpy as np
import pytest
import soundfile
from PIL import Image

from workbench.data import split
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES, digits
from workbench.data.samples.speech import Speaker
from workbench.errors import UserError
from workbench.suggest import data_spec

pytest.importorskip("espeakng_loader")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return SAMPLES["digits"].make(tmp_path_factory.mktemp("digits") / "made", samples=240, seed=5)


def contents(folder):
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def rows(folder):
    with (folder / "labels.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


class Mute:
    """Says nothing, at once."""

    rate = 22050

    def speak(self, word, voice, **manner):
        return np.ones(4000, np.float32)


def test_ten_classes_of_picture_sound_and_caption_are_read_from_it(made):
    index = scan(made)
    assert len(index) == 240
    assert index.modalities == ("image", "audio", "text")
    assert set(index.target("digit").classes) == set(digits.WORDS)
    assert all(finding.severity == "note" for finding in index.findings)


def test_every_voice_can_be_kept_in_one_split(made):
    index = scan(made)
    data = data_spec(index, "digit").model_copy(update={"division": "grouped", "group": "voice"})
    parts = split.divide(index, index.target("digit"), np.ones(len(index), bool), data)
    voices = np.array([row["voice"] for row in sorted(rows(made), key=lambda row: row["stem"])])
    where = [set(voices[parts == part]) for part in range(3)]
    assert all(where)
    assert sum(map(len, where)) == len(set.union(*where))


def test_the_same_seed_makes_the_same_files_and_another_seed_others(made, tmp_path):
    sample = SAMPLES["digits"]
    again = sample.make(tmp_path / "again", samples=240, seed=5)
    assert contents(again) == contents(made)
    other = sample.make(tmp_path / "other", samples=10, seed=6)
    assert contents(other)["audio/digit-00000.wav"] != contents(made)["audio/digit-00000.wav"]


def test_pictures_and_sounds_are_of_one_size_and_rate(made):
    for stem in ("digit-00000", "digit-00239"):
        with Image.open(made / "image" / f"{stem}.png") as picture:
            assert picture.size == (digits.SIDE, digits.SIDE)
        samples, rate = soundfile.read(made / "audio" / f"{stem}.wav")
        assert (len(samples), rate) == (round(digits.SECONDS * digits.RATE), digits.RATE)
        assert 0.05 < np.abs(samples).max() < 1


def test_no_handwriting_is_used_twice(tmp_path, monkeypatch):
    picture = digits._picture
    monkeypatch.setattr(digits, "Speaker", Mute)
    used_ink = []
    monkeypatch.setattr(
        digits,
        "_picture",
        lambda ink, *rest, **how: used_ink.append(ink.tobytes()) or picture(ink, *rest, **how),
    )
    digits.draw(tmp_path / "d", 1797, 0, lambda done, total: None)
    from sklearn.datasets import load_digits

    assert sorted(used_ink) == sorted(ink.tobytes() for ink in load_digits().images)
    with pytest.raises(UserError, match="1,797 handwritten digits, 1,798 were asked for"):
        digits.draw(tmp_path / "more", 1798, 0, lambda done, total: None)


def test_a_third_is_smudged_and_another_third_drowned_but_never_both(tmp_path, monkeypatch):
    smudged, drowned = [], []
    picture, sound = digits._picture, digits._sound

    def watched_picture(*args, **how):
        smudged.append(how["smudged"])
        return picture(*args, **how)

    def watched_sound(*args, **how):
        drowned.append(how["drowned"])
        return sound(*args, **how)

    monkeypatch.setattr(digits, "Speaker", Mute)
    monkeypatch.setattr(digits, "_picture", watched_picture)
    monkeypatch.setattr(digits, "_sound", watched_sound)
    told = []
    digits.draw(tmp_path / "d", 900, 0, lambda done, total: told.append((done, total)))
    assert told == [(n, 900) for n in range(1, 901)]
    assert np.mean(smudged) == pytest.approx(1 / 3, abs=0.05)
    assert np.mean(drowned) == pytest.approx(1 / 3, abs=0.05)
    assert not np.any(np.array(smudged) & np.array(drowned))


def test_captions_are_true_and_leave_three_digits_or_more():
    said = dict(digits.CAPTIONS)
    assert said["an even digit"] == {n for n in range(10) if n % 2 == 0}
    assert said["an odd digit"] == {n for n in range(10) if n % 2}
    assert said["less than five"] == set(range(5))
    assert said["five or more"] == set(range(5, 10))
    assert said["divisible by three"] == {n for n in range(10) if n % 3 == 0}
    assert said["a prime number"] == {2, 3, 5, 7}
    words = {n for n, word in enumerate(digits.WORDS) if len(word) == 4}
    assert said["its English word has four letters"] == words
    assert all(3 <= len(left) <= 6 for left in said.values())
    assert all(sum(n in left for left in said.values()) >= 2 for n in range(10))


def test_captions_on_disk_are_true_of_their_digit(made):
    said = dict(digits.CAPTIONS)
    for row in rows(made):
        caption = (made / "text" / f"{row['stem']}.txt").read_text()
        assert digits.WORDS.index(row["digit"]) in said[caption]


def test_without_the_synthesiser_it_says_what_to_install_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(UserError) as lacking:
        SAMPLES["digits"].make(tmp_path / "digits", samples=10)
    assert "pip install 'multimodal-workbench[samples]'" in lacking.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_card_can_know_beforehand_what_is_missing(monkeypatch):
    assert SAMPLES["digits"].lacks == ""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'multimodal-workbench[samples]'" in SAMPLES["digits"].lacks
    assert SAMPLES["shapes"].lacks == ""


def test_every_voice_says_every_digit():
    speaker = Speaker()
    for voice in digits.VOICES:
        for word in digits.WORDS:
            said = speaker.speak(word, voice, words_a_minute=120, pitch=50, melody=50)
            assert np.abs(said).max() > 0.05
            assert 0.1 < len(said) / speaker.rate < 2


def test_a_voice_that_is_not_there_is_named():
    with pytest.raises(UserError, match="no voice 'nobody'"):
        Speaker().speak("one", "nobody", words_a_minute=160, pitch=50, melody=50)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_sample_project_has_a_readme_that_is_no_sample(name, tmp_path):
    folder = SAMPLES[name].make(tmp_path / name, samples=40)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {SAMPLES[name].title}\n")
    assert "**What to try**" in readme
    index = scan(folder, check=False)
    assert len(index) == 40
    assert not any("README" in stem for stem in map(str, index.stems))
