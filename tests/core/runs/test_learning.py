"""Who is learning, from gradients whose shares are known."""

import pytest

from workbench import events
from workbench.runs.curves import Curves
from workbench.runs.learning import who_is_learning


def told(lengths, cosines=(), steps=10, **more):
    """Curves of one epoch after another, each with these lengths of gradients."""
    curves = Curves()
    curves.hear(
        events.Started(
            run="r", epochs=9, steps=steps, samples={"train": 90}, parameters=1, shapes={},
            device="CPU",
        )
    )  # fmt: skip
    for epoch, of_epoch in enumerate(lengths):
        for place in range(steps):
            curves.hear(
                events.StepsDone(
                    epoch=epoch + 1, step=epoch * steps + place + 1, losses=(1.0,),
                    learning_rate=0.1, samples_per_second=1.0, gradients=of_epoch,
                    cosines=cosines[epoch] if cosines else {}, **more,
                )
            )  # fmt: skip
    return curves


def test_before_the_first_step_nothing_is_said():
    assert who_is_learning(Curves()).sentence == ""


def test_shares_are_those_of_the_last_epoch_in_the_order_of_the_modalities():
    found = who_is_learning(told([{"text": 1, "image": 1}, {"text": 1, "image": 3}]))
    assert list(found.shares.items()) == [("image", 0.75), ("text", 0.25)]


def test_a_modality_that_falls_behind_is_named_with_both_figures():
    found = who_is_learning(told([{"audio": 1, "image": 1}, {"audio": 9, "image": 1}]))
    assert found.sentence == (
        "The sound learns most: 90% of the pull; image has fallen from 50% to 10%."
    )


def test_modalities_that_learn_alike_are_all_named():
    found = who_is_learning(told([{"audio": 1.1, "image": 1, "text": 1}]))
    assert found.sentence == "All modalities learn: audio 35%, image 32%, text 32% of the pull."


def test_one_modality_learns_alone():
    assert who_is_learning(told([{"audio": 2.0}])).sentence == "The sound learns alone."


def test_terms_that_pull_apart_are_told_with_their_cosine():
    curves = told([{"audio": 1, "image": 1}], [{"audio": 0.2, "image": -0.4}])
    found = who_is_learning(curves)
    assert found.apart == "image"
    assert "In the image encoder the terms pull apart (cosine -0.40)" in found.sentence


def test_weighed_terms_are_told_by_their_share_of_the_sum():
    curves = told(
        [{"image": 1}], terms={"task": 2.0, "image": 1.0}, weights={"task": 1, "image": 6}
    )
    assert curves.shares["task"].y[-1] == pytest.approx(0.25)
    assert curves.shares["image"].y[-1] == pytest.approx(0.75)
