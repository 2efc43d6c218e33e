from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from workbench import parts
from workbench.data.index import Index, Target, strings
from workbench.errors import UserError
from workbench.gui.presenters.recipe import RecipePresenter
from workbench.gui.presenters.recipe_forms import plain_text
from workbench.gui.screens.recipe import RecipeView, field_name
from workbench.spec import Augmentation, from_data

SAMPLES = 60


def squared_error(labels, logits):
    """Punishes an error by its square."""


def huber(labels, logits, *, delta: Annotated[float, Field(gt=0, le=100)] = 1.0):
    """Counts large errors only in proportion.

    ``1/2 · r²`` while small.

    Args:
        delta: where proportion begins.
    """


def cross_entropy(labels, logits, *, smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0):
    """Rewards a high probability for the true class.

    Args:
        smoothing: spread certainty.
    """


def binary_cross_entropy(labels, logits):
    """The same for yes or no."""


def image_cnn(*, width: Annotated[int, Field(ge=4, le=256)] = 32):
    """Looks for edges.

    Args:
        width: filters.
    """


def text_average(*, embedding: Annotated[int, Field(ge=8, le=512)] = 64):
    """Averages words.

    Args:
        embedding: numbers that leave it.
    """


def text_lstm(*, units: Annotated[int, Field(ge=8, le=512)] = 64):
    """Reads words in order.

    Args:
        units: memory cells.
    """


def concat(*, size: Annotated[int, Field(ge=8, le=512)] = 128):
    """Side by side.

    Args:
        size: numbers that leave it.
    """


def adam(learning_rate):
    """Adapts every step."""


def constant(step, *, base, total):
    """Keeps the rate."""


def fixed():
    """Keeps the weights."""


@pytest.fixture(autouse=True)
def few_parts(monkeypatch):
    """A registry of a few parts of known options, whatever the program ships."""
    monkeypatch.setattr(parts, "_registry", {kind: {} for kind in parts.KINDS})
    monkeypatch.setattr(parts, "load", lambda kind: None)
    marks = {
        squared_error: parts.loss(target="number", order=1),
        huber: parts.loss(target="number", order=2),
        cross_entropy: parts.loss(target="category", order=1),
        binary_cross_entropy: parts.loss(target="yes_no", order=1),
        image_cnn: parts.encoder(modality="image"),
        text_average: parts.encoder(modality="text", order=1),
        text_lstm: parts.encoder(modality="text", order=2),
        concat: parts.fusion(),
        adam: parts.optimizer(),
        constant: parts.schedule(),
        fixed: parts.balancer(needs=()),
    }
    for function, mark in marks.items():
        monkeypatch.setattr(function, "__module__", f"few.{function.__name__}")
        mark(function)


def index_of(classes=("cat", "dog", "eel"), missing=0):
    labels = np.arange(SAMPLES) % len(classes)
    stems = strings([f"s{i}" for i in range(SAMPLES)])
    texts = strings(["" if i < missing else f"{i}.txt" for i in range(SAMPLES)])
    return Index(
        root=Path("/data/animals"),
        layout="class_folders",
        stems=stems,
        files={"image": strings([f"{i}.png" for i in range(SAMPLES)]), "text": texts},
        targets={
            "label": Target("label", "category", labels, classes),
            "weight": Target("weight", "number", np.linspace(0, 1, SAMPLES)),
        },
    )


def suggest(index, target=None):
    chosen = index.target(target or "label")
    return from_data(
        {
            "name": index.root.name,
            "data": {"folder": str(index.root), "target": chosen.name, "task": chosen.task},
            "model": {"encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_lstm"}}},
            "objective": {"loss": {"name": parts.parts("loss", task=chosen.task)[0].name}},
        }
    )


def reasons(index, spec):
    return {"objective.loss": f"Because of {spec.data.task}."}


@pytest.fixture
def presenter(qapp):
    made = RecipePresenter(suggest, reasons)
    made.use(index_of())
    return made


@pytest.fixture
def view(qtbot, presenter):
    made = RecipeView(presenter)
    qtbot.addWidget(made)
    made.resize(1112, 772)
    made.show()
    return made


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def retype(qtbot, field, text):
    field.selectAll()
    qtbot.keyClicks(field, text)


def test_before_there_are_data_the_screen_says_where_to_begin(qtbot):
    view = RecipeView(RecipePresenter(suggest, reasons))
    qtbot.addWidget(view)
    view.show()
    assert not child(view, QPushButton, "recipe_train").isVisible()
    with qtbot.waitSignal(view.data_wished):
        child(view, QPushButton, "recipe_empty_action").click()


def test_a_suggested_recipe_is_ready_and_says_how_much_it_trains(presenter):
    state = presenter.state
    assert state.ready
    assert state.checks[0].sentence == "Ready to train."
    assert "42 train · 9 validation · 9 test samples · 2 steps an epoch" in state.facts
    assert state.reasons["objective.loss"] == "Because of category."


def test_a_refused_value_keeps_the_spec_and_blocks_training(presenter):
    before = presenter.state.spec
    presenter.change("training.epochs", 0)
    assert presenter.state.spec == before
    assert not presenter.state.ready
    assert presenter.state.checks[0].place == "training.epochs"
    presenter.change("training.epochs", 9)
    assert presenter.state.ready
    assert presenter.state.spec.training.epochs == 9


def test_another_part_forgets_what_was_wrong_with_the_old_ones_options(presenter):
    presenter.change("model.encoders.text.units", 1)
    assert not presenter.state.ready
    presenter.change("model.encoders.text.name", "text_average")
    assert presenter.state.ready


def test_a_modality_that_rests_comes_back_as_it_was(presenter):
    presenter.change("model.encoders.text.units", 99)
    presenter.switch("text", False)
    assert presenter.state.spec.modalities == ("image",)
    presenter.switch("text", True)
    assert presenter.state.spec.part("model.encoders.text").options["units"] == 99


def test_the_last_modality_cannot_be_switched_off(view, presenter):
    child(view, QCheckBox, "recipe_text_on").click()
    switch = child(view, QCheckBox, "recipe_image_on")
    assert not switch.isEnabled()
    presenter.switch("image", False)
    assert presenter.state.spec.modalities == ("image",)


def test_a_loss_that_does_not_fit_is_greyed_with_the_reason(view, presenter):
    combo = child(view, QComboBox, "recipe_loss")
    row = next(i for i in range(combo.count()) if combo.itemText(i).startswith("Huber"))
    item = combo.model().item(row)
    assert not item.isEnabled()
    assert "numbers" in item.text()
    assert "yours are categories" in item.toolTip()


def test_two_classes_can_be_learned_as_yes_or_no_with_a_loss_that_fits(qapp):
    presenter = RecipePresenter(suggest, reasons)
    presenter.use(index_of(classes=("no", "yes")), task="yes_no")
    assert presenter.state.spec.data.task == "yes_no"
    assert presenter.state.spec.objective.loss.name == "binary_cross_entropy"


def test_a_recipe_for_other_data_is_refused_in_words(presenter):
    index = index_of()
    without_text = Index(
        index.root, index.layout, index.stems, {"image": index.files["image"]}, index.targets
    )
    with pytest.raises(UserError, match="reads text"):
        presenter.use(without_text, suggest(index))


@pytest.mark.parametrize(
    ("incomplete", "words"),
    [("keep", "7 samples lack text; they are kept"), ("leave_out", "7 of 60 samples are left out")],
)
def test_samples_that_lack_a_file_are_told_and_switching_the_modality_off_helps(
    qapp, incomplete, words
):
    presenter = RecipePresenter(suggest, reasons)
    presenter.use(index_of(missing=7))
    presenter.change("data.incomplete", incomplete)
    assert any(words in check.sentence for check in presenter.state.checks)
    presenter.switch("text", False)
    assert not any("7 " in check.sentence for check in presenter.state.checks)


def test_fixed_splits_are_counted_not_guessed(qapp):
    index = index_of()
    fixed = np.repeat(np.array([0, 1, 2], np.int8), SAMPLES // 3)
    presenter = RecipePresenter(suggest, reasons)
    presenter.use(Index(index.root, index.layout, index.stems, index.files, index.targets, fixed))
    assert presenter.state.facts.startswith("20 train · 20 validation · 20 test")


def test_the_outline_follows_the_spec(presenter):
    presenter.change("data.image.size", 96)
    image, text = presenter.state.outline.branches
    assert [node.detail for node in image] == ["96 × 96 × 3", "→ 32"]
    assert text[1].detail == "→ 64"
    assert [node.detail for node in presenter.state.outline.trunk[:2]] == ["→ 128", "→ 3"]
    presenter.switch("text", False)
    assert len(presenter.state.outline.branches) == 1


def test_a_typed_value_out_of_range_disables_train_and_says_why(qtbot, view):
    field, train = child(view, QWidget, "recipe_epochs"), child(view, QPushButton, "recipe_train")
    retype(qtbot, field, "0")
    assert field.text() == "0"
    assert field.property("wrong")
    assert not train.isEnabled()
    assert "Epochs is 0" in train.toolTip()
    assert "Epochs is 0" in child(view, QLabel, "recipe_check_0").text()
    retype(qtbot, field, "12")
    assert train.isEnabled()


def test_train_sends_the_recipe_with_what_was_typed(qtbot, view, presenter):
    retype(qtbot, child(view, QWidget, "recipe_epochs"), "12")
    retype(qtbot, child(view, QLineEdit, "recipe_name"), "first try")
    with qtbot.waitSignal(presenter.train_wished) as wished:
        qtbot.mouseClick(child(view, QPushButton, "recipe_train"), Qt.MouseButton.LeftButton)
    assert wished.args[0].training.epochs == 12
    assert wished.args[0].name == "first try"


def test_an_empty_name_is_refused_where_it_stands(qtbot, view, presenter):
    name = child(view, QLineEdit, "recipe_name")
    name.selectAll()
    qtbot.keyClick(name, Qt.Key.Key_Delete)
    assert name.property("wrong")
    assert name.text() == ""
    assert not presenter.state.ready


def test_another_encoder_by_keyboard_brings_its_own_form(qtbot, view, presenter):
    assert view.findChild(QWidget, "recipe_encoder_text_units") is not None
    combo = child(view, QComboBox, "recipe_encoder_text")
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert presenter.state.spec.model.encoders["text"].name == "text_average"
    assert view.findChild(QWidget, "recipe_encoder_text_units") is None
    field = child(view, QWidget, "recipe_encoder_text_embedding")
    qtbot.waitUntil(field.isVisible)
    assert child(view, QLabel, "recipe_encoder_text_caption").text() == "Averages words."


def test_augmentation_is_folded_away_and_says_what_is_on(qtbot, view, presenter):
    fold = child(view, QPushButton, "recipe_image_augmentation")
    assert fold.text() == "Augmentation · off"
    fold.click()
    retype(qtbot, child(view, QWidget, "recipe_augment_image_rotate"), "10")
    flip = child(view, QComboBox, "recipe_augment_image_flip")
    flip.setFocus()
    qtbot.keyClick(flip, Qt.Key.Key_Down)
    assert presenter.state.spec.training.augmentation.image.rotate == 10
    assert presenter.state.spec.training.augmentation.image.flip == "horizontal"
    assert fold.text() == "Augmentation · flip horizontal, rotate 10 °"
    view.resize(700, 772)
    qtbot.waitUntil(lambda: fold.text() == "Augmentation · 2 on")
    assert "flip horizontal, rotate 10 °" in fold.toolTip()


def test_augmentation_is_switched_off_at_once_with_what_was_mistyped_in_it(qtbot, view, presenter):
    child(view, QPushButton, "recipe_image_augmentation").click()
    reset = child(view, QPushButton, "recipe_image_augmentation_reset")
    assert not reset.isEnabled()
    crop, rotate = (
        child(view, QWidget, f"recipe_augment_image_{name}") for name in ("crop", "rotate")
    )
    retype(qtbot, crop, "0.3")
    retype(qtbot, rotate, "999")
    presenter.change("training.epochs", 0)
    assert {check.place for check in presenter.state.checks if check.severity == "error"} == {
        "training.augmentation.image.rotate", "training.epochs",
    }  # fmt: skip
    reset.click()
    assert presenter.state.spec.training.augmentation == Augmentation()
    assert set(presenter.state.errors) == {"training.epochs"}
    assert (crop.text(), rotate.text()) == ("0.0", "0.0")
    assert not rotate.property("wrong")
    assert not reset.isEnabled()


def test_one_sample_that_lacks_a_file_is_told_in_the_singular(qapp):
    presenter = RecipePresenter(suggest, reasons)
    presenter.use(index_of(missing=1))
    assert any("1 sample lacks text; it is kept" in c.sentence for c in presenter.state.checks)


def test_data_from_which_nothing_can_be_learned_say_why_instead_of_asking_for_data(
    qtbot, view, presenter
):
    presenter.clear(UserError("These data have no target.", "Choose a column."))
    assert child(view, QLabel, "recipe_empty_sentence").text() == (
        "These data have no target. Choose a column."
    )
    with qtbot.waitSignal(view.data_wished):
        child(view, QPushButton, "recipe_empty_action").click()
    presenter.use(index_of())
    assert child(view, QPushButton, "recipe_train").isVisible()
    presenter.clear()
    assert child(view, QLabel, "recipe_empty_title").text() == "No data yet"


def test_a_check_leads_to_the_field_that_it_concerns(qtbot, view):
    field = child(view, QWidget, "recipe_epochs")
    retype(qtbot, field, "0")
    child(view, QLineEdit, "recipe_name").setFocus()
    child(view, QPushButton, "recipe_check_0_show").click()
    qtbot.waitUntil(lambda: field.hasFocus() or field.lineEdit().hasFocus())


def test_every_place_with_an_error_has_its_field(view):
    for place in (
        "training.epochs",
        "training.seed",
        "data.image.size",
        "data.validation",
        "training.augmentation.image.rotate",
        "model.head_dropout",
        "model.encoders.image.width",
        "model.encoders.image.name",
        "model.fusion.size",
        "objective.loss.smoothing",
        "training.optimizer.name",
        "name",
    ):
        assert view.findChild(QWidget, field_name(place)) is not None, place


def test_the_screen_fits_a_small_window(view):
    area = view.findChild(QScrollArea)
    assert area.widget().width() <= area.viewport().width()
    assert area.verticalScrollBar().maximum() == 0


def test_every_interactive_widget_has_a_unique_and_an_accessible_name(view):
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)
    named = [
        widget
        for kind in kinds
        for widget in view.findChildren(kind)
        if widget.objectName() != "qt_spinbox_lineedit"
    ]
    names = [widget.objectName() for widget in named]
    assert all(names)
    assert len(set(names)) == len(names)
    assert all(widget.accessibleName() for widget in named)


def test_a_docstring_is_shown_without_its_marks():
    assert plain_text("``r ** 2 * k``\nb\n\nc <= d") == "r² · k b\nc ≤ d"
