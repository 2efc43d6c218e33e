"""The verdict of a duel in plain words, and the traps that threaten it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.duels import statistics
from workbench.duels.judging import MEANINGFUL, Judgement, Pair, Standing
from workbench.duels.spec import Contestant, DuelSpec, Value
from workbench.parts import find
from workbench.runs.curves import in_words
from workbench.runs.metrics import in_sentence
from workbench.runs.results_words import is_share, metric_words
from workbench.spec import PART_PLACES, RunSpec

_FOR_RARE = ("balanced_cross_entropy", "ldam", "focal", "binary_focal", "asymmetric")
"""Losses that give up accuracy on frequent classes for rare ones."""
_WEIGHING = ("uncertainty", "gradnorm", "dynamic_weight_average", "random_weights")


_MOST_SENTENCES = 4
"""Pairs that are not told apart beyond which one sentence names them all."""


@dataclass(frozen=True)
class Verdict:
    """What a duel says.

    Args:
        headline: the answer in a sentence.
        sentences: one for each comparison that is called, and one for those that are not.
        traps: what threatens the verdict here, each in a sentence or two.
    """

    headline: str
    sentences: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()


def verdict(spec: DuelSpec, judgement: Judgement) -> Verdict:
    """What a duel says, as far as it has come.

    Args:
        spec: the duel.
        judgement: of what has come out.
    """
    called = [pair for pair in judgement.pairs if pair.call != "undecided"]
    sentences = [_called(spec, pair) for pair in called]
    if judgement.over:
        sentences += _all_undecided(spec, judgement)
    sentences += list(_lost(spec, judgement))
    return Verdict(
        _headline(spec, judgement, called), tuple(sentences), tuple(traps(spec, judgement))
    )


def gain_words(spec: DuelSpec, value: float) -> str:
    """A difference in the metric that judges: ``2.1 points`` of a share, else in its own unit.

    Args:
        spec: the duel.
        value: the difference.
    """
    if is_share(spec.metric):
        return f"{100 * value:.1f} points"
    return f"{value:.3g}"


def p_words(value: float) -> str:
    """A p as it is written: ``p = .03``.

    Args:
        value: 0 to 1.
    """
    if value < 0.001:
        return "p < .001"
    if value >= 0.995:
        return "p = 1"
    # Rounded to two digits, .047 would look as if it were not below .05.
    digits = 3 if value < 0.01 or 0.045 <= value < 0.055 else 2
    return f"p = {value:.{digits}f}".replace("0.", ".", 1)


def progress_words(judgement: Judgement) -> str:
    """How far a duel is, with an estimate.

    Args:
        judgement: of what has come out.
    """
    words = f"{judgement.done} of {judgement.total} runs"
    if judgement.over or not math.isfinite(judgement.seconds_left):
        return words
    return f"{words} · about {in_words(judgement.seconds_left)} of training left"


def repeats_words(comparisons: int, repeats: int) -> str:
    """What so many repeats can show, for a form.

    Args:
        comparisons: how many pairs are compared.
        repeats: how often each contestant is trained.
    """
    needed = statistics.repeats_needed(comparisons)
    several = "one comparison" if comparisons == 1 else f"{comparisons} comparisons"
    many = "1 repeat" if repeats == 1 else f"{repeats} repeats"
    least = min(1.0, statistics.least_p(repeats) * comparisons)
    if repeats >= needed:
        return f"With {several}, {many} can show a difference (down to {p_words(least)})."
    return (
        f"With {several}, {many} can show no difference, however large: the exact test "
        f"cannot fall below {p_words(least)}. It takes {needed}."
    )


def traps(spec: DuelSpec, judgement: Judgement) -> Iterator[str]:
    """What threatens the verdict of this duel.

    Args:
        spec: the duel.
        judgement: of what has come out.
    """
    if spec.repeats < statistics.repeats_needed(len(spec.pairs)):
        yield repeats_words(len(spec.pairs), spec.repeats)
    edges = [each.name for each in judgement.standings if each.at_edge]
    if edges:
        yield (
            f"The best learning rate of {_listed(edges)} is the last one that was tried: a better "
            "one may lie beyond. Widen the search before you trust the difference."
        )
    if len(spec.rates) == 1 and _sides(spec, "objective.loss.name", "objective.balancer.name"):
        yield (
            "All were trained by the learning rate of the recipe. Losses differ in scale, so that "
            "rate may suit one of them and not another."
        )
    yield from _traps_of_samples(spec)
    yield from _traps_of_parts(spec)
    if spec.recipe.training.longest_minutes is not None:
        yield "Runs end after a set time, so that slower contestants learn for fewer epochs."


def _traps_of_samples(spec: DuelSpec) -> Iterator[str]:
    used = {spec.spec_of(each).modalities for each in spec.contestants}
    if len(used) > 1 and spec.recipe.data.incomplete == "leave_out":
        yield (
            "Samples that lack a modality in use are left out, so that contestants with other "
            "modalities may be judged on other samples. Keep them in the recipe to compare."
        )


def _traps_of_parts(spec: DuelSpec) -> Iterator[str]:
    sides = [(each.name, spec.spec_of(each)) for each in spec.contestants]
    losses = [side.objective.loss for _, side in sides]
    rare = [each for (each, _), loss in zip(sides, losses, strict=True)
            if loss is not None and loss.name in _FOR_RARE]  # fmt: skip
    if rare and len(rare) < len(sides) and spec.metric == "accuracy":
        yield (
            f"{_listed(rare)} turns to rare or hard samples, which accuracy hardly counts: look at "
            "macro F1 and balanced accuracy, too."
        )
    trains = [each for (each, _), loss in zip(sides, losses, strict=True)
              if loss is not None and (loss.name, spec.metric) in _TRAINS_JUDGE]  # fmt: skip
    if trains and len(trains) < len(sides):
        yield (
            f"{_listed(trains)} makes small what judges here ({in_sentence(spec.metric)}); by "
            "another metric the order may be another."
        )
    if any(_smooths(side) for _, side in sides) and spec.metric == "log_loss":
        yield "Smoothed labels change what probabilities mean; log-loss compares them unfairly."
    weighing = [each for each, side in sides if side.objective.balancer.name in _WEIGHING]
    if weighing:
        yield (
            f"{_listed(weighing)} weighs terms while it trains. In careful replications such gains "
            "mostly vanish once every side has its own learning rate."
        )
    batches = {side.training.batch_size for _, side in sides}
    if len(batches) > 1 and any(side.objective.alignments for _, side in sides):
        yield "An alignment is easier in a smaller batch: compare what was found, not its loss."


_TRAINS_JUDGE = (
    ("absolute_error", "mae"), ("squared_error", "rmse"), ("cross_entropy", "log_loss"),
    ("binary_cross_entropy", "log_loss"),
)  # fmt: skip


def _smooths(side: RunSpec) -> bool:
    loss = side.objective.loss
    return loss is not None and bool(loss.options.get("label_smoothing"))


def _sides(spec: DuelSpec, *places: str) -> bool:
    return any(place in each.changes for each in spec.contestants for place in places)


def _headline(spec: DuelSpec, judgement: Judgement, called: list[Pair]) -> str:
    if not judgement.over:
        return f"Not decided yet: {progress_words(judgement)}."
    if not any(pair.seeds for pair in judgement.pairs):
        return "Nothing can be compared: no two contestants have a completed repeat in common."
    if not called:
        return "No difference can be told from chance."
    names = [each.name for each in judgement.standings]
    worse = {name: set[str]() for name in names}
    for pair in called:
        first = pair.call == "better"
        worse[pair.first if first else pair.second].add(pair.second if first else pair.first)
    beaten = set().union(*worse.values())
    unbeaten = [name for name in names if name not in beaten]
    if len(unbeaten) == 1 and len(worse[unbeaten[0]]) == len(names) - 1:
        return f"{unbeaten[0]} is better than {_others(names, unbeaten[0])}."
    winners = [name for name in unbeaten if worse[name]]
    if not winners:
        return f"Some differ, but none stands above the others by {in_sentence(spec.metric)}."
    return f"{_listed(winners)} {'beats' if len(winners) == 1 else 'beat'} some of the others."


def _others(names: list[str], winner: str) -> str:
    rest = [name for name in names if name != winner]
    return rest[0] if len(rest) == 1 else "every other"


def _called(spec: DuelSpec, pair: Pair) -> str:
    better = pair.call == "better"
    winner, loser = (pair.first, pair.second) if better else (pair.second, pair.first)
    sign = 1 if better else -1
    low, high = sorted((sign * pair.interval[0], sign * pair.interval[1]))
    wins = pair.wins if better else len(pair.seeds) - pair.wins - pair.ties
    words = (
        f"{winner} beats {loser} on {in_sentence(spec.metric)} by "
        f"{gain_words(spec, abs(pair.gain))} (interval {_ends(spec, low, high)}, "
        f"{wins} of {len(pair.seeds)} seeds, {p_words(pair.corrected)})."
    )
    chance = pair.superiority if better else 1 - pair.superiority
    if chance < MEANINGFUL:
        words += (
            f" The gain is real but small: a run of {winner} beats one of {loser} by any seed in "
            f"{chance:.0%} of all cases."
        )
    return words


def _all_undecided(spec: DuelSpec, judgement: Judgement) -> list[str]:
    pairs = [pair for pair in judgement.pairs if pair.call == "undecided" and pair.seeds]
    if len(pairs) <= _MOST_SENTENCES:
        return [_undecided(spec, pair) for pair in pairs]
    if len(pairs) == len(judgement.pairs):
        return [f"None of the {len(pairs)} pairs can be told apart."]
    told = "; ".join(f"{pair.first} and {pair.second}" for pair in pairs)
    return [f"These cannot be told apart: {told}."]


def _undecided(spec: DuelSpec, pair: Pair) -> str:
    low, high = pair.interval
    seeds = len(pair.seeds)
    if all(each == 0 for each in pair.differences):
        return f"{pair.first} and {pair.second} gave identical figures for {_counted(seeds)}."
    told = "" if not math.isfinite(low) else f"interval {_ends(spec, low, high)}, "
    return (
        f"{pair.first} and {pair.second} cannot be told apart "
        f"({told}{_counted(seeds)}, {p_words(pair.corrected)})."
    )


def _counted(seeds: int) -> str:
    return "1 seed" if seeds == 1 else f"{seeds} seeds"


def _ends(spec: DuelSpec, low: float, high: float) -> str:
    if is_share(spec.metric):
        return f"{100 * low:.1f} to {100 * high:.1f}"
    return f"{low:.3g} to {high:.3g}"


def _lost(spec: DuelSpec, judgement: Judgement) -> Iterator[str]:
    for each in judgement.standings:
        if each.hopeless:
            yield f"{each.name} could not be trained by any learning rate that was tried."
        elif each.lost:
            seed, why = next(iter(each.lost.items()))
            yield (
                f"{each.name} lost {len(each.lost)} of {spec.repeats} repeats (seed {seed}: {why})"
            )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def contestant_words(spec: DuelSpec, contestant: Contestant) -> str:
    """What a contestant changes, in words: ``loss Huber, delta 0.5``.

    Args:
        spec: the duel.
        contestant: one of it.
    """
    if not contestant.changes:
        return "the recipe as it stands"
    told = []
    for place, value in contestant.changes.items():
        owner = place.removesuffix(".name")
        name = owner.rpartition(".")[2].replace("_", " ")
        kind = PART_PLACES.get(owner)
        if kind is not None and isinstance(value, str):
            told.append(f"{name} {find(kind, value).title}")
        else:
            told.append(f"{name} {'off' if value is None else _plain(value)}")
    return ", ".join(told)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def figure_words(spec: DuelSpec, value: float) -> str:
    """The metric that judges, as it is shown elsewhere.

    Args:
        spec: the duel.
        value: it.
    """
    return metric_words(spec.metric, value)


def rate_words(spec: DuelSpec, standing: Standing) -> str:
    """The learning rate of a contestant and how it was found.

    Args:
        spec: the duel.
        standing: of the contestant.
    """
    if standing.hopeless:
        return "no learning rate could be trained"
    if standing.rate is None:
        return "its learning rate is looked for"
    contestant = spec.contestant(standing.name)
    value = spec.spec_of(contestant, rate=standing.rate).training.learning_rate
    tried = len(spec.rates_of(contestant))
    return f"learning rate {value:.3g}" + (f", best of {tried}" if tried > 1 else "")
