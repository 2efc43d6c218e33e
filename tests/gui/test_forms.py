import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton, QWidget

from workbench.gui.forms import OptionForm
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.number_field import NumberField, number_text
from workbench.options import Option

OPTIONS = (
    Option("epochs", "int", 20, "passes over the data.", minimum=1, maximum=100, unit="passes"),
    Option(
        "rate",
        "float",
        0.001,
        "step length.",
        minimum=0,
        open_minimum=True,
        maximum=10,
        log=True,
    ),
    Option("patience", "int", None, "when to stop.", minimum=1, maximum=50, optional=True),
    Option("mode", "choice", "relu", "bend of the curve.", choices=("relu", "gelu")),
    Option("both_ways", "bool", True, "also backwards."),
    Option("note", "text", "", "for yourself."),
    Option("seed", "int", 0, "start of chance.", minimum=0, advanced=True),
)


@pytest.fixture
def form(qtbot):
    made = OptionForm(OPTIONS, "demo")
    qtbot.addWidget(made)
    made.show()
    return made


def retype(qtbot, field, text):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def turn_wheel(widget):
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_every_option_has_a_named_field_that_explains_itself(form):
    for option in OPTIONS:
        field = form.findChild(QWidget, f"demo_{option.name}")
        assert field is not None, option.name
        assert field.accessibleName() == option.title
        assert option.help[1:] in field.accessibleDescription()
        assert option.help[1:] in field.toolTip()


def test_the_form_begins_with_the_defaults(form):
    assert form.values() == {option.name: option.default for option in OPTIONS}
    assert form.error() == ""


def test_a_typed_value_is_told_by_name(qtbot, form):
    told = []
    form.edited.connect(lambda name, value: told.append((name, value)))
    retype(qtbot, form.field("epochs"), "35")
    assert told == [("epochs", 3), ("epochs", 35)]
    assert form.values()["epochs"] == 35


@pytest.mark.parametrize("text", ["0", "101", "abc", "1.5", "-3"])
def test_a_bad_value_stays_visible_is_marked_and_explained(qtbot, form, text):
    field = form.field("epochs")
    with qtbot.waitSignal(form.refused):
        retype(qtbot, field, text)
    assert field.text() == text
    assert field.property("wrong") is True
    assert form.error().startswith("Epochs is ")
    assert "1 ≤ x ≤ 100" in form.error()
    assert form.findChild(QLabel, "demo_error").text() == form.error()
    assert form.values()["epochs"] in range(1, 101)


def test_mending_a_bad_value_takes_the_mark_away(qtbot, form):
    retype(qtbot, form.field("epochs"), "0")
    retype(qtbot, form.field("epochs"), "7")
    assert form.error() == ""
    assert form.field("epochs").property("wrong") is False
    assert form.findChild(QLabel, "demo_error").isHidden()


def test_an_optional_number_is_switched_on_with_a_value_and_off_to_none(qtbot, form):
    switch, field = form.findChild(QCheckBox, "demo_patience_on"), form.field("patience")
    assert not switch.isChecked()
    assert not field.isEnabled()
    with qtbot.waitSignal(form.edited) as told:
        switch.click()
    assert told.args == ["patience", 5]
    assert field.isEnabled()
    with qtbot.waitSignal(form.edited) as told:
        switch.click()
    assert told.args == ["patience", None]


def test_an_emptied_optional_number_is_wrong_rather_than_silently_off(qtbot, form):
    form.findChild(QCheckBox, "demo_patience_on").click()
    field = form.field("patience")
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    assert "Patience needs a number" in form.error()


def test_arrow_keys_step_a_logarithmic_option_along_one_two_five(qtbot, form):
    field = form.field("rate")
    seen = []
    for _ in range(4):
        qtbot.keyClick(field, Qt.Key.Key_Up)
        seen.append(field.value())
    assert seen == [0.002, 0.005, 0.01, 0.02]
    retype(qtbot, field, "0.003")
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.value() == 0.002


def test_steps_end_at_the_limits(form):
    field = form.field("epochs")
    field.stepBy(1000)
    assert field.value() == 100
    field.stepBy(-100_000)
    assert field.value() == 1
    rate = form.field("rate")
    rate.stepBy(50)
    assert rate.value() == 10
    assert form.error() == ""


def test_the_wheel_changes_neither_numbers_nor_choices(form):
    for name in ("epochs", "mode"):
        form.field(name).setFocus()
        turn_wheel(form.field(name))
    assert form.values()["epochs"] == 20
    assert form.field("mode").chosen() == "relu"


def test_a_choice_is_made_by_keyboard(qtbot, form):
    combo = form.field("mode")
    assert isinstance(combo, Combo)
    combo.setFocus()
    with qtbot.waitSignal(form.edited) as told:
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert told.args == ["mode", "gelu"]


def test_values_from_elsewhere_are_shown_without_a_word(qtbot, form):
    with qtbot.assertNotEmitted(form.edited):
        form.set_values({"epochs": 3, "patience": 4, "mode": "gelu", "both_ways": False})
    assert form.field("epochs").text() == "3"
    assert form.field("patience").text() == "4"
    assert form.field("mode").chosen() == "gelu"
    assert not form.field("both_ways").isChecked()


def test_text_that_reads_as_the_value_is_not_rewritten_under_the_cursor(qtbot, form):
    retype(qtbot, form.field("rate"), "0.0010")
    form.set_values({"rate": 0.001})
    assert form.field("rate").text() == "0.0010"


def test_a_wrong_text_survives_a_refresh_with_the_last_good_value(qtbot, form):
    retype(qtbot, form.field("epochs"), "0")
    form.set_values(form.values())
    assert form.field("epochs").text() == "0"
    assert form.error()


def test_advanced_options_are_folded_and_unfold_by_keyboard(qtbot, form):
    button, field = form.findChild(QPushButton, "demo_advanced"), form.field("seed")
    assert not field.isVisible()
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert field.isVisible()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (5, "5"), (0.001, "0.001"), (1e-5, "1e-5"), (1.0, "1.0"), (2.5e7, "25000000.0")],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert number_text(value) == text


def test_fields_are_only_as_wide_as_their_content(form):
    assert form.field("epochs").width() < 100
    assert isinstance(form.field("epochs"), NumberField)
