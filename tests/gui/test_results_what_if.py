"""What if another loss had judged: the tab of the Results screen."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSlider

from workbench import events, spec
from workbench.engine import protocol
from workbench.gui.presenters.insight.what_if import WhatIfPresenter
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.insight.what_if import WhatIfView
from workbench.runs import history, store


def recipe(loss="focal"):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": loss}},
        }
    )


@pytest.fixture
def run(tmp_path):
    made = store.create(tmp_path, recipe())
    about = history.About(
        task="category", classes=("a", "b"), outputs=2, validation=("s0",),
        validation_target=(1.0,),
    )  # fmt: skip
    history.begin(made.folder, about)
    none = np.zeros(0, np.float32)
    for epoch in (1, 2, 3):
        history.write_epoch(
            made.folder, epoch,
            {
                "train_loss": none, "train_metric": none, "train_margin": none,
                "train_said": np.zeros(0, np.int16), "validation_loss": np.ones(1, np.float32),
                "validation_metric": np.ones(1, np.float32),
                "validation_outputs": np.zeros((1, 2), np.float32),
            },
        )  # fmt: skip
    return made


@pytest.fixture
def presenter():
    made = WhatIfPresenter()
    yield made
    made.close()


@pytest.fixture
def view(qtbot, presenter):
    made = WhatIfView(presenter)
    qtbot.addWidget(made)
    made.resize(1000, 620)
    with qtbot.waitExposed(made):
        made.show()
    return made


def look(qtbot, presenter, run):
    """Look at a run; its first question."""
    with qtbot.waitSignal(presenter.asked) as asked:
        presenter.follow(ResultsState(phase="shown", folder=run.folder))
    return asked.args[0]


def answer(presenter, question, loss=(3.0, 1.0, 2.0)):
    presenter.answer(
        events.Reweighed(
            number=question.number, epochs=(1, 2, 3), recorded=(3.0, 2.0, 1.0), loss=loss,
            recorded_worst=(0.2, 0.2, 0.2), worst=(0.5, 0.5, 0.6), samples=1,
        )
    )  # fmt: skip


def words(view, name):
    return view.findChild(QLabel, name).text()


def test_the_loss_of_the_run_is_asked_about_first(qtbot, view, presenter, run):
    question = look(qtbot, presenter, run)
    assert isinstance(question, protocol.Reweigh)
    assert (question.loss, question.options) == ("focal", {"gamma": 2.0})
    answer(presenter, question, (3.0, 2.0, 1.0))
    assert words(view, "what_if_sentences").startswith("As it was trained: the lowest")
    assert not view.findChild(QPushButton, "what_if_duel").isEnabled()


def test_it_says_plainly_what_is_seen_and_what_not(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    assert "stored answers of 1 validation samples" in words(view, "what_if_label")
    assert "not what training with that one would give" in words(view, "what_if_label")


def test_a_slider_judges_anew_and_tells_of_another_best_epoch(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    slider = view.findChild(QSlider, "what_if_option_gamma_slider")
    slider.setFocus()
    with qtbot.waitSignal(presenter.asked) as asked:
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert asked.args[0].options["gamma"] > 2.0
    answer(presenter, asked.args[0])
    told = words(view, "what_if_sentences")
    assert "By this loss epoch 2 is the best, by that of the training epoch 3" in told
    assert "In epoch 3 the worst 5 % of the samples carry 60% of this loss, and 20%" in told
    assert "lowest in epoch 2" in view.recomputed.accessibleDescription()


def test_another_loss_is_chosen_and_put_back(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    with qtbot.waitSignal(presenter.asked) as asked:
        view.losses.picked.emit("cross_entropy")
    assert asked.args[0].loss == "cross_entropy"
    with qtbot.waitSignal(presenter.asked) as asked:
        view.findChild(QPushButton, "what_if_back").click()
    assert asked.args[0].loss == "focal"


def test_losses_that_cannot_judge_say_why(qtbot, presenter, view, run):
    look(qtbot, presenter, run)
    reasons = {each.name: each.reason for each in presenter.state.losses}
    assert "head of its own" in reasons["ldam"]
    assert reasons["cross_entropy"] == ""


def test_a_late_answer_is_not_heard(qtbot, view, presenter, run):
    first = look(qtbot, presenter, run)
    view.losses.picked.emit("cross_entropy")
    answer(presenter, first)
    assert presenter.state.answer is None


def test_the_change_is_tried_by_training_at_a_click(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    view.losses.picked.emit("cross_entropy")
    button = view.findChild(QPushButton, "what_if_duel")
    button.setFocus()
    with qtbot.waitSignal(presenter.duel_wished) as wished:
        qtbot.keyClick(button, Qt.Key.Key_Space)
    made = wished.args[0]
    names = [made.spec_of(each).objective.loss.name for each in made.contestants]
    assert names == ["focal", "cross_entropy"]


def test_a_question_that_is_refused_is_told(qtbot, view, presenter, run):
    question = look(qtbot, presenter, run)
    presenter.answer(
        events.NotAnswered(number=question.number, ask="reweigh", problem="Gone.", remedy="Look.")
    )
    assert words(view, "what_if_banner_text") == "Gone. Look."


def test_a_run_without_stored_answers_says_why(qtbot, view, presenter, tmp_path):
    bare = store.create(tmp_path / "bare", recipe())
    presenter.follow(ResultsState(phase="shown", folder=bare.folder))
    qtbot.waitUntil(lambda: presenter.state.phase == "refused")
    assert "before samples were recorded" in words(view, "what_if_refused_sentence")
