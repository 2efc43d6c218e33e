"""What a person chooses on the data screen, and how it reaches the recipe."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QTableView, QWidget

from workbench import suggest
from workbench.data.folder import Stopped
from workbench.data.index import Finding, Index, Remedy, Target, strings
from workbench.errors import UserError
from workbench.gui.decoding import Decoders, Sound
from workbench.gui.presenters.balance import balance_of
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.division import divided
from workbench.gui.presenters.recipe import RecipePresenter
from workbench.gui.scanning import Pace
from workbench.gui.screens.data import DataView
from workbench.gui.widgets.sample import SampleView
from workbench.spec import DataSpec, Reading

DECODERS = Decoders(
    lambda path: np.zeros((4, 4, 3), np.uint8),
    lambda path: Sound(np.zeros(160, np.float32), np.zeros((4, 8)), 0.01),
    lambda path: "words",
)
COPIES = Finding(
    "warning",
    "2 copies",
    "They are told twice.",
    ("s003", "s004"),
    "duplicates",
    (3, 4),
    Remedy("Leave out 2 copies", {"leave_out": ("s003", "s004")}),
)
UNEVEN = Finding(
    "warning", "A class is absent from a split", "", (), "absent", (),
    Remedy("Divide each class alike", {"division": "stratified", "split_seed": 5}),
)  # fmt: skip


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


def index_of(count=60, findings=(), fixed=None, source="/data/pets"):
    numbers = np.arange(count)
    rating = numbers % 4
    rating[:5] = -1
    grades = ("low", "middle", "high", "top")
    words = np.array([*grades, ""])[rating]
    tags = np.zeros((count, 3), np.int8)
    tags[numbers % 2 == 0, 0] = 1
    tags[numbers % 3 == 0, 1] = 1
    tags[numbers % 5 == 0, 2] = 1
    return Index(
        root=Path("/data/pets"),
        layout="manifest",
        stems=strings([f"s{i:03d}" for i in numbers]),
        files={
            "image": strings([f"{i}.png" for i in numbers]),
            "text": strings(["" if i < 6 else f"{i}.txt" for i in numbers]),
        },
        targets={
            "animal": Target("animal", "category", numbers % 2, ("cat", "dog")),
            "grade": Target("grade", "ordered", rating, grades),
            "weight": Target("weight", "number", np.linspace(0, 9, count)),
            "tags": Target("tags", "labels", tags, ("big", "old", "wet")),
            "x + y": Target(
                "x + y", "numbers", np.stack([numbers, -numbers], 1) * 1.0, columns=("x", "y")
            ),
        },
        columns={
            "grade": strings(words),
            "owner": strings([f"owner {i % 7}" for i in numbers]),
            "animal": strings([("cat", "dog")[i % 2] for i in numbers]),
        },
        fixed_split=fixed,
        findings=findings,
        reading=Reading(layout="manifest", roles={"owner": "group", "animal": "target"}),
        source=Path(source),
    )


class Folder:
    """Stands for ``scan`` and ``examine``, and remembers what was asked."""

    def __init__(self, **more):
        self.readings, self.looks, self.more = [], [], more
        self.found = ()

    def scan(self, path, *, reading=None, progress=None, stop=None, check=True):
        assert not check
        self.readings.append(reading)
        return index_of(**self.more)

    def examine(self, index, data=None, *, progress=None, stop=None):
        self.looks.append((index, data))
        return Index(
            **{
                **vars(index),
                "findings": (*index.findings, *self.found),
                "facts": {"image_side": 30.0, "text_words": 8.0},
            }
        )


@pytest.fixture
def folder():
    return Folder()


@pytest.fixture
def presenter(qtbot, folder):
    made = DataPresenter(folder.scan, folder.examine)
    yield made
    made.close()


@pytest.fixture
def opened(qtbot, presenter):
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examined and presenter.state.figures.tasks != ())
    return presenter


@pytest.fixture
def view(qtbot, presenter):
    made = DataView(presenter, SampleView("data_sample", DECODERS))
    qtbot.addWidget(made)
    made.resize(1112, 772)
    made.show()
    return made


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def test_data_are_shown_before_every_file_was_opened(qtbot):
    go, folder = threading.Event(), Folder()

    def examine(index, data=None, *, progress=None, stop=None):
        progress(10, 120)
        assert go.wait(10)
        return folder.examine(index, data)

    folder.found = (COPIES,)
    presenter = DataPresenter(folder.scan, examine)
    view = DataView(presenter, SampleView("data_sample", DECODERS))
    qtbot.addWidget(view)
    view.show()
    presenter.open(Path("/data/pets"))
    words = child(view, QLabel, "data_examination")
    qtbot.waitUntil(lambda: words.text().startswith("10 of 120 files"))
    assert presenter.state.phase == "shown"
    assert presenter.state.findings == ()
    assert child(view, QTableView, "data_table").isVisible()
    go.set()
    qtbot.waitUntil(lambda: presenter.state.examined)
    assert not words.isVisible()
    assert child(view, QLabel, "data_finding_0").text() == "2 copies"
    presenter.close()


def test_the_look_at_every_file_can_be_skipped(qtbot):
    ended = threading.Event()

    def examine(index, data=None, *, progress=None, stop=None):
        pause = threading.Event()
        while not stop():
            pause.wait(0.01)
        ended.set()
        raise Stopped

    presenter = DataPresenter(Folder().scan, examine)
    view = DataView(presenter, SampleView("data_sample", DECODERS))
    qtbot.addWidget(view)
    view.show()
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examination is not None)
    child(view, QPushButton, "data_skip").click()
    assert presenter.state.examination is None
    assert ended.wait(10)
    assert "files were not opened" in child(view, QLabel, "data_finding_none").text()
    presenter.close()


def test_files_that_cannot_be_examined_leave_a_sentence_and_the_data(qtbot, folder, presenter):
    def fail(index, data=None, *, progress=None, stop=None):
        raise UserError("No file can be read.", "Mend them.")

    presenter._examiner._examine = fail
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert presenter.state.phase == "shown"
    assert presenter.state.error.problem == "No file can be read."


def test_findings_are_looked_for_again_from_what_was_scanned_when_the_target_changes(
    qtbot, folder, opened
):
    folder.found = (COPIES,)
    opened.choose_target("weight")
    qtbot.waitUntil(lambda: len(folder.looks) == 2 and opened.state.examination is None)
    index, data = folder.looks[-1]
    assert data.target == "weight"
    assert index.findings == ()
    assert opened.state.findings == (COPIES,)


@pytest.mark.parametrize(
    ("target", "bars"),
    [
        ("animal", {"cat": 30, "dog": 30}),
        ("grade", {"low": 13, "middle": 14, "high": 14, "top": 14}),
        ("tags", {"big": 30, "old": 20, "wet": 12}),
    ],
)
def test_every_kind_of_class_has_its_bars_parted_by_split(qtbot, opened, target, bars):
    if target != "animal":
        opened.choose_target(target)
    qtbot.waitUntil(lambda: set(opened.state.figures.balance.names) == set(bars))
    balance = opened.state.figures.balance
    assert dict(zip(balance.names, balance.counts, strict=True)) == bars
    assert [sum(parts) for parts in balance.parts] == list(balance.counts)


def test_an_ordered_target_keeps_its_order_whatever_is_frequent():
    values = np.array([2, 2, 2, 0, 1, 1])
    balance = balance_of(Target("size", "ordered", values, ("s", "m", "l")))
    assert balance.names == ("s", "m", "l")
    assert balance.counts == (1, 2, 3)


def test_several_numbers_are_drawn_beside_each_other():
    values = np.random.default_rng(1).normal(size=(200, 8))
    columns = tuple(f"n{i}" for i in range(8))
    balance = balance_of(Target("all", "numbers", values, columns=columns))
    assert [panel.title for panel in balance.panels] == ["n0", "n1", "n2", "n3", "n4", "n5"]
    assert all(sum(panel.counts) == 200 for panel in balance.panels)
    assert "2 more are not drawn" in balance.note


def test_pairs_have_nothing_to_draw_and_nothing_to_learn(qtbot, opened):
    with qtbot.waitSignal(opened.chosen) as told:
        opened.choose_task("none")
    assert (told.args[0].target, told.args[0].task) == ("", "none")
    qtbot.waitUntil(lambda: opened.state.figures.balance.counts == ())
    assert opened.state.figures.division.problem is None


def test_samples_without_a_target_are_counted_and_shown(qtbot, view, presenter):
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examined)
    presenter.choose_target("grade")
    qtbot.waitUntil(lambda: presenter.state.figures.without_target == 5)
    with qtbot.waitSignal(view.target_card.rows_wished) as told:
        child(view, QPushButton, "data_missing_show").click()
    assert told.args[0].tolist() == [0, 1, 2, 3, 4]


def test_a_task_that_needs_the_cells_reads_them_anew(qtbot, folder, opened):
    opened.choose_task("labels")
    assert opened.state.rereading
    qtbot.waitUntil(lambda: not opened.state.rereading)
    assert folder.readings[-1].tasks == {"animal": "labels"}
    # This stand-in reads the column as before: that is said, and nothing else is changed.
    assert opened.state.error is not None
    assert opened.state.target == "animal"


def test_a_task_that_the_values_allow_is_taken_at_once(qtbot, folder, opened):
    with qtbot.waitSignal(opened.chosen) as told:
        opened.choose_task("yes_no")
    assert told.args[0].task == "yes_no"
    assert len(folder.readings) == 1


def test_counts_of_the_splits_are_those_of_training():
    index = index_of()
    data = suggest.data_spec(index)
    counted = divided(index, data, index.modalities)
    assert counted.counts == (42, 9, 9)
    assert [row[0] for row in counted.classes] == ["cat", "dog"]
    assert [sum(row[1:]) for row in counted.classes] == [30, 30]
    assert sum(row[1] for row in counted.classes) == 42


def test_a_group_is_never_in_two_splits(qtbot, opened):
    opened.change("division", "grouped")
    assert opened.state.data.group == "owner"
    qtbot.waitUntil(lambda: opened.state.figures.division.splits is not None)
    qtbot.waitUntil(
        lambda: (
            len(
                {
                    (owner, split)
                    for owner, split in zip(
                        opened.state.index.columns["owner"].tolist(),
                        opened.state.figures.division.splits.tolist(),
                        strict=True,
                    )
                }
            )
            == 7
        )
    )


def test_a_division_that_cannot_be_is_said_where_it_is_chosen(qtbot, view, presenter):
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examined)
    view.about_card.show_tab("Division")
    presenter.change("group", "nobody")
    presenter.change("division", "grouped")
    problem = child(view, QLabel, "data_split_problem")
    qtbot.waitUntil(lambda: "no column 'nobody'" in problem.text())
    assert problem.isVisible()


def test_divisions_that_the_data_do_not_allow_are_greyed(qtbot, view, presenter):
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examined)
    model = child(view, QComboBox, "data_division").model()
    greyed = [model.item(row).text() for row in range(6) if not model.item(row).isEnabled()]
    assert len(greyed) == 1
    assert "state no split" in greyed[0]


def test_incomplete_samples_can_be_left_out_and_are_counted(qtbot, opened):
    opened.change("incomplete", "leave_out")
    qtbot.waitUntil(lambda: opened.state.figures.division.left_out == {"no text": 6})
    assert sum(opened.state.figures.division.counts) == 54


def test_a_remedy_is_applied_shown_as_such_and_undone(qtbot, folder, view, presenter):
    folder.found = (COPIES, UNEVEN)
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examined)
    with qtbot.waitSignal(presenter.chosen) as told:
        child(view, QPushButton, "data_finding_0_apply").click()
    assert told.args[0].leave_out == ("s003", "s004")
    assert child(view, QLabel, "data_finding_applied_0").text() == "Applied: Leave out 2 copies"
    child(view, QPushButton, "data_finding_1_apply").click()
    assert presenter.state.data.division == "stratified"
    child(view, QPushButton, "data_finding_undo_0").click()
    assert presenter.state.data.leave_out == ()
    assert presenter.state.data.division == "stratified"
    child(view, QPushButton, "data_finding_undo_0").click()
    assert (presenter.state.data.division, presenter.state.data.split_seed) == ("auto", 0)


def test_undoing_a_remedy_keeps_those_left_out_before_it(qtbot, folder, opened):
    folder.found = (COPIES,)
    opened._choose(leave_out=("s003", "s009"))
    qtbot.waitUntil(lambda: opened.state.findings == (COPIES,))
    opened.apply(0)
    assert opened.state.data.leave_out == ("s003", "s009", "s004")
    opened.undo(0)
    assert opened.state.data.leave_out == ("s003", "s009")


def test_the_samples_of_a_finding_are_asked_for(qtbot, folder, view, presenter):
    folder.found = (COPIES,)
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examined)
    with qtbot.waitSignal(view.about_card.rows_wished) as told:
        child(view, QPushButton, "data_finding_0_show").click()
    assert told.args == [(3, 4), "2 copies"]


def test_choices_reach_the_recipe_and_leave_the_rest_of_it_alone(qtbot, opened):
    recipe = RecipePresenter(suggest.suggest, suggest.reasons)
    recipe.use(opened.state.index, data=opened.state.data)
    recipe.change("training.epochs", 7)
    recipe.change("data.image.size", 96)
    opened.change("validation", 0.25)
    opened.change("incomplete", "leave_out")
    recipe.divide(opened.state.data)
    data = recipe.state.spec.data
    assert (data.validation, data.incomplete, data.image.size) == (0.25, "leave_out", 96)
    assert recipe.state.spec.training.epochs == 7


def test_what_the_recipe_changes_is_followed_without_an_echo(qtbot, opened):
    data = opened.state.data.model_copy(update={"test": 0.3})
    with qtbot.assertNotEmitted(opened.chosen):
        opened.adopt(data, ("image",))
    assert opened.state.data.test == 0.3
    qtbot.waitUntil(lambda: opened.state.figures.division.counts[2] == 18)


def test_sizes_found_later_fill_the_recipe_where_nobody_has_set_them(qtbot):
    index = index_of()
    recipe = RecipePresenter(suggest.suggest, suggest.reasons)
    recipe.use(index, data=suggest.data_spec(index))
    recipe.change("data.text.words", 99)
    recipe.refresh(Folder().examine(index))
    assert recipe.state.spec.data.image.size == 32
    assert recipe.state.spec.data.text.words == 99


def test_the_data_of_a_past_run_come_back_as_they_were_chosen(qtbot, folder, presenter):
    index = index_of()
    data = suggest.data_spec(index, "grade").model_copy(
        update={
            "reading": Reading(layout="manifest", orders={"grade": ("top", "low")}),
            "division": "grouped",
            "group": "owner",
            "validation": 0.2,
            "incomplete": "leave_out",
            "leave_out": ("s010",),
        }
    )
    presenter.open(Path("/data/pets"), data)
    qtbot.waitUntil(lambda: presenter.state.examined)
    assert folder.readings == [data.reading]
    shown = presenter.state.data
    kept = ("target", "task", "division", "group", "validation", "incomplete", "leave_out")
    assert [getattr(shown, name) for name in kept] == [getattr(data, name) for name in kept]


def test_a_target_that_is_no_longer_there_is_said_and_the_first_is_taken(qtbot, presenter):
    data = DataSpec(folder="/data/pets", target="gone", task="category")
    presenter.open(Path("/data/pets"), data)
    qtbot.waitUntil(lambda: presenter.state.phase == "shown")
    assert "no column 'gone'" in presenter.state.error.problem
    assert presenter.state.target == "animal"


def test_a_zip_is_named_by_itself_and_not_by_where_it_was_unpacked(qtbot):
    folder = Folder(source="/data/pets.zip")
    presenter = DataPresenter(folder.scan, folder.examine)
    presenter.open(Path("/data/pets.zip"))
    qtbot.waitUntil(lambda: presenter.state.examined)
    assert presenter.state.data.folder == "/data/pets.zip"
    assert presenter.state.folder == Path("/data/pets.zip")
    presenter.close()


def test_the_pace_is_told_with_rate_and_time_left():
    seconds = iter([0.0, 0.5, 10.0, 10.0])
    pace = Pace(lambda: next(seconds))
    assert pace.words(5, 1000) == "5 of 1,000 files"
    assert pace.words(250, 1000) == "250 of 1,000 files · 25 a second · 30 s left"
    assert pace.words(1000, 1000) == "1,000 of 1,000 files · 100 a second · nearly done"


def test_the_table_keeps_its_place_when_files_were_looked_at(qtbot, view, folder, presenter):
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: presenter.state.examined)
    child(view, QTableView, "data_table").selectRow(7)
    presenter.change("validation", 0.3)
    qtbot.waitUntil(lambda: len(folder.looks) == 2 and presenter.state.examination is None)
    assert child(view, QTableView, "data_table").currentIndex().row() == 7
    assert child(view, QWidget, "data_about").isVisible()
