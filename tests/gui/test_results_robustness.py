from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from workbench import events, spec
from workbench.gui import theme
from workbench.gui.presenters.insight import robustness_words as told
from workbench.gui.presenters.insight.robustness import RobustnessPresenter
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.insight.robustness import RobustnessView
from workbench.runs import robustness
from workbench.runs.results import ClassRow, Results, Samples
from workbench.runs.robustness import Curve, Robustness, Seen

CLASSES = ("cat", "dog", "cow")


def curve(name, kind, scores, without, having=40):
    return Curve(
        name=name, kind=kind, scores=scores, between=tuple((s - 0.1, s + 0.1) for s in scores),
        lost=tuple((scores[0] - s, scores[0] - s) for s in scores),
        without=without, removal="trained", having=having,
    )  # fmt: skip


FOUND = Robustness(
    split="test", samples=40, score="accuracy", strengths=(0.0, 0.5, 1.0), guessing=0.3,
    curves=(
        curve("image", "picture", (0.9, 0.88, 0.4), 0.6),
        curve("audio", "log_mel", (0.9, 0.89, 0.88), 0.87, 30),
        curve("text", "tokens", (0.9, 0.5, 0.45), 0.46),
    ),
)  # fmt: skip


def results_of(folder, split="test"):
    found = Results(
        split=split, task="category", target="pet", classes=CLASSES, metrics={}, baseline={},
        confusion=((1, 0, 0), (0, 1, 0), (0, 0, 1)), loss_name="x",
        per_class=tuple(
            ClassRow(name=n, precision=1.0, recall=1.0, f1=1.0, support=1) for n in CLASSES
        ),
    )  # fmt: skip
    samples = Samples(
        stem=np.array(["one", "two"]), target=np.array([1, 2]), prediction=np.array([0, 2]),
        confidence=np.ones(2), true_probability=np.ones(2), loss=np.ones(2),
    )  # fmt: skip
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "pet", "task": "category"},
            "model": {
                "encoders": {
                    "image": {"name": "image_cnn"}, "audio": {"name": "audio_cnn"},
                    "text": {"name": "text_average"},
                }
            },
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )  # fmt: skip
    return ResultsState(
        phase="shown", folder=folder, split=split, results=found, samples=samples, spec=chosen
    )


class Worker(QObject):
    said = Signal(object)

    def kill(self):
        self.killed = True


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def view(qtbot, tmp_path):
    begun, worker = [], Worker()

    def begin(request):
        begun.append(request)
        return worker

    presenter = RobustnessPresenter(begin)
    made = RobustnessView(presenter)
    made.presenter, made.begun, made.worker, made.asked = presenter, begun, worker, []
    presenter.asked.connect(made.asked.append)
    qtbot.addWidget(made)
    made.resize(1080, 640)
    presenter.follow(results_of(tmp_path))
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def shown(qtbot, view, tmp_path):
    robustness.write(tmp_path, FOUND)
    view.presenter.follow(ResultsState())
    view.presenter.follow(results_of(tmp_path))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    return view


def answer(qtbot, view, folder, answers=(0.7, 0.2, 0.1), **more):
    """Answer the latest question as an engine would."""
    number, before = view.asked[-1].number, len(view.asked)
    robustness.write_seen(folder, Seen(number, np.full((8, 8, 3), 99, np.uint8)))
    old = view.presenter.state
    event = {"answers": answers, "before": (0.7, 0.2, 0.1), "kind": "picture"} | more
    view.presenter.answer(events.Disturbed(number=number, **event))
    qtbot.waitUntil(
        lambda: view.presenter.state is not old or len(view.asked) > before, timeout=5000
    )


def words(view, name):
    return view.findChild(QLabel, name).text()


def click(qtbot, view, name):
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_a_run_that_nobody_asked_is_measured_at_a_click_and_shown(qtbot, view, tmp_path):
    assert view.bar.isVisible()
    assert not view.plot.isVisible()
    click(qtbot, view, "robustness_measure_start")
    (request,) = view.begun
    assert (request.ask, request.run, request.split) == ("disturb", str(tmp_path), "test")
    view.worker.said.emit(events.Working(words="Adding noise", done=3, total=30))
    assert words(view, "robustness_measure_words").startswith("Adding noise")
    robustness.write(tmp_path, FOUND)
    view.worker.said.emit(events.Studied(file="insight/robustness-test.json"))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    assert view.plot.isVisible()
    assert words(view, "robustness_title") == "Noise on the text hurts most, on the sound least"


def test_words_in_the_plot_follow_the_theme(qtbot, shown):
    html = [words.item.toHtml() for _, words in shown.plot._legend.items]
    assert len(html) == 5
    theme.wear(QApplication.instance(), "dark")
    try:
        changed = [words.item.toHtml() for _, words in shown.plot._legend.items]
        ink = theme.current().text.lower()
        assert all(ink in words for words in changed)
        assert not any(ink in words for words in html)
    finally:
        theme.wear(QApplication.instance(), "light")


def test_the_dial_moves_the_mark_and_the_figures(qtbot, shown):
    shown.dial.setValue(50)
    assert words(shown, "robustness_strength") == "50%"
    assert words(shown, "robustness_level") == (
        "At 50%: 88.0% right (78.0% to 98.0% in 95 of 100) · picture taken away 60.0% · "
        "guessing 30.0%"
    )
    assert shown.plot.line.value() == 0.5
    shown.dial.setValue(75)
    assert words(shown, "robustness_level").startswith("At 75%: 64.0% right · ")
    shown.plot.line.setValue(0.25)
    shown.plot.line.sigDragged.emit(shown.plot.line)
    assert shown.dial.value() == 25
    shown.dial.setFocus()
    qtbot.keyClick(shown.dial, Qt.Key.Key_PageUp)
    assert shown.presenter.state.strength == 0.35


def test_each_modality_has_its_words(qtbot, shown):
    assert words(shown, "robustness_sentence") == (
        "It stands noise on the picture up to 50%, then falls to 40.0% right with nothing but "
        "noise. Noise misleads it: with no picture at all it is better (60.0%)."
    )
    click(qtbot, shown, "robustness_audio")
    assert words(shown, "robustness_sentence") == (
        "It stands any noise on the sound: 88.0% right with nothing else. It hardly needs the "
        "sound."
    )
    assert "40 test samples, 30 of them with a sound." in words(shown, "robustness_note")
    click(qtbot, shown, "robustness_text")
    assert words(shown, "robustness_sentence") == (
        "It stands no noise on the text: already 50% leave 50.0% right, nothing but noise 45.0%."
    )
    click(qtbot, shown, "robustness_text")
    assert shown.chips["text"].isChecked()


def test_a_sample_is_asked_about_and_its_answer_is_shown_in_a_steady_order(qtbot, view, tmp_path):
    view.presenter.choose_stem("one")
    (ask,) = view.asked
    assert (ask.stem, ask.modality, ask.strength) == ("one", "image", 0.0)
    answer(qtbot, view, tmp_path)
    assert words(view, "robustness_truth") == "Truth: dog"
    view.dial.setValue(60)
    assert view.asked[-1].strength == 0.6
    answer(qtbot, view, tmp_path, answers=(0.1, 0.3, 0.6))
    bars = view.presenter.state.bars
    assert [(bar.name, bar.words, bar.true, bar.explained) for bar in bars] == [
        ("cat", "10.0%", False, False), ("dog", "30.0%", True, False),
        ("cow", "60.0%", False, True),
    ]  # fmt: skip
    assert view.pane.isVisible()
    assert not view.axis.isVisible()


def test_while_an_answer_is_awaited_only_the_last_place_of_the_dial_is_asked_next(
    qtbot, view, tmp_path
):
    view.presenter.choose_stem("one")
    for value in (10, 20, 30):
        view.dial.setValue(value)
    assert [ask.strength for ask in view.asked] == [0.0]
    answer(qtbot, view, tmp_path)
    qtbot.waitUntil(lambda: len(view.asked) == 2)
    assert view.asked[-1].strength == 0.3
    answer(qtbot, view, tmp_path, answers=(0.6, 0.3, 0.1))
    # What is answered is not asked again.
    view.hide()
    view.show()
    assert len(view.asked) == 2


def test_what_is_not_seen_is_neither_read_nor_asked(qtbot, view, tmp_path):
    view.hide()
    robustness.write(tmp_path, FOUND.model_copy(update={"split": "validation"}))
    view.presenter.follow(results_of(tmp_path, "validation"))
    view.presenter.choose_stem("two")
    assert view.asked == []
    assert view.presenter.state.phase == "needed"
    view.show()
    assert [ask.stem for ask in view.asked] == ["two"]
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")


def test_words_that_the_noise_changed_are_marked(qtbot, view, tmp_path):
    view.presenter.choose_stem("one")
    answer(qtbot, view, tmp_path)
    click(qtbot, view, "robustness_text")
    view.dial.setValue(50)
    answer(qtbot, view, tmp_path, kind="tokens", words=("a", "cat"))
    qtbot.waitUntil(lambda: len(view.asked) == 3)
    answer(qtbot, view, tmp_path, kind="tokens", words=("a", "[UNK]"), struck=(1,))
    assert [(t.text, t.known) for t in view.words.tokens] == [("a", True), ("lost", False)]
    assert words(view, "robustness_effect") == "Each word lost or exchanged with a chance of 50%"
    assert view.words.isVisible()


def test_other_noise_is_another_draw(qtbot, view, tmp_path):
    view.presenter.choose_stem("one")
    answer(qtbot, view, tmp_path)
    assert not view.again.isEnabled()
    view.dial.setValue(50)
    answer(qtbot, view, tmp_path)
    click(qtbot, view, "robustness_again")
    assert (view.asked[-1].draw, view.asked[-1].strength) == (1, 0.5)


def test_a_sample_that_lacks_the_modality_says_so_and_the_next_one_is_asked(qtbot, view):
    view.presenter.choose_stem("one")
    view.presenter.answer(
        events.NotAnswered(
            number=view.asked[-1].number, ask="disturb_sample", problem="It has no image.",
            remedy="Choose another.",
        )
    )  # fmt: skip
    assert words(view, "robustness_nothing") == "It has no image. Choose another."
    view.presenter.choose_stem("two")
    assert view.asked[-1].stem == "two"


def test_a_damaged_file_is_told_and_can_be_measured_again(qtbot, view, tmp_path):
    robustness.write(tmp_path, FOUND).write_text("{")
    view.presenter.follow(ResultsState())
    view.presenter.follow(results_of(tmp_path))
    qtbot.waitUntil(lambda: view.presenter.state.error is not None)
    assert view.banner.isVisible()
    assert view.bar.isVisible()


def test_errors_of_numbers_rise_and_are_told_in_their_unit():
    scores = (-1.0, -2.0, -4.0)
    own = curve("audio", "wave", scores, -3.0)
    found = replace_score(FOUND, own)
    assert told.summary(found) == "Stands no noise on the sound"
    assert told.verdict(found, own) == (
        "It stands no noise on the sound: already 50% leave a mean error of 2, nothing but noise "
        "4. Noise misleads it: with no sound at all it is better (3)."
    )
    assert told.level_words(found, own, 0.5) == (
        "At 50%: a mean error of 2 (1.9 to 2.1 in 95 of 100) · sound taken away 3 · guessing 5"
    )


def test_noise_misleads_only_where_no_modality_at_all_is_surely_better():
    close = curve("image", "picture", (0.9, 0.8, 0.55), 0.6)
    assert "misleads" not in told.verdict(FOUND, close)
    steady = curve("image", "picture", (0.9, 0.9, 0.9), 0.6)
    all_of_them = FOUND.model_copy(update={"curves": (steady, FOUND.curves[1])})
    assert told.summary(all_of_them) == "Stands noise on each of its modalities"
    lost = FOUND.model_copy(update={"guessing": 0.95})
    assert told.summary(lost) == "No better than guessing even without noise"
    assert told.verdict(lost, steady) == "There is nothing that noise could take away."


def test_the_plot_of_errors_shows_its_whole_band(qtbot, shown, tmp_path):
    own = curve("image", "picture", (-1.0, -2.0, -9.0), -3.0)
    robustness.write(tmp_path, replace_score(FOUND, own))
    shown.presenter.follow(ResultsState())
    shown.presenter.follow(results_of(tmp_path))
    qtbot.waitUntil(lambda: shown.presenter.state.phase == "shown")
    _, (low, high) = shown.plot.view.viewRange()
    assert low <= 0
    assert high >= 9.1


def replace_score(found, own):
    return found.model_copy(update={"score": "error", "guessing": -5.0, "curves": (own,)})


@pytest.mark.parametrize(
    ("kind", "strength", "said"),
    [
        ("picture", 0.0, "No noise: as it is"),
        ("picture", 0.4, "Blurred, and blended with 40% noise"),
        ("log_mel", 0.5, "As loud as the noise"),
        ("wave", 0.1, "19 dB louder than the noise"),
        ("log_mel", 0.9, "19 dB quieter than the noise"),
        ("wave", 1.0, "Nothing but noise"),
        ("vector", 0.3, "Blended with 30% of another text"),
    ],
)
def test_the_noise_is_said_in_words(kind, strength, said):
    assert told.noise_words(kind, strength) == said


def test_a_wave_and_a_spectrogram_are_drawn_and_follow_the_theme(qtbot, shown):
    pane = shown.pane
    pane.resize(200, 140)
    wave = np.sin(np.arange(900) / 9).astype(np.float16)
    for values in (wave, np.linspace(-1, 1, 120).reshape(30, 4).astype(np.float16)):
        pane.show_values(values)
        light = pane.grab().toImage()
        theme.wear(QApplication.instance(), "dark")
        dark = pane.grab().toImage()
        theme.wear(QApplication.instance(), "light")
        assert light != dark
