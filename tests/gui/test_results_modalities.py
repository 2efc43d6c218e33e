from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QLabel, QPushButton

from workbench import events
from workbench.gui.presenters.insight.modalities import (
    ModalitiesPresenter,
    share_words,
    value_words,
    verdict,
)
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.insight.modalities import ModalitiesView
from workbench.runs import contribution
from workbench.runs.contribution import Contribution, OfClass, OfModality, Rows
from workbench.runs.results import ClassRow, Results


def of(name, shapley, alone, without):
    return OfModality(
        name=name, shapley=shapley, between=(shapley - 0.05, shapley + 0.05), alone=alone,
        without=without, permuted=0.4, permuted_spread=0.02, removal="trained",
    )  # fmt: skip


# The game of the published oracle: sound .2833, picture .3683, text .1083, together .76.
FOUND = Contribution(
    split="test", samples=3, score="accuracy", whole=0.86, nothing=0.10,
    coalitions={
        "": 0.10, "audio": 0.55, "image": 0.62, "text": 0.30, "audio+image": 0.80,
        "audio+text": 0.60, "image+text": 0.70, "audio+image+text": 0.86,
    },
    modalities=(
        of("audio", 0.28333, 0.55, 0.70), of("image", 0.36833, 0.62, 0.60),
        of("text", 0.10833, 0.30, 0.80),
    ),
    synergy={"audio+image": -0.2, "audio+text": -0.1, "image+text": -0.1},
    classes=(
        OfClass(name="cat", support=2, shapley={"audio": 0.1, "image": 0.9, "text": 0.0}),
        OfClass(name="dog", support=1, shapley={"audio": 0.8, "image": -0.1, "text": 0.2}),
    ),
    permutations=10, draws=0,
)  # fmt: skip
ROWS = Rows(
    np.array(["one", "two", "three"]),
    np.array([[0.1, 2.0, 0.0], [1.5, 0.2, 0.1], [0.3, 0.9, 0.4]]),
    ("audio", "image", "text"),
)
RESULTS = Results(
    split="test", task="category", target="pet", classes=("cat", "dog"), metrics={}, baseline={},
    confusion=((1, 0), (0, 1)), loss_name="x",
    per_class=tuple(
        ClassRow(name=n, precision=1.0, recall=1.0, f1=1.0, support=1) for n in ("cat", "dog")
    ),
)  # fmt: skip


class Worker(QObject):
    said = Signal(object)

    def kill(self):
        self.killed = True


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def view(qtbot):
    asked = []
    worker = Worker()

    def begin(request):
        asked.append(request)
        return worker

    made = ModalitiesView(ModalitiesPresenter(begin))
    made.presenter, made.asked, made.worker = made._presenter, asked, worker
    qtbot.addWidget(made)
    made.resize(1080, 640)
    with qtbot.waitExposed(made):
        made.show()
    return made


def look(view, folder: Path, split="test"):
    view.presenter.follow(ResultsState(phase="shown", folder=folder, split=split, results=RESULTS))


def words(view, name):
    return view.findChild(QLabel, name).text()


def cells(table):
    model = table.model()
    return [
        [model.index(r, c).data() for c in range(model.columnCount())]
        for r in range(model.rowCount())
    ]


def test_a_run_that_nobody_asked_is_asked_at_a_click_and_shown(qtbot, view, tmp_path):
    look(view, tmp_path)
    button = view.findChild(QPushButton, "results_contribute_start")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    (request,) = view.asked
    assert (request.ask, request.run, request.split) == ("contribute", str(tmp_path), "test")
    view.worker.said.emit(events.Working(words="Taking modalities away", done=2, total=11))
    assert words(view, "results_contribute_words").startswith("Taking modalities away")
    contribution.write(tmp_path, FOUND, ROWS)
    view.worker.said.emit(events.Studied(file="insight/contribution-test.json"))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    assert view.bars.isVisible()


@pytest.fixture
def shown(qtbot, view, tmp_path):
    contribution.write(tmp_path, FOUND, ROWS)
    look(view, tmp_path)
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    return view


def test_what_is_known_is_shown_at_once_with_figures_and_words(shown):
    assert shown.asked == []
    told = words(shown, "results_modalities_sentence")
    assert "picture 48%, sound 37% and text 14%" in told
    assert "Sound and picture say partly the same (-20.0)." in told
    assert cells(shown.table)[1] == ["Picture", "62.0%", "60.0%", "+26.0", "40.0% ± 2.0"]
    assert cells(shown.sets)[0] == ["Sound + picture + text", "86.0%"]
    assert cells(shown.sets)[-1] == ["Nothing", "10.0%"]
    assert "as in training" in words(shown, "results_modalities_note")


def test_a_bar_lists_the_samples_that_relied_on_that_modality(qtbot, shown):
    assert [row[0] for row in cells(shown.samples)] == ["one", "three", "two"]
    spot = shown.bars.place_of("audio").toPoint()
    qtbot.mouseClick(shown.bars, Qt.MouseButton.LeftButton, pos=spot)
    assert [row[0] for row in cells(shown.samples)] == ["two", "three", "one"]
    with qtbot.waitSignal(shown.sample_chosen) as told:
        shown.samples.selectRow(0)
    assert told.args == ["two"]


def test_another_run_shows_nothing_of_the_one_before(qtbot, shown, tmp_path):
    look(shown, tmp_path / "other")
    assert shown.presenter.state.phase == "ready"
    assert not shown.bars.isVisible()


def test_damaged_figures_say_so(qtbot, view, tmp_path):
    contribution.write(tmp_path, FOUND, ROWS).write_text("{}")
    look(view, tmp_path)
    qtbot.waitUntil(lambda: view.presenter.state.phase == "failed")
    assert "damaged" in words(view, "results_modalities_banner_text")


def test_the_verdict_names_who_carried_it():
    alone = FOUND.model_copy(
        update={"modalities": (of("audio", 0.01, 0.1, 0.86), of("image", 0.75, 0.86, 0.11)),
                "synergy": {}}
    )  # fmt: skip
    assert verdict(alone)[0] == "The picture carried it alone"
    assert "Without the sound it would be just as good" in verdict(alone)[1]
    useless = FOUND.model_copy(update={"whole": 0.1})
    assert verdict(useless)[0] == "No modality helps"


def test_what_may_be_luck_is_not_said_to_have_carried_it():
    weak = of("text", 0.05, 0.1, 0.1).model_copy(update={"between": (-0.2, 0.3)})
    title, sentence = verdict(
        FOUND.model_copy(update={"modalities": (weak, of("image", 0.0, 0.1, 0.15)), "synergy": {}})
    )
    assert title == "Too little is gained to tell who carried it"
    assert "even what the text adds may be luck" in sentence


def test_parts_of_an_error_have_the_decimals_of_the_whole():
    errors = FOUND.model_copy(update={"score": "error", "whole": -2.866, "nothing": -3.078})
    assert value_words(errors, -2.32e-05) == "0.00"
    assert value_words(errors, 0.2121) == "+0.21"
    assert value_words(errors, errors.whole, signed=False) == "2.87"
    assert share_words(errors, -2.32e-05) == "0%"
