"""What a duel has still to train: learning rates first, then the repeats by the best of each."""

from __future__ import annotations

import math

from workbench.duels.spec import Contestant, DuelSpec
from workbench.duels.store import Outcome, Outcomes, Place


def searches(spec: DuelSpec, contestant: Contestant) -> tuple[Place, ...]:
    """The runs that look for a contestant's learning rate; none where there is one to try.

    Args:
        spec: the duel.
        contestant: one of it.
    """
    rates = spec.rates_of(contestant)
    if len(rates) < 2:
        return ()
    return tuple(
        Place(contestant=contestant.name, seed=spec.rate_seed, rate=rate, searching=True)
        for rate in rates
    )


def repeats(spec: DuelSpec, contestant: Contestant, rate: float) -> tuple[Place, ...]:
    """The runs of a contestant that are judged.

    Args:
        spec: the duel.
        contestant: one of it.
        rate: its learning rate, as a multiple of the recipe's.
    """
    return tuple(Place(contestant=contestant.name, seed=seed, rate=rate) for seed in spec.seeds)


def searched(spec: DuelSpec, contestant: Contestant, outcomes: Outcomes) -> dict[float, Outcome]:
    """What the search has found so far, by learning rate.

    Args:
        spec: the duel.
        contestant: one of it.
        outcomes: of the duel.
    """
    found = {place.rate: outcomes.at(place) for place in searches(spec, contestant)}
    return {rate: outcome for rate, outcome in found.items() if outcome is not None}


def rate_of(spec: DuelSpec, contestant: Contestant, outcomes: Outcomes) -> float | None:
    """The learning rate of a contestant's repeats; None while it is looked for, or has failed.

    The one with the best validation metric; of equals the nearest to the recipe's.

    Args:
        spec: the duel.
        contestant: one of it.
        outcomes: of the duel.
    """
    rates = spec.rates_of(contestant)
    if len(rates) == 1:
        return rates[0]
    found = searched(spec, contestant, outcomes)
    if len(found) < len(rates) or not all(each.over for each in found.values()):
        return None
    sign = 1.0 if searches_upwards(spec) else -1.0
    scores = {
        rate: sign * each.searched
        for rate, each in found.items()
        if each.fate == "done" and each.searched is not None and math.isfinite(each.searched)
    }
    if not scores:
        return None
    return max(scores, key=lambda rate: (scores[rate], -abs(math.log(rate)), -rate))


def searches_upwards(spec: DuelSpec) -> bool:
    """Whether more is better of the validation metric that learning rates are chosen by.

    Args:
        spec: the duel.
    """
    # The trainer tells the mean absolute error of numbers, else a share that is right.
    return spec.recipe.data.task not in ("number", "numbers")


def hopeless(spec: DuelSpec, contestant: Contestant, outcomes: Outcomes) -> bool:
    """Whether no learning rate of a contestant could be trained, so that it has no repeats.

    Args:
        spec: the duel.
        contestant: one of it.
        outcomes: of the duel.
    """
    found = searched(spec, contestant, outcomes)
    tried = len(found) == len(searches(spec, contestant)) > 0
    over = tried and all(each.over for each in found.values())
    return over and rate_of(spec, contestant, outcomes) is None


def wanted(spec: DuelSpec, outcomes: Outcomes) -> list[Place]:
    """The places that can be begun now and were not yet.

    Seed after seed rather than contestant after contestant, so that a duel that is cut short has
    pairs to show.

    Args:
        spec: the duel.
        outcomes: of the duel.
    """
    found = [place for each in spec.contestants for place in searches(spec, each)]
    rows = []
    for each in spec.contestants:
        rate = rate_of(spec, each, outcomes)
        if rate is not None:
            rows.append(repeats(spec, each, rate))
    found += [place for column in zip(*rows, strict=True) for place in column]
    begun = {outcome.place for outcome in outcomes.every}
    return [place for place in found if place not in begun]


def total(spec: DuelSpec, outcomes: Outcomes) -> int:
    """How many runs the whole duel takes, as far as is known.

    Args:
        spec: the duel.
        outcomes: of the duel.
    """
    hopeful = [each for each in spec.contestants if not hopeless(spec, each, outcomes)]
    tries = sum(len(searches(spec, each)) for each in spec.contestants)
    return tries + len(hopeful) * spec.repeats


def is_over(spec: DuelSpec, outcomes: Outcomes) -> bool:
    """Whether nothing more is to be trained.

    Args:
        spec: the duel.
        outcomes: of the duel.
    """
    done = sum(1 for each in outcomes.every if each.over)
    return done == len(outcomes.every) and done >= total(spec, outcomes)
