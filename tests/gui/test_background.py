"""Work in worker threads: what is answered, dropped, refused, and what a fault becomes."""

import logging
import threading

import pytest

from workbench.errors import UserError
from workbench.gui.background import InOrder, Latest


def fail(error):
    raise error


@pytest.fixture(params=[Latest, InOrder])
def made(request, qtbot):
    return request.param()


def test_an_answer_arrives_in_the_thread_that_asked(qtbot, made):
    with qtbot.waitSignal(made.answered) as answered:
        made.ask(lambda: threading.current_thread().name)
    assert answered.args[0] != threading.current_thread().name


def test_what_is_refused_is_told(qtbot, made):
    with qtbot.waitSignal(made.failed) as failed:
        made.ask(lambda: fail(UserError("No.", "Do it.")))
    assert failed.args[0].problem == "No."


def test_a_fault_of_the_program_is_logged_and_told_and_later_work_is_done(qtbot, made, caplog):
    with caplog.at_level(logging.ERROR), qtbot.waitSignal(made.failed) as failed:
        made.ask(lambda: fail(ZeroDivisionError("by nothing")))
    assert "ZeroDivisionError" in failed.args[0].problem
    assert "by nothing" in caplog.text
    with qtbot.waitSignal(made.answered) as answered:
        made.ask(lambda: 7)
    assert answered.args == [7]


def test_only_the_newest_question_is_answered(qtbot):
    latest, begun, go = Latest(), threading.Event(), threading.Event()
    said = []
    latest.answered.connect(said.append)
    latest.ask(lambda: (begun.set(), go.wait(10), "old")[-1])
    assert begun.wait(10)
    latest.ask(lambda: "new")
    go.set()
    qtbot.waitUntil(lambda: said == ["new"])


def test_work_in_order_is_all_done_and_it_is_busy_until_then(qtbot):
    work, said = InOrder(), []
    work.answered.connect(said.append)
    for number in range(5):
        work.ask(lambda number=number: number)
    assert work.busy
    qtbot.waitUntil(lambda: not work.busy)
    assert said == [0, 1, 2, 3, 4]
