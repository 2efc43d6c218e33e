"""The loss that the data ask for, with its figures; nothing where nothing is gained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench import parts, spec, suggest
from workbench.advice import advise
from workbench.data.findings import Finding
from workbench.data.index import Index, Target, strings

COUNT = 200


def index_of(target):
    names = strings([f"s{i}" for i in range(COUNT)])
    return Index(
        root=Path("/data"), layout="manifest", stems=names,
        files={"image": names, "text": names}, targets={"t": target},
    )  # fmt: skip


def classes(counts, task="category"):
    values = np.repeat(np.arange(len(counts)), counts)
    return Target("t", task, values, tuple("abcdef"[: len(counts)]))


def advice(index):
    return advise(index, suggest.suggest(index))


def test_targets_far_out_ask_for_a_loss_that_lets_them_go():
    values = np.random.default_rng(0).normal(size=COUNT)
    values[:20] = 100.0
    found = advice(index_of(Target("t", "number", values)))
    assert found.part == "adaptive_robust"
    assert found.sentence.startswith("10% of your targets lie far out")
    assert parts.find("loss", found.part).check(found.options)


def test_numbers_without_outliers_ask_for_nothing():
    assert advice(index_of(Target("t", "number", np.linspace(0, 1, COUNT)))) is None


def test_lopsided_classes_are_told_with_their_ratio():
    found = advice(index_of(classes([180, 15, 5])))
    assert found.part == "focal"
    assert "36 times the smallest (c)" in found.sentence
    assert advice(index_of(classes([100, 60, 40]))) is None


def test_an_order_asks_for_a_loss_that_knows_it():
    found = advice(index_of(classes([80, 60, 60], "ordered")))
    assert found.part == "coral"
    assert "from a to c" in found.sentence


def test_copies_with_other_labels_tell_of_wrong_labels():
    index = index_of(classes([100, 100]))
    finding = Finding("warning", "x", "y", (), "conflicting_targets", tuple(range(10)))
    found = advice(replace(index, findings=(finding,)))
    assert found.part == "generalized_cross_entropy"
    assert found.sentence.startswith("5% of your samples")


def test_many_easy_noes_ask_for_a_loss_that_forgives_them():
    values = np.zeros((COUNT, 5), np.int8)
    values[np.arange(COUNT) % 4 == 0, 0] = 1
    found = advice(index_of(Target("t", "labels", values, tuple("abcde"))))
    assert found.part == "asymmetric"
    assert "5% are yes" in found.sentence


def test_a_rare_yes_is_told_with_its_share():
    found = advice(index_of(classes([190, 10], "yes_no")))
    assert found.part == "binary_focal"
    assert found.sentence.startswith("Only 5% of your samples are 'b'")
    assert advice(index_of(classes([10, 190], "yes_no"))).sentence.startswith("Only 5%")


def test_what_the_recipe_has_already_or_cannot_have_is_not_proposed():
    index = index_of(classes([180, 15, 5]))
    chosen = suggest.suggest(index)
    assert advise(index, spec.change(chosen, "objective.loss.name", "focal")) is None
    ordered = index_of(classes([80, 60, 60], "ordered"))
    late = spec.change(suggest.suggest(ordered), "model.fusion.name", "late_average")
    assert advise(ordered, late) is None


@pytest.mark.parametrize("task", ["yes_no", "numbers"])
def test_other_targets_ask_for_nothing(task):
    rows = np.arange(COUNT)
    targets = {
        "yes_no": Target("t", "yes_no", rows % 2, ("no", "yes")),
        "numbers": Target("t", "numbers", np.stack([rows, rows], 1) / 1.0, columns=("u", "v")),
    }
    assert advice(index_of(targets[task])) is None
