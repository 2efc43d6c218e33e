from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QRadioButton

from workbench import events, spec
from workbench.exporting import formats
from workbench.gui.presenters.insight.handover import HandoverPresenter, free_place
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.insight.handover import HandoverView
from workbench.runs import store
from workbench.runs.results import ClassRow, Results, Samples

CLASSES = ("cat", "dog")


class Worker(QObject):
    said = Signal(object)

    def kill(self):
        self.killed = True


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def run(tmp_path):
    chosen = spec.from_data(
        {
            "name": "pets",
            "data": {"folder": str(tmp_path / "data"), "target": "pet", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    return store.create(tmp_path / "runs", chosen)


@pytest.fixture
def view(qtbot, tmp_path, run):
    asked, worker = [], Worker()

    def begin(request):
        asked.append(request)
        return worker

    presenter = HandoverPresenter(begin)
    made = HandoverView(
        presenter,
        lambda parent, then: then(tmp_path),
        lambda parent, name, then: then(tmp_path / name),
    )
    made.presenter, made.asked, made.worker, made.opened = presenter, asked, worker, []
    presenter.open_wished.connect(made.opened.append)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    found = Results(
        split="test", task="category", target="pet", classes=CLASSES, metrics={}, baseline={},
        confusion=((1, 0), (0, 1)), loss_name="x",
        per_class=tuple(
            ClassRow(name=n, precision=1.0, recall=1.0, f1=1.0, support=1) for n in CLASSES
        ),
    )  # fmt: skip
    samples = Samples(
        stem=np.array(["a", "b"]), target=np.array([0, 1]), prediction=np.array([0, 1]),
        confidence=np.ones(2), true_probability=np.ones(2), loss=np.zeros(2),
    )  # fmt: skip
    presenter.follow(
        ResultsState(
            phase="shown", folder=run.folder, split="test", results=found, samples=samples,
            spec=run.spec(),
        )
    )  # fmt: skip
    return made


def words(view, name):
    return view.findChild(QLabel, name).text()


def click(qtbot, view, name, kind=QPushButton):
    qtbot.mouseClick(view.findChild(kind, name), Qt.MouseButton.LeftButton)


def test_every_format_is_offered_with_what_it_is_for(view):
    for each in formats.FORMATS:
        button = view.findChild(QRadioButton, f"results_format_{each.name}")
        assert button.text() == each.title
        reason = formats.why_not(each, spec_of(view))
        assert button.isEnabled() == (not reason)
        assert words(view, f"results_format_{each.name}_caption") == (reason or each.caption)


def spec_of(view):
    return store.find(view.presenter.state.folder).spec()


def test_the_model_is_handed_over_into_a_folder_of_its_own(qtbot, view, tmp_path):
    view.presenter.choose_format("savedmodel")
    click(qtbot, view, "results_export_start")
    (request,) = view.asked
    name = f"{view.presenter.state.folder.name}-savedmodel"
    assert (request.format, Path(request.to)) == ("savedmodel", tmp_path / name)
    view.worker.said.emit(
        events.Studied(file=request.to, words="Largest difference 3e-8 over 32 samples.")
    )
    assert "3e-8" in words(view, "results_export_words")
    click(qtbot, view, "results_handover_open")
    assert view.opened == [tmp_path / name]


def test_why_a_model_cannot_be_handed_over_is_said(qtbot, view):
    click(qtbot, view, "results_export_start")
    view.worker.said.emit(
        events.Failed(problem="The operation Foo cannot be converted.", remedy="Choose Keras.")
    )
    assert "Foo" in words(view, "results_export_banner_text")


@pytest.mark.parametrize(("form", "file"), [("html", "report.html"), ("card", "MODEL_CARD.md")])
def test_a_report_is_written_beside_the_run_and_opened(qtbot, view, run, form, file):
    click(qtbot, view, f"results_report_{form}")
    assert view.reports[form].text() == "Writing…"
    qtbot.waitUntil(lambda: bool(view.opened))
    assert view.opened == [run.folder / "report" / file]
    assert "pets" in view.opened[0].read_text("utf-8")
    assert file in words(view, "results_report_written")


@pytest.fixture
def pets(tmp_path):
    for name in CLASSES:
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(6):
            picture = Image.new("RGB", (9, 9), (number * 40, 9, 9))
            picture.save(tmp_path / "data" / name / f"{number}.png")
    return tmp_path / "data"


def test_the_program_is_written_shown_and_copied(qtbot, view, run, pets):
    known = run.spec().model_copy(deep=True)
    data = known.data.model_copy(update={"target": "label"})
    text = known.model_copy(update={"data": data}).to_json()
    (run.folder / "spec.json").write_text(text)
    shown = view.findChild(QPlainTextEdit, "results_program_text")
    assert shown.isHidden()
    click(qtbot, view, "results_program_write")
    assert view.program.write.text() == "Writing…"
    qtbot.waitUntil(lambda: not shown.isHidden())
    file = run.folder / "report" / "script" / "train.py"
    assert shown.toPlainText() == file.read_text("utf-8").rstrip("\n") + "\n"
    assert "def cross_entropy(" in shown.toPlainText()
    assert str(file) in words(view, "results_program_remarks")
    click(qtbot, view, "results_program_copy")
    assert QGuiApplication.clipboard().text() == shown.toPlainText()
    click(qtbot, view, "results_program_folder")
    # Never the program itself: some desktops run what is opened.
    assert view.opened == [file.parent]


def test_a_program_whose_data_are_gone_says_so(qtbot, view):
    click(qtbot, view, "results_program_write")
    qtbot.waitUntil(lambda: not view.banner.isHidden())
    assert "data" in words(view, "results_handover_banner_text")
    assert view.program.write.isEnabled()


def test_a_program_of_a_run_that_is_left_is_not_shown(qtbot, view, run, pets):
    click(qtbot, view, "results_program_write")
    view.presenter.follow(ResultsState())
    qtbot.waitUntil(lambda: not view.presenter._writing.busy)
    assert view.findChild(QPlainTextEdit, "results_program_text").isHidden()


def test_a_report_that_cannot_be_written_says_so(qtbot, view, run):
    (run.folder / "report").write_text("in the way")
    click(qtbot, view, "results_report_card")
    qtbot.waitUntil(lambda: view.presenter.state.error is not None)
    assert "cannot be written" in words(view, "results_handover_banner_text")
    assert view.opened == []


def test_predictions_are_saved_as_a_table(qtbot, view, tmp_path):
    click(qtbot, view, "results_handover_csv")
    qtbot.waitUntil(lambda: view.presenter.state.written is not None)
    text = (tmp_path / "predictions-test.csv").read_text("utf-8")
    assert text.splitlines()[1].startswith("a,cat,cat")
    assert view.opened == []


def test_a_place_that_is_taken_gets_a_number(tmp_path):
    assert free_place(tmp_path, "m") == tmp_path / "m"
    (tmp_path / "m").mkdir()
    (tmp_path / "m-2").mkdir()
    assert free_place(tmp_path, "m") == tmp_path / "m-3"
