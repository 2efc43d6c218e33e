"""Optuna's side of a search: its study in SQLite, its sampler and its pruner.

The database holds numbers and text only; nothing that is read from it is executed. Optuna is
imported when a study is opened, and not with the program.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.errors import UserError
from workbench.searching.space import Hyperparameter, Value
from workbench.searching.spec import SearchSpec
from workbench.searching.store import Search

_NAME = "search"
_BUSY_SECONDS = 30
Fate = Literal["running", "done", "pruned", "failed"]


@dataclass(frozen=True)
class Trial:
    """A trial as the study knows it.

    Args:
        number: counted from 0 in the order in which trials were begun.
        values: what it tried, by place.
        fate: it goes on, is done, was ended early, or failed.
        value: validation metric of its best epoch; NaN before its end and where it failed.
        course: that metric by epoch, as far as it is known.
        run: name of its run's folder; "" before that is made.
        notes: further facts by name: ``message``, ``tries``, ``ending``, ``seconds``.
    """

    number: int
    values: Mapping[str, Value]
    fate: Fate
    value: float = math.nan
    course: Mapping[int, float] = field(default_factory=dict)
    run: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


class Study:
    """An open study.

    Args:
        study: Optuna's.
        spec: what is searched.
    """

    def __init__(self, study: Any, spec: SearchSpec) -> None:
        self._study, self._spec = study, spec

    @property
    def on(self) -> bool:
        """Trials are begun; off: somebody halted the search."""
        return bool(self._study.user_attrs.get("on", True))

    def switch(self, *, on: bool) -> None:
        """Begin trials, or no more.

        Args:
            on: begin them.
        """
        self._study.set_user_attr("on", on)

    def trials(self) -> tuple[Trial, ...]:
        """All trials by number."""
        return tuple(_trial(each) for each in self._study.get_trials(deepcopy=False)
                     if each.state.name != "WAITING")  # fmt: skip

    def begin(self) -> Trial:
        """Draw the values of another trial; the first is the recipe itself where that fits."""
        own = self._spec.own_values
        if own is not None and not self._study.get_trials(deepcopy=False):
            self._study.enqueue_trial(dict(own))
        asked = self._study.ask({each.place: _distribution(each) for each in self._spec.space})
        return next(each for each in self.trials() if each.number == asked.number)

    def note(self, trial: Trial, **notes: Any) -> None:
        """Keep facts about a trial.

        Args:
            trial: which.
            notes: by name; they must be plain data.
        """
        for name, value in notes.items():
            self._of(trial).set_user_attr(name, value)

    def report(self, trial: Trial, course: Mapping[int, float]) -> None:
        """Tell how a trial goes on.

        Args:
            trial: which.
            course: metric by epoch; what is known is not told again.
        """
        asked = self._of(trial)
        for epoch in sorted(course.keys() - trial.course.keys()):
            if math.isfinite(course[epoch]):
                asked.report(course[epoch], epoch)

    def hopeless(self, trial: Trial) -> bool:
        """Whether a trial is worse than half of the earlier ones were at its epoch.

        Args:
            trial: which; told by ``report`` how it goes.
        """
        return bool(self._of(trial).should_prune())

    def end(self, trial: Trial, fate: Fate, value: float = math.nan) -> None:
        """Tell how a trial has ended.

        Args:
            trial: which.
            fate: done, pruned or failed.
            value: of one that is done.
        """
        from optuna.trial import TrialState

        states = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED,
                  "failed": TrialState.FAIL}  # fmt: skip
        known = value if fate == "done" else None
        self._study.tell(trial.number, known, state=states[fate])

    def importance(self) -> dict[str, float]:
        """How much of the variance of done trials each place explains, summing to 1.

        References:
            Hutter, Hoos, Leyton-Brown 2014, An Efficient Approach for Assessing Hyperparameter
            Importance (fANOVA).
        """
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        found = get_param_importances(self._study, evaluator=FanovaImportanceEvaluator(seed=0))
        return {name: float(share) for name, share in found.items()}

    def _of(self, trial: Trial) -> Any:
        from optuna.trial import Trial as Asked

        # Optuna gives such an object to the process that asked; another one goes on by its number.
        storage = self._study._storage
        number = storage.get_trial_id_from_study_id_trial_number(
            self._study._study_id,
            trial.number,
        )
        return Asked(self._study, number)


@contextmanager
def opened(search: Search, spec: SearchSpec) -> Iterator[Study]:
    """Open the study of a search; it is made where there is none.

    Args:
        search: whose.
        spec: what it is.

    Raises:
        UserError: its database is damaged or cannot be written.
    """
    import optuna
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # A new sampler each time draws other values than the one before: it begins where that ended.
    url = URL.create("sqlite", database=str(search.database)).render_as_string()
    try:
        storage = optuna.storages.RDBStorage(
            url, engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}}
        )
        try:
            study = optuna.create_study(
                storage=storage, study_name=_NAME, load_if_exists=True, pruner=_pruner(spec),
                direction="maximize" if spec.larger_is_better else "minimize",
            )  # fmt: skip
            study.sampler = _sampler(spec, len(study.get_trials(deepcopy=False)))
            yield Study(study, spec)
        finally:
            storage.remove_session()
            storage.engine.dispose()
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise UserError(
            f"{search.database} cannot be used: {str(error).splitlines()[0]}.",
            "Free some space, or delete it to begin the search anew: its runs are kept.",
        ) from None


def _sampler(spec: SearchSpec, begun: int) -> Any:
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if spec.sampler == "random":
            return optuna.samplers.RandomSampler(seed=spec.seed + begun)
        return optuna.samplers.TPESampler(
            seed=spec.seed + begun, n_startup_trials=spec.first_trials, multivariate=True
        )


def _pruner(spec: SearchSpec) -> Any:
    import optuna

    if not spec.prune:
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(
        n_startup_trials=spec.first_trials, n_warmup_steps=spec.first_epochs - 1
    )


def _distribution(space: Hyperparameter) -> Any:
    from optuna import distributions

    if space.kind == "choice":
        return distributions.CategoricalDistribution(space.choices)
    if space.kind == "int":
        return distributions.IntDistribution(int(space.low), int(space.high), log=space.log)
    return distributions.FloatDistribution(space.low, space.high, log=space.log)


def _trial(known: Any) -> Trial:
    fates: dict[str, Fate] = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}
    notes = dict(known.user_attrs)
    # A trial that was ended early has its last figure as value, which is none of a whole one.
    value = known.value if known.state.name == "COMPLETE" else None
    return Trial(
        known.number, dict(known.params), fates.get(known.state.name, "running"),
        math.nan if value is None else float(value), dict(known.intermediate_values),
        str(notes.pop("run", "")), notes,
    )  # fmt: skip
