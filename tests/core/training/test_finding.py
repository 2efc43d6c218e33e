"""Trials of learning rates and batch sizes."""

import numpy as np
import pytest

from workbench import events, spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared
from workbench.data.walk import Stopped
from workbench.training import finding

pytestmark = pytest.mark.slow


def prepared(count=64):
    dice = np.random.default_rng(0)
    tokens = dice.integers(2, 10, (count, 4)).astype("i4")
    labels = (tokens[:, 0] % 3).astype("i8")
    split = np.repeat(np.asarray([0, 1], "i1"), [count - 8, 8])
    return Prepared(
        arrays={"text": tokens}, labels=labels, split=split,
        stems=strings([f"s{n}" for n in range(count)]), task="category", classes=("a", "b", "c"),
        vocabulary=10, scaling=None, left_out={}, tokenizer="", key="k",
    )  # fmt: skip


def make_spec(**training):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"text": {"name": "text_average", "options": {"size": 8}}}},
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {"batch_size": 16, "optimizer": {"name": "sgd"}} | training,
        }
    )


def test_a_learning_rate_is_found_that_trains_well():
    said = []
    found = finding.find_rate(make_spec(), prepared(), said.append, lambda: False)
    assert 1e-3 < found.rate < found.lowest <= finding.HIGHEST_RATE
    assert found.rate == pytest.approx(found.lowest / 10, rel=0.5)
    rates, losses = said[-1].rates, said[-1].losses
    assert len(rates) == len(losses) == len(set(rates))
    assert list(rates) == sorted(rates)
    # Nothing is learned at the first rates: the loss of guessing one of three.
    assert np.mean(losses[:5]) == pytest.approx(np.log(3), abs=0.2)


def test_the_trial_ends_where_the_loss_bursts():
    said = []
    tried = spec.change(make_spec(clip_norm=None), "objective.loss.name", "multiclass_hinge")
    finding.find_rate(tried, prepared(), said.append, lambda: False)
    assert len(said[-1].rates) < finding.RATES


def test_the_smoothed_curve_of_a_constant_is_that_constant():
    assert finding.smoothed(np.full(7, 2.5)) == pytest.approx(np.full(7, 2.5))
    # By hand: (0.9 * 0.1 * 1 + 0.1 * 3) / (1 - 0.81).
    assert finding.smoothed(np.asarray([1.0, 3.0]))[1] == pytest.approx(0.39 / 0.19)


def test_a_loss_that_never_falls_proposes_nothing():
    rates = np.geomspace(1e-6, 10, 50)
    found = finding.judge_rates(rates, np.full(50, 1.1))
    assert found.rate is None
    assert "falls at no learning rate" in found.words
    assert finding.judge_rates(rates[:0], np.empty(0)).rate is None


def test_the_proposed_rate_is_a_tenth_of_that_with_the_lowest_loss():
    rates = np.geomspace(1e-6, 10, 200)
    losses = 1.0 + 0.5 * np.abs(np.log10(rates / 0.1)).clip(0, 2)
    found = finding.judge_rates(rates, losses)
    # What is smoothed trails behind: within half a decade.
    assert found.lowest == pytest.approx(0.1, rel=2)
    assert found.rate == pytest.approx(found.lowest / 10, rel=0.5)


def tried(size, speed, problem=""):
    return events.BatchTried(size=size, samples_per_second=speed, problem=problem)


def test_the_smallest_batch_that_is_nearly_the_fastest_is_proposed():
    found = finding.judge_batches([tried(8, 100), tried(16, 185), tried(32, 200), tried(64, 201)])
    assert found.size == 16
    assert "185" in found.words
    assert finding.judge_batches([tried(4, 0, "no memory")]).size is None
    found = finding.judge_batches([tried(4, 10), tried(8, 30), tried(16, 0, "no memory")])
    assert found.size == 8
    assert "16 does not fit" in found.words


def test_batch_sizes_are_doubled_until_no_more_is_gained():
    said = []
    found = finding.find_batch(make_spec(), prepared(), said.append, lambda: False)
    sizes = [each.size for each in said]
    assert sizes == [finding.SMALLEST_BATCH * 2**n for n in range(len(sizes))]
    assert all(each.samples_per_second > 0 and each.memory > 0 for each in said)
    assert found.size in sizes
    assert max(sizes) <= 2 * 56


def test_a_batch_that_does_not_fit_ends_the_trial_and_is_said(monkeypatch):
    from workbench.training.learner import Learner

    make = Learner.make

    def of(chosen, *more):
        if chosen.training.batch_size >= 16:
            raise MemoryError
        return make(chosen, *more)

    monkeypatch.setattr(Learner, "make", of)
    said = []
    found = finding.find_batch(make_spec(), prepared(), said.append, lambda: False)
    assert [each.size for each in said] == [4, 8, 16]
    assert said[-1].problem
    assert found.size in (4, 8)


@pytest.mark.parametrize("find", [finding.find_rate, finding.find_batch])
def test_a_trial_can_be_stopped(find):
    said = []
    with pytest.raises(Stopped):
        find(make_spec(), prepared(), said.append, lambda: len(said) > 1)
    assert len(said) == 2
