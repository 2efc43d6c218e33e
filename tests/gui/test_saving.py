"""Every plot and table is saved as a picture or as figures."""

from __future__ import annotations

import csv
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from workbench import events
from workbench.gui.plots.confusion import ConfusionMatrix
from workbench.gui.plots.insight.curves import SharePlot
from workbench.gui.plots.scatter import ScatterPlot
from workbench.gui.plots.training import LossPlot
from workbench.gui.saving import Saving, saveable
from workbench.gui.widgets.evaluation_tables import EvaluationTable
from workbench.gui.widgets.save_button import SaveButton
from workbench.gui.window import MainWindow
from workbench.runs.curves import Curves


@pytest.fixture
def saving(qtbot, tmp_path):
    """Answers every dialog with a file in the test's folder."""
    made = Saving(
        lambda: "shapes · Cross entropy", lambda parent, name, kind, then: then(tmp_path / name)
    )
    made.files, made.errors = [], []
    made.saved.connect(made.files.append)
    made.failed.connect(made.errors.append)
    yield made
    made.deleteLater()


@pytest.fixture
def plot(qtbot):
    made = SharePlot("share")
    qtbot.addWidget(made)
    made.resize(400, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.show_share(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.5, 1.0]), "off by at most")
    return made


@pytest.fixture
def table(qtbot):
    made = EvaluationTable("table", "Classes", (1,))
    qtbot.addWidget(made)
    names, shares = np.array(["cat, big", "dog"], dtype=object), np.array([0.5, 0.25])
    columns = (
        ("Class", names, lambda n: str(names[n]), False),
        ("Recall", shares, lambda n: f"{shares[n]:.0%}", True),
    )
    made.show_columns(columns, np.arange(2), (50, 50))
    return made


def entry(saving, widget, name):
    menu = saving.menu(widget)
    return next(action for action in menu.actions() if action.objectName() == name)


def test_a_picture_bears_what_it_shows_and_of_which_run(saving, plot):
    entry(saving, plot, "save_png").trigger()
    (file,) = saving.files
    with Image.open(file) as picture:
        # Twice as fine, with a head.
        assert picture.size == (800, 680)
        head = np.asarray(picture.convert("L"))[:80]
    assert head.min() < 120 < head.max()


def test_a_drawing_keeps_its_words_and_lines(saving, plot):
    entry(saving, plot, "save_svg").trigger()
    tree = ET.parse(saving.files[0]).getroot()
    told = " ".join(element.text or "" for element in tree.iter() if element.tag.endswith("text"))
    assert "Share within" in told
    assert "shapes · Cross entropy" in told
    assert any(element.tag.endswith(("path", "polyline")) for element in tree.iter())


def test_a_drawing_for_paper_is_a_pdf(saving, plot):
    from pypdf import PdfReader

    entry(saving, plot, "save_pdf").trigger()
    (page,) = PdfReader(saving.files[0]).pages
    assert "Cross entropy" in " ".join(page.extract_text().split())
    assert float(page.mediabox.width) == pytest.approx(400, abs=2)


def test_the_figures_of_a_plot_are_a_table_with_its_axes(saving, plot):
    entry(saving, plot, "save_csv").trigger()
    with saving.files[0].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["curve", "off by at most", "share of the samples"]
    assert [[float(v) for v in row[1:]] for row in rows[1:]] == [[0, 0], [1, 0.5], [2, 1]]


@pytest.fixture
def losses(qtbot):
    """Three epochs of two steps, drawn in logarithms."""
    known = Curves()
    known.hear(
        events.Started(
            run="r", epochs=3, steps=2, samples={}, parameters=1, shapes={}, device="CPU"
        )
    )
    for epoch in (1, 2, 3):
        told = {"loss": 10.0**-epoch}
        known.hear(
            events.StepsDone(
                epoch=epoch, step=2 * epoch, losses=[1.0, 0.1], learning_rate=0.1,
                samples_per_second=9.0,
            )
        )  # fmt: skip
        known.hear(
            events.EpochDone(
                epoch=epoch, step=2 * epoch, train=told, validation=told, seconds=1, best=True
            )
        )
    made = LossPlot("loss")
    qtbot.addWidget(made)
    made.resize(500, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.set_log(True)
    made.show_curves(known)
    return made


def test_figures_of_a_run_bear_their_names_and_are_no_logarithms(saving, losses):
    entry(saving, losses, "save_csv").trigger()
    with saving.files[0].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    of_validation = [[float(v) for v in row[1:]] for row in rows if row[0] == "validation"]
    np.testing.assert_allclose(of_validation, [[1, 0.1], [2, 0.01], [3, 0.001]])
    assert {row[0] for row in rows[1:]} == {"step", "smoothed", "train", "validation"}


def test_a_legend_that_stands_beside_a_plot_is_drawn_into_its_picture(saving, losses):
    entry(saving, losses, "save_svg").trigger()
    tree = ET.parse(saving.files[0]).getroot()
    told = {element.text for element in tree.iter() if element.tag.endswith("text")}
    assert {"each step", "train", "validation", "best"} <= told
    # There are none.
    assert not {"earlier runs", "spike"} & told
    entry(saving, losses, "save_png").trigger()
    with Image.open(saving.files[1]) as picture:
        # A row more for the names.
        assert picture.size == (1000, 2 * (300 + 40 + 18))


def test_what_is_drawn_live_is_as_before(saving, losses):
    before = [(item.opts["pen"], item.opts["antialias"]) for item in losses._item.listDataItems()
              if hasattr(item, "curve")]  # fmt: skip
    entry(saving, losses, "save_pdf").trigger()
    after = [(item.opts["pen"], item.opts["antialias"]) for item in losses._item.listDataItems()
             if hasattr(item, "curve")]  # fmt: skip
    assert before == after


def test_a_table_is_saved_as_it_is_seen(saving, table):
    assert [a.objectName() for a in saving.menu(table).actions()] == ["save_csv"]
    entry(saving, table, "save_csv").trigger()
    with saving.files[0].open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["Class", "Recall"], ["cat, big", "50%"], ["dog", "25%"]
        ]  # fmt: skip


def test_painted_plots_are_pictures_without_figures(qtbot, saving):
    made = ConfusionMatrix("matrix")
    qtbot.addWidget(made)
    made.resize(300, 300)
    made.show_counts(("a", "b"), ((3, 1), (0, 2)), None)
    names = [action.objectName() for action in saving.menu(made).actions()]
    assert "save_svg" in names
    assert "save_csv" not in names


def test_a_picture_is_copied(saving, plot):
    next(a for a in saving.menu(plot).actions() if a.text() == "Copy picture").trigger()
    assert QGuiApplication.clipboard().image().width() == 800


def test_a_place_that_cannot_be_written_and_an_unknown_kind_are_told(saving, plot, tmp_path):
    for kind in ("png", "svg", "pdf", "csv"):
        saving.write(plot, tmp_path / "nowhere" / f"file.{kind}")
    saving.write(plot, tmp_path / "file.docx")
    assert saving.files == []
    assert len(saving.errors) == 5
    assert all("nowhere" in error.problem for error in saving.errors[:4])
    assert "docx" in saving.errors[4].problem


def test_only_plots_and_tables_can_be_saved(qtbot, plot, table):
    assert saveable(plot._plot.viewport()) is plot
    assert saveable(table.viewport()) is table
    other = QWidget()
    qtbot.addWidget(other)
    assert saveable(other) is None
    assert saveable(None) is None


@pytest.mark.parametrize("kind", [LossPlot, ScatterPlot, EvaluationTable])
def test_a_right_click_anywhere_in_the_window_opens_the_menu(qtbot, saving, kind):
    page = QWidget()
    made = kind("table", "Classes", (1,)) if kind is EvaluationTable else kind("plot")
    QVBoxLayout(page).addWidget(made)
    if kind is EvaluationTable:
        made.show_columns((("A", np.arange(1), str, True),), np.arange(1), (1,))
    window = MainWindow({"start": page})
    qtbot.addWidget(window)
    window.menu_wished.connect(saving.offer)
    with qtbot.waitExposed(window):
        window.show()
    target = made.viewport() if kind is EvaluationTable else made
    spot = QPoint(target.width() // 2, target.height() // 2)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(target, QContextMenuEvent(reason, spot, target.mapToGlobal(spot)))
    menus = [m for m in made.findChildren(QMenu) if m.isVisible()]
    assert any(action.objectName().startswith("save_") for action in menus[0].actions())
    menus[0].close()
    qtbot.waitUntil(lambda: not [m for m in made.findChildren(QMenu) if m.isVisible()])


@pytest.mark.parametrize("kind", [LossPlot, ConfusionMatrix, EvaluationTable])
def test_a_small_button_comes_to_what_is_pointed_at_and_opens_the_menu(qtbot, saving, kind):
    page = QWidget()
    made = kind("table", "Classes", (1,)) if kind is EvaluationTable else kind("plot")
    QVBoxLayout(page).addWidget(made)
    if kind is EvaluationTable:
        made.show_columns((("A", np.arange(1), str, True),), np.arange(1), (1,))
    window = MainWindow({"start": page})
    qtbot.addWidget(window)
    button = SaveButton(window)
    button.wished.connect(saving.offer)
    button.watch()
    with qtbot.waitExposed(window):
        window.show()
    assert button.isHidden()
    middle = QPointF(made.rect().center())
    QApplication.sendEvent(made, QEnterEvent(middle, middle, middle))
    assert button.isVisible()
    corner = made.mapFrom(window, button.geometry().center())
    assert made.rect().contains(corner)
    # Above the scroll bar of a table; where the axes of a plot meet.
    assert (corner.x() > made.width() / 2) == (kind is EvaluationTable)
    assert (corner.y() < made.height() / 2) == (kind is EvaluationTable)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    (menu,) = [m for m in made.findChildren(QMenu) if m.isVisible()]
    assert menu.actions()
    menu.close()
    made.hide()
    assert button.isHidden()
    qtbot.waitUntil(lambda: not [m for m in made.findChildren(QMenu) if m.isVisible()])
