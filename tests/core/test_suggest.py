"""A spec is suggested for every kind of target, and it is one that can be trained."""

from pathlib import Path

import numpy as np
import pytest

from workbench import parts, suggest
from workbench.data.index import Index, Target, strings
from workbench.errors import UserError
from workbench.spec import PAIRS, Reading

COUNT = 90


def index_of(targets, *, modalities=("image", "text"), facts=None, source=None):
    names = strings([f"s{i}" for i in range(COUNT)])
    return Index(
        root=Path("/unpacked/pets"),
        layout="manifest",
        stems=names,
        files=dict.fromkeys(modalities, names),
        targets={target.name: target for target in targets},
        facts=facts or {},
        reading=Reading(layout="manifest", manifest="labels.csv"),
        source=source or Path(),
    )


def target_of(task):
    rows = np.arange(COUNT)
    match task:
        case "category" | "ordered":
            return Target("t", task, rows % 3, ("a", "b", "c"))
        case "yes_no":
            return Target("t", task, rows % 2, ("no", "yes"))
        case "number":
            return Target("t", task, np.sin(rows))
        case "labels":
            values = np.stack([rows % 2, rows % 3 == 0], 1).astype(np.int8)
            return Target("t", task, values, ("x", "y"))
    return Target("t", task, np.stack([np.sin(rows), np.cos(rows)], 1), columns=("u", "v"))


@pytest.mark.parametrize("task", [task for task in parts.TASKS if task != "none"])
def test_every_kind_of_target_gets_a_spec_whose_loss_fits_and_a_reason(task):
    index = index_of([target_of(task)])
    spec = suggest.suggest(index)
    assert (spec.data.target, spec.data.task) == ("t", task)
    assert not parts.find("loss", spec.objective.loss.name).fits(task=task)
    assert suggest.reasons(index, spec)["objective.loss"].endswith(".")


def test_pairs_without_a_target_learn_to_find_each_other():
    index = index_of([])
    chosen = suggest.suggest(index)
    assert (chosen.data.target, chosen.data.task) == ("", "none")
    assert chosen.objective.loss is None
    assert set(chosen.objective.alignments) == {
        pair for pair, both in PAIRS.items() if set(both) <= set(index.modalities)
    }
    assert "find each other" in suggest.reasons(index, chosen)["objective.loss"]


def test_one_modality_without_a_target_is_refused_with_a_way_on():
    with pytest.raises(UserError, match="no target") as refused:
        suggest.suggest(index_of([], modalities=("text",)))
    assert "Choose a column" in refused.value.remedy


def test_no_target_is_taken_when_it_is_asked_for_although_there_are_some():
    assert suggest.data_spec(index_of([target_of("category")]), "").task == "none"


def test_the_folder_of_a_zip_is_the_zip_and_its_reading_goes_along(tmp_path):
    index = index_of([target_of("category")], source=tmp_path / "pets.zip")
    spec = suggest.suggest(index)
    assert spec.data.folder == str(tmp_path / "pets.zip")
    assert spec.data.reading == index.reading
    assert spec.name == "pets"


def test_typical_sizes_are_taken_where_they_are_known():
    facts = {"image_side": 40.0, "audio_seconds": 2.34, "audio_rate": 8000.0, "text_words": 20.0}
    index = index_of([target_of("category")], modalities=("image", "audio", "text"), facts=facts)
    data = suggest.data_spec(index)
    assert data.image.size == 48
    assert (data.audio.seconds, data.audio.sample_rate) == (2.3, 8000)
    assert data.text.words == 32


def test_numbers_with_some_far_out_get_a_robust_loss():
    values = np.random.default_rng(0).normal(size=COUNT)
    values[:3] = 500
    spec = suggest.suggest(index_of([Target("t", "number", values)]))
    assert spec.objective.loss.name == "huber"


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(UserError, match="no column 'tt'") as refused:
        suggest.suggest(index_of([target_of("category")]), "tt")
    assert "'t'" in refused.value.remedy
