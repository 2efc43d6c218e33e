"""What a duel has shown: figures of each contestant, the test of each pair. Words are elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from workbench.duels import plan, statistics
from workbench.duels.spec import Contestant, DuelSpec
from workbench.duels.store import Outcome, Outcomes

Call = Literal["better", "worse", "undecided"]
MEANINGFUL = 0.75
"""Chance of superiority from which a difference is meaningful (Bouthillier et al. 2021)."""


@dataclass(frozen=True)
class Standing:
    """How a contestant stands.

    Args:
        name: its name.
        values: the metric that judges, by seed; only repeats that are done.
        metrics: of each further metric the mean over the same repeats.
        lost: repeats that failed or were stopped by hand, and why, by seed.
        rate: its learning rate as a multiple of the recipe's; None while it is looked for.
        rates: of the search, validation metric by learning rate; NaN where that run was lost.
        at_edge: the best learning rate is the smallest or the largest that was tried, so that a
            better one may lie beyond.
        hopeless: no learning rate could be trained.
        seconds: mean length of training of a repeat; NaN before the first.
    """

    name: str
    values: Mapping[int, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    lost: Mapping[int, str] = field(default_factory=dict)
    rate: float | None = None
    rates: Mapping[float, float] = field(default_factory=dict)
    at_edge: bool = False
    hopeless: bool = False
    seconds: float = math.nan

    @property
    def mean(self) -> float:
        """Mean of the metric over the repeats; NaN without one."""
        return float(np.mean(list(self.values.values()))) if self.values else math.nan

    @property
    def spread(self) -> float:
        """Standard deviation of the metric over the repeats; NaN with fewer than two."""
        values = list(self.values.values())
        return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


@dataclass(frozen=True)
class Pair:
    """How two contestants compare over the seeds that both have completed.

    Args:
        first: name of one.
        second: name of the other.
        seeds: what they are paired by.
        differences: first less second in the metric, by seed, as measured.
        gain: mean of the differences, so that more is better for the first.
        interval: bootstrap interval of 95 % of the gain.
        p: of the exact sign-flip test.
        corrected: p after Holm's correction over all pairs of the duel.
        wins: seeds for which the first is better.
        superiority: chance that a run of the first is better than one of the second.
        call: what can be said of the first: better or worse, or undecided.
    """

    first: str
    second: str
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    gain: float
    interval: tuple[float, float]
    p: float
    corrected: float
    wins: int
    superiority: float
    call: Call

    @property
    def ties(self) -> int:
        """Seeds for which both are equal."""
        return sum(1 for each in self.differences if each == 0)


@dataclass(frozen=True)
class Judgement:
    """What a duel has shown so far.

    Args:
        standings: of each contestant, in the order of the duel.
        pairs: of each comparison.
        over: nothing more is to be trained.
        done: runs that are over, of ``total``.
        total: runs of the whole duel.
        seconds_left: estimate for the runs that are missing, one at a time; NaN where nothing is
            known.
    """

    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    over: bool
    done: int
    total: int
    seconds_left: float = math.nan

    def standing(self, name: str) -> Standing:
        """How a contestant stands.

        Args:
            name: its name.
        """
        return next(each for each in self.standings if each.name == name)


def judge(spec: DuelSpec, outcomes: Outcomes) -> Judgement:
    """Judge a duel by what has come out so far.

    A difference is called where the exact p, corrected after Holm, lies below .05 and the bootstrap
    interval does not hold 0; the interval alone would be too narrow with so few pairs. Nothing is
    called before the duel is over: to look after each run until p is small would call differences
    where there are none.

    Args:
        spec: the duel.
        outcomes: of the duel.
    """
    standings = tuple(_standing(spec, each, outcomes) for each in spec.contestants)
    pairs = [(standings[first], standings[second]) for first, second in spec.pairs]
    sign = 1.0 if spec.larger_is_better else -1.0
    paired = [_paired(first, second) for first, second in pairs]
    # A pair without a common seed is still one of the comparisons that were meant.
    values = [statistics.sign_flip(list(each.values())) for each in paired]
    corrected = statistics.holm(values)
    done = [each for each in outcomes.every if each.over]
    total, over = plan.total(spec, outcomes), plan.is_over(spec, outcomes)
    lengths = [each.seconds for each in done if each.fate == "done"]
    left = max(0, total - len(done)) * float(np.mean(lengths)) if lengths else math.nan
    return Judgement(
        standings,
        tuple(
            _pair(first, second, differences, sign, p, fair, over=over)
            for (first, second), differences, p, fair in zip(
                pairs, paired, values, corrected, strict=True
            )
        ),
        over, len(done), total, left,
    )  # fmt: skip


def _standing(spec: DuelSpec, contestant: Contestant, outcomes: Outcomes) -> Standing:
    mine = [each for each in outcomes.every if each.place.contestant == contestant.name]
    counted = [each for each in mine if not each.place.searching]
    done = [each for each in counted if _judged(spec, each)]
    lost = {
        each.place.seed: each.message or f"It has no {spec.metric}."
        for each in counted if each.over and not _judged(spec, each)
    }  # fmt: skip
    rate = plan.rate_of(spec, contestant, outcomes)
    found = plan.searched(spec, contestant, outcomes)
    tried = spec.rates_of(contestant)
    names = sorted({name for each in done for name in each.metrics})
    return Standing(
        contestant.name,
        {each.place.seed: each.metrics[spec.metric] for each in done},
        {name: _mean([each.metrics.get(name, math.nan) for each in done]) for name in names},
        lost, rate,
        {
            r: math.nan if each.searched is None else each.searched
            for r, each in found.items() if each.over
        },
        rate is not None and len(tried) > 1 and rate in (min(tried), max(tried)),
        plan.hopeless(spec, contestant, outcomes), _mean([each.seconds for each in done]),
    )  # fmt: skip


def _judged(spec: DuelSpec, outcome: Outcome) -> bool:
    value = outcome.metrics.get(spec.metric)
    return outcome.fate == "done" and value is not None and math.isfinite(value)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _paired(first: Standing, second: Standing) -> dict[int, float]:
    both = sorted(first.values.keys() & second.values.keys())
    return {seed: first.values[seed] - second.values[seed] for seed in both}


def _pair(
    first: Standing, second: Standing, differences: Mapping[int, float], sign: float, p: float,
    corrected: float, *, over: bool,
) -> Pair:  # fmt: skip
    gains = [sign * each for each in differences.values()]
    low, high = statistics.interval_of_mean(gains)
    sure = over and corrected < statistics.LEVEL and (low > 0 or high < 0)
    gain = _mean(gains)
    call: Call = ("better" if gain > 0 else "worse") if sure else "undecided"
    return Pair(
        first.name, second.name, tuple(differences), tuple(differences.values()), gain, (low, high),
        p, corrected, sum(1 for each in gains if each > 0),
        statistics.superiority(
            [sign * each for each in first.values.values()],
            [sign * each for each in second.values.values()],
        ),
        call,
    )  # fmt: skip
