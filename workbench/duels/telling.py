"""A duel as plain data and as a table of text: what the command line says of it."""

from __future__ import annotations

import math
from typing import Any

from workbench.duels.judging import Judgement, Pair, Standing
from workbench.duels.spec import DuelSpec
from workbench.duels.words import (
    contestant_words,
    figure_words,
    gain_words,
    progress_words,
    rate_words,
    verdict,
)
from workbench.runs.metrics import in_sentence


def facts(spec: DuelSpec, judgement: Judgement) -> dict[str, Any]:
    """A duel as plain data without anything that is not the same each time it is trained.

    Args:
        spec: the duel.
        judgement: of what has come out.
    """
    said = verdict(spec, judgement)
    return {
        "name": spec.name,
        "metric": spec.metric,
        "larger_is_better": spec.larger_is_better,
        "seeds": list(spec.seeds),
        "over": judgement.over,
        "done": judgement.done,
        "total": judgement.total,
        "verdict": said.headline,
        "sentences": list(said.sentences),
        "traps": list(said.traps),
        "contestants": [
            {"changes": spec.contestant(each.name).changes} | _standing(each)
            for each in judgement.standings
        ],
        "pairs": [_pair(each) for each in judgement.pairs],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "name": standing.name,
        "values": {str(seed): value for seed, value in standing.values.items()},
        "mean": _number(standing.mean),
        "sd": _number(standing.spread),
        "metrics": {name: _number(value) for name, value in standing.metrics.items()},
        "lost": {str(seed): why for seed, why in standing.lost.items()},
        "rate": standing.rate,
        "rates": {f"{rate:g}": _number(value) for rate, value in standing.rates.items()},
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "seeds": list(pair.seeds),
        "gain": _number(pair.gain),
        "interval": [_number(end) for end in pair.interval],
        "p": pair.p,
        "corrected": pair.corrected,
        "wins": pair.wins,
        "superiority": _number(pair.superiority),
        "call": pair.call,
    }


def _number(value: float) -> float | None:
    # JSON knows no NaN.
    return value if math.isfinite(value) else None


def table(spec: DuelSpec, judgement: Judgement) -> str:
    """A duel in lines of text.

    Args:
        spec: the duel.
        judgement: of what has come out.
    """
    said = verdict(spec, judgement)
    lines = [said.headline, *said.sentences, ""]
    lines.append(f"{in_sentence(spec.metric)} · {progress_words(judgement)}")
    width = max(len(each.name) for each in judgement.standings)
    for each in judgement.standings:
        changes = contestant_words(spec, spec.contestant(each.name))
        lines.append(f"  {each.name:<{width}}  {_figures(spec, each)}  ({changes})")
    lines += [f"Beware: {words}" for words in said.traps]
    return "\n".join(lines)


def _figures(spec: DuelSpec, standing: Standing) -> str:
    if not standing.values:
        return rate_words(spec, standing)
    spread = "" if math.isnan(standing.spread) else f" +- {gain_words(spec, standing.spread)}"
    lost = f", {len(standing.lost)} lost" if standing.lost else ""
    count = len(standing.values)
    repeats = "1 repeat" if count == 1 else f"{count} repeats"
    mean = figure_words(spec, standing.mean)
    return f"{mean}{spread}, {repeats}{lost}, {rate_words(spec, standing)}"
