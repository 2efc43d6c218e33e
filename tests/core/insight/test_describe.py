"""The size of a model against counts worked by hand."""

import pytest

from workbench import spec
from workbench.insight.describe import describe

pytestmark = pytest.mark.slow


def make_spec(**changes):
    made = spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": "category",
                     "image": {"size": 32}, "text": {"words": 10}},
            "model": {
                "encoders": {
                    "image": {"name": "image_cnn", "options": {"width": 4, "depth": 1, "size": 8}},
                    "text": {"name": "text_average", "options": {"size": 16}},
                },
                "fusion": {"name": "concat", "options": {"size": 12}},
            },
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )  # fmt: skip
    return spec.change_all(made, changes.items())


def test_numbers_and_operations_of_a_convolution_are_those_worked_by_hand():
    found = describe(make_spec(), outputs=5, vocabulary=50)
    # 3 x 3 kernels from 3 to 4 channels, a gain and an offset each, 4 x 4 places projected to 8.
    assert found["image"].parameters == 9 * 3 * 4 + 2 * 4 + (16 * 4 + 1) * 8
    assert found["image"].shape == (8,)
    multiplied = 2 * 9 * 3 * 4 * 32 * 32 + 2 * 64 * 8
    assert multiplied <= found["image"].operations <= 1.2 * multiplied
    assert found["text"].parameters == 50 * 16
    # Two layer normalisations and the fusing layer.
    assert found["fusion"].parameters == 2 * (8 + 16) + (24 + 1) * 12
    assert found["fusion"].shape == (12,)
    assert (found["head"].parameters, found["head"].shape) == ((12 + 1) * 5, (5,))
    assert found["head"].operations == 2 * 12 * 5 + 5


def test_the_steps_of_a_memory_are_counted_one_by_one():
    place = "model.encoders.text"
    lstm = {f"{place}.name": "text_lstm", f"{place}.units": 6, f"{place}.word_size": 5}
    lstm[f"{place}.bidirectional"] = False
    found = describe(make_spec(**lstm), outputs=5, vocabulary=50)["text"]
    assert found.operations >= 2 * 10 * (5 * 24 + 6 * 24)
    longer = describe(make_spec(**lstm, **{"data.text.words": 20}), outputs=5, vocabulary=50)
    assert longer["text"].operations > 1.8 * found.operations


def test_each_head_and_each_alignment_is_told_by_itself():
    plain = describe(make_spec(), outputs=5, vocabulary=50)
    more = describe(
        make_spec(**{"objective.heads": True, "objective.alignments.image+text.loss": "infonce"}),
        outputs=5, vocabulary=50,
    )  # fmt: skip
    assert more["head_image"].parameters == (8 + 1) * 5
    assert more["head_text"].parameters == (16 + 1) * 5
    assert more["image+text"].parameters == (8 + 1) * 64 + (16 + 1) * 64
    assert more["image+text"].operations == 2 * (8 + 16) * 64 + 2 * 64
    for name, part in plain.items():
        assert more[name] == part


def test_a_late_fusion_joins_heads_and_has_none_of_its_own():
    late = {"model.fusion.name": "late_average", "model.fusion.weights": "learned"}
    found = describe(make_spec(**late), outputs=5, vocabulary=50)
    assert "head" not in found
    assert found["fusion"].parameters == 2
    assert found["head_image"].shape == (5,)


def test_pairs_without_a_target_have_neither_fusion_nor_head():
    given = make_spec().model_dump(mode="json")
    given["data"].update(target="", task="none")
    given["objective"] = {"alignments": {"image+text": {"loss": {"name": "infonce"}}}}
    found = describe(spec.from_data(given), outputs=1, vocabulary=50)
    assert set(found) == {"image", "text", "image+text"}


def test_what_an_encoder_keeps_as_it_is_at_first_is_told():
    place = "model.encoders.image"
    image = {f"{place}.name": "image_pretrained", f"{place}.thaw_after": 4}
    found = describe(
        make_spec(**image, **{f"{place}.weights": "imagenet"}), outputs=5, vocabulary=50
    )["image"]
    # All but the projection of 576 channels to the embedding.
    assert found.parameters - found.held == (576 + 1) * 64
    assert found.thaws_after == 4
    assert describe(make_spec(), outputs=5, vocabulary=50)["image"].held == 0


def test_sums_of_products_are_counted():
    few = {"model.fusion.name": "low_rank", "model.fusion.size": 12, "model.fusion.rank": 4}
    found = describe(make_spec(**few), outputs=5, vocabulary=50)["fusion"]
    # Each modality with a 1 appended, four times to twelve numbers.
    multiplied = 2 * 4 * 12 * ((8 + 1) + (16 + 1))
    assert multiplied <= found.operations <= 1.3 * multiplied
