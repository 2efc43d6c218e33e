from __future__ import annotations

import csv
import math

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication

from workbench import events
from workbench.gui import theme
from workbench.gui.plots.machine import FigurePlot
from workbench.gui.plots.training import LossPlot, MetricPlot
from workbench.runs.curves import Curves
from workbench.runs.series import MOST_POINTS


def curves(losses: list[float], per_epoch: int = 4) -> Curves:
    """A run with these step losses, each epoch validated at its last step's loss."""
    made = Curves()
    made.hear(
        events.Started(
            run="r", epochs=10, steps=per_epoch, samples={}, parameters=1, shapes={}, device="CPU"
        )
    )
    hear(made, losses, per_epoch)
    return made


def hear(known: Curves, losses: list[float], per_epoch: int = 4) -> None:
    for at in range(0, len(losses), per_epoch):
        part = losses[at : at + per_epoch]
        step = len(known.steps) + len(part)
        known.hear(
            events.StepsDone(
                epoch=1 + (step - 1) // per_epoch, step=step, losses=part, learning_rate=0.1 / step,
                samples_per_second=9.0,
            )
        )  # fmt: skip
        if step % per_epoch == 0:
            told = {"loss": part[-1], "accuracy": 0.5}
            known.hear(
                events.EpochDone(
                    epoch=step // per_epoch, step=step, train=told, validation=told, seconds=1,
                    best=not known.best or part[-1] < known.best_loss,
                )
            )  # fmt: skip


@pytest.fixture
def plot(qtbot) -> LossPlot:
    made = LossPlot("loss")
    qtbot.addWidget(made)
    made.resize(600, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def lines(plot: LossPlot) -> list[pg.PlotDataItem]:
    return [item for item in plot._item.listDataItems() if isinstance(item, pg.PlotDataItem)]


def drawn(plot: LossPlot) -> list[tuple[np.ndarray, np.ndarray]]:
    """What every curve of the plot holds, as pyqtgraph has it before its own mapping."""
    pairs = [item.getOriginalDataset() for item in lines(plot)]
    return [(x, y) for x, y in pairs if x is not None and len(x)]


def hover(plot: LossPlot, qtbot, x: float) -> str:
    plot.grab()  # the range follows the curves when they are painted
    middle = plot._view.viewRect().center().y()
    spot = plot._view.mapViewToScene(QPointF(x, middle))
    plot._plot.scene().sigMouseMoved.emit(spot)
    return plot._read_out.toPlainText() if plot._read_out.isVisible() else ""


def test_before_the_first_step_a_sentence_stands_where_the_curve_will_be(qtbot, plot) -> None:
    known = Curves()
    plot.show_curves(known)
    assert plot._empty.isVisible()
    assert not plot._plot.isVisible()
    hear(known, [1.0, 0.9])
    qtbot.waitUntil(plot._plot.isVisible)
    assert not plot._empty.isVisible()


def test_news_are_drawn_by_the_plot_itself(qtbot, plot) -> None:
    known = curves([1.0] * 4)
    plot.show_curves(known)
    hear(known, [0.5] * 8)
    qtbot.waitUntil(lambda: max(len(x) for x, _ in drawn(plot)) == 12)


def test_a_plot_that_nobody_sees_rests_and_catches_up_when_shown(qtbot, plot) -> None:
    known = curves([1.0] * 4)
    plot.show_curves(known)
    plot.hide()
    assert not plot._timer.isActive()
    hear(known, [0.5] * 4)
    assert max(len(x) for x, _ in drawn(plot)) == 4
    plot.show()
    assert max(len(x) for x, _ in drawn(plot)) == 8
    assert plot._timer.isActive()


def test_without_news_nothing_is_drawn_again(qtbot, plot, monkeypatch) -> None:
    plot.show_curves(curves([1.0] * 4))
    times: list[int] = []
    monkeypatch.setattr(plot, "draw", lambda: times.append(1))
    with qtbot.waitSignals([plot._timer.timeout] * 3):
        pass
    assert times == []


def test_long_runs_are_drawn_with_few_points_and_every_spike(plot) -> None:
    losses = np.ones(50_000)
    losses[31_234] = 9.0
    plot.show_curves(curves(losses.tolist(), per_epoch=10_000))
    assert max(len(x) for x, _ in drawn(plot)) <= MOST_POINTS
    assert max(y.max() for _, y in drawn(plot)) == 9.0


def test_zooming_shows_every_point_of_a_long_run_and_moving_leaves_no_end(qtbot, plot) -> None:
    losses = 2 + np.sin(np.arange(200_000))
    plot.show_curves(curves(losses.tolist(), per_epoch=10_000))
    for low, high in ((5.0, 5.02), (7.5, 7.51), (7.51, 7.52)):
        plot._view.setXRange(low, high, padding=0)
        x, y = raw(plot)
        assert (x[0], x[-1]) == pytest.approx((low, high), abs=2e-4)
        steps = np.rint(x * 10_000).astype(int)
        assert np.all(np.diff(steps) == 1)
        assert np.allclose(y, losses[steps - 1])
    plot.reset_view()
    qtbot.waitUntil(lambda: raw(plot)[0][-1] == 20)
    assert len(raw(plot)[0]) <= MOST_POINTS


def raw(plot: LossPlot) -> tuple[np.ndarray, np.ndarray]:
    return plot._raw.getOriginalDataset()


def test_news_of_a_run_do_not_move_a_view_that_was_zoomed(qtbot, plot) -> None:
    known = curves([1.0] * 40)
    plot.show_curves(known)
    plot._view.setXRange(2, 3, padding=0)
    hear(known, [0.5] * 40)
    plot.redraw()
    plot.grab()
    assert plot._view.viewRange()[0] == [2, 3]
    assert raw(plot)[0].max() <= 3.5


def test_spikes_are_marked_where_they_stand(plot) -> None:
    losses = np.ones(400) + 0.01 * np.random.default_rng(0).normal(size=400)
    losses[[200, 300]] = 5.0
    plot.show_curves(curves(losses.tolist()))
    assert plot._spikes.getOriginalDataset()[0].tolist() == [201 / 4, 301 / 4]


def test_the_star_stands_on_the_best_epoch(plot) -> None:
    plot.show_curves(curves([4.0] * 4 + [1.0] * 4 + [2.0] * 4))
    assert [tuple(p.pos()) for p in plot._star.points()] == [(2.0, 1.0)]
    plot.set_log(True)
    assert [tuple(p.pos()) for p in plot._star.points()] == [(2.0, 0.0)]


def test_a_logarithmic_axis_leaves_a_gap_where_the_loss_is_not_positive(plot) -> None:
    plot.show_curves(curves([1.0, 0.0, -1.0, 2.0]))
    plot.set_log(True)
    raw = next(y for x, y in drawn(plot) if len(x) == 4)
    assert np.isnan(raw).tolist() == [False, True, True, False]
    plot.grab()
    assert all(map(math.isfinite, plot._view.viewRange()[1]))


def test_clipping_leaves_the_outlier_out_of_the_picture_and_gives_it_back(qtbot, plot) -> None:
    plot.show_curves(curves([1.0, 1.1] * 200 + [500.0] * 2 + [1.0] * 6))
    plot.set_clip(True)
    assert plot._view.viewRange()[1][1] < 2
    plot.set_clip(False)
    qtbot.waitUntil(lambda: plot._view.viewRange()[1][1] > 400)


def test_clipping_a_logarithmic_axis_keeps_to_the_losses_that_it_can_show(plot) -> None:
    plot.show_curves(curves([1.0, 0.0, 2.0, 1.5] * 30))
    plot.set_log(True)
    plot.set_clip(True)
    low, high = plot._view.viewRange()[1]
    assert -0.5 < low < high < 1


def test_losses_that_are_not_numbers_do_not_stop_the_plot(plot) -> None:
    plot.show_curves(curves([1.0, math.nan, math.inf, 2.0]))
    plot.set_clip(True)
    plot.set_log(True)
    plot.grab()
    assert plot.values_at(1.0)["smoothed"] == pytest.approx((0.8 * 1.0 + 2.0) / 1.8)


def test_the_read_out_tells_every_series_at_the_nearest_place(plot, qtbot) -> None:
    plot.show_curves(curves([4.0, 3.0, 2.0, 1.0, 0.8, 0.6, 0.4, 0.2]))
    weights = [0.512, 0.64, 0.8, 1.0]
    smoothed = (0.512 * 4 + 0.64 * 3 + 0.8 * 2 + 1.0 * 1) / sum(weights)
    assert plot.values_at(1.1) == {
        "step": 1.0, "smoothed": pytest.approx(smoothed), "train": 1.0, "validation": 1.0,
    }  # fmt: skip
    assert plot.values_at(1.2)["step"] == 0.8
    assert plot.values_at(-5)["step"] == 4.0
    assert plot.values_at(99)["validation"] == 0.2
    told = hover(plot, qtbot, 1.1).splitlines()
    assert told[0] == "epoch 1.10"
    assert "validation  1" in told


def test_the_read_out_of_an_empty_plot_stays_away(plot, qtbot) -> None:
    plot.show_curves(Curves())
    assert plot.values_at(1.0) == {}
    assert hover(plot, qtbot, 0.5) == ""


def test_home_and_the_menu_show_all_again_after_zooming(qtbot, plot) -> None:
    plot.show_curves(curves([1.0] * 40))
    for again in (lambda: qtbot.keyClick(plot, Qt.Key.Key_Home), plot.reset_view):
        plot._view.setXRange(2, 3, padding=0)
        assert plot._view.viewRange()[0] == [2, 3]
        again()
        qtbot.waitUntil(lambda: plot._view.viewRange()[0][1] > 9)


def test_the_wheel_zooms_along_the_epochs_only(plot) -> None:
    assert plot._view.mouseEnabled() == [True, False]


def test_figures_are_copied_as_a_table(qtbot, plot) -> None:
    plot.show_curves(curves([4.0, 3.0, 2.0, 1.0]))
    action(plot, "Copy data as CSV").trigger()
    rows = list(csv.reader(QGuiApplication.clipboard().text().splitlines()))
    assert rows[0] == ["series", "epoch", "value"]
    assert rows[1:5] == [
        ["step", str(at / 4), str(value)] for at, value in enumerate((4.0, 3.0, 2.0, 1.0), start=1)
    ]
    assert ["validation", "1.0", "1.0"] in rows


def action(plot: LossPlot, text: str):
    return next(a for a in plot.menu().actions() if a.text() == text)


def test_earlier_runs_are_drawn_behind_and_can_be_left_out(plot) -> None:
    plot.show_curves(curves([3.0] * 8))
    before = len(drawn(plot))
    plot.show_earlier(tuple(curves([level] * 12) for level in (9.0, 8.0, 7.0, 6.0)))
    levels = {float(y[0]) for _, y in drawn(plot)}
    assert {8.0, 7.0, 6.0} <= levels
    assert 9.0 not in levels
    plot.set_earlier(False)
    assert len(drawn(plot)) == before


def test_colours_follow_the_theme_at_once(qtbot, plot) -> None:
    app = QApplication.instance()
    plot.show_curves(curves([3.0] * 8))
    try:
        for scheme in ("light", "dark"):
            worn = theme.wear(app, scheme)
            assert plot._plot.backgroundBrush().color() == QColor(worn.panel)
            pen = plot._validation.opts["pen"]
            assert pen.color() == QColor(worn.colour_of("validation"))
            assert pen.style() == Qt.PenStyle.DashLine
    finally:
        theme.wear(app, "light")


def test_no_live_curve_has_a_wide_pen_or_smoothed_edges(plot) -> None:
    plot.show_curves(curves([3.0] * 8))
    for item in lines(plot):
        pen = item.opts["pen"]
        assert pen is None or pen.width() <= 1
        assert not item.opts["antialias"]


@pytest.mark.parametrize("epochs", [2, 3, 20, 500])
def test_figures_of_epochs_have_marks_at_whole_epochs(qtbot, epochs: int) -> None:
    made = MetricPlot("metric")
    qtbot.addWidget(made)
    axis = made._item.getAxis("bottom")
    marks = [at for _, level in axis.tickValues(1, epochs, 400) for at in level]
    assert marks
    assert all(float(at).is_integer() for at in marks)


def test_within_the_first_epoch_the_marks_are_fine(plot) -> None:
    axis = plot._item.getAxis("bottom")
    marks = [at for _, level in axis.tickValues(0, 0.5, 400) for at in level]
    assert len(marks) > 2


def test_the_other_plots_tell_their_figures_too(qtbot) -> None:
    known = curves([4.0, 3.0, 2.0, 1.0, 0.8, 0.6, 0.4, 0.2])
    metric = MetricPlot("metric")
    rate = FigurePlot("rate", "learning_rate")
    for made in (metric, rate):
        qtbot.addWidget(made)
        with qtbot.waitExposed(made):
            made.show()
        made.show_curves(known)
    assert metric.values_at(2.0) == {"train": 0.5, "validation": 0.5}
    assert rate.values_at(2.0) == {"learning rate": 0.1 / 8}
    assert metric.accessibleDescription() == "Latest: train 0.5, validation 0.5"
