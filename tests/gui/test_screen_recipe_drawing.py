"""The drawing of the model: what is drawn, what is told, and where a click leads."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from workbench import events, spec, suggest
from workbench.data.index import Index, Target, strings
from workbench.gui.outline import outline
from workbench.gui.presenters.recipe import RecipePresenter
from workbench.gui.screens.recipe import RecipeView
from workbench.gui.widgets.model_drawing import ModelDrawing
from workbench.gui.widgets.model_places import arrange

SAMPLES = 60
PAIRS = ("image+audio", "image+text", "audio+text")


def index_of(*, target=True):
    names = strings([f"s{i}" for i in range(SAMPLES)])
    labels = Target("label", "category", np.arange(SAMPLES) % 3, ("a", "b", "c"))
    return Index(
        root=Path("/data/animals"),
        layout="class_folders",
        stems=names,
        files=dict.fromkeys(("image", "audio", "text"), names),
        targets={"label": labels} if target else {},
    )


def recipe(*changes, target=True):
    return spec.change_all(suggest.suggest(index_of(target=target)), changes)


def with_terms():
    aligned = [(f"objective.alignments.{pair}.loss", "infonce") for pair in PAIRS]
    return recipe(("objective.heads", True), *aligned)


@pytest.fixture
def view(qtbot):
    presenter = RecipePresenter(suggest.suggest, suggest.reasons)
    presenter.use(index_of(), with_terms())
    made = RecipeView(presenter)
    qtbot.addWidget(made)
    made.resize(1112, 772)
    with qtbot.waitExposed(made):
        made.show()
    return made


def place_of(drawing, place):
    places = drawing.places()
    return next(box for box, node in (*places.tags, *places.boxes) if node.place == place)


def test_heads_and_alignments_are_drawn():
    drawn = outline(with_terms(), 3)
    assert [node.series for node in drawn.heads] == ["image", "audio", "text"]
    assert [link.rows for link in drawn.links] == [(0, 1), (0, 2), (1, 2)]
    assert drawn.links[1].node.about == ("InfoNCE draws image and text together; it counts 0.1.")
    assert "a head for each of them" in drawn.in_words()
    assert "InfoNCE draws audio and text together" in drawn.in_words()


def test_a_late_fusion_stands_after_heads_and_has_none_of_its_own():
    drawn = outline(recipe(("model.fusion.name", "late_average")), 3)
    assert [node.title for node in drawn.trunk] == ["Late average", "Cross entropy"]
    assert drawn.trunk[0].detail == "→ 3"
    assert len(drawn.heads) == 3


def test_pairs_without_a_target_have_no_trunk():
    drawn = outline(recipe(target=False), 0)
    assert drawn.trunk == ()
    assert len(drawn.links) == 3
    assert len(arrange(drawn, 640, 120).tags) == 3


def test_each_box_tells_its_own_figures():
    part = events.DescribedPart(parameters=195, operations=387, shape=(3,))
    drawn = outline(with_terms(), 3, {"head": part, "head_image": part, "image+text": part})
    assert drawn.trunk[1].figures == "195 · 387 op"
    assert drawn.heads[0].size == drawn.links[1].node.size == part
    assert drawn.heads[1].figures == ""
    assert drawn.heads[0].in_words().endswith("195 numbers to learn, 387 operations a sample.")


@pytest.mark.parametrize("size", [(420, 126), (640, 126), (900, 240)])
@pytest.mark.parametrize("target", [True, False])
def test_nothing_overlaps_or_leaves_the_drawing(size, target):
    drawn = outline(with_terms() if target else recipe(target=False), 3)
    places = arrange(drawn, *size)
    boxes = [box for box, _ in places.boxes]
    tags = [box for box, _ in places.tags]
    for box in boxes + tags:
        assert box.left() >= 0
        assert box.top() >= 0
        assert box.right() <= size[0]
        assert box.bottom() <= size[1]
        assert box.width() > 0
    for first, second in combinations(boxes, 2):
        assert not first.intersects(second)
    for first, second in combinations(tags, 2):
        assert not first.intersects(second)
    if size[0] > 420:
        assert not any(box.intersects(tag) for box in boxes for tag in tags)


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("data.image", "recipe_image_size"),
        ("model.encoders.text", "recipe_encoder_text"),
        ("model.fusion", "recipe_fusion"),
        ("model.head_dropout", "recipe_model_head_dropout"),
        ("objective.loss", "recipe_loss"),
        ("objective.heads", "recipe_objective_heads"),
        ("objective.alignments.image+text.loss", "recipe_align_image_text"),
    ],
)
def test_a_click_on_a_box_leads_to_its_form_even_if_it_is_folded_away(qtbot, view, place, field):
    drawing = view.findChild(ModelDrawing, "recipe_drawing")
    point = place_of(drawing, place).center().toPoint()
    qtbot.mouseClick(drawing, Qt.MouseButton.LeftButton, pos=point)
    wanted = view.findChild(QWidget, field)
    assert wanted.isVisible()
    focused = QApplication.focusWidget()
    assert focused is wanted or wanted.isAncestorOf(focused)
    qtbot.waitUntil(lambda: not wanted.visibleRegion().isEmpty())


def test_a_box_under_the_pointer_is_marked_and_tells_more(qtbot, view):
    drawing = view.findChild(ModelDrawing, "recipe_drawing")
    point = place_of(drawing, "model.fusion").center().toPoint()
    qtbot.mouseMove(drawing, point)
    assert drawing.cursor().shape() == Qt.CursorShape.PointingHandCursor
    help_wanted = QHelpEvent(QEvent.Type.ToolTip, point, drawing.mapToGlobal(point))
    assert drawing.event(help_wanted)
    assert QToolTip.text().startswith("Concat")
    assert QToolTip.text().endswith("Click to go to its form.")
    QToolTip.hideText()
    qtbot.mouseMove(drawing, QPoint(drawing.width() - 2, drawing.height() - 1))
    assert drawing.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_drawing_of_nothing_is_empty():
    assert arrange(replace(outline(with_terms(), 3), branches=()), 640, 120).boxes == ()
