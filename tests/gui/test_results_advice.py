"""The advice after training in the window: what stands out, and the duel that it becomes."""

import dueling
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton

from workbench.errors import UserError
from workbench.gui.presenters.insight import advice
from workbench.gui.presenters.insight.advice import AdvicePresenter
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.insight.advice import AdviceView
from workbench.runs import store
from workbench.runs.advising import Evidence, Finding

FINDINGS = (
    Finding(
        "tails", "A few targets pull hard", "5% of the samples are far off.", "Try a robust loss.",
        0.9, dueling.losses(), Evidence("Errors", ("1", "10"), (90.0, 10.0), (False, True)),
    ),
    Finding("unrest", "Restless training", "It jumps.", "Smaller steps.", 0.5),
)  # fmt: skip


@pytest.fixture
def run(tmp_path):
    return store.create(tmp_path, dueling.recipe())


@pytest.fixture
def told(monkeypatch):
    """What the advice says of any run; a list that a test fills."""
    said = [FINDINGS]

    def advise(run):
        if isinstance(said[0], UserError):
            raise said[0]
        return said[0]

    monkeypatch.setattr(advice, "advise_run", advise)
    return said


@pytest.fixture
def presenter(told):
    return AdvicePresenter()


@pytest.fixture
def view(qtbot, presenter):
    made = AdviceView(presenter)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def look(qtbot, presenter, run):
    presenter.follow(ResultsState(phase="shown", folder=run.folder))
    qtbot.waitUntil(lambda: presenter.state.phase == "shown")


def words(view, name):
    return view.findChild(QLabel, name).text()


def test_the_best_supported_finding_is_shown_with_its_figures(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    assert words(view, "advice_title") == "A few targets pull hard"
    assert words(view, "advice_sentence") == "5% of the samples are far off."
    assert "loss Huber" in words(view, "advice_contestants")
    assert view.plot.isVisible()
    assert "10" in view.plot.accessibleDescription()


def test_another_finding_is_looked_at_by_the_keyboard(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    found = view.findChild(QListWidget, "advice_list")
    found.setFocus()
    qtbot.keyClick(found, Qt.Key.Key_Down)
    assert words(view, "advice_title") == "Restless training"
    assert not view.plot.isVisible()
    assert not view.findChild(QPushButton, "advice_duel").isVisible()


def test_the_proposal_becomes_a_duel_at_a_click(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    button = view.findChild(QPushButton, "advice_duel")
    qtbot.waitUntil(lambda: button.width() > 50 and not button.visibleRegion().isEmpty())
    with qtbot.waitSignal(presenter.duel_wished) as wished:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wished.args[0] == FINDINGS[0].duel
    assert wished.args[1].startswith("A few targets pull hard.")


def test_a_sound_run_is_told_so(qtbot, view, presenter, told, run):
    told[0] = ()
    look(qtbot, presenter, run)
    assert words(view, "advice_nothing_title") == "Nothing to mend"
    assert view.findChild(QLabel, "advice_nothing_title").isVisible()


def test_a_run_that_cannot_be_read_says_why(qtbot, view, presenter, told, run):
    told[0] = UserError("It was not evaluated.", "Evaluate it first.")
    look(qtbot, presenter, run)
    assert words(view, "advice_banner_text") == "It was not evaluated. Evaluate it first."


def test_nothing_is_read_before_it_is_seen(qtbot, presenter, run):
    presenter.follow(ResultsState(phase="shown", folder=run.folder))
    assert presenter.state.phase == "reading"
    assert not presenter.state.findings
    presenter.be_seen(True)
    qtbot.waitUntil(lambda: presenter.state.phase == "shown")


def test_another_run_takes_the_advice_away(qtbot, view, presenter, run):
    look(qtbot, presenter, run)
    presenter.follow(ResultsState())
    assert presenter.state.findings == ()
