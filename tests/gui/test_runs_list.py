"""The list of runs: how each stands, search, names, stars, archive, trash."""

import os
import sys
from datetime import datetime

import pytest
import send2trash
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QTextDocument
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from workbench.gui.presenters.runs import MOST_ROWS, RunsPresenter
from workbench.gui.widgets.runs_list import RunsCard
from workbench.runs import labels, store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def presenter(qtbot, folder):
    made = RunsPresenter(folder, now=lambda: datetime(2026, 3, 2, 12))
    yield made
    qtbot.waitUntil(lambda: not made.busy)


@pytest.fixture
def card(qtbot, presenter):
    made = RunsCard(presenter)
    qtbot.addWidget(made)
    made.resize(380, 500)
    made.show()
    return made


def write_run(folder, name, text=None, **status):
    run = folder / name
    run.mkdir(parents=True)
    (run / "spec.json").write_text('{"objective": {"loss": {"name": "huber"}}}')
    made = store.Status(**status).model_dump_json() if text is None else text
    (run / "status.json").write_text(made)
    return run


def look(qtbot, presenter):
    presenter.refresh()
    qtbot.waitUntil(lambda: not presenter.busy)


def titles(presenter):
    return [row.title for row in presenter.state.rows]


def click(qtbot, card, name):
    button = card.findChild(QPushButton, name)
    assert button is not None, name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def choose(qtbot, card, number, name):
    """Open the menu of a run and take one of its entries."""
    click(qtbot, card, f"start_run_{number}_more")
    qtbot.waitUntil(lambda: card.findChild(QMenu, "start_run_menu") is not None)
    menu = card.findChild(QMenu, "start_run_menu")
    action = menu.findChild(QAction, f"start_run_{name}")
    assert action.isEnabled(), name
    action.trigger()
    menu.close()
    qtbot.waitUntil(lambda: card.findChild(QMenu, "start_run_menu") is None)


def test_runs_are_told_with_their_phase_and_figure_and_the_interrupted_one_is_marked(
    qtbot, presenter, folder
):
    write_run(folder, "20260301-080000-first", phase="done", metrics={"accuracy": 0.931})
    write_run(
        folder, "20260302-080000-cut", phase="running", pid=1, started=5.0, epochs=20, epoch=3
    )
    write_run(folder, "20260302-090000-bad", phase="failed", message="No memory.", epochs=2)
    write_run(folder, "20260302-100000-torn", text="{")
    (folder / "no run").mkdir()
    look(qtbot, presenter)
    runs = presenter.state.rows
    assert [(run.title, run.phase, run.headline) for run in runs] == [
        ("torn", "Damaged", ""),
        ("bad", "Failed", "epoch 0 of 2"),
        ("cut", "Interrupted", "epoch 3 of 20"),
        ("first", "Done", "93.1% right"),
    ]
    assert [run.when for run in runs][1:] == ["today 09:00", "today 08:00", "yesterday 08:00"]
    assert runs[1].message == "No memory."
    assert [run.resumable for run in runs] == [False, False, True, False]


def test_a_run_is_opened_by_a_click_and_an_interrupted_one_resumed_by_its_button(
    qtbot, card, presenter, folder
):
    run = write_run(folder, "20260301-080000-cut", phase="running", pid=1, started=5.0)
    look(qtbot, presenter)
    with qtbot.waitSignal(presenter.open_wished) as wished:
        row = card.findChild(QWidget, "start_run_0")
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert wished.args == [run]
    with qtbot.waitSignal(presenter.resume_wished) as wished:
        click(qtbot, card, "start_run_0_resume")
    assert wished.args == [run]


def test_a_run_is_searched_for_as_one_types(qtbot, card, presenter, folder):
    for name in ("20260301-080000-owls", "20260302-080000-finches"):
        write_run(folder, name, phase="done")
    look(qtbot, presenter)
    field = card.findChild(QLineEdit, "start_runs_search")
    qtbot.keyClicks(field, "huber owl")
    qtbot.waitUntil(lambda: titles(presenter) == ["owls"])
    qtbot.keyClicks(field, "x")
    qtbot.waitUntil(lambda: titles(presenter) == [])
    assert card.findChild(QLabel, "start_runs_nothing").text() == "No run has these words."
    field.clear()
    qtbot.waitUntil(lambda: len(titles(presenter)) == 2)


def test_a_run_is_named_tagged_and_noted(qtbot, card, presenter, folder):
    run = write_run(folder, "20260301-080000-owls", phase="done")
    look(qtbot, presenter)
    choose(qtbot, card, 0, "edit")
    card.findChild(QLineEdit, "labels_name").setText("The best owls")
    card.findChild(QLineEdit, "labels_tags").setText("paper, good")
    card.findChild(QPlainTextEdit, "labels_note").setPlainText("They see at night.")
    click(qtbot, card, "labels_save")
    qtbot.waitUntil(lambda: titles(presenter) == ["The best owls"])
    said = labels.read(store.Run(run))
    assert (said.tags, said.note) == (("paper", "good"), "They see at night.")
    assert "paper, good" in card.findChild(QWidget, "start_run_0").accessibleName()


def test_starred_runs_come_first_and_archived_ones_are_out_of_sight(qtbot, card, presenter, folder):
    for name in ("20260301-080000-old", "20260302-080000-new"):
        write_run(folder, name, phase="done")
    look(qtbot, presenter)
    choose(qtbot, card, 1, "star")
    qtbot.waitUntil(lambda: titles(presenter) == ["old", "new"])
    choose(qtbot, card, 1, "archive")
    qtbot.waitUntil(lambda: titles(presenter) == ["old"])
    click(qtbot, card, "start_runs_archive")
    qtbot.waitUntil(lambda: titles(presenter) == ["new"])
    choose(qtbot, card, 0, "archive")
    qtbot.waitUntil(lambda: titles(presenter) == [])
    assert card.findChild(QLabel, "start_runs_nothing").text() == "The archive is empty."


def test_a_run_goes_to_the_trash_after_a_question(qtbot, card, presenter, folder, monkeypatch):
    gone = []
    monkeypatch.setattr(send2trash, "send2trash", gone.append)
    run = write_run(folder, "20260301-080000-owls", phase="done")
    look(qtbot, presenter)
    choose(qtbot, card, 0, "trash")
    assert gone == []
    click(qtbot, card, "start_run_trash_yes")
    qtbot.waitUntil(lambda: gone == [run])


def test_a_run_under_way_cannot_be_thrown_away(qtbot, card, presenter, folder):
    pid = os.getpid()
    write_run(
        folder, "20260301-080000-owls", phase="running", pid=pid,
        started=store.process_started(pid),
    )  # fmt: skip
    look(qtbot, presenter)
    click(qtbot, card, "start_run_0_more")
    menu = card.findChild(QMenu, "start_run_menu")
    assert not menu.findChild(QAction, "start_run_trash").isEnabled()
    menu.close()


def test_what_cannot_be_said_of_a_run_is_refused_in_words(qtbot, card, presenter, folder):
    run = write_run(folder, "20260301-080000-owls", phase="done")
    look(qtbot, presenter)
    presenter.label(run, tags=["x" * 41])
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert "cannot be said" in card.banner.text.text()


def test_an_old_run_with_a_star_is_listed_before_more_newer_ones_than_the_list_holds(
    qtbot, card, presenter, folder
):
    for number in range(MOST_ROWS + 5):
        write_run(folder, f"20260101-{number:06d}-run{number}", phase="done")
    labels.change(store.Run(folder / "20260101-000000-run0"), star=True)
    look(qtbot, presenter)
    assert titles(presenter)[:2] == ["run0", f"run{MOST_ROWS + 4}"]
    assert len(titles(presenter)) == MOST_ROWS
    assert presenter.state.count == MOST_ROWS + 5


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_folder_whose_name_is_no_text_does_not_empty_the_list(qtbot, card, presenter, folder):
    write_run(folder, "20260101-000000-good", phase="done")
    write_run(folder, os.fsdecode(b"20260101-000001-odd-\xff"), phase="done")
    look(qtbot, presenter)
    assert titles(presenter) == ["odd-?", "good"]
    assert card.findChild(QWidget, "start_run_0").isVisible()


def test_names_and_notes_that_look_like_a_document_are_shown_as_they_are(
    qtbot, card, presenter, folder
):
    run = write_run(folder, "20260101-000000-run", phase="failed", message="<b>no</b> way")
    labels.change(store.Run(run), name="<b>big</b> & small", note="<i>why</i>")
    look(qtbot, presenter)
    row = card.findChild(QWidget, "start_run_0")
    (title,) = [each for each in row.findChildren(QLabel) if "big" in each.text()]
    for widget in (row, title):
        shown = QTextDocument()
        shown.setHtml(widget.toolTip())
        assert "<b>" in shown.toPlainText()
    choose(qtbot, card, 0, "trash")
    box = card.findChild(QMessageBox, "start_run_trash_box")
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert "<b>big</b> & small" in box.text()
    box.reject()
