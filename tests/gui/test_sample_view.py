"""One sample: its picture closely, its sound aloud, its tokens, and what a model gets of it."""

import threading

import numpy as np
import pytest
import soundfile
from PIL import Image
from PySide6.QtCore import QPointF, Qt, QThreadPool
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from workbench.data.index import Index, Target, strings
from workbench.data.readers import audio, image
from workbench.gui import decoding
from workbench.gui.decoding import LONGEST_SOUND, decode
from workbench.gui.model_eyes import ModelEyes, Token
from workbench.gui.sound import NO_DEVICE, Player
from workbench.gui.widgets.picture import Picture
from workbench.gui.widgets.sample import SampleView
from workbench.gui.widgets.sound_views import tick_step
from workbench.gui.widgets.tokens import TokensView, explained
from workbench.spec import (
    AudioInput,
    Augmentation,
    DataSpec,
    ImageAugmentation,
    ImageInput,
    TextAugmentation,
    TextInput,
)

RATE = 8000
COUNT = 30


class Speaker:
    """Plays nothing; counts what it is told."""

    def __init__(self):
        self.microseconds, self.heard = 0, b""

    def start(self, source):
        self.heard = bytes(source.readAll())

    def stop(self):
        pass

    def processedUSecs(self):
        return self.microseconds

    def ended(self):
        return False


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def index(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 80, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(np.arange(RATE) / 5), RATE)
    labels = np.arange(COUNT) % 2
    rare = ["one rare zebra ends here"] + [
        "one dog runs" if n else "one cat sits" for n in labels[1:]
    ]
    return Index(
        root=tmp_path,
        layout="manifest",
        stems=strings([f"s{n}" for n in range(COUNT)]),
        files={
            "image": strings(["a.png"] * (COUNT - 1) + [""]),
            "audio": strings(["a.wav"] * COUNT),
            "text": strings(["table.csv"] * COUNT),
        },
        targets={
            "label": Target("label", "category", labels, ("cat", "dog")),
            "weight": Target("weight", "number", np.arange(COUNT) * 1.5),
        },
        texts=strings(rare),
        columns={"speaker": strings(["ann"] * COUNT)},
    )


def data(**changes):
    return DataSpec(
        folder="/data",
        target="label",
        task="category",
        image=ImageInput(size=16),
        audio=AudioInput(sample_rate=4000, seconds=0.5, mel_bands=20),
        text=TextInput(words=4, vocabulary=16),
    ).model_copy(update=changes)


@pytest.fixture
def speaker():
    return Speaker()


@pytest.fixture
def view(qtbot, speaker):
    player = Player(opened=lambda: (speaker, RATE, ""))
    made = SampleView("sample", player=player)
    player.setParent(made)
    qtbot.addWidget(made)
    made.resize(340, 760)
    made.show()
    return made


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def caption(view, modality):
    return child(view, QLabel, f"sample_{modality}_caption").text()


def test_a_sample_tells_its_target_and_what_else_the_data_say(qtbot, view, index):
    view.target_name = "weight"
    view.show_sample(index, 2)
    qtbot.waitUntil(lambda: view.text.toPlainText() != "")
    assert child(view, QLabel, "sample_target").text() == "3"
    assert child(view, QLabel, "sample_others").text() == "label: cat · speaker: ann"
    assert caption(view, "image") == "Image · 80 × 40 pixels"


def test_a_long_sound_is_shown_and_played_only_at_its_beginning(tmp_path, index, monkeypatch):
    soundfile.write(tmp_path / "a.wav", np.zeros(RATE * 70, np.float32), RATE)
    sample = decode(index, 0)
    assert sample.sound.cut
    assert sample.sound.seconds == LONGEST_SOUND
    assert sample.sound.rate == RATE
    assert len(sample.sound.log_mel) <= decoding.COLUMNS


def test_the_spectrogram_of_portions_is_that_of_the_whole_sound(tmp_path, index, monkeypatch):
    sound = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    monkeypatch.setattr(decoding, "_PORTION", 0.25)
    found = decode(index, 0).sound.log_mel
    hop = round(audio.HOP_SECONDS * RATE)
    part = audio.log_mel(sound[2000:4000], RATE, 0.25, decoding.MEL_BANDS)
    frames = audio.frames(RATE, 0.25)
    assert found[frames : 2 * frames] == pytest.approx(part)
    assert len(found) == pytest.approx(RATE / hop, rel=0.1)


def test_a_long_text_is_shown_at_its_beginning(index):
    long = strings([" word" * 10_000] * COUNT)
    sample = decode(Index(index.root, "lines", index.stems, index.files, {}, texts=long), 0)
    assert len(sample.text) < decoding.LONGEST_TEXT + 60
    assert sample.text.endswith("(the beginning; the file holds more)")


@pytest.fixture
def picture(qtbot):
    made = Picture("picture", "Picture", 96)
    qtbot.addWidget(made)
    made.resize(200, 100)
    made.show()
    made.show_pixels(np.zeros((400, 400, 3), np.uint8))
    return made


def test_a_picture_is_fitted_shown_at_100_percent_and_fitted_again(qtbot, picture):
    assert picture.percent == pytest.approx(25)
    qtbot.mouseDClick(picture, Qt.MouseButton.LeftButton)
    assert picture.percent == pytest.approx(100)
    qtbot.keyClick(picture, Qt.Key.Key_0)
    assert picture.closer == 1.0
    qtbot.keyClick(picture, Qt.Key.Key_1)
    assert picture.percent == pytest.approx(100)


def test_what_lies_under_the_pointer_stays_there_when_zoomed(picture):
    point = QPointF(120, 30)
    before = picture._share(point)
    picture.enlarge(4, point)
    after = picture._share(point)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))


def test_a_picture_is_dragged_and_never_leaves(qtbot, picture):
    picture.enlarge(8)
    for _ in range(60):
        qtbot.keyClick(picture, Qt.Key.Key_Left)
    assert picture._middle.x() == 0.0
    for _ in range(60):
        picture.enlarge(2)
    assert picture.closer <= 32.0


@pytest.mark.parametrize(
    ("seconds", "most", "step"),
    [
        (1.0, 5, 0.2),
        (0.7, 5, 0.2),
        (60, 4, 20),
        (0.03, 3, 0.01),
        (12, 6, 2),
        (0, 5, 0),
        (5, 0.5, 0),
    ],
)
def test_times_on_the_axis_are_round_and_fit(seconds, most, step):
    assert tick_step(seconds, most) == pytest.approx(step)


def test_a_sound_is_played_sought_and_stopped(qtbot, view, index, speaker):
    view.show_sample(index, 0)
    qtbot.waitUntil(lambda: view.sound.seconds > 0)
    play = child(view, QPushButton, "sample_play")
    assert play.isEnabled()
    play.click()
    assert (len(speaker.heard), play.text()) == (2 * RATE, "Stop")
    speaker.microseconds = 250_000
    qtbot.waitUntil(lambda: child(view, QLabel, "sample_time").text() == "0.2 of 1.0 s")
    assert view.sound.spectrogram.heard == pytest.approx(0.25)
    assert view.sound.waveform.heard == pytest.approx(0.25)
    middle = view.sound.spectrogram.rect().center()
    qtbot.mouseClick(view.sound.spectrogram, Qt.MouseButton.LeftButton, pos=middle)
    assert len(speaker.heard) == pytest.approx(RATE, rel=0.02)
    qtbot.keyClick(view.sound.spectrogram, Qt.Key.Key_Space)
    assert not view.sound.player.playing
    assert view.sound.spectrogram.heard < 0


def test_another_sample_silences_the_one_that_plays(qtbot, view, index):
    view.show_sample(index, 0)
    qtbot.waitUntil(lambda: view.sound.seconds > 0)
    child(view, QPushButton, "sample_play").click()
    view.show_sample(index, 1)
    assert not view.sound.player.playing


def test_without_a_loudspeaker_the_button_is_off_and_a_note_says_why(qtbot, index):
    player = Player(opened=lambda: (None, 0, NO_DEVICE))
    view = SampleView("sample", player=player)
    player.setParent(view)
    qtbot.addWidget(view)
    view.show()
    view.show_sample(index, 0)
    note = child(view, QLabel, "sample_silence")
    qtbot.waitUntil(note.isVisible)
    assert note.text() == NO_DEVICE
    assert not child(view, QPushButton, "sample_play").isEnabled()
    qtbot.mouseClick(view.sound.spectrogram, Qt.MouseButton.LeftButton)
    assert not player.playing


def eyes_of(index, spec):
    eyes = ModelEyes()
    eyes.learn(index, spec)
    return eyes


def test_without_variation_the_model_sees_what_the_readers_of_training_give(index):
    spec = data()
    seen = eyes_of(index, spec).see(index, 3, spec, Augmentation(), 0)
    assert (seen.picture == image.read_bytes(index.root / "a.png", 16)).all()
    sound = audio.read(index.root / "a.wav", 4000, 0.5)
    assert (seen.log_mel == audio.log_mel(sound, 4000, 0.5, 20)).all()
    assert seen.words["image"] == "16 × 16 pixels"
    assert seen.words["text"] == "3 of 4 tokens"


def test_tokens_that_training_texts_do_not_have_are_unknown_and_the_rest_is_cut_off(index):
    spec = data()
    tokens = eyes_of(index, spec).see(index, 0, spec, Augmentation(), 0).tokens
    assert [token.text for token in tokens] == ["one", "rare", "zebra", "ends", "here"]
    assert [token.cut for token in tokens] == [False] * 4 + [True]
    # A sample that is left out teaches nothing.
    without = data(leave_out=("s0",))
    tokens = eyes_of(index, without).see(index, 0, without, Augmentation(), 0).tokens
    assert [token.known for token in tokens[:4]] == [True, False, False, False]
    assert explained(tokens[1]) == "“rare” is unknown: too rare in the training texts."
    assert tokens[1].number == 1


def test_each_variation_is_another_and_comes_again_the_same(index):
    spec = data()
    options = Augmentation(
        image=ImageAugmentation(rotate=90, cutout=0.5), text=TextAugmentation(drop=0.5)
    )
    eyes = eyes_of(index, spec)
    seen = [eyes.see(index, 3, spec, options, n) for n in (0, 1, 2, 1)]
    assert (seen[1].picture == seen[3].picture).all()
    assert seen[1].tokens == seen[3].tokens
    assert (seen[1].picture != seen[2].picture).any()
    assert (seen[0].picture == eyes.see(index, 3, spec, Augmentation(), 5).picture).all()
    dropped = [
        t for n in range(1, 9) for t in eyes.see(index, 3, spec, options, n).tokens if t.dropped
    ]
    assert dropped
    assert {token.number for token in dropped} == {1}


def test_a_modality_that_a_sample_lacks_is_told(index):
    spec = data()
    seen = eyes_of(index, spec).see(index, COUNT - 1, spec, Augmentation(), 0)
    assert seen.problems == {"image": "This sample has no image; the model is told so."}
    assert seen.log_mel is not None


def test_data_that_cannot_be_divided_say_why_there_are_no_tokens(index):
    spec = data(division="stated")
    seen = eyes_of(index, spec).see(index, 3, spec, Augmentation(), 0)
    assert seen.problems["text"] == "No tokens can be shown. The data state no split."
    assert seen.picture is not None


def test_the_tokeniser_is_learned_again_only_when_texts_or_division_change(index):
    eyes = eyes_of(index, data())
    assert eyes.knows(index, data(image=ImageInput(size=32), folder="/elsewhere"))
    assert not eyes.knows(index, data(text=TextInput(words=4, tokenizer="character")))
    assert not eyes.knows(index, data(split_seed=1))


def test_the_window_turns_to_what_the_model_sees_and_back(qtbot, view, index):
    view.show_sample(index, 3)
    turn = child(view, QPushButton, "sample_as_model")
    assert not turn.isVisible()
    options = Augmentation(image=ImageAugmentation(flip="both"))
    view.show_inputs(data(), options)
    qtbot.waitUntil(lambda: len(view.tokens.tokens) == 3)
    assert turn.isVisible()
    assert caption(view, "text") == "Text · 3 of 4 tokens"
    turn.click()
    qtbot.waitUntil(lambda: caption(view, "image") == "Image · 16 × 16 pixels")
    assert not view.text.isVisible()
    assert not view.sound.waveform.isVisible()
    child(view, QPushButton, "sample_variation").click()
    qtbot.waitUntil(lambda: caption(view, "image") == "Image · 16 × 16 pixels · variation 1")
    turn.click()
    qtbot.waitUntil(lambda: caption(view, "image") == "Image · 80 × 40 pixels")
    assert view.text.isVisible()
    assert view.sound.waveform.isVisible()


def test_a_picture_is_seen_while_the_tokeniser_still_learns(qtbot, view, index, monkeypatch):
    may_end, real = threading.Event(), ModelEyes.learn

    def slow(self, index, data):
        assert may_end.wait(10)
        real(self, index, data)

    monkeypatch.setattr(ModelEyes, "learn", slow)
    view.show_inputs(data(), Augmentation())
    view.show_sample(index, 3)
    qtbot.waitUntil(lambda: caption(view, "image") == "Image · 80 × 40 pixels")
    assert view.tokens.tokens == ()
    may_end.set()
    qtbot.waitUntil(lambda: len(view.tokens.tokens) == 3)


def test_a_zoomed_picture_stays_as_it_is_when_the_tokens_arrive(qtbot, view, index):
    view.show_sample(index, 3)
    qtbot.waitUntil(lambda: view.text.toPlainText() != "")
    view.picture.enlarge(3)
    view.show_inputs(data(), Augmentation())
    qtbot.waitUntil(lambda: len(view.tokens.tokens) == 3)
    assert view.picture.closer == pytest.approx(3)
    zoom = child(view, QPushButton, "sample_zoom")
    assert zoom.text() == "Fit"
    zoom.click()
    assert view.picture.closer == 1.0


def test_a_broken_picture_is_told_beside_what_can_be_shown(qtbot, view, index):
    (index.root / "a.png").write_bytes(b"broken")
    view.show_inputs(data(), Augmentation())
    view.show_sample(index, 3)
    qtbot.waitUntil(lambda: view.sound.seconds > 0)
    assert caption(view, "image").startswith("a.png is no picture")
    assert not child(view, QWidget, "sample_picture").isVisible()
    assert view.text.toPlainText() == "one dog runs"


def test_chips_break_into_lines_and_tell_what_they_are(qtbot):
    view = TokensView("tokens")
    qtbot.addWidget(view)
    view.resize(200, 100)
    view.show()
    tokens = [Token("word", 9)] * 40 + [Token(" ", 3), Token("\n", 4), Token("x", 1, known=False)]
    view.show_tokens(tokens, numbers=True)
    tops = {box.top() for box in view._boxes}
    assert len(tops) > 4
    assert max(box.right() for box in view._boxes) <= view.viewport().width()
    assert "Unknown: x" in view.accessibleDescription()
    assert explained(tokens[40]) == "“␣” is number 3."
    assert explained(tokens[41]) == "“⏎” is number 4."
    assert "left out" in explained(Token("a", 1, dropped=True))
    assert "cut off" in explained(Token("a", 1, cut=True))
    view.show_tokens(())
    assert view._boxes == []
