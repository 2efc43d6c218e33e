"""Trials of learning rates and batch sizes in their own window."""

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QPushButton

from workbench import events, spec
from workbench.engine import protocol
from workbench.gui.presenters.finding import FindingPresenter
from workbench.gui.widgets.finding import FindingDialog


class Trial(QObject):
    said = Signal(object)
    killed = False

    def kill(self):
        self.killed = True


@pytest.fixture
def chosen():
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )


@pytest.fixture
def asked():
    return []


@pytest.fixture
def trial():
    return Trial()


@pytest.fixture
def presenter(asked, trial):
    def begin(question):
        asked.append(question)
        return trial

    return FindingPresenter(begin)


@pytest.fixture
def dialog(qtbot, presenter):
    made = FindingDialog(presenter)
    qtbot.addWidget(made)
    made.show()
    return made


def click(qtbot, dialog, name):
    button = dialog.findChild(QPushButton, name)
    assert button.isVisible(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_learning_rate_is_tried_drawn_and_taken_over(
    qtbot, dialog, presenter, trial, chosen, asked
):
    presenter.start("rate", chosen)
    assert asked == [protocol.Find(what="rate", spec=chosen)]
    trial.said.emit(events.Preparing(stage="cache", done=1, total=4))
    assert dialog.words.text() == "Reading files"
    trial.said.emit(events.RatesTried(rates=(0.001, 0.01, 0.1), losses=(1.0, 0.4, 9.0), total=6))
    assert dialog.progress.value() == 500
    assert not dialog.use.isVisible()
    trial.said.emit(events.RateFound(rate=0.01, lowest=0.1, words="Lowest at 0.1."))
    assert dialog.words.text() == "Lowest at 0.1."
    assert not dialog.progress.isVisible()
    assert dialog.plot.mark.isVisible()
    assert dialog.plot.mark.value() == pytest.approx(-2)
    with qtbot.waitSignal(presenter.chosen) as taken:
        click(qtbot, dialog, "finding_use")
    assert taken.args == ["training.learning_rate", 0.01]
    assert not dialog.isVisible()


def test_batch_sizes_are_tried_until_one_does_not_fit(qtbot, dialog, presenter, trial, chosen):
    presenter.start("batch", chosen)
    for size, speed in ((4, 10.0), (8, 30.0)):
        trial.said.emit(events.BatchTried(size=size, samples_per_second=speed, memory=1))
    trial.said.emit(events.BatchTried(size=16, problem="It does not fit into memory."))
    assert "16 samples a step: It does not fit" in dialog.words.text()
    trial.said.emit(events.BatchFound(size=8, words="8 it is."))
    assert dialog.plot.mark.value() == 1
    with qtbot.waitSignal(presenter.chosen) as taken:
        click(qtbot, dialog, "finding_use")
    assert taken.args == ["training.batch_size", 8]


def test_closing_the_window_ends_the_trial(qtbot, dialog, presenter, trial, chosen):
    presenter.start("rate", chosen)
    click(qtbot, dialog, "finding_close")
    assert trial.killed
    trial.said.emit(events.RateFound(rate=0.01, lowest=0.1, words="late"))
    assert presenter.state.found is None


def test_a_trial_that_fails_says_why(dialog, presenter, trial, chosen):
    presenter.start("batch", chosen)
    trial.said.emit(events.Failed(problem="No samples.", remedy="Add some."))
    assert dialog.banner.isVisible()
    assert dialog.banner.text.text() == "No samples. Add some."
    assert dialog.end.text() == "Close"


def test_nothing_is_proposed_where_nothing_was_found(dialog, presenter, trial, chosen):
    presenter.start("rate", chosen)
    trial.said.emit(events.RateFound(rate=None, lowest=None, words="It falls nowhere."))
    assert not dialog.use.isVisible()
