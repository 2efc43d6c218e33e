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
    # Two layer normalisations, the fusing layer and the head.
    assert found["fusion"].parameters == 2 * (8 + 16) + (24 + 1) * 12 + (12 + 1) * 5
    assert found["fusion"].shape == (5,)


def test_the_steps_of_a_memory_are_counted_one_by_one():
    place = "model.encoders.text"
    lstm = {f"{place}.name": "text_lstm", f"{place}.units": 6, f"{place}.word_size": 5}
    lstm[f"{place}.bidirectional"] = False
    found = describe(make_spec(**lstm), outputs=5, vocabulary=50)["text"]
    assert found.operations >= 2 * 10 * (5 * 24 + 6 * 24)
    longer = describe(make_spec(**lstm, **{"data.text.words": 20}), outputs=5, vocabulary=50)
    assert longer["text"].operations > 1.8 * found.operations


def test_heads_and_projections_count_with_the_fusion():
    plain = describe(make_spec(), outputs=5, vocabulary=50)
    more = describe(
        make_spec(**{"objective.heads": True, "objective.alignments.image+text.loss": "infonce"}),
        outputs=5, vocabulary=50,
    )  # fmt: skip
    added = (8 + 1) * 5 + (16 + 1) * 5 + (8 + 1) * 64 + (16 + 1) * 64
    assert more["fusion"].parameters - plain["fusion"].parameters == added
    assert more["image"] == plain["image"]
