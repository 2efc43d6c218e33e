from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSlider,
    QTabWidget,
    QWidget,
)

from workbench import events
from workbench.gui.presenters.train import TrainPresenter
from workbench.gui.presenters.train_state import TrainState
from workbench.gui.screens.train import TrainView
from workbench.runs import store
from workbench.spec import DataSpec, ModelSpec, ObjectiveSpec, PartSpec, RunSpec, TrainSpec

STEPS = 4


def spec(name: str = "first", loss: str = "cross_entropy", target: str = "label") -> RunSpec:
    return RunSpec(
        name=name,
        data=DataSpec(folder="/data", target=target, task="category"),
        model=ModelSpec(encoders={"image": PartSpec(name="image_cnn")}),
        objective=ObjectiveSpec(loss=PartSpec(name=loss)),
        training=TrainSpec(epochs=10),
    )


class Link(QObject):
    """Stands for the thread that owns the engine."""

    said = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.wishes = []

    def ask_to_stop(self) -> None:
        self.wishes.append("stop")

    def discard(self) -> None:
        self.wishes.append("discard")

    def finish_epoch(self) -> None:
        self.wishes.append("finish epoch")

    def pause(self, *, release: bool = False) -> None:
        self.wishes.append("release" if release else "pause")

    def go_on(self) -> None:
        self.wishes.append("go on")


def started(time: float = 1000.0) -> events.Started:
    return events.Started(
        run="r", epochs=10, steps=STEPS, samples={"train": 80, "validation": 20, "test": 20},
        parameters=12345, shapes={}, device="CPU · 2 threads", time=time,
    )  # fmt: skip


def steps(last: int, *losses: float, time: float = 1001.0) -> events.StepsDone:
    return events.StepsDone(
        epoch=1 + (last - 1) // STEPS, step=last, losses=losses, learning_rate=1e-3,
        samples_per_second=40.0, time=time,
    )  # fmt: skip


def epoch(number: int, loss: float | None, *, best: bool = True) -> events.EpochDone:
    told = {} if loss is None else {"loss": loss, "accuracy": 0.5 + number / 100}
    return events.EpochDone(
        epoch=number, step=STEPS * number, train={"loss": 1.0, "accuracy": 0.75},
        validation=told, seconds=4.0, best=best, time=1004.0,
    )  # fmt: skip


def trained(outcome: str = "done") -> events.Trained:
    return events.Trained(outcome=outcome, epochs=2, best_epoch=2, seconds=9, samples_per_second=40)


def two_epochs() -> list[events.Said]:
    done: list[events.Said] = [events.Preparing(stage="build"), started()]
    for number, loss in ((1, 0.9), (2, 0.6)):
        done += [steps(STEPS * number, *[loss] * STEPS), epoch(number, loss)]
    return done


@pytest.fixture
def presenter() -> TrainPresenter:
    return TrainPresenter()


@pytest.fixture
def view(qtbot, presenter) -> TrainView:
    made = TrainView(presenter)
    qtbot.addWidget(made)
    made.resize(1112, 772)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def link(presenter) -> Link:
    made = Link()
    presenter.follow(made, folder=Path("/runs/first"), spec=spec())
    return made


def say(link: Link, *said: events.Said) -> None:
    for event in said:
        link.said.emit(event)


def words(view: TrainView, name: str) -> str:
    return view.findChild(QLabel, name).text()


def button(view: TrainView, name: str) -> QPushButton:
    return view.findChild(QPushButton, name)


def click(qtbot, view: TrainView, name: str) -> None:
    assert button(view, name).isVisible(), name
    qtbot.mouseClick(button(view, name), Qt.MouseButton.LeftButton)


def recorded(folder: Path, said: list[events.Said], phase: store.Phase, **more) -> store.Run:
    (folder / "x").mkdir(parents=True)
    run = store.Run(folder)
    (folder / "spec.json").write_text(spec().model_dump_json())
    run.events_file.write_text("".join(events.to_line(event) + "\n" for event in said))
    run.write_status(store.Status(phase=phase, **more))
    return run


def test_before_any_run_it_leads_to_the_recipe(qtbot, view) -> None:
    with qtbot.waitSignal(view.recipe_wished):
        click(qtbot, view, "train_empty_action")
    assert not button(view, "train_stop").isVisible()


def test_preparing_says_how_many_files_were_read(view, link) -> None:
    say(link, events.Preparing(stage="cache", done=320, total=900))
    bar = view.findChild(QProgressBar, "train_progress")
    assert words(view, "train_words") == "Reading files: 320 of 900"
    assert bar.value() / bar.maximum() == pytest.approx(320 / 900, abs=0.001)
    say(link, events.Preparing(stage="trace"))
    assert "first step" in words(view, "train_words")
    assert bar.maximum() == 0


def test_figures_follow_the_run(view, link) -> None:
    say(link, *two_epochs())
    assert words(view, "train_title") == "first"
    assert "image_cnn → concat → Cross entropy" in words(view, "train_subtitle")
    assert words(view, "train_loss_value") == "0.600"
    assert words(view, "train_loss_note") == "best 0.600 at epoch 2"
    assert words(view, "train_metric_value") == "52.0%"
    assert words(view, "train_metric_note") == "training: 75.0%"
    assert words(view, "train_epoch_value") == "2 of 10"
    assert words(view, "train_verdict_value") == "Learning"
    bar = view.findChild(QProgressBar, "train_progress")
    assert bar.value() / bar.maximum() == pytest.approx(0.2)


def test_the_time_left_counts_validation_and_the_time_so_far_is_told(view, link) -> None:
    say(link, started(time=1000), steps(2, 1.0, 1.0, time=1002))
    # No epoch is done: ten epochs of 80 samples at 40 a second, half of one done.
    assert words(view, "train_words") == "40 samples/s · 19 s left · 2 s so far"
    say(link, epoch(1, 0.9), steps(5, 1.0, 1.0, 1.0, time=1065))
    # An epoch took four seconds with its validation, and eight and three quarters are to come.
    assert words(view, "train_words") == "40 samples/s · 35 s left · 1 min 5 s so far"


def test_a_clock_that_goes_backwards_spoils_nothing(view, link) -> None:
    said = [started(time=1000), steps(2, 1.0, 1.0, time=400), epoch(1, 0.9), steps(5, 1.0, time=1)]
    say(link, *said)
    assert words(view, "train_words").endswith("0 s so far")
    assert words(view, "train_loss_value") == "0.900"


def test_an_epoch_without_validation_keeps_the_figures_of_the_last_one(view, link) -> None:
    say(link, *two_epochs(), epoch(3, None, best=False))
    assert words(view, "train_loss_value") == "0.600"
    assert words(view, "train_epoch_value") == "3 of 10"
    assert "Epoch 3: not validated." in view.log.toPlainText()


def test_a_wish_to_stop_is_answered_at_once_and_sent_once(qtbot, view, link, presenter) -> None:
    say(link, *two_epochs())
    click(qtbot, view, "train_stop")
    assert link.wishes == ["stop"]
    assert "Stopping after this step" in words(view, "train_words")
    assert not button(view, "train_stop").isEnabled()
    say(link, steps(9, 0.5))
    assert "Stopping" in words(view, "train_words")
    presenter.stop()
    assert link.wishes == ["stop"]


def test_a_paused_run_can_be_discarded(qtbot, view, link) -> None:
    say(link, *two_epochs(), events.Paused(epoch=2, step=4))
    click(qtbot, view, "train_discard")
    assert link.wishes == ["discard"]


def test_a_run_can_be_stopped_before_its_first_step(qtbot, view, link) -> None:
    say(link, events.Preparing(stage="trace"))
    click(qtbot, view, "train_stop")
    say(link, events.Stopping(), events.Ended(outcome="discarded"))
    assert words(view, "train_words") == "Ended without keeping anything."


def test_a_stopped_run_that_takes_long_can_still_be_discarded(qtbot, view, link) -> None:
    say(link, *two_epochs())
    click(qtbot, view, "train_stop")
    click(qtbot, view, "train_discard")
    assert link.wishes == ["stop", "discard"]


def test_the_end_leads_to_the_results(qtbot, view, link, presenter) -> None:
    say(link, *two_epochs(), trained())
    assert words(view, "train_words") == "Evaluating on the test samples…"
    assert not button(view, "train_discard").isVisible()
    figures = {"loss": 0.5, "accuracy": 0.9}
    say(link, events.Evaluated(split="test", metrics=figures, baseline={}))
    with qtbot.waitSignal(presenter.finished) as told:
        say(link, events.Ended(outcome="done"))
    assert told.args == [Path("/runs/first"), "done"]
    assert not button(view, "train_stop").isVisible()
    with qtbot.waitSignal(view.results_wished) as wished:
        click(qtbot, view, "train_results")
    assert wished.args == [Path("/runs/first")]
    with qtbot.waitSignal(view.recipe_wished):
        click(qtbot, view, "train_again")


def test_a_discarded_run_offers_no_results_however_far_it_was(view, link) -> None:
    say(link, *two_epochs(), events.Ended(outcome="discarded"))
    assert not button(view, "train_results").isVisible()
    assert button(view, "train_again").isVisible()


def test_a_failure_is_a_sentence_with_its_log_folded_away(qtbot, view, link, presenter) -> None:
    with qtbot.waitSignal(presenter.finished) as told:
        say(
            link,
            *two_epochs(),
            events.Failed(problem="Memory ran out.", remedy="Halve the batch.", log="one\ntwo"),
        )
    assert told.args[1] == "failed"
    assert words(view, "train_banner_text") == "Memory ran out. Halve the batch."
    details = view.findChild(QPlainTextEdit, "train_details_text")
    assert not details.isVisible()
    click(qtbot, view, "train_details")
    assert details.isVisible()
    assert details.toPlainText() == "one\ntwo"
    assert not button(view, "train_results").isVisible()


def test_a_dismissed_failure_stays_dismissed_and_the_next_run_starts_clean(
    qtbot, view, link, presenter
) -> None:
    say(link, events.Failed(problem="Gone.", log="trace"))
    click(qtbot, view, "train_banner_close")
    presenter.changed.emit(presenter.state)
    assert not view.banner.isVisible()
    presenter.follow(Link(), folder=Path("/runs/second"), spec=spec("second"))
    assert not view.banner.isVisible()
    assert not button(view, "train_details").isVisible()
    assert view.log.toPlainText() == ""


def test_words_of_an_earlier_run_are_not_heard(presenter, link) -> None:
    second = Link()
    presenter.follow(second, folder=Path("/runs/second"), spec=spec("second"))
    say(link, *two_epochs(), events.Ended(outcome="done"))
    assert presenter.state.phase == "preparing"
    assert len(presenter.curves.steps) == 0


def test_a_word_under_way_from_another_thread_is_not_heard_by_the_next_run(
    qtbot, presenter
) -> None:
    class Thread(QThread):
        said = Signal(object)

        def run(self) -> None:
            self.said.emit(events.Failed(problem="Of the first run."))

    first = Thread()
    presenter.follow(first, folder=Path("/runs/first"), spec=spec())
    first.start()
    assert first.wait(5000)
    # Said, queued, and not yet delivered.
    presenter.follow(Link(), folder=Path("/runs/second"), spec=spec("second"))
    with qtbot.assertNotEmitted(presenter.finished):
        QCoreApplication.processEvents()
    assert presenter.state.error is None


def test_a_word_from_another_thread_is_heard(qtbot, presenter) -> None:
    class Thread(QThread):
        said = Signal(object)

        def run(self) -> None:
            self.said.emit(events.Failed(problem="Out of memory."))

    thread = Thread()
    presenter.follow(thread, folder=Path("/runs/first"), spec=spec())
    with qtbot.waitSignal(presenter.finished):
        thread.start()
    assert thread.wait(5000)
    assert presenter.state.error.problem == "Out of memory."


def test_earlier_runs_are_compared_only_on_the_same_data_with_the_same_loss(
    qtbot, view, presenter
) -> None:
    def run(name: str, **other: str) -> None:
        link = Link()
        presenter.follow(link, folder=Path("/runs") / name, spec=spec(name, **other))
        say(link, *two_epochs(), events.Ended(outcome="done"))

    run("a")
    assert presenter.earlier == ()
    assert not button(view, "train_earlier").isVisible()
    first = presenter.curves
    run("b")
    assert presenter.earlier == (first,)
    assert button(view, "train_earlier").isVisible()
    assert view.ghosts_legend.isVisible()
    click(qtbot, view, "train_earlier")
    assert not view.ghosts_legend.isVisible()
    run("c", target="another")
    assert presenter.earlier == ()
    assert not button(view, "train_earlier").isVisible()


def test_a_finished_run_is_replayed_as_it_was_live(tmp_path, presenter, link) -> None:
    said = [*two_epochs(), trained(), events.Ended(outcome="done")]
    say(link, *said)
    live = presenter.state
    seen: list[TrainState] = []
    again = TrainPresenter()
    again.changed.connect(seen.append)
    again.replay(recorded(tmp_path / "run", said, "done"))
    assert len(seen) == 1
    for name in ("phase", "outcome", "words", "loss", "metric", "epoch", "verdict", "lines"):
        assert getattr(seen[0], name) == getattr(live, name), name
    assert again.curves.steps.y.tolist() == presenter.curves.steps.y.tolist()


def test_a_replayed_run_whose_process_is_gone_can_be_resumed(
    qtbot, tmp_path, view, presenter
) -> None:
    run = recorded(tmp_path / "run", two_epochs(), "running", pid=2**22 + 1, started=1.0)
    with qtbot.assertNotEmitted(presenter.finished):
        presenter.replay(run)
    assert "gone" in presenter.state.words
    with qtbot.waitSignal(presenter.resume_wished) as wished:
        qtbot.mouseClick(button(view, "train_resume"), Qt.MouseButton.LeftButton)
    assert wished.args == [run.folder]


@pytest.mark.parametrize(("said", "part"), [([], "not begun"), (two_epochs(), "Another process")])
def test_a_replayed_run_without_an_end_cannot_be_stopped_here(
    tmp_path, view, presenter, said, part, monkeypatch
) -> None:
    monkeypatch.setattr(store, "_alive", lambda _: True)
    presenter.replay(recorded(tmp_path / "run", said, "running" if said else "created"))
    assert part in words(view, "train_words")
    assert not button(view, "train_stop").isVisible()
    assert not button(view, "train_results").isVisible()


def test_the_newest_line_of_what_happened_is_seen(qtbot, view, link) -> None:
    say(link, started(), *[epoch(number, 1 / number) for number in range(1, 80)])
    bar = view.log.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    assert (
        view.log.toPlainText().splitlines()[-1].endswith("validation loss 0.013, the best so far.")
    )


def test_lines_already_seen_are_not_written_again(view, link) -> None:
    say(link, started(), epoch(1, 0.9))
    cursor = view.log.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    view.log.setTextCursor(cursor)
    assert "12,345 numbers to learn" in cursor.selectedText()
    say(link, epoch(2, 0.8))
    assert view.log.textCursor().selectedText() == cursor.selectedText() != ""
    assert len(view.log.toPlainText().splitlines()) == 3


def test_smoothing_log_axis_and_clipping_reach_the_plot_by_keyboard(qtbot, view, link) -> None:
    say(link, *two_epochs())
    slider = view.findChild(QSlider, "train_smoothing")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert view.loss_plot.values_at(1.0)["smoothed"] == view.loss_plot.values_at(1.0)["step"]
    for name in ("train_log", "train_clip"):
        button(view, name).setFocus()
        qtbot.keyClick(button(view, name), Qt.Key.Key_Space)
        assert button(view, name).isChecked()


def test_the_keyboard_reaches_the_harmless_wish_first(view, link) -> None:
    say(link, *two_epochs())
    stop, discard = button(view, "train_stop"), button(view, "train_discard")
    following: list[QWidget] = []
    at = view.nextInFocusChain()
    while at is not view:
        following.append(at)
        at = at.nextInFocusChain()
    assert following.index(stop) < following.index(discard)


def test_every_widget_that_takes_the_keyboard_has_a_name(view, link) -> None:
    say(link, *two_epochs())
    plots = (view.loss_plot, view.metric_plot, *view.steps.plots(), *view.machine.plots())
    reading = view.findChildren(QPlainTextEdit)
    for widget in [*view.findChildren(QPushButton), *plots, *reading]:
        assert widget.objectName(), widget
        assert widget.accessibleName(), widget.objectName()


def test_the_screen_fits_a_small_window(view, link) -> None:
    say(link, *two_epochs(), events.Failed(problem="x " * 60, remedy="y " * 60, log="z"))
    hint = view.minimumSizeHint()
    assert hint.width() <= 1112
    assert hint.height() <= 772


def test_several_terms_are_shown_raw_weighed_and_by_share(view, link):
    say(link, started())
    tabs = view.findChild(QTabWidget, "train_figures")
    assert not tabs.isTabVisible(1)
    say(
        link,
        events.StepsDone(
            epoch=1, step=1, losses=(1.0,), learning_rate=0.1, samples_per_second=9.0,
            terms={"task": 2.0, "image": 1.0}, weights={"task": 1.0, "image": 6.0},
            gradients={"image": 3.0, "text": 1.0}, cosines={"image": -0.5, "text": 0.1},
            traces={"sigma.task": 1.0},
        )
    )  # fmt: skip
    assert tabs.isTabVisible(1)
    tabs.setCurrentIndex(1)
    legend = view.findChild(QLabel, "train_terms_legend")
    assert legend.accessibleName() == "task, image"
    view.findChild(QPushButton, "train_terms_shares").click()
    assert view.terms.plot.series()["image"][1].tolist() == [0.75]
    view.findChild(QPushButton, "train_terms_traces").click()
    assert legend.accessibleName() == "sigma.task"
    sentence = view.findChild(QLabel, "train_learning").text()
    assert sentence.startswith("The image learns most: 75% of the pull")
    assert "pull apart" in sentence
    view.findChild(QPushButton, "train_gradients_cosines").click()
    assert view.learning.plot.series()["image"][1].tolist() == [-0.5]


def paused(**more) -> events.Paused:
    return events.Paused(epoch=3, step=9, **more)


def test_a_pause_is_acknowledged_at_once_and_taken_back_by_resume(qtbot, view, link) -> None:
    say(link, *two_epochs())
    qtbot.mouseClick(button(view, "train_pause"), Qt.MouseButton.LeftButton)
    assert words(view, "train_words").startswith("Pausing")
    assert link.wishes == ["pause"]
    say(link, paused())
    assert words(view, "train_words").startswith("Paused in epoch 3 after step 9")
    assert not button(view, "train_pause").isVisibleTo(view)
    qtbot.mouseClick(button(view, "train_resume"), Qt.MouseButton.LeftButton)
    assert link.wishes == ["pause", "go on"]
    say(link, events.Resumed(epoch=3, step=9), steps(10, 0.5))
    assert button(view, "train_pause").isVisibleTo(view)


def test_a_paused_run_can_free_its_memory_and_goes_on_from_disk(
    qtbot, tmp_path, view, presenter, link
) -> None:
    say(link, *two_epochs(), paused())
    qtbot.mouseClick(button(view, "train_release"), Qt.MouseButton.LeftButton)
    assert link.wishes == ["release"]
    with qtbot.waitSignal(presenter.finished) as finished:
        say(link, paused(released=True))
    assert finished.args[1] == "paused"
    with qtbot.waitSignal(presenter.resume_wished):
        qtbot.mouseClick(button(view, "train_resume"), Qt.MouseButton.LeftButton)


def test_a_resumed_run_shows_what_stands_in_its_file_and_nothing_twice(
    tmp_path, view, presenter
) -> None:
    run = recorded(tmp_path / "run", two_epochs(), "running", pid=2**22 + 1, started=1.0)
    link = Link()
    presenter.follow(link, folder=run.folder, spec=spec())
    say(link, events.Preparing(stage="scan"), events.Resumed(epoch=3, step=8, from_disk=True))
    before = len(presenter.curves.steps)
    assert before
    assert presenter.curves.epochs == 10
    say(link, steps(9, 0.5))
    assert len(presenter.curves.steps) == before + 1
    assert presenter.state.phase == "running"


def test_the_epoch_in_hand_can_be_finished_first(qtbot, view, link) -> None:
    say(link, *two_epochs(), steps(9, 0.5))
    qtbot.mouseClick(button(view, "train_finish_epoch"), Qt.MouseButton.LeftButton)
    assert link.wishes == ["finish epoch"]
    assert "after this epoch" in words(view, "train_words")


def test_a_full_disk_is_told_and_the_run_goes_on_by_itself(view, presenter, link) -> None:
    say(link, *two_epochs(), paused(problem="The disk is full."))
    assert "disk is full" in words(view, "train_words")
    assert presenter.state.phase == "running"


def test_a_run_that_lacked_memory_is_trained_with_a_smaller_batch_at_a_click(
    qtbot, view, presenter, link
) -> None:
    fault = events.Failed(problem="Out of memory.", proposal={"training.batch_size": 16})
    say(link, *two_epochs(), fault)
    assert button(view, "train_proposal").text() == "Train with batch size 16"
    with qtbot.waitSignal(presenter.retrain_wished) as wished:
        qtbot.mouseClick(button(view, "train_proposal"), Qt.MouseButton.LeftButton)
    assert wished.args[0].training.batch_size == 16


def test_an_engine_that_says_nothing_for_long_is_told_and_can_be_waited_for(
    qtbot, view, presenter, link, monkeypatch
) -> None:
    from workbench.gui.presenters import train as told

    say(link, *two_epochs(), steps(9, 0.5))
    monkeypatch.setattr(told, "SILENCE_SECONDS", -1.0)
    presenter._usual = 0.0
    presenter._look_for_silence()
    assert "said nothing" in words(view, "train_words")
    qtbot.mouseClick(button(view, "train_wait"), Qt.MouseButton.LeftButton)
    assert not presenter.state.silent
    presenter._look_for_silence()
    measured = events.Measured(processor=0.5, memory=1, memory_free=1)
    say(link, measured)
    assert presenter.state.silent, "that the machine is measured is no sign of life of the steps"
    say(link, steps(10, 0.5))
    assert not presenter.state.silent
