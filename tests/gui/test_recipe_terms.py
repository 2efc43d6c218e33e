"""Several terms from the recipe's form: heads, alignments, balance, and what goes with what."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QWidget

from workbench import events, parts, suggest
from workbench.data.index import Index, Target, strings
from workbench.gui.presenters.recipe import RecipePresenter, why_not
from workbench.gui.screens.recipe import RecipeView, field_name
from workbench.spec import places

SAMPLES = 60


def index_of(*, target=True, modalities=("image", "audio", "text")):
    names = strings([f"s{i}" for i in range(SAMPLES)])
    labels = Target("label", "category", np.arange(SAMPLES) % 3, ("a", "b", "c"))
    return Index(
        root=Path("/data/animals"),
        layout="class_folders",
        stems=names,
        files=dict.fromkeys(modalities, names),
        targets={"label": labels} if target else {},
    )


@pytest.fixture
def presenter(qapp):
    made = RecipePresenter(suggest.suggest, suggest.reasons)
    made.use(index_of())
    return made


@pytest.fixture
def view(qtbot, presenter):
    made = RecipeView(presenter)
    qtbot.addWidget(made)
    made.resize(1112, 772)
    with qtbot.waitExposed(made):
        made.show()
    return made


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def greyed(presenter, place):
    return {choice.title: bool(choice.reason) for choice in presenter.state.chosen[place].choices}


def test_heads_and_an_alignment_are_added_and_removed_by_a_click(view, presenter):
    fold = child(view, QPushButton, "recipe_terms")
    assert fold.text() == "More terms · none"
    fold.click()
    child(view, QCheckBox, "recipe_objective_heads").click()
    child(view, QCheckBox, "recipe_align_image_text_on").click()
    objective = presenter.state.spec.objective
    assert objective.heads
    first = parts.parts("alignment")[0].name
    assert objective.alignments["image+text"].loss.name == first
    assert fold.text() == "More terms · heads, image+text"
    assert child(view, QComboBox, "recipe_align_image_text").isVisible()
    child(view, QCheckBox, "recipe_align_image_text_on").click()
    assert presenter.state.spec.objective.alignments == {}


def test_balancers_are_greyed_until_what_they_need_is_there(view, presenter):
    combo = child(view, QComboBox, "recipe_balancer")
    row = [part.name for part in parts.parts("balancer")].index("pcgrad")
    assert not combo.model().item(row).isEnabled()
    assert greyed(presenter, "objective.balancer")["PCGrad"]
    presenter.change("objective.heads", True)
    assert not greyed(presenter, "objective.balancer")["PCGrad"]
    assert combo.model().item(row).isEnabled()
    presenter.change("objective.balancer.name", "pcgrad")
    presenter.change("objective.heads", False)
    assert presenter.state.spec.objective.balancer.name == "fixed"
    assert not presenter.state.errors


def test_what_balancers_wait_for_is_added_by_a_click(view, presenter):
    child(view, QPushButton, "recipe_terms").click()
    add = child(view, QPushButton, "recipe_balancer_add")
    waiting = [part for part in parts.parts("balancer") if part.needs & {"terms", "heads"}]
    words = f"{len(waiting)} more need a head for each modality."
    assert child(view, QLabel, "recipe_balancer_waiting").text() == words
    add.click()
    assert presenter.state.spec.objective.heads
    assert not add.isVisible()
    assert child(view, QWidget, "recipe_objective_heads_weight").isVisible()


def test_one_modality_has_nothing_to_wait_for(presenter):
    presenter.switch("audio", False)
    presenter.switch("text", False)
    assert presenter.state.waiting == ""


def test_uncertainty_is_greyed_where_a_loss_is_no_likelihood(presenter):
    presenter.change("objective.heads", True)
    assert not greyed(presenter, "objective.balancer")["Uncertainty"]
    presenter.change("objective.loss.name", "focal")
    assert greyed(presenter, "objective.balancer")["Uncertainty"]


def test_a_modality_that_is_switched_off_takes_its_alignments_along(presenter):
    presenter.change("objective.heads", True)
    presenter.change("objective.alignments.image+text.loss", "infonce")
    presenter.change("objective.alignments.image+audio.loss", "infonce")
    presenter.switch("text", False)
    assert list(presenter.state.spec.objective.alignments) == ["image+audio"]
    assert presenter.state.spec.objective.heads
    presenter.switch("audio", False)
    assert presenter.state.spec.objective.alignments == {}
    assert not presenter.state.spec.objective.heads


def test_a_late_fusion_and_a_loss_with_a_head_of_its_own_exclude_each_other(presenter):
    presenter.change("model.fusion.name", "late_average")
    losses = greyed(presenter, "objective.loss")
    assert losses["LDAM"]
    assert losses["Multiclass hinge"]
    assert not losses["Focal"]
    presenter.change("model.fusion.name", "concat")
    presenter.change("objective.loss.name", "ldam")
    assert greyed(presenter, "model.fusion")["Late average"]


def test_pairs_without_a_target_are_ready_to_train(view, presenter):
    presenter.use(index_of(target=False))
    assert presenter.state.ready
    assert presenter.state.spec.objective.loss is None
    assert child(view, QPushButton, "recipe_terms").isChecked()
    assert child(view, QPushButton, "recipe_terms").text().startswith("Terms · image+audio")
    assert not child(view, QComboBox, "recipe_loss").isVisible()
    assert not child(view, QCheckBox, "recipe_objective_heads").isVisible()
    assert not child(view, QWidget, "recipe_objective_weight").isVisible()
    for pair in ("image_audio", "image_text", "audio_text"):
        assert child(view, QCheckBox, f"recipe_align_{pair}_on").isChecked()


def test_every_place_of_a_recipe_with_terms_has_its_field(view, presenter):
    presenter.change("objective.heads", True)
    presenter.change("objective.alignments.image+text.loss", "infonce")
    presenter.change("objective.balancer.name", "gradnorm")
    for place in places(presenter.state.spec):
        if place.startswith("objective."):
            assert child(view, QWidget, field_name(place)), place


def test_a_loss_from_elsewhere_is_taken_with_its_options(presenter):
    presenter.use_part(parts.find("loss", "focal"), {"gamma": 3.0})
    assert presenter.state.spec.objective.loss.options == {"gamma": 3.0}
    part = parts.find("alignment", "siglip")
    presenter.use_part(part, part.check({"scale": 20.0}))
    alignment = presenter.state.spec.objective.alignments["image+audio"]
    assert alignment.loss.options["scale"] == 20.0


def test_what_fits_stands_above_what_does_not(presenter):
    for place in ("objective.loss", "objective.balancer", "model.fusion"):
        reasons = [bool(choice.reason) for choice in presenter.state.chosen[place].choices]
        assert reasons == sorted(reasons)
    assert presenter.state.chosen["objective.loss"].choices[0].name == "cross_entropy"


def test_what_cannot_be_taken_says_why(presenter):
    assert "numbers" in why_not(parts.find("loss", "huber"), presenter.state.spec)
    presenter.switch("audio", False)
    presenter.switch("text", False)
    assert "two modalities" in why_not(parts.find("alignment", "infonce"), presenter.state.spec)


def test_the_curve_of_the_loss_is_one_click_away(qtbot, view):
    with qtbot.waitSignal(view.loss_wished):
        qtbot.mouseClick(child(view, QPushButton, "recipe_loss_curve"), Qt.MouseButton.LeftButton)


def test_advice_is_taken_or_dismissed_and_never_applied_by_itself(qtbot, view, presenter):
    index = index_of()
    lopsided = Target("label", "category", np.repeat([0, 1, 2], [50, 6, 4]), ("a", "b", "c"))
    presenter.use(replace(index, targets={"label": lopsided}))
    take = child(view, QPushButton, "recipe_advice_take")
    assert presenter.state.spec.objective.loss.name == "cross_entropy"
    assert take.text() == "Use Focal"
    take.click()
    assert presenter.state.spec.objective.loss.name == "focal"
    assert not take.isVisible()
    presenter.change("objective.loss.name", "cross_entropy")
    assert take.isVisible()
    child(view, QPushButton, "recipe_advice_dismiss").click()
    assert not take.isVisible()


def test_advice_becomes_a_duel_and_the_recipe_stays_as_it_is(qtbot, view, presenter):
    lopsided = Target("label", "category", np.repeat([0, 1, 2], [50, 6, 4]), ("a", "b", "c"))
    presenter.use(replace(index_of(), targets={"label": lopsided}))
    with qtbot.waitSignal(presenter.duel_proposed) as told:
        child(view, QPushButton, "recipe_advice_duel").click()
    duel, why = told.args
    losses = [duel.spec_of(each).objective.loss.name for each in duel.contestants]
    assert losses == ["cross_entropy", "focal"]
    assert why == presenter.state.advice.sentence
    assert presenter.state.spec.objective.loss.name == "cross_entropy"


def test_what_works_less_than_it_seems_is_said_before_training(presenter):
    presenter.change("objective.heads", True)
    presenter.change("objective.balancer.name", "ogm_ge")
    presenter.change("objective.alignments.image+text.loss", "infonce")
    presenter.change("training.batch_size", 8)
    told = " ".join(check.sentence for check in presenter.state.checks)
    assert "which Adam cancels" in told
    assert "8 are few" in told
    assert presenter.state.ready


def test_the_size_of_the_model_is_asked_for_once_and_shown(view, presenter):
    asked = []
    presenter.asked.connect(asked.append)
    presenter.change("model.encoders.image.width", 20)
    presenter.change("training.epochs", 3)
    assert len(asked) == 1
    assert asked[0].outputs == 3
    part = events.DescribedPart(parameters=74_000, operations=12_000_000, shape=(64,))
    presenter.answer(events.ModelDescribed(number=asked[0].number - 1, parts={"image": part}))
    assert presenter.state.size == ""
    presenter.answer(events.ModelDescribed(number=asked[0].number, parts={"image": part}))
    assert presenter.state.size == "74 k numbers to learn · 12 M operations a sample"
    assert presenter.state.outline.branches[0][1].figures == "74 k · 12 M op"
    presenter.change("model.encoders.image.width", 24)
    assert presenter.state.size == ""


def test_a_model_that_cannot_be_built_waits_with_the_reason(presenter):
    asked = []
    presenter.asked.connect(asked.append)
    presenter.change("model.fusion.name", "tensor")
    assert presenter.state.ready
    words = "It would need 17,576,000 weights."
    presenter.answer(events.ModelDescribed(number=asked[-1].number, problem=words))
    assert not presenter.state.ready
    assert presenter.state.checks[0].sentence == words
    presenter.change("model.fusion.name", "concat")
    assert presenter.state.ready


def test_an_encoder_that_is_frozen_at_first_says_so(view, presenter):
    asked = []
    presenter.asked.connect(asked.append)
    presenter.change("model.encoders.image.width", 20)
    words = child(view, QLabel, "recipe_image_phases")
    for thaws_after, told in (
        (1, "Frozen in epoch 1: 37 k of its 964 k numbers are trained, then all."),
        (3, "Frozen in epochs 1 to 3: 37 k of its 964 k numbers are trained, then all."),
        (None, "Frozen: 37 k of its 964 k numbers are trained."),
    ):
        part = events.DescribedPart(
            parameters=963_936, operations=1, shape=(64,), held=927_008, thaws_after=thaws_after
        )
        presenter.answer(events.ModelDescribed(number=asked[-1].number, parts={"image": part}))
        assert words.text() == told
        assert words.isVisible()
    presenter.change("model.encoders.image.width", 24)
    assert not words.isVisible()
