"""What needs two modalities together, against published numbers and fusions that only add."""

import numpy as np
import pytest

from workbench import parts
from workbench.insight.interaction import additive, interaction


def test_the_published_example_is_reproduced():
    values = np.asarray([[-1.3, 0.3, -0.2], [0.8, 3.0, 1.1], [1.1, -0.1, 0.7]])
    assert additive(values) == pytest.approx([-0.8, 2.1, 0.5])


def test_a_sum_is_its_own_projection_and_a_product_is_not():
    one, two = np.random.default_rng(0).normal(size=(2, 20))
    assert interaction(one[:, None] + two[None]) == pytest.approx(0, abs=1e-12)
    assert interaction(one[:, None] * two[None]) > 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("name", "adds"), [("late_product", True), ("late_average", False)])
def test_a_product_of_experts_adds_their_scores_and_a_mixture_does_not(name, adds):
    part = parts.find("fusion", name)
    fuse = part.function(task="category", **part.check({}))
    dice = np.random.default_rng(1)
    first, second = dice.normal(0, 2, (2, 12, 4)).astype("f4")
    pairs = {"image": np.repeat(first, 12, axis=0), "text": np.tile(second, (12, 1))}
    values = np.asarray(fuse(pairs), float).reshape(12, 12, 4)
    assert (interaction(values) < 1e-5) == adds
