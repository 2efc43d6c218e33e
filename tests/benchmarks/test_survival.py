"""A hundred kills of the engine and fifty of the window, in real runs.

``KILLS=20 pytest -m benchmark -s tests/benchmarks/test_survival.py`` for fewer.
"""

import os

import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(0)]

KILLS = int(os.environ.get("KILLS", "100"))


@pytest.mark.parametrize(("who", "kills"), [("engine", KILLS), ("window", max(1, KILLS // 2))])
def test_every_kill_is_survived_to_the_bit(survival, who, kills):
    report = survival(kills=kills, who=who, seed=0)
    print(
        f"\n{who}: {report.killed} kills in {report.runs} runs, {report.seconds:.0f} s; "
        f"{len(report.different)} variables different, {len(report.lost)} events lost or doubled"
    )
    assert report.killed == kills
    assert report.different == []
    assert report.lost == []
