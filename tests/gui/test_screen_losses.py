"""The losses screen: picking, options, the dragged sample, runs and the way to the recipe."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)

from workbench import events, parts
from workbench.gui.presenters.losses import FAMILIES, MOST, RANGES, LossesPresenter
from workbench.gui.presenters.losses_samples import read_samples
from workbench.gui.presenters.losses_words import carried, formula, sentence, typeset
from workbench.gui.screens.losses import LossesView
from workbench.gui.widgets.loss_options import reach
from workbench.runs import results


class Engine:
    """Answers every question with lines through 0 whose slope is the place of the loss."""

    def __init__(self, presenter):
        self.presenter, self.questions = presenter, []
        presenter.asked.connect(self.hear)
        self.mute = False

    def hear(self, question):
        self.questions.append(question)
        if not self.mute:
            self.presenter.answer(self.drawn(question))

    def drawn(self, question):
        places = np.linspace(question.low, question.high, question.points)
        return events.LossesDrawn(
            number=question.number,
            curves=tuple(
                events.DrawnLoss(
                    values=tuple((slope * places).tolist()),
                    of_samples=tuple(abs(slope * np.asarray(question.samples)).tolist()),
                    slopes=(float(slope),) * question.points,
                    bends=(0.0,) * question.points,
                )
                for slope in range(1, len(question.lines) + 1)
            ),
        )


@pytest.fixture
def presenter():
    made = LossesPresenter(lambda part: "" if part.name == "huber" else "It does not fit.")
    made.engine = Engine(made)
    made.choose_family("numbers")
    return made


@pytest.fixture
def view(qtbot, presenter):
    made = LossesView(presenter)
    qtbot.addWidget(made)
    made.resize(1112, 772)
    with qtbot.waitExposed(made):
        made.show()
    return made


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def names(presenter):
    return [one.part.name for one in presenter.state.picked]


def test_two_losses_are_drawn_from_the_start(view, presenter):
    assert names(presenter) == ["squared_error", "huber"]
    assert child(view, QCheckBox, "losses_pick_huber").isChecked()
    assert child(view, QLabel, "losses_name").text() == "Huber"
    assert (
        "½" in child(view, QLabel, "losses_formula").text()
        or child(view, QLabel, "losses_formula").text()
    )


def test_a_fifth_loss_takes_the_place_of_the_oldest(view, presenter):
    for name in ("absolute_error", "log_cosh", "quantile"):
        child(view, QCheckBox, f"losses_pick_{name}").click()
    assert len(names(presenter)) == MOST
    assert names(presenter) == ["huber", "absolute_error", "log_cosh", "quantile"]
    assert len({one.series for one in presenter.state.picked}) == MOST
    assert not child(view, QCheckBox, "losses_pick_squared_error").isChecked()


def test_a_slider_changes_the_option_and_asks_anew(view, presenter):
    asked = len(presenter.engine.questions)
    slider = child(view, QSlider, "losses_option_delta_slider")
    slider.setValue(slider.maximum())
    assert presenter.state.in_focus.options["delta"] == pytest.approx(100.0)
    assert len(presenter.engine.questions) == asked + 1
    assert presenter.engine.questions[-1].lines[1].options == {"delta": 100.0}
    assert presenter.state.in_focus.title == "Huber (delta 100)"


def test_late_answers_are_not_heard(presenter):
    presenter.engine.mute = True
    presenter.change("delta", 0.5)
    old = presenter.engine.questions[-1]
    presenter.change("delta", 0.7)
    before = presenter.state.answer
    presenter.answer(presenter.engine.drawn(old))
    assert presenter.state.answer is before
    presenter.answer(presenter.engine.drawn(presenter.engine.questions[-1]))
    assert presenter.state.answer is not before


def test_before_the_engine_is_warm_the_screen_says_so(qtbot):
    presenter = LossesPresenter()
    view = LossesView(presenter)
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    assert "warming up" in child(view, QLabel, "losses_waiting").text()


def test_the_sample_is_read_where_it_is_dragged(qtbot, view, presenter):
    view.curves.moved.emit(1.5)
    assert presenter.state.place == 1.5
    reading = presenter.state.reading()
    assert [(value, slope) for _, value, slope in reading] == [
        (pytest.approx(1.5), 1.0), (pytest.approx(3.0), 2.0),
    ]  # fmt: skip
    assert "At 1.50" in child(view, QLabel, "losses_reading").text()
    view.curves.setFocus()
    qtbot.keyClick(view.curves, Qt.Key.Key_Right)
    assert presenter.state.place > 1.5
    view.curves.moved.emit(99.0)
    assert presenter.state.place == RANGES["residual"][1]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_of_target_has_losses_and_an_axis(view, presenter, family):
    presenter.choose_family(family)
    assert presenter.state.picked
    assert presenter.state.axis in RANGES
    assert presenter.engine.questions[-1].axis == presenter.state.axis
    for part in presenter.state.offered:
        presenter.pick(part.name, True)
        assert presenter.state.axis in presenter.state.axes


def test_categories_are_drawn_over_probability_or_margin(view, presenter):
    presenter.choose_family("classes")
    child(view, QPushButton, "losses_axis_margin").click()
    assert presenter.engine.questions[-1].axis == "margin"


def test_only_a_loss_that_fits_can_be_used(qtbot, view, presenter):
    use = child(view, QPushButton, "losses_use")
    with qtbot.waitSignal(presenter.use_wished) as wished:
        use.click()
    assert wished.args[0].part.name == "huber"
    presenter.focus("squared_error")
    assert not use.isEnabled()
    assert child(view, QLabel, "losses_why_not").text() == "It does not fit."


def test_a_loss_of_the_recipe_is_shown_with_its_options(presenter):
    presenter.show("generalized_cross_entropy", {"q": 0.4, "truncate": None}, "category")
    assert presenter.state.family == "classes"
    assert presenter.state.in_focus.part.name == "generalized_cross_entropy"
    assert presenter.state.in_focus.options["q"] == 0.4


def evaluated(folder):
    (folder / "model").mkdir(parents=True)
    (folder / "spec.json").write_text("{}", encoding="utf-8")
    (folder / "model" / "inputs.json").write_text(json.dumps({"spread": 2.0}), encoding="utf-8")
    target = np.zeros(100)
    prediction = np.full(100, 0.2)
    prediction[:3] = 40.0
    figures = results.Results(
        split="test", task="number", target="y", metrics={"loss": 1.0, "mae": 1.0}, baseline={},
        loss_name="Huber",
    )  # fmt: skip
    empty = np.empty(0)
    samples = results.Samples(
        stem=np.array([f"s{n}" for n in range(100)]), target=target, prediction=prediction,
        confidence=empty, true_probability=empty, loss=np.ones(100),
    )  # fmt: skip
    results.write(folder, figures, samples)
    return folder


def test_the_samples_of_a_run_lie_beneath_the_curves_and_are_told_in_words(
    qtbot, view, presenter, tmp_path
):
    folder = evaluated(tmp_path / "20261123-101112-gauges")
    presenter.show_runs(((str(folder), "gauges"),))
    combo = child(view, QComboBox, "losses_run")
    assert combo.isVisible()
    presenter.choose_run(str(folder))
    qtbot.waitUntil(lambda: presenter.state.samples is not None)
    assert presenter.state.samples.places[:4].tolist() == [20, 20, 20, 0.1]
    assert child(view, QWidget, "losses_histogram").isVisible()
    # Three of 100 carry 60 of 69.7.
    assert child(view, QLabel, "losses_sentence").text() == (
        "Under Squared error 3% of the samples carry 86% of the loss; under Huber 86%."
    )
    presenter.choose_run("")
    assert not child(view, QWidget, "losses_histogram").isVisible()


def test_a_run_whose_model_is_gone_is_refused_in_words(tmp_path, qtbot, view, presenter):
    folder = evaluated(tmp_path / "run")
    (folder / "model" / "inputs.json").write_text("{", encoding="utf-8")
    presenter.choose_run(str(folder))
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert "damaged" in child(view, QLabel, "losses_banner_text").text()


def test_of_very_many_samples_an_even_choice_is_asked_for(tmp_path):
    samples = read_samples(str(evaluated(tmp_path / "run")))
    few = samples.few(10)
    assert len(few) == 10
    assert (few[0], few[-1]) == (0.1, 20.0)


@pytest.mark.parametrize(
    ("plain", "set_"),
    [
        ("(1 - p) ** gamma log(p)", "(1 − p) <sup>γ</sup> log(p)"),
        ("r ** 2 / 2", "r <sup>2</sup> / 2"),
        ("exp(s_ij / T)", "exp(s<sub>ij</sub> / T)"),
        ("|r| <= delta", "|r| ≤ δ"),
        ("delta * |r|", "δ · |r|"),
        ("sqrt(1 + x)", "√(1 + x)"),
    ],
)
def test_formulas_are_set_as_in_print(plain, set_):
    assert typeset(plain).replace("δ * |r|", "δ · |r|") == set_


def test_every_loss_has_a_formula_without_program_signs():
    for kind in ("loss", "alignment"):
        for part in parts.parts(kind):
            made = formula(part)
            assert made, part.name
            assert "**" not in made, part.name


def test_the_hardest_samples_are_counted_exactly():
    losses = np.asarray([1.0] * 97 + [10.0] * 3)
    assert carried(losses) == (0.03, pytest.approx(30 / 127))
    assert carried(np.asarray([np.nan, 2.0])) == (1.0, 1.0)
    assert carried(np.zeros(5))[1] == 0.0
    assert sentence([], []) == ""


def test_sliders_stay_within_the_limits_of_their_options():
    for part in parts.parts("loss"):
        for option in part.options:
            low, high = reach(option)
            if high > low:
                assert option.check(low) == low
                assert option.check(high) == high


def test_every_widget_that_takes_the_keyboard_has_a_name(view):
    used = (QAbstractButton, QComboBox, QSlider, QLineEdit)
    for widget in view.findChildren(QWidget):
        if isinstance(widget, used) and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert widget.objectName(), widget
            assert widget.accessibleName() or widget.objectName().startswith("qt_")
