"""Which modality carried a model: exact Shapley values over its modalities, and what belongs to it.

With three modalities there are eight sets of them, so nothing is sampled but the others that stand
in for a modality that is taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.folder import Stopped
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight import intervals
from workbench.insight.halves import Encoded
from workbench.insight.judge import SEED, Judge, drawn
from workbench.insight.removal import DRAWS, Remover
from workbench.insight.trained import Trained
from workbench.parts import Modality
from workbench.runs.contribution import Contribution, OfClass, OfModality, Rows

MOST = 1000
"""Samples that are looked at, drawn with a fixed seed."""
PERMUTATIONS = 10
"""As in Gat et al. 2021."""

Coalition = frozenset[str]
Values = Mapping[Coalition, NDArray[np.float64]]
"""What each set of modalities is worth, of each sample or as one number."""
Tell = Callable[[str, int, int], object]
"""Told what is done, how much of it, and of how much."""


def shapley(worth: Values, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Shapley values: what each adds on average over all orders of joining.

    Args:
        worth: of every set of names, numbers or arrays of one shape.
        names: the players.

    Returns:
        By name; their sum is what all are worth beyond none.

    References:
        Shapley 1953, A value for n-person games, Contributions to the Theory of Games 2.
    """
    many = len(names)
    found = {}
    for name in names:
        rest = [other for other in names if other != name]
        total: Any = 0.0
        for size in range(many):
            weight = factorial(size) * factorial(many - size - 1) / factorial(many)
            for some in combinations(rest, size):
                total = total + weight * (worth[frozenset({*some, name})] - worth[frozenset(some)])
        found[name] = np.asarray(total, np.float64)
    return found


def synergy(worth: Values, names: Sequence[str]) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Shapley interaction index of each pair: what both add together beyond one by one.

    Args:
        worth: as of ``shapley``.
        names: the players.

    References:
        Grabisch and Roubens 1999, An axiomatic approach to the concept of interaction among
        players in cooperative games, Int. J. Game Theory 28.
    """
    many = len(names)
    found = {}
    for one, two in combinations(names, 2):
        rest = [name for name in names if name not in (one, two)]
        total: Any = 0.0
        for size in range(many - 1):
            weight = factorial(size) * factorial(many - size - 2) / factorial(many - 1)
            for some in combinations(rest, size):
                both = worth[frozenset({*some, one, two})] + worth[frozenset(some)]
                each = worth[frozenset({*some, one})] + worth[frozenset({*some, two})]
                total = total + weight * (both - each)
        found[one, two] = np.asarray(total, np.float64)
    return found


def contribute(
    trained: Trained, prepared: Prepared, split: str, tell: Tell, stop: Callable[[], bool],
    most: int = MOST,
) -> tuple[Contribution, Rows]:  # fmt: skip
    """What each modality adds to a trained model on a split.

    Args:
        trained: the run.
        prepared: its samples.
        split: ``train``, ``validation`` or ``test``.
        tell: told how far it is.
        stop: asked often; true ends it.
        most: samples that are looked at.

    Raises:
        UserError: the run has one modality only, or no target, or the split no samples.
        Stopped: the wish to stop was heard.
    """
    names = _refuse_alone(trained)
    rows = drawn(prepared, split, most)
    remover = Remover.of(trained)
    tell("Asking the encoders", 0, 0)
    encoded = remover.halves.encode({m: prepared.arrays[m][rows] for m in trained.spec.modalities})
    present = {m: mask[rows] for m, mask in prepared.masks.items()}
    judge = Judge(trained, prepared, rows)
    sets = [frozenset(some) for n in range(len(names) + 1) for some in combinations(names, n)]
    total = len(sets) + len(names)
    scores: dict[Coalition, NDArray[np.float64]] = {}
    truths: dict[Coalition, NDArray[np.float64]] = {}
    for done, kept in enumerate(sets):
        if stop():
            raise Stopped
        tell("Taking modalities away", done, total)
        said = remover.outputs(encoded, [m for m in encoded if m in kept], present)
        scores[kept], truths[kept] = judge.scores(said), judge.truths(said)
    shuffled = {}
    for done, name in enumerate(names):
        if stop():
            raise Stopped
        tell("Exchanging modalities", len(sets) + done, total)
        shuffled[name] = _permuted(remover, encoded, present, name, judge)
    each = shapley(truths, names)
    found = _found(split, names, scores, shuffled, remover, judge, each)
    values = np.column_stack([each[name] for name in names])
    stems = np.array(prepared.stems[rows].tolist(), np.str_)
    return found, Rows(stems, values, tuple(names))


def _refuse_alone(trained: Trained) -> list[str]:
    if trained.spec.objective.loss is None:
        raise UserError(
            "This run predicts nothing: it only draws pairs together.",
            "Ask a run that has a target.",
        )
    names = sorted(trained.spec.modalities)
    if len(names) < 2:
        raise UserError(
            f"This run has one modality only, {names[0]}: it carried everything.",
            "Ask a run with two modalities or three.",
        )
    return [str(name) for name in names]


def _permuted(
    remover: Remover, encoded: Encoded, present: Mapping[Modality, NDArray[Any]], name: str,
    judge: Judge,
) -> NDArray[np.float64]:  # fmt: skip
    """Mean scores when a modality comes from another sample, [permutations]."""
    dice = np.random.default_rng(SEED)
    count = len(judge.true)
    means = []
    for _ in range(PERMUTATIONS):
        order = dice.permutation(count)
        other = {
            m: {n: v[order] for n, v in tensors.items()} if m == name else tensors
            for m, tensors in encoded.items()
        }
        has = {m: mask[order] if m == name else mask for m, mask in present.items()}
        means.append(float(judge.scores(remover.halves.decide(other, has)).mean()))
    return np.array(means)


def _found(
    split: str, names: list[str], scores: Values, shuffled: Mapping[str, NDArray[np.float64]],
    remover: Remover, judge: Judge, in_truth: Mapping[str, NDArray[np.float64]],
) -> Contribution:  # fmt: skip
    each = shapley(scores, names)
    mean = {kept: float(values.mean()) for kept, values in scores.items()}
    between = intervals.of_draws(intervals.of_means(each)) if len(judge.true) > 1 else {}
    every = frozenset(names)
    rows = tuple(
        OfModality(
            name=name,
            shapley=float(each[name].mean()),
            between=between.get(name, (float(each[name].mean()),) * 2),
            alone=mean[frozenset({name})],
            without=mean[every - {name}],
            permuted=float(shuffled[name].mean()),
            permuted_spread=float(shuffled[name].std(ddof=1)),
            removal=remover.removal(name),  # type: ignore[arg-type]  # a modality of the run
        )
        for name in names
    )
    pairs = synergy(scores, names)
    return Contribution(
        split=split,
        samples=len(judge.true),
        score="error" if judge.task in ("number", "numbers") else "accuracy",
        whole=mean[every],
        nothing=mean[frozenset()],
        coalitions={"+".join(sorted(kept)): value for kept, value in mean.items()},
        modalities=rows,
        synergy={f"{one}+{two}": float(v.mean()) for (one, two), v in pairs.items()},
        classes=_of_classes(judge, in_truth),
        permutations=PERMUTATIONS,
        draws=DRAWS if any(row.removal == "others" for row in rows) else 0,
    )


def _of_classes(judge: Judge, each: Mapping[str, NDArray[np.float64]]) -> tuple[OfClass, ...]:
    if judge.task not in ("category", "yes_no", "ordered"):
        return ()
    found = []
    for number, name in enumerate(judge.classes):
        own = judge.true == number
        if own.any():
            values = {modality: float(v[own].mean()) for modality, v in each.items()}
            found.append(OfClass(name=name, support=int(own.sum()), shapley=values))
    return tuple(found)
