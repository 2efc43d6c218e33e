"""The tab with the map of embeddings, and the picture that its points are drawn as."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QLabel, QPushButton

from workbench import events, spec
from workbench.data.index import strings
from workbench.gui import theme
from workbench.gui.plots.insight.points import PointsItem, stamp
from workbench.gui.presenters.insight.map import MapPresenter
from workbench.gui.presenters.insight.map_points import MOST_GROUPS, colouring, points_of
from workbench.gui.presenters.results import ResultsState
from workbench.gui.thumbnails import Thumbnail
from workbench.gui.widgets.insight.map import MapView
from workbench.runs import maps, store
from workbench.runs.maps import EmbeddingMap
from workbench.runs.results import ClassRow, Results, Samples

COUNT = 12
STEMS = [f"s{n:02}" for n in range(COUNT)]
TRUE = np.arange(COUNT) % 3
SAID = np.where(np.arange(COUNT) == 4, 2, TRUE)
LOSS = np.linspace(0.1, 1.2, COUNT)


class Worker(QObject):
    said = Signal(object)
    killed = False

    def kill(self):
        self.killed = True


def of_classes() -> tuple[Results, Samples]:
    names = ("cat", "dog", "horse")
    rows = tuple(ClassRow(name=n, precision=1, recall=1, f1=1, support=4) for n in names)
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (TRUE, SAID), 1)
    figures = Results(
        split="test", task="category", target="animal", classes=names, metrics={"loss": 0.5},
        baseline={}, confusion=tuple(tuple(map(int, row)) for row in counts), per_class=rows,
        loss_name="Cross entropy",
    )  # fmt: skip
    sure = np.full(COUNT, 0.9)
    return figures, Samples(np.array(STEMS), TRUE, SAID, sure, sure, LOSS)


def of_numbers() -> tuple[Results, Samples]:
    figures = Results(
        split="test", task="number", target="price", metrics={"mae": 1.0}, baseline={},
        loss_name="Huber",
    )  # fmt: skip
    none, true = np.empty(0), np.arange(COUNT, dtype=float)
    said = true + np.where(np.arange(COUNT) == 3, 6.0, 1.0)
    return figures, Samples(np.array(STEMS), true, said, none, none, LOSS)


def drawn(space="fused", method="pca", stems=STEMS) -> EmbeddingMap:
    places = np.stack([np.arange(len(stems)), np.arange(len(stems)) % 4], axis=1).astype("f4")
    pair = space == "image+text"
    return EmbeddingMap(
        "test", space, method, strings(stems), places,
        partners=places + np.float32(0.25) if pair else np.empty((0, 2), "f4"),
        explained=(0.8, 0.1) if method == "pca" else (),
        figures={"gap": 0.5, "alignment": 0.25} if pair else {},
    )  # fmt: skip


@pytest.fixture
def run(tmp_path):
    facts = {
        "data": {"folder": "/data", "target": "animal", "task": "category"},
        "model": {
            "encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_average"}},
        },
        "objective": {
            "loss": {"name": "cross_entropy"},
            "alignments": {"image+text": {"loss": {"name": "cosine"}}},
        },
    }
    return store.create(tmp_path, spec.from_data(facts)).folder


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def asked():
    return []


@pytest.fixture
def view(qtbot, worker, asked):
    def begin(request):
        asked.append(request)
        return worker

    presenter = MapPresenter(begin)
    made = MapView(presenter)
    made.presenter = presenter
    qtbot.addWidget(made)
    made.resize(1000, 620)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    assert QThreadPool.globalInstance().waitForDone(5000)


def results_of(run, pair) -> ResultsState:
    return ResultsState(phase="shown", folder=run, split="test", results=pair[0], samples=pair[1])


def show(qtbot, view, run, pair=None):
    view.presenter.show_results(results_of(run, pair or of_classes()))
    qtbot.waitUntil(lambda: view.presenter.state.phase != "reading")


def click(qtbot, view, name):
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def titles(choices):
    return [choice.title for choice in choices]


def test_a_run_without_a_map_offers_to_draw_it(qtbot, view, run, asked, worker) -> None:
    show(qtbot, view, run)
    assert view.presenter.state.phase == "needed"
    assert view.bar.start.isVisible()
    assert titles(view.presenter.state.spaces) == ["Image", "Text", "Fused", "Image with text"]
    click(qtbot, view, "map_study_start")
    request = asked[0]
    assert (request.run, request.split, request.space, request.method) == (
        str(run), "test", "fused", "pca",
    )  # fmt: skip
    maps.write(run, drawn())
    worker.said.emit(events.Studied(file="insight/map-test-fused-pca.npz"))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    assert not view.bar.isVisible()


def test_nothing_is_read_before_the_map_is_seen(qtbot, view, run) -> None:
    maps.write(run, drawn())
    view.hide()
    view.presenter.show_results(results_of(run, of_classes()))
    assert QThreadPool.globalInstance().waitForDone(5000)
    assert view.presenter.state.phase == "reading"
    view.show()
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")


def test_a_map_that_is_known_is_shown_at_once_with_its_counts(qtbot, view, run) -> None:
    maps.write(run, drawn())
    show(qtbot, view, run)
    state = view.presenter.state
    assert state.phase == "shown"
    assert state.axes == ("first direction · 80% of the variance", "second direction · 10%")
    assert view.legend.accessibleDescription() == "cat: 4; dog: 4; horse: 4"
    view.presenter.choose_colouring("right")
    assert view.legend.accessibleDescription() == "Right: 11; Wrong: 1"
    view.presenter.choose_colouring("loss")
    assert "from 0.1 to" in view.legend.accessibleDescription()


def test_distances_between_clusters_are_said_to_mean_nothing(qtbot, view, run) -> None:
    maps.write(run, drawn(method="tsne"))
    show(qtbot, view, run)
    view.presenter.choose_method("tsne")
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    note = view.findChild(QLabel, "map_note").text()
    assert "Distances between clusters, and how large these are, are not meaningful" in note
    assert not view.plot.item.getAxis("left").isVisible()


def test_pairs_are_joined_and_have_figures(qtbot, view, run) -> None:
    maps.write(run, drawn("image+text"))
    maps.write(run, drawn())
    show(qtbot, view, run)
    assert not view.join.isVisible()
    view.presenter.choose_space("image+text")
    qtbot.waitUntil(lambda: view.presenter.state.space == "image+text" and view.join.isVisible())
    assert len(view.presenter.state.points) == 2 * COUNT
    assert view.legend.accessibleDescription() == f"Image: {COUNT}; Text: {COUNT}"
    assert [fact.value for fact in view.presenter.state.facts] == ["0.5", "0.25"]
    x, _ = view.plot.lines.getData()
    assert x.tolist()[:4] == [0, 0.25, 1, 1.25]
    click(qtbot, view, "map_join")
    assert not view.plot.lines.isVisible()


def test_the_sample_under_the_pointer_is_shown_and_a_click_keeps_it(qtbot, view, run) -> None:
    maps.write(run, drawn())
    show(qtbot, view, run)
    wanted = []
    view.peek.wanted.connect(wanted.append)
    view.plot._move(view.plot.place_of(4))
    assert wanted[-1] == "s04"
    assert view.findChild(QLabel, "map_sample_stem").text() == "s04"
    assert view.findChild(QLabel, "map_sample_1").text().startswith("horse")
    view.peek.show_picture("s03", Thumbnail(text="late"))
    assert view.peek.picture.shown is None
    view.peek.show_picture("s04", Thumbnail(text="four"))
    assert view.peek.picture.shown.text == "four"
    spot = view.plot._plot.mapFromScene(view.plot.place_of(7))
    with qtbot.waitSignal(view.presenter.sample_chosen) as chosen:
        qtbot.mouseClick(view.plot._plot.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert chosen.args == ["s07"]
    view.plot._move(view.plot.place_of(4))
    view.plot._move(view.plot._view.sceneBoundingRect().topLeft())
    assert view.findChild(QLabel, "map_sample_stem").text() == "s07"


def test_a_group_that_is_clicked_dims_the_others_until_it_is_clicked_again(
    qtbot, view, run
) -> None:
    maps.write(run, drawn())
    show(qtbot, view, run)
    # The second row, wherever the layout has put the middle by now.
    second = view.legend.place_of(1).toPoint()
    qtbot.waitUntil(lambda: view.legend.rect().contains(second))
    qtbot.mouseClick(view.legend, Qt.MouseButton.LeftButton, pos=second)
    assert view.presenter.state.lit == 1
    qtbot.mouseClick(view.legend, Qt.MouseButton.LeftButton, pos=second)
    assert view.presenter.state.lit == -1
    view.legend.setFocus()
    qtbot.keyClick(view.legend, Qt.Key.Key_Down)
    qtbot.keyClick(view.legend, Qt.Key.Key_Space)
    assert view.presenter.state.lit == 2


def test_another_split_ends_the_work_that_is_under_way(qtbot, view, run, worker) -> None:
    show(qtbot, view, run)
    view.presenter.draw()
    view.presenter.show_results(replace(results_of(run, of_classes()), split="validation"))
    assert worker.killed


def test_a_damaged_map_is_told_and_can_be_drawn_again(qtbot, view, run) -> None:
    maps.write(run, drawn()).write_bytes(b"no zip")
    show(qtbot, view, run)
    assert "is damaged" in view.findChild(QLabel, "map_banner_text").text()
    assert view.bar.start.isVisible()


def test_methods_that_cannot_be_used_say_why(qtbot, view, run, monkeypatch) -> None:
    from workbench.gui.presenters.insight import map as presenter

    monkeypatch.setattr(presenter.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(maps, "MOST_TSNE", COUNT)
    show(qtbot, view, run)
    reasons = {choice.name: choice.reason for choice in view.presenter.state.methods}
    assert reasons["pca"] == ""
    assert "pip install" in reasons["umap"]
    assert reasons["tsne"] == f"Too slow from {COUNT} samples on."


# Points and colours


def test_samples_that_the_evaluation_does_not_know_are_counted_and_left_out() -> None:
    _, samples = of_classes()
    points = points_of(drawn(stems=["s03", "other", "s01"]), samples)
    assert points.rows.tolist() == [3, 1]
    assert points.unknown == 1
    np.testing.assert_array_equal(points.places[:, 0], [0, 2])


def test_numbers_are_coloured_by_value_error_and_loss() -> None:
    results, samples = of_numbers()
    found = drawn()
    points = points_of(found, samples)
    error = colouring("error", points, results, samples, found)
    assert error.groups == ()
    # All are off by 1 but number 3, which is off by 6.
    assert error.level.argmax() == 3
    assert error.low == "1"
    value = colouring("value", points, results, samples, found)
    assert (np.diff(value.level) >= 0).all()


def test_of_very_many_classes_the_most_frequent_have_colours() -> None:
    many = 40
    results, samples = of_classes()
    names = tuple(f"c{n}" for n in range(many))
    dice = np.random.default_rng(0).integers(0, many, 500)
    stems = [f"s{n}" for n in range(500)]
    results = results.model_copy(update={"classes": names})
    samples = replace(samples, stem=np.array(stems), target=dice)
    found = drawn(stems=stems)
    points = points_of(found, samples)
    made = colouring("true", points, results, samples, found)
    counts = np.bincount(dice, minlength=many)
    assert len(made.groups) == MOST_GROUPS
    assert made.groups[-1].title == f"{many - MOST_GROUPS + 1} others"
    assert sum(group.count for group in made.groups) == 500
    assert min(group.count for group in made.groups[:-1]) >= np.sort(counts)[-MOST_GROUPS + 1]
    for number, group in enumerate(made.groups[:-1]):
        assert (dice[made.group == number] == names.index(group.title)).all()


def test_sets_of_categories_are_groups() -> None:
    results, samples = of_classes()
    sets = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], "i1")[TRUE]
    samples = replace(samples, target=sets, prediction=sets)
    found = drawn()
    made = colouring("true", points_of(found, samples), results, samples, found)
    assert {group.title: group.count for group in made.groups} == {
        "none of them": 4, "cat": 4, "cat, dog": 4,
    }  # fmt: skip


def test_of_two_points_on_one_pixel_the_later_lies_above() -> None:
    depth = np.zeros(15 * 15, np.int32)
    stamp(depth, np.array([7 * 15 + 7, 7 * 15 + 9]), np.array([0, 1]), 2.0, 15, diamond=False)
    field = depth.reshape(15, 15)
    number = np.where(field > 0, (field - 1) // 4, -1)
    assert number[7, 9] == number[7, 8] == 1
    assert number[7, 5] == 0
    assert (number[[0, -1]] == -1).all()
    # The middle is filled whole; nothing is wider than the disc and its edge.
    assert (field[7, 9] - 1) % 4 == 3
    assert (number[7] >= 0).sum() <= 2 * 3 + 1 + 2


def test_points_are_painted_where_the_marks_are(qtbot, view, run) -> None:
    maps.write(run, drawn())
    show(qtbot, view, run)
    theme_panel = theme.current().panel
    view.presenter.choose_colouring("right")
    picture = view.plot.grab().toImage()
    for row in (2, 4, 9):
        place = view.plot._plot.mapFromScene(view.plot.place_of(row))
        place = view.plot._plot.viewport().mapTo(view.plot, place)
        colour = picture.pixelColor(place).name().upper()
        wanted = theme.current().bad if row == 4 else theme.current().good
        assert colour == wanted.upper() != theme_panel


def test_no_points_are_painted_as_nothing(qtbot) -> None:
    item = PointsItem()
    item.show_places(np.empty((0, 2), "f4"), np.empty(0, bool))
    assert item.boundingRect().isEmpty()


def test_a_spec_that_is_damaged_is_told(qtbot, view, run) -> None:
    (run / "spec.json").write_text(json.dumps({"name": 3}))
    show(qtbot, view, run)
    assert view.findChild(QLabel, "map_banner_text").text()
