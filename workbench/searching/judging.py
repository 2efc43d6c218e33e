"""What a search has shown so far: the best trial, what matters, and what that is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from workbench.duels.spec import Contestant, DuelSpec, duel_between
from workbench.errors import UserError
from workbench.runs.results_words import metric_words
from workbench.searching.advance import is_over
from workbench.searching.space import Value
from workbench.searching.spec import SearchSpec
from workbench.searching.store import Search
from workbench.searching.study import Trial, opened

FEWEST_FOR_IMPORTANCE = 10
"""Done trials below which a forest of trees tells little about what matters."""
OPTIMISTIC = (
    "The best of many trials looks better than it is: it was chosen by the same validation samples "
    "that it is judged by, and each trial was trained once. A duel against the recipe tells "
    "whether its lead is real."
)
_METRICS = {"number": "mae", "numbers": "mae", "none": "matched"}


@dataclass(frozen=True)
class Standing:
    """How a search stands.

    Args:
        trials: all of them, by number.
        on: trials are begun.
        over: nothing more is trained.
        best: number of the best trial that is done; None where none is.
        own: number of the trial that is the recipe itself; None where there is none.
        importance: share of the variance of done trials that each place explains; empty where that
            is not known.
        why_no_importance: the reason for that.
    """

    trials: tuple[Trial, ...] = ()
    on: bool = True
    over: bool = False
    best: int | None = None
    own: int | None = None
    importance: dict[str, float] = field(default_factory=dict)
    why_no_importance: str = ""

    def trial(self, number: int | None) -> Trial | None:
        """The trial of a number; None where there is none.

        Args:
            number: of it.
        """
        return next((each for each in self.trials if each.number == number), None)


def stand(search: Search) -> Standing:
    """How a search stands, from its study; nothing is changed.

    Args:
        search: it.

    Raises:
        UserError: it is damaged.
    """
    spec = search.spec()
    with search.held(), opened(search, spec) as study:
        trials = study.trials()
        done = [each for each in trials if each.fate == "done" and math.isfinite(each.value)]
        why = _why_no_importance(done)
        importance = {} if why else study.importance()
        on = study.on
    sign = 1.0 if spec.larger_is_better else -1.0
    best = max(done, key=lambda each: (sign * each.value, -each.number), default=None)
    own = next((each for each in trials if dict(each.values) == spec.own_values), None)
    return Standing(
        trials, on, is_over(spec, trials), None if best is None else best.number,
        None if own is None else own.number, importance, why,
    )  # fmt: skip


def _why_no_importance(done: list[Trial]) -> str:
    if len(done) < FEWEST_FOR_IMPORTANCE:
        return f"What matters is told from {FEWEST_FOR_IMPORTANCE} finished trials on."
    if len({each.value for each in done}) < 2:
        return "All trials came out alike: nothing that was searched matters."
    return ""


def metric_of(spec: SearchSpec) -> str:
    """The validation metric by which trials are judged, as metrics are named.

    Args:
        spec: the search.
    """
    return _METRICS.get(spec.recipe.data.task, "accuracy")


def value_words(spec: SearchSpec, value: float) -> str:
    """A value of a trial in words; a dash where there is none.

    Args:
        spec: the search.
        value: of the validation metric.
    """
    return metric_words(metric_of(spec), value) if math.isfinite(value) else "–"


def setting_words(value: Value) -> str:
    """What was tried, in words.

    Args:
        value: of a place.
    """
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def headline(spec: SearchSpec, standing: Standing) -> str:
    """What has been found, in a sentence.

    Args:
        spec: the search.
        standing: how it stands.
    """
    best, own = standing.trial(standing.best), standing.trial(standing.own)
    if best is None:
        return "No trial is done yet." if not standing.over else "No trial could be trained."
    told = f"validation {metric_of(spec).replace('_', ' ')} {value_words(spec, best.value)}"
    if own is not None and own.number == best.number:
        return f"Nothing beats the recipe as it stands: {told}."
    if own is None or not math.isfinite(own.value):
        return f"Trial {best.number + 1} is the best: {told}."
    return (
        f"Trial {best.number + 1} is the best: {told}, the recipe {value_words(spec, own.value)}."
    )


def progress(spec: SearchSpec, standing: Standing) -> str:
    """How far a search is, in words.

    Args:
        spec: the search.
        standing: how it stands.
    """
    count = {fate: sum(each.fate == fate for each in standing.trials)
             for fate in ("done", "pruned", "failed", "running")}  # fmt: skip
    ended = count["done"] + count["pruned"] + count["failed"]
    words = [f"{ended} of {spec.trials} trials"]
    if count["pruned"]:
        words.append(f"{count['pruned']} ended early")
    if count["failed"]:
        words.append(f"{count['failed']} failed")
    if standing.over:
        words.append("over")
    elif not standing.on:
        words.append("halted")
    return " · ".join(words)


def duel_of_best(spec: SearchSpec, standing: Standing) -> DuelSpec:
    """The duel that settles whether the best trial beats the recipe.

    Args:
        spec: the search.
        standing: how it stands.

    Raises:
        UserError: no trial but the recipe is done.
    """
    best = standing.trial(standing.best)
    if best is None or best.number == standing.own:
        raise UserError("There is no trial that is better than the recipe.")
    changed = {place: value for place, value in best.values.items()
               if (spec.own_values or {}).get(place, object()) != value}  # fmt: skip
    contestants = (
        Contestant(name="recipe"), Contestant(name=f"trial {best.number + 1}", changes=changed)
    )  # fmt: skip
    rates = (1.0,) if "training.learning_rate" in changed else None
    more = {} if rates is None else {"rates": rates}
    return duel_between(spec.recipe, contestants, name=f"{spec.name}: best against recipe"[:80],
                        **more)  # fmt: skip
