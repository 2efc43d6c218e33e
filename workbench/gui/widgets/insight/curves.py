"""The tab of curves: how a class is told from the rest, how sure the model is, where yes begins."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QItemSelection, QSignalBlocker, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.curves import (
    ErrorsPlot,
    RatePlot,
    ReliabilityPlot,
    SharePlot,
    ThresholdPlot,
)
from workbench.gui.plots.scatter import thinned
from workbench.gui.presenters.insight.curves import (
    CurvesPresenter,
    CurvesState,
    at_threshold,
    in_words,
    share_within,
)
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable
from workbench.gui.widgets.labels import label
from workbench.runs.class_curves import ClassCurve

_WIDTHS = (34, 22, 22, 22)
_MOST_POINTS = 4000


class CurvesView(QWidget):
    """Shows a ``CurvesState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: CurvesPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results_curves")
        self.setAccessibleName("Curves")
        self._presenter = presenter
        self._shown: tuple[object, ...] = ()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("results_curves_banner")
        outer.addWidget(self.banner)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._of_classes())
        self._pages.addWidget(self._of_numbers())
        outer.addLayout(self._pages, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _of_classes(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        upper, lower = QHBoxLayout(), QHBoxLayout()
        for row in (upper, lower):
            row.setSpacing(12)
            box.addLayout(row, 1)
        upper.addWidget(self._class_card(), 36)
        self.roc = RatePlot("results_roc", "roc")
        self.precision = RatePlot("results_precision", "precision")
        for plot, title, meaning in (
            (
                self.roc,
                "Told from the rest (ROC)",
                "Up: how many of the samples of the class are found. Along: how many of all others "
                "are taken for it. Each point is a threshold.",
            ),
            (
                self.precision,
                "Precision and recall",
                "Up: how many of those that are said to be of the class are. Along: how many of "
                "its samples are found. Each point is a threshold.",
            ),
        ):
            card = Card(title, "dashed: guessing")
            plot.setToolTip(meaning)
            card.body.addWidget(plot)
            upper.addWidget(card, 32)
        lower.addWidget(self._calibration_card(), 50)
        lower.addWidget(self._threshold_card(), 50)
        return page

    def _class_card(self) -> Card:
        card = Card("Classes", "", "results_curves_card")
        self._class_hint = card.hint
        self.classes = EvaluationTable("results_curves_classes", "Classes, one against all", (1,))
        self.classes.selectionModel().selectionChanged.connect(self._choose)
        card.body.addWidget(self.classes)
        return card

    def _calibration_card(self) -> Card:
        card = Card("Does it know how sure it is?", "calibration error in the legend",
                    "results_calibration_card")  # fmt: skip
        self.reliability = ReliabilityPlot("results_reliability")
        self.calibration = label("", "quiet", "results_calibration_words", wrap=True)
        self.temperature = Button("Predict with this temperature", "results_temperature",
                                  chip=True)  # fmt: skip
        self.temperature.setToolTip(
            "Predictions keep their class; only how sure they say to be is divided out"
        )
        self.temperature.clicked.connect(self._presenter.use_temperature)
        card.body.addWidget(self.reliability, 1)
        card.body.addWidget(self.calibration)
        row = QHBoxLayout()
        row.addWidget(self.temperature)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _threshold_card(self) -> Card:
        card = self._thresholds = Card(
            "Where does yes begin?", "drag the line", "results_threshold_card"
        )
        self.threshold = ThresholdPlot("results_threshold")
        self.threshold.moved.connect(self._presenter.choose_threshold)
        self.threshold_words = label("", "quiet", "results_threshold_words", wrap=True)
        self.best = Button("Best on validation", "results_threshold_best", icon_name="target")
        self.best.clicked.connect(self._choose_best)
        self.use = Button("Predict with this threshold", "results_threshold_use",
                          icon_name="check")  # fmt: skip
        self.use.clicked.connect(self._presenter.use_threshold)
        self.used = label("", "quiet", "results_threshold_used")
        card.body.addWidget(self.threshold, 1)
        card.body.addWidget(self.threshold_words)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        for widget in (self.best, self.use, self.used):
            row.addWidget(widget)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _of_numbers(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self._errors_card = Card("Errors by prediction", "line: the middle error there")
        self.errors = ErrorsPlot("results_errors_by_prediction")
        self._errors_card.body.addWidget(self.errors)
        row.addWidget(self._errors_card, 1)
        self._share_card = Card("Share within", "")
        self.share = SharePlot("results_share_within")
        self._share_card.body.addWidget(self.share)
        row.addWidget(self._share_card, 1)
        return page

    @Slot(object)
    def show_state(self, state: CurvesState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        if state.results is None or state.samples is None:
            return
        self._pages.setCurrentIndex(0 if state.results.classes else 1)
        if state.results.classes:
            self._show_classes(state)
        else:
            self._show_numbers(state)

    def _show_classes(self, state: CurvesState) -> None:
        assert state.samples is not None
        known = state.curves.classes if state.curves is not None else ()
        if self._shown != (state.curves,):
            self._shown = (state.curves,)
            self.classes.show_columns(_columns(known), np.arange(len(known)), _WIDTHS)
            left = state.curves.left_out if state.curves is not None else 0
            self._class_hint.setText(f"{left:,} not shown" if left else "")
            self._class_hint.setToolTip(
                "Of these classes there is no sample, or nothing else, or they are rarer than the "
                "60 that are shown."
            )
        names = [curve.name for curve in known]
        if state.chosen in names:
            with QSignalBlocker(self.classes.selectionModel()):
                self.classes.selectRow(self.classes.rows.row_of(names.index(state.chosen)))
            self.classes.viewport().update()
        for plot in (self.roc, self.precision):
            plot.show_curves(known, state.curve, len(state.samples))
        self._show_calibration(state)
        self._show_threshold(state)

    def _show_calibration(self, state: CurvesState) -> None:
        found = state.calibration
        self.reliability.setVisible(found is not None)
        self.temperature.setVisible(found is not None and found.temperature is not None)
        if found is None:
            known = state.curves is not None
            words = "Scores of this loss are no probabilities: there is nothing to calibrate."
            self.calibration.setText(words if known else "")
            return
        self.reliability.show_bins(found.plain, found.scaled)
        self.calibration.setText(in_words(found))
        self.reliability.setToolTip(
            "Samples are put together by how sure the model says to be; each point is the share "
            "of them that it is right about. On the dashed line both are the same."
        )
        self.temperature.setChecked(state.decided.temperature != 1.0)

    def _show_threshold(self, state: CurvesState) -> None:
        curve = state.thresholds
        self._thresholds.setVisible(curve is not None)
        if curve is None:
            return
        self.threshold.show_curve(curve, state.threshold)
        self.threshold_words.setText(at_threshold(state))
        self.best.setEnabled(curve.best is not None)
        tip = "" if curve.best is not None else "There are too few validation samples."
        self.best.setToolTip(tip)
        used = state.decided.threshold(curve.name)
        self.use.setEnabled(abs(used - state.threshold) > 1e-6)
        self.used.setText(f"predictions use {used:.2f}")

    def _show_numbers(self, state: CurvesState) -> None:
        samples = state.samples
        assert samples is not None
        if self._shown == (samples,):
            return
        self._shown = (samples,)
        pairs = state.results is not None and state.results.task == "none"
        self._errors_card.setVisible(not pairs)
        off, share = share_within(samples)
        title = "How far down the partner is" if pairs else "Share within an error"
        self._share_card.title.setText(title)
        words = "places before the partner" if pairs else "off by at most"
        self.share.show_share(off, share, words)
        if not pairs:
            errors = samples.prediction - samples.target
            self.errors.show_numbers(samples.prediction, errors, thinned(errors, _MOST_POINTS))

    @Slot()
    def _choose_best(self) -> None:
        curve = self._presenter.state.thresholds
        if curve is not None and curve.best is not None:
            self._presenter.choose_threshold(curve.best)

    def _choose(self, selected: QItemSelection) -> None:
        curves = self._presenter.state.curves
        if selected.indexes() and curves is not None:
            entry = self.classes.rows.entry(selected.indexes()[0].row())
            self._presenter.choose_class(curves.classes[entry].name)


def _columns(curves: tuple[ClassCurve, ...]) -> tuple[Column, ...]:
    areas = np.array([curve.auc for curve in curves])
    precision = np.array([curve.average_precision for curve in curves])
    support = np.array([curve.support for curve in curves])
    names = np.array([curve.name for curve in curves], dtype=object)
    return (
        ("Class", names, lambda n: str(names[n]), False),
        ("AUC", areas, lambda n: f"{areas[n]:.3f}", True),
        ("AP", precision, lambda n: f"{precision[n]:.3f}", True),
        ("Count", support, lambda n: f"{support[n]:,}", True),
    )
