from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from workbench.gui import theme
from workbench.gui.plots.cells import colour_of, contrast, grid_of, readable
from workbench.gui.plots.confusion import ConfusionMatrix
from workbench.gui.plots.scatter import ResidualHistogram, ScatterPlot, binned, thinned

NAMES = ("cat", "dog", "horse")
COUNTS = ((8, 2, 0), (1, 9, 0), (0, 0, 5))


@pytest.fixture
def matrix(qtbot) -> ConfusionMatrix:
    made = ConfusionMatrix("matrix")
    qtbot.addWidget(made)
    made.resize(420, 300)
    made.show_counts(NAMES, COUNTS)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_a_click_on_a_cell_chooses_its_true_and_predicted_class(qtbot, matrix) -> None:
    with qtbot.waitSignal(matrix.cell_chosen) as chosen:
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of(0, 1).toPoint())
    assert chosen.args == [0, 1]


def test_a_click_beside_the_cells_chooses_nothing(qtbot, matrix) -> None:
    with qtbot.assertNotEmitted(matrix.cell_chosen):
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_the_chosen_cell_is_let_go_by_a_second_click_and_by_escape(qtbot, matrix) -> None:
    matrix.show_counts(NAMES, COUNTS, (2, 2))
    with qtbot.waitSignal(matrix.cleared), qtbot.assertNotEmitted(matrix.cell_chosen):
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of(2, 2).toPoint())
    with qtbot.waitSignal(matrix.cleared):
        qtbot.keyClick(matrix, Qt.Key.Key_Escape)


def test_arrows_move_within_the_matrix_and_enter_chooses(qtbot, matrix) -> None:
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Right):
        qtbot.keyClick(matrix, key)
    assert "dog, recognised: 9 samples (90.0% of 10)" in matrix.accessibleDescription()
    with qtbot.waitSignal(matrix.cell_chosen) as chosen:
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert chosen.args == [1, 1]
    for _ in range(5):
        qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert "dog, taken for horse: 0 samples (0.0% of 10)" in matrix.accessibleDescription()


def test_a_screen_reader_hears_the_whole_and_the_cell(matrix) -> None:
    assert matrix.accessibleName()
    told = matrix.accessibleDescription()
    assert told.startswith("3 classes, 22 of 25 right.")
    assert "cat, recognised: 8 samples (80.0% of 10)" in told


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (lambda m: m.place_of(0, 1).toPoint(), "cat, taken for dog: 2 samples"),
        (lambda m: QPoint(20, int(m.place_of(2, 0).y())), "True class: horse"),
        (lambda m: QPoint(int(m.place_of(2, 1).x()), m.height() - 3), "Predicted class: dog"),
    ],
)
def test_the_tooltip_has_the_whole_words(matrix, qtbot, place, words) -> None:
    spot = place(matrix)
    event = QHelpEvent(QEvent.Type.ToolTip, spot, matrix.mapToGlobal(spot))
    QApplication.sendEvent(matrix, event)
    assert words in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_the_text_twin_is_a_table(matrix) -> None:
    rows = [line.split("\t") for line in matrix.as_text().splitlines()]
    assert rows[0][1:] == list(NAMES)
    assert [[int(cell) for cell in row[1:]] for row in rows[1:]] == [list(row) for row in COUNTS]


@pytest.mark.parametrize("many", [2, 3, 10, 40])
@pytest.mark.parametrize("letters", [1, 60])
def test_every_cell_lies_within_the_widget_and_is_found_again(many: int, letters: int) -> None:
    for width, height in ((220, 150), (380, 260), (700, 460)):
        grid = grid_of(width, height, many, letters * 7.0)
        last = grid.cell(many - 1, many - 1)
        assert last.right() <= width
        assert grid.floor + grid.foot <= height
        for row, column in ((0, 0), (many - 1, 0), (many // 2, many - 1)):
            assert grid.at(grid.cell(row, column).center()) == (row, column)
        assert grid.at(last.bottomRight() * 1.01) is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("right", [True, False])
def test_counts_can_be_read_on_every_colour(scheme, right: bool) -> None:
    worn = theme.theme(scheme)
    lowest = min(
        contrast(readable(worn, ground), ground)
        for ground in (colour_of(worn, share, right) for share in np.linspace(0, 1, 101))
    )
    assert lowest >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(QColor("#000000"), QColor("#FFFFFF")) == pytest.approx(21)
    assert contrast(QColor("#767676"), QColor("#FFFFFF")) == pytest.approx(4.54, abs=0.01)


def test_a_click_on_a_point_chooses_its_sample(qtbot) -> None:
    plot = ScatterPlot("scatter")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show_numbers(np.array([1.0, 5.0, 9.0, 3.0]), np.array([1.5, 4.0, 9.5, np.nan]))
    with qtbot.waitExposed(plot):
        plot.show()
    spot = plot.place_of(1).toPoint()
    qtbot.waitUntil(lambda: plot.sample_at(plot.place_of(1)) == 1)
    spot = plot.place_of(1).toPoint()
    with qtbot.waitSignal(plot.sample_chosen) as chosen:
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)
    assert chosen.args == [1]
    with qtbot.assertNotEmitted(plot.sample_chosen):
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=spot + QPoint(40, 40))


def test_plots_without_any_finite_number_are_empty_and_say_so(qtbot) -> None:
    plot, bars = ScatterPlot("scatter"), ResidualHistogram("bars")
    qtbot.addWidget(plot)
    qtbot.addWidget(bars)
    for values in (np.zeros(0), np.array([np.nan, np.inf])):
        plot.show_numbers(np.zeros(len(values)), values)
        bars.show_errors(values)
        assert plot.accessibleDescription().startswith(f"{len(values)} samples")
    plot.grab()
    bars.grab()


def test_thinning_keeps_the_worst_and_draws_each_at_most_once() -> None:
    off = np.random.default_rng(0).exponential(size=20_000)
    off[5] = np.nan
    kept = thinned(off, 1000)
    assert len(kept) == len(set(kept.tolist())) <= 1000
    worst = np.argsort(-np.nan_to_num(off))[:100]
    assert set(worst.tolist()) <= set(kept.tolist())
    assert 5 not in kept
    assert thinned(off[:10], 1000).tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9]


def test_bins_count_every_finite_error_once_and_meet_at_zero() -> None:
    errors = np.random.default_rng(1).normal(size=5000)
    errors[:3] = (1e6, -1e6, np.nan)
    counts, edges = binned(errors)
    assert counts.sum() == 4999
    assert np.abs(edges).min() == pytest.approx(0, abs=1e-12)
    assert edges[-1] < 100
    assert np.allclose(np.diff(edges), edges[1] - edges[0])


@pytest.mark.parametrize("errors", [np.zeros(9), np.zeros(0), np.full(4, 2.5)])
def test_bins_of_equal_errors_have_a_width(errors) -> None:
    counts, edges = binned(errors)
    assert counts.sum() == len(errors)
    assert edges[1] > edges[0]
