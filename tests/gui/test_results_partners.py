from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QLabel, QPushButton

from workbench.errors import UserError
from workbench.gui.presenters.insight.retrieval import RetrievalPresenter
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.widgets.insight.retrieval import RetrievalView
from workbench.runs import pairs, store
from workbench.runs import results as evaluations
from workbench.runs.results import PairRow, Results, Samples

# Worked by hand: texts lie at 0, 90 and 11 degrees, pictures at 5, 80 and 170.
ANGLES = {"image": (5, 80, 170, 40), "text": (0, 90, 11, 40)}
HAS = np.array([True, True, True, False])


def vectors(modality):
    angles = np.deg2rad(np.array(ANGLES[modality], float))
    return 3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def row(asked, found):
    return PairRow(
        pair="image+text", asked=asked, found=found, recall_at_1=2 / 3, recall_at_5=1.0,
        recall_at_10=1.0, median_rank=1.0, support=3, gap=0.5,
    )  # fmt: skip


def make_run(folder: Path, *, with_pairs=True) -> Path:
    folder.mkdir()
    (folder / "spec.json").write_text("{}")
    store.Run(folder).write_status(store.Status(phase="done"))
    nothing = np.empty(0)
    evaluations.write(
        folder,
        Results(
            split="test", task="none", target="", metrics={"loss": 1.0}, baseline={},
            loss_name="InfoNCE", per_pair=(row("image", "text"), row("text", "image")),
        ),
        Samples(
            stem=np.array(list("abcd")), target=np.ones(4), prediction=np.ones(4),
            confidence=nothing, true_probability=nothing, loss=np.zeros(4),
        ),
    )  # fmt: skip
    if with_pairs:
        stems = np.array(list("abcd"), dtype=np.dtypes.StringDType())
        pairs.write(folder, "test", stems, {"image+text": (vectors("image"), vectors("text"), HAS)})
    return folder


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def view(qtbot):
    results = ResultsPresenter()
    presenter = RetrievalPresenter()
    results.changed.connect(presenter.follow)
    made = RetrievalView(presenter)
    made.presenter, made.results = presenter, results
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def shown(qtbot, view, tmp_path):
    view.results.show_run(make_run(tmp_path / "run"))
    qtbot.waitUntil(lambda: view.presenter.state.asked >= 0)
    return view


def words(view, name):
    return view.findChild(QLabel, name).text()


def found(view):
    model = view.found.model()
    return [[model.index(r, c).data() for c in (0, 1)] for r in range(model.rowCount())]


def test_the_nearest_of_the_other_modality_are_listed_and_the_partner_is_marked(shown):
    # Picture a lies at 5 degrees: text a (0) is nearest, then c (11), then b (90).
    assert words(shown, "results_retrieval_asked") == "a"
    assert [name for _, name in found(shown)] == ["a", "c", "b"]
    assert found(shown)[0][0] == "1 ✓"
    assert words(shown, "results_retrieval_words") == "Its own text is the nearest of 3."


def test_a_partner_further_down_says_its_place(shown):
    shown.presenter.choose_stem("c")
    # Picture c at 170 degrees: text b at 90 is nearest, then its own at 11, then a at 0.
    assert [name for _, name in found(shown)] == ["b", "c", "a"]
    assert words(shown, "results_retrieval_words") == "Its own text is number 2 of 3."


def test_a_sample_that_lacks_a_half_is_neither_asked_with_nor_found(shown):
    shown.presenter.choose_stem("d")
    assert words(shown, "results_retrieval_asked") == "a"
    assert "d" not in [name for _, name in found(shown)]


def test_the_other_direction_is_asked_by_the_same_sample(qtbot, shown):
    shown.presenter.choose_stem("c")
    shown.direction.setFocus()
    qtbot.keyClick(shown.direction, Qt.Key.Key_Down)
    # Text c at 11 degrees: picture a at 5, then b at 80, then its own at 170.
    assert [name for _, name in found(shown)] == ["a", "b", "c"]
    assert words(shown, "results_retrieval_words") == "Its own picture is number 3 of 3."


def test_another_sample_is_one_that_has_both_halves(qtbot, shown):
    for _ in range(20):
        button = shown.findChild(QPushButton, "results_retrieval_any")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert words(shown, "results_retrieval_asked") in "abc"


def test_whoever_shows_samples_is_told_both(qtbot, shown):
    told = []
    shown.asked_shown.connect(lambda stem: told.append(("asked", stem)))
    shown.found_shown.connect(lambda stem: told.append(("found", stem)))
    shown.presenter.choose_stem("b")
    assert ("asked", "b") in told
    assert told[-1] == ("found", "b")
    shown.found.selectRow(1)
    assert told[-1][0] == "found"
    assert told[-1][1] in "ac"


def test_an_evaluation_without_vectors_says_so(qtbot, view, tmp_path):
    view.results.show_run(make_run(tmp_path / "old", with_pairs=False))
    qtbot.waitUntil(lambda: view.presenter.state.error is not None)
    assert "Evaluate it again" in words(view, "results_retrieval_banner_text")


@pytest.mark.parametrize("damage", ["cut", "pickle", "short"])
def test_damaged_vectors_are_told_in_words(tmp_path, damage):
    folder = make_run(tmp_path / "run")
    file = folder / "evaluation" / "test-pairs.npz"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:50])
    elif damage == "pickle":
        np.savez(file, stems=np.array([{}], dtype=object))
    else:
        names = {f"image+text {m}": vectors(m)[:2] for m in ("image", "text")}
        np.savez(file, stems=np.array(list("abcd")), **names, **{"image+text has": HAS})
    with pytest.raises(UserError, match="damaged"):
        pairs.read(folder, "test")
