"""``workbench demo``: makes *shapes*, trains it in the real window and ends on the results."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QSize, QTimer, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from workbench.gui.app import Workbench
from workbench.gui.opening import make_application
from workbench.gui.presenters.data import DataState
from workbench.gui.presenters.results import ResultsState
from workbench.gui.presenters.start import StartState
from workbench.gui.presenters.train_state import TrainState

# A picture is taken this long after a screen was shown: pictures and sounds are decoded by then.
SETTLE_MS = 900
SIZE = QSize(1280, 800)


class Demo(QObject):
    """Walks through the window as a person would, and says how it goes.

    Args:
        bench: the application.
        epochs: epochs to train.
        shots: where pictures of the screens go; None: beside the run.
        keep_open: leave the window open at the end.
    """

    def __init__(
        self, bench: Workbench, *, epochs: int, shots: Path | None, keep_open: bool
    ) -> None:
        super().__init__(bench)
        self.code = 1
        self._bench = bench
        self._epochs, self._shots, self._keep_open = epochs, shots, keep_open
        self._pictures: list[tuple[str, QPixmap]] = []
        self._folder: Path | None = None
        self._shown = False
        bench.start.changed.connect(self._start_changed)
        bench.data.changed.connect(self._data_changed)
        bench.train.changed.connect(self._train_changed)
        bench.train.finished.connect(self._trained)
        bench.results.changed.connect(self._results_changed)
        self._told = ""
        self._half = False

    def begin(self) -> None:
        """Take a picture of the start screen and open the sample project."""
        self._say("making the sample project shapes")
        self._after("start", lambda: self._bench.start.open_sample("shapes"))

    @Slot(object)
    def _start_changed(self, state: StartState) -> None:
        if state.error is not None:
            self._fail(str(state.error))

    @Slot(object)
    def _data_changed(self, state: DataState) -> None:
        if state.phase == "failed":
            self._fail(str(state.error))
        elif state.index is not None and state.examined and not self._shown:
            self._shown = True
            self._say(state.index.summary())
            self._after("data", self._cook)

    def _cook(self) -> None:
        self._bench.window.show_stage("recipe")
        self._bench.recipe.change("training.epochs", self._epochs)
        self._after("recipe", self._look_at_losses)

    def _look_at_losses(self) -> None:
        self._bench.window.show_stage("losses")
        self._bench.losses.choose_family("classes")
        for name in ("focal", "generalized_cross_entropy"):
            self._bench.losses.pick(name, True)
        self._curves = QTimer(self)
        self._curves.setInterval(SETTLE_MS)
        self._curves.timeout.connect(self._train_soon)
        self._curves.start()

    @Slot()
    def _train_soon(self) -> None:
        """Train as soon as the curves are there, or the engine cannot draw any."""
        if self._bench.losses.state.answer is not None or self._bench.engines.state.phase == "gone":
            self._curves.stop()
            self._after("losses", self._bench.recipe.train)

    @Slot(object)
    def _train_changed(self, state: TrainState) -> None:
        if state.lines and state.lines[-1] != self._told:
            self._told = state.lines[-1]
            self._say(self._told)
        if state.progress > 0.6 and state.phase == "running" and not self._half:
            self._half = True
            self._take("train")

    @Slot(object, str)
    def _trained(self, folder: Path, outcome: str) -> None:
        self._folder = folder
        if outcome in {"failed", "discarded"}:
            self._fail("the run failed")
            return
        self._bench.window.show_stage("results")

    @Slot(object)
    def _results_changed(self, state: ResultsState) -> None:
        if state.phase == "failed":
            self._fail(str(state.error))
        elif state.phase == "shown" and self.code == 1:
            self.code = 0
            self._after("results", self._compare)

    def _compare(self) -> None:
        self._bench.window.show_stage("compare")
        self._after("compare", self._end)

    def _end(self) -> None:
        assert self._folder is not None
        folder = self._shots or self._folder / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in self._pictures:
            picture.save(str(folder / f"{name}.png"))
        self._say(f"run folder: {self._folder}")
        self._say(f"screenshots: {folder}")
        offscreen = QApplication.platformName() == "offscreen"
        if offscreen or not self._keep_open:
            self._bench.window.close()

    def _after(self, stage: str, then: Callable[[], object]) -> None:
        """Let a screen settle, take its picture, go on."""

        def go_on() -> None:
            self._take(stage)
            then()

        QTimer.singleShot(SETTLE_MS, self, go_on)

    def _take(self, name: str) -> None:
        self._pictures.append((name, self._bench.window.grab()))

    def _say(self, words: str) -> None:
        sys.stdout.write(f"demo: {words}\n")
        sys.stdout.flush()

    def _fail(self, words: str) -> None:
        self.code = 1
        self._say(f"failed: {words}")
        self._bench.window.busy = False
        self._bench.window.close()


def run_demo(*, epochs: int, keep_open: bool, shots: Path | None) -> int:
    """Run the demo.

    Args:
        epochs: epochs to train.
        keep_open: leave the window open at the end where there is a display.
        shots: where pictures of the screens go; None: beside the run.

    Returns:
        Exit code: 0 when it ended on the results.
    """
    app = make_application()
    bench = Workbench(QSettings())
    app.aboutToQuit.connect(bench.close)
    demo = Demo(bench, epochs=epochs, shots=shots, keep_open=keep_open)
    bench.show()
    # Not as large as it was left last time: pictures are to be compared.
    bench.window.resize(SIZE)
    QTimer.singleShot(0, demo.begin)
    app.exec()
    return demo.code
