"""What two recipes share begins with the same weights: a duel changes one thing at a time."""

import numpy as np
import pytest

from workbench import spec
from workbench.training.model import build

SHAPES = {"image": (16, 16, 3), "audio": (20, 16), "text": (6,)}


def recipe(*changes, seed=3):
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {
                "encoders": {
                    "image": {"name": "image_cnn"},
                    "audio": {"name": "audio_cnn"},
                    "text": {"name": "text_average"},
                }
            },
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {"seed": seed},
        }
    )
    return spec.change_all(chosen, changes)


def weights(chosen):
    """All weights by the layer that they are of and their place there."""
    shapes = {m: shape for m, shape in SHAPES.items() if m in chosen.modalities}
    built = build(chosen, shapes, 4, 10)
    return {
        f"{layer.name} {place}": variable.numpy()
        for layer in built.model.layers
        for place, variable in enumerate(layer.variables)
        if variable.dtype == "float32"
    }


def alike(one, other, name):
    mine = {key: value for key, value in one.items() if key.startswith(name)}
    assert mine
    return all(key in other and np.array_equal(value, other[key]) for key, value in mine.items())


@pytest.fixture(scope="module")
def plain():
    return weights(recipe())


def names_of(found, word):
    return {key.split()[0] for key in found if word in key}


def test_every_loss_of_one_kind_of_output_begins_with_the_same_weights(plain):
    other = weights(recipe(("objective.loss.name", "focal")))
    assert plain.keys() == other.keys()
    assert all(np.array_equal(plain[key], other[key]) for key in plain)


def test_another_seed_begins_elsewhere(plain):
    other = weights(recipe(seed=4))
    assert not alike(plain, other, "head")


@pytest.mark.parametrize("encoder", ["image_resnet", "image_vit"])
def test_another_encoder_of_one_modality_moves_no_other(plain, encoder):
    other = weights(recipe(("model.encoders.image.name", encoder)))
    for name in names_of(plain, "audio") | names_of(plain, "text"):
        assert alike(plain, other, name)


def test_another_fusion_moves_no_encoder(plain):
    other = weights(recipe(("model.fusion.name", "gated")))
    for modality in SHAPES:
        for name in names_of(plain, modality):
            assert alike(plain, other, name)


def test_a_modality_left_out_moves_no_other(plain):
    other = weights(recipe(("model.encoders.image", None)))
    for name in names_of(plain, "audio") | names_of(plain, "text"):
        assert alike(plain, other, name)


def test_heads_and_alignments_move_nothing_that_was_there(plain):
    more = [("objective.heads", True), ("objective.alignments.image+text.loss", "infonce")]
    other = weights(recipe(*more))
    assert all(np.array_equal(value, other[key]) for key, value in plain.items())
