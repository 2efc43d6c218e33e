"""Runs whose engine or window is killed at any moment go on to the very same end."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_an_engine_that_is_killed_twice_resumes_to_the_same_bits(survival):
    report = survival(kills=2, who="engine", seed=1)
    assert report.killed == 2
    assert report.different == []
    assert report.lost == []


def test_a_window_that_is_killed_takes_its_engine_along_and_the_run_resumes(survival):
    report = survival(kills=1, who="window", seed=2)
    assert report.killed == 1
    assert report.different == []
    assert report.lost == []
