"""How long it takes until the results of 100,000 samples are seen.

Run by ``pytest -m benchmark -s tests/benchmarks/test_results_speed.py``.
"""

import time

import numpy as np
import pytest
from PySide6.QtCore import QObject, QThreadPool, Signal

from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.results_tabs import ResultsTabs
from workbench.gui.run_index import RunIndex
from workbench.gui.screens.results import ResultsView
from workbench.runs import results, store
from workbench.runs.results import ClassRow, Results, Samples

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

SAMPLES, CLASSES = 100_000, 100


class Engines(QObject):
    """Nobody computes here."""

    answered = Signal(object)

    def ask(self, question):
        """Not answered."""

    study = ask


def made(folder):
    dice = np.random.default_rng(0)
    true = dice.integers(0, CLASSES, SAMPLES)
    said = np.where(dice.random(SAMPLES) < 0.8, true, dice.integers(0, CLASSES, SAMPLES))
    counts = np.zeros((CLASSES, CLASSES), int)
    np.add.at(counts, (true, said), 1)
    names = tuple(f"class {n}" for n in range(CLASSES))
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text("{}")
    store.Run(folder).write_status(store.Status(phase="done"))
    results.write(
        folder,
        Results(
            split="test", task="category", target="label", classes=names,
            metrics={"accuracy": 0.8, "loss": 1.0}, baseline={"accuracy": 0.01}, loss_name="x",
            confusion=tuple(tuple(row) for row in counts.tolist()),
            per_class=tuple(
                ClassRow(name=n, precision=0.5, recall=0.5, f1=0.5, support=9) for n in names
            ),
        ),
        Samples(
            stem=np.array([f"class/{n:07d}" for n in range(SAMPLES)]), target=true,
            prediction=said, confidence=dice.random(SAMPLES),
            true_probability=dice.random(SAMPLES), loss=dice.exponential(size=SAMPLES),
            outputs=dice.normal(size=(SAMPLES, CLASSES)).astype(np.float32),
        ),
    )  # fmt: skip
    return folder


def test_a_hundred_thousand_samples(qtbot, tmp_path):
    run = made(tmp_path / "run")
    size = (run / "evaluation" / "test.parquet").stat().st_size
    presenter = ResultsPresenter()
    view = ResultsView(presenter)
    index = RunIndex(DataPresenter(None, None), lambda: presenter.state.folder)
    ResultsTabs(view, presenter, index, Engines(), parent=view)
    qtbot.addWidget(view)
    view.resize(1112, 772)
    with qtbot.waitExposed(view):
        view.show()
    print(f"\n{SAMPLES:,} samples of {CLASSES} classes, {size / 1e6:.0f} MB")
    for turn in range(3):
        begun = time.perf_counter()
        presenter.show_run(run)
        qtbot.waitUntil(lambda: presenter.state.phase == "shown")
        view.grab()
        print(f"opened and drawn, turn {turn + 1}: {1000 * (time.perf_counter() - begun):7.0f} ms")
        presenter.clear()
    assert QThreadPool.globalInstance().waitForDone(10_000)
