from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.runs.series import MOST_POINTS, Series


def series(values: np.ndarray, at_once: int | None = None) -> Series:
    made = Series()
    at_once = at_once or max(1, len(values))
    for begin in range(0, len(values), at_once):
        part = values[begin : begin + at_once]
        made.extend(np.arange(begin, begin + len(part), dtype=float), part)
    return made


def test_a_series_keeps_every_point_while_it_grows() -> None:
    grown = series(-np.arange(5000.0), at_once=7)
    assert grown.x.tolist() == list(range(5000))
    assert np.array_equal(grown.y, -grown.x)
    assert grown.last == -4999


@pytest.mark.parametrize("many", [4001, 5999, 7999, 8001, 100_003])
def test_thinning_loses_no_spike_wherever_it_stands(many: int) -> None:
    for spot in (0, 1, many // 2, many - 500, many - 2, many - 1):
        y = np.sin(np.arange(many) / 50)
        y[spot] = 99.0
        places, values = series(y).within()
        assert len(places) <= MOST_POINTS
        assert 99.0 in values
        assert np.all(np.diff(places) > 0)
        assert (places[0], places[-1]) == (0, many - 1)


def test_every_stretch_has_the_lowest_and_highest_of_what_lies_in_it() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=200_000).cumsum()
    made = series(y, at_once=777)
    for _ in range(50):
        low, high = np.sort(rng.integers(0, len(y), 2))
        places, values = made.within(low, high, 600)
        inside = (places >= low) & (places <= high)
        assert np.all(np.diff(places) > 0)
        assert len(places) <= max(600, 2)
        assert values[inside].min() == y[low : high + 1].min()
        assert values[inside].max() == y[low : high + 1].max()
        assert places[0] <= low
        assert places[-1] >= high


def test_a_short_stretch_is_given_with_all_its_points_and_one_beyond_each_end() -> None:
    made = series(np.arange(100_000.0))
    assert made.within(500, 505)[0].tolist() == list(range(499, 507))
    assert made.within(500.5, 500.6)[0].tolist() == [500, 501]
    assert made.within(-10, 1)[0].tolist() == [0, 1, 2]
    assert made.within(200_000, 300_000)[0].tolist() == [99_999]
    assert [len(part) for part in Series().within(0, 1)] == [0, 0]


def test_a_longer_view_is_never_coarser_than_a_pixel_can_tell() -> None:
    made = series(np.random.default_rng(0).normal(size=1_000_000))
    for low, high in ((0, 1e6), (2e5, 9e5), (123_456, 223_456)):
        places, _ = made.within(low, high, 2000)
        assert np.diff(places).max() <= 3 * 2 * (high - low) / 1000


def test_values_that_are_not_numbers_hide_no_others() -> None:
    y = np.full(10_000, np.nan)
    y[7777] = 1.0
    places, values = series(y).within()
    assert values[places == 7777].tolist() == [1.0]


@pytest.mark.parametrize("at", [0, 1, 5, 4095, 4096, 9999, 12_345])
def test_what_is_cut_and_added_again_is_as_if_it_had_never_been_cut(at: int) -> None:
    y = np.random.default_rng(4).normal(size=30_000)
    straight, cut = series(y), series(y, at_once=100)
    cut.cut(at - 1)
    assert cut.x.tolist() == list(range(at))
    cut.extend(np.arange(at, 30_000.0), y[at:])
    for low, high in ((-math.inf, math.inf), (1000, 29_000), (12_000, 12_600)):
        for one, other in zip(straight.within(low, high), cut.within(low, high), strict=True):
            assert one.tolist() == other.tolist()
    assert np.allclose(straight.smoothed(0.9)[1], cut.smoothed(0.9)[1])


def test_sums_that_grow_tell_what_came_after_a_place() -> None:
    made = series(np.array([1.0, 3.0, 6.0]))
    assert [made.total_since(at) for at in (-1, 0, 1, 2, 9)] == [6, 5, 3, 0, 0]
    assert made.since(0).tolist() == [3, 6]


def test_smoothing_is_the_exponential_mean_with_its_start_corrected() -> None:
    y = np.random.default_rng(1).normal(size=300) + 5
    _, ours = series(y).smoothed(0.8)
    # Written out: every earlier value weighs 0.8 of the one after it.
    for at in (0, 1, 17, 299):
        weights = 0.8 ** np.arange(at, -1, -1.0)
        assert ours[at] == pytest.approx((weights * y[: at + 1]).sum() / weights.sum())


def test_no_smoothing_leaves_the_values_and_a_constant_stays_one() -> None:
    y = np.random.default_rng(2).normal(size=50)
    assert np.allclose(series(y).smoothed(0.0)[1], y)
    for many in (1, 999, 1001, 7001, 8000, 123_457):
        assert np.allclose(series(np.full(many, 3.0)).smoothed(0.99)[1], 3.0)


@pytest.mark.parametrize(("few", "more"), [(1000, 1001), (7000, 8001), (15_999, 16_001)])
def test_smoothing_does_not_jump_where_points_begin_to_be_joined(few: int, more: int) -> None:
    y = np.random.default_rng(3).normal(size=more)
    apart, joined = (series(y[:many]).smoothed(0.95)[1][50:].std() for many in (few, more))
    assert joined == pytest.approx(apart, rel=0.15)


def test_smoothing_steps_over_what_is_not_finite() -> None:
    _, smoothed = series(np.array([np.nan, 1.0, np.inf, 1.0, np.nan])).smoothed(0.5)
    assert math.isnan(smoothed[0])
    assert smoothed[1:].tolist() == [1.0] * 4
    assert len(Series().smoothed(0.5)[0]) == 0


@pytest.mark.parametrize("many", [900, 5000, 300_000])
def test_a_stretch_is_smoothed_finer_and_knows_what_came_before(many: int) -> None:
    y = np.linspace(5, 1, many) + 0.1 * np.random.default_rng(6).normal(size=many)
    made = series(y)
    whole = made.smoothed(0.9)
    places, values = made.smoothed(0.9, many * 0.5, many * 0.51)
    inside = (places >= many * 0.5) & (places <= many * 0.51)
    there = (whole[0] >= many * 0.5) & (whole[0] <= many * 0.51)
    assert inside.sum() >= there.sum()
    assert values[inside].mean() == pytest.approx(whole[1][there].mean(), abs=0.03)
    assert places[0] <= many * 0.5
    assert places[-1] >= many * 0.51 - 1
