"""The losses screen: curves, slopes and bends of up to four losses, and a sample to drag."""

from __future__ import annotations

import html

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.plots.loss_curves import LossCurvesPlot, SamplesHistogram
from workbench.gui.presenters.losses import (
    AXIS_WORDS,
    FAMILIES,
    MOST,
    RANGES,
    LossesPresenter,
    LossesState,
    Picked,
)
from workbench.gui.presenters.losses_words import formula, rich
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import ElidedLabel, label, set_role
from workbench.gui.widgets.loss_options import LossOptions
from workbench.gui.widgets.screen import Screen
from workbench.parts import Part
from workbench.runs.series import Numbers


class LossesView(Screen):
    """Shows a ``LossesState`` and sends wishes to its presenter.

    Whoever shows the user's own parts puts a widget into ``own_slot``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    shown = Signal()
    """The screen is looked at now."""

    def __init__(self, presenter: LossesPresenter, parent: QWidget | None = None) -> None:
        super().__init__("Losses", "losses", parent=parent)
        self.subtitle.setText("What each loss makes of one sample: drag the dotted line.")
        self._presenter = presenter
        self._names: dict[str, _Row] = {}
        self.own_page = QWidget()
        self.own_slot = QVBoxLayout(self.own_page)
        self.own_slot.setContentsMargins(0, 0, 0, 0)
        self.own_page.hide()
        self._tools()
        self.body.addWidget(self.own_page)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._list_card())
        row.addLayout(self._plots(), 1)
        row.addWidget(self._words_card())
        self.body.addLayout(row, 1)
        presenter.changed.connect(self.show_state)
        self._state = LossesState()
        self._offered: tuple[Part, ...] = ()
        self.show_state(presenter.state)

    def _tools(self) -> None:
        self.families = Combo("losses_family", "Kind of target", letters=11)
        titles = {"numbers": "Numbers", "classes": "Categories", "yes or no": "Yes or no",
                  "order": "Ordered", "alignment": "Alignments"}  # fmt: skip
        self.families.show_choices(
            [Choice(name, titles[name]) for name in FAMILIES], self._presenter.state.family
        )
        self.families.picked.connect(self._presenter.choose_family)
        self.runs = Combo("losses_run", "Samples of a run", letters=16)
        self.runs.picked.connect(self._presenter.choose_run)
        self.own = Button("Your own", "losses_own", icon_name="plus", chip=True)
        self.own.setToolTip("Losses of your own: write, switch on, look again")
        self.own.toggled.connect(self.own_page.setVisible)
        for widget in (self.families, self.runs, self.own):
            self.tools.addWidget(widget)

    def _list_card(self) -> Card:
        card = Card("Draw", f"up to {MOST}", "losses_list")
        card.setFixedWidth(236)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(2)
        self._list.addStretch(1)
        card.body.addWidget(_scrolling(inside, "losses_list_area"))
        return card

    def _plots(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(12)
        card = Card("Loss", "", "losses_curves_card")
        card.hint.hide()
        card.head.addStretch(1)
        self.axes = QButtonGroup(self)
        self._axis_chips: dict[str, Button] = {}
        for axis, words in (("probability", "Probability"), ("margin", "Margin")):
            chip = Button(words, f"losses_axis_{axis}", chip=True)
            chip.clicked.connect(lambda _, axis=axis: self._presenter.choose_axis(axis))
            self.axes.addButton(chip)
            self._axis_chips[axis] = chip
            card.head.addWidget(chip)
        self.curves = LossCurvesPlot("losses_curves", "Losses", "loss", MOST)
        self.waiting = label("", "quiet", "losses_waiting", wrap=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        card.body.addWidget(self.waiting, 1)
        self.curves.setMinimumHeight(170)
        card.body.addWidget(self.curves, 5)
        self.histogram = SamplesHistogram("losses_histogram")
        self.histogram.setMinimumHeight(84)
        card.body.addWidget(self.histogram, 2)
        self.sentence = label("", "quiet", "losses_sentence", wrap=True)
        card.body.addWidget(self.sentence)
        self.reading = QLabel()
        self.reading.setObjectName("losses_reading")
        self.reading.setTextFormat(Qt.TextFormat.RichText)
        self.reading.setWordWrap(True)
        card.body.addWidget(self.reading)
        column.addWidget(card, 5)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.slopes = LossCurvesPlot("losses_slopes", "Slopes of the losses", "", MOST)
        self.bends = LossCurvesPlot("losses_bends", "Curvatures of the losses", "", MOST)
        for title, hint, plot in (
            ("Gradient", "how hard it pulls", self.slopes),
            ("Curvature", "how the pull changes", self.bends),
        ):
            small = Card(title, hint, dense=True)
            plot.setMinimumHeight(104)
            small.body.addWidget(plot, 1)
            row.addWidget(small)
        column.addLayout(row, 3)
        for plot in (self.curves, self.slopes, self.bends):
            plot.moved.connect(self._presenter.move)
        return column

    def _words_card(self) -> Card:
        card = Card("", "", "losses_words_card")
        card.setFixedWidth(286)
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.name = label("", "card-title", "losses_name", wrap=True)
        self.formula = QLabel()
        self.formula.setObjectName("losses_formula")
        self.formula.setTextFormat(Qt.TextFormat.RichText)
        self.formula.setWordWrap(True)
        self.formula.setContentsMargins(0, theme.GAP_SMALL, 0, theme.GAP_SMALL)
        self.caption = label("", "strong", "losses_caption", wrap=True)
        self.options = LossOptions()
        self.options.edited.connect(self._presenter.change)
        self.text = QLabel()
        self.text.setObjectName("losses_text")
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.references = label("", "quiet", "losses_references", wrap=True)
        for widget in (self.name, self.formula, self.caption, self.options):
            box.addWidget(widget)
        box.addWidget(self.text)
        box.addWidget(self.references)
        box.addStretch(1)
        card.body.addWidget(_scrolling(inside, "losses_words_area"), 1)
        self.use = Button("Use in recipe", "losses_use", primary=True)
        self.use.clicked.connect(self._presenter.use)
        self.why_not = label("", "quiet", "losses_why_not", wrap=True)
        card.body.addWidget(self.why_not)
        card.body.addWidget(self.use)
        return card

    @Slot(object)
    def show_state(self, state: LossesState) -> None:
        """Show a state."""
        before, self._state = self._state, state
        if state.offered != self._offered:
            self._offered = state.offered
            self._offer(state.offered)
        self.families.setCurrentIndex(FAMILIES.index(state.family))
        choices = [Choice("", "No samples"), *(Choice(f, n) for f, n in state.runs)]
        self.runs.show_choices(choices, state.samples.folder if state.samples else "")
        self.runs.setVisible(bool(state.runs))
        picked = {one.part.name: one for one in state.picked}
        for name, row in self._names.items():
            row.show_picked(picked.get(name), state.in_focus)
        for axis, chip in self._axis_chips.items():
            chip.setVisible(axis in state.axes and len(state.axes) > 1)
            chip.setChecked(axis == state.axis)
        self._show_words(state)
        self._show_curves(before, state)
        if state.error is not None and state.error is not before.error:
            self.banner.show_error(state.error)
        elif state.error is None:
            self.banner.hide()

    def showEvent(self, event: object) -> None:
        """Say that the screen is looked at."""
        super().showEvent(event)  # type: ignore[arg-type]  # Qt gives a QShowEvent
        self.shown.emit()

    def _offer(self, offered: tuple[Part, ...]) -> None:
        for row in self._names.values():
            self._list.removeWidget(row)
            row.deleteLater()
        self._names = {}
        for place, part in enumerate(offered):
            row = _Row(part)
            row.toggled.connect(self._presenter.pick)
            row.focused.connect(self._presenter.focus)
            self._names[part.name] = row
            self._list.insertWidget(place, row)

    def _show_words(self, state: LossesState) -> None:
        one = state.in_focus
        self.use.setEnabled(not state.usable)
        self.why_not.setText(state.usable)
        self.why_not.setVisible(bool(state.usable))
        if one is None:
            self.name.setText("No loss is drawn")
            for words in (self.formula, self.caption, self.text, self.references):
                words.setText("")
            self.options.show_options((), {})
            return
        self.name.setText(one.part.title)
        self.formula.setText(f'<span style="font-size:16px">{formula(one.part)}</span>')
        self.caption.setText(one.part.caption)
        self.text.setText(rich(one.part.text))
        self.references.setText("\n".join(one.part.references))
        self.options.show_options(one.part.options, one.options)

    def _show_curves(self, before: LossesState, state: LossesState) -> None:
        plots = (self.curves, self.slopes, self.bends)
        low, high = RANGES[state.axis]
        answer = state.answer
        self.waiting.setText(state.waiting if answer is None else _problems(state))
        self.waiting.setVisible(bool(self.waiting.text()))
        if state.axis != before.axis or not self.curves.isVisible():
            for plot in (*plots, self.histogram):
                plot.show_axis(AXIS_WORDS[state.axis], low, high)
        if answer is not None and answer is not before.answer:
            places = state.axis_places
            for plot, which in zip(plots, ("values", "slopes", "bends"), strict=True):
                drawn = [
                    (np.asarray(getattr(told, which)), one.series)
                    for one, told in zip(state.picked, answer.curves, strict=False)
                    if told.values
                ]
                plot.show_curves(places, drawn)
        for plot in plots:
            plot.show_place(state.place)
        self._show_samples(before, state)
        self.reading.setText(_reading(state))

    def _show_samples(self, before: LossesState, state: LossesState) -> None:
        places: Numbers | None = None
        if state.samples is not None and state.samples.axis == state.axis:
            places = state.samples.places
        self.histogram.setVisible(places is not None)
        self.sentence.setVisible(places is not None and bool(state.sentence))
        self.sentence.setText(state.sentence)
        if places is not None and (
            state.samples is not before.samples or before.axis != state.axis
        ):
            self.histogram.show_samples(places)


class _Title(ElidedLabel):
    """The name of a loss; a click looks at it."""

    pressed = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click is a wish."""
        super().mousePressEvent(event)
        self.pressed.emit()


class _Row(QWidget):
    """One loss of the list: whether it is drawn, and in which colour."""

    toggled = Signal(str, bool)
    focused = Signal(str)

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._name = part.name
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 5, 0, 5)
        row.setSpacing(6)
        self.box = QCheckBox()
        self.box.setObjectName(f"losses_pick_{part.name}")
        self.box.setAccessibleName(f"Draw {part.title}")
        self.box.clicked.connect(lambda on: self.toggled.emit(self._name, on))
        self.title = _Title(part.title, "", f"losses_focus_{part.name}")
        self.title.setToolTip(f"{part.title}. {part.caption}")
        self.title.pressed.connect(self._choose)
        self.swatch = QLabel()
        self.swatch.setTextFormat(Qt.TextFormat.RichText)
        row.addWidget(self.box)
        row.addWidget(self.title, 1)
        row.addWidget(self.swatch)

    def show_picked(self, picked: Picked | None, focus: Picked | None) -> None:
        """Show whether it is drawn, and whether it is looked at."""
        self.box.setChecked(picked is not None)
        worn = theme.current()
        mark = "" if picked is None else _mark(worn.colour_of(picked.series), picked.series)
        self.swatch.setText(mark)
        set_role(self.title, "strong" if picked is not None and picked is focus else "")

    def _choose(self) -> None:
        if self.box.isChecked():
            self.focused.emit(self._name)
        else:
            self.toggled.emit(self._name, True)


def _mark(colour: str, series: int) -> str:
    marks = {
        Qt.PenStyle.SolidLine: "——", Qt.PenStyle.DashLine: "– –", Qt.PenStyle.DotLine: "····",
        Qt.PenStyle.DashDotLine: "–·–", Qt.PenStyle.DashDotDotLine: "–··",
    }  # fmt: skip
    return f'<span style="color:{colour}">{marks[theme.Theme.dash_of(series)]}</span>'


def _problems(state: LossesState) -> str:
    if state.answer is None:
        return ""
    return " ".join(told.problem for told in state.answer.curves if told.problem)


def _reading(state: LossesState) -> str:
    """What each loss says at the place of the sample."""
    worn = theme.current()
    told = []
    for one, value, slope in state.reading():
        mark = _mark(worn.colour_of(one.series), one.series)
        words = html.escape(one.title)
        told.append(f"{mark}&nbsp;{words}: <b>{value:.3g}</b>, pulls {slope:+.2g}")
    return f"At {state.place:.2f}: " + " &nbsp; ".join(told) if told else ""


def _scrolling(inside: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    set_role(inside, "panel")
    area.setWidget(inside)
    return area
