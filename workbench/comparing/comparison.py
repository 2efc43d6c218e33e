"""Everything that tells chosen runs apart, read at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.comparing import answers, overlay
from workbench.comparing.answers import Answers
from workbench.comparing.overlay import Track
from workbench.duels.statistics import Interval, holm
from workbench.errors import UserError
from workbench.runs import labels, results, table
from workbench.runs.metrics import is_of_loss, smaller_is_better
from workbench.runs.results import Results, Samples
from workbench.runs.store import Run, title_of
from workbench.runs.table import Value

MOST = 12
"""Runs that are compared at once: more lines cannot be told apart."""
SPLITS = ("test", "validation", "train")


@dataclass(frozen=True, eq=False)
class Side:
    """One of the runs.

    Args:
        run: it.
        name: unlike that of any other.
        values: of its spec by place.
        metrics: its figures by name, such as ``test_accuracy``.
        track: how it went.
        evaluation: figures and samples of the split; None where it was not evaluated.
        problem: why a part of it could not be read; "" for none.
    """

    run: Run
    name: str
    values: dict[str, Value]
    metrics: dict[str, float]
    track: Track
    evaluation: tuple[Results, Samples] | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Against:
    """A run against the first one, sample by sample.

    Args:
        side: the run.
        answers: both, where the lead is that of the first one; None where they do not compare.
        lead: mean lead of this run over the first one.
        interval: of that, 95 %, given how many samples there are.
        p: of McNemar's test after Holm's correction over all that are compared; NaN for numbers.
        problem: why they do not compare.
    """

    side: Side
    answers: Answers | None = None
    lead: float = math.nan
    interval: Interval = (math.nan, math.nan)
    p: float = math.nan
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs beside each other.

    Args:
        sides: the runs; the first is the one that the others are held against.
        split: whose samples are compared.
        differing: places of specs in which they differ.
        against: each but the first against the first.
        warnings: what makes figures hard to compare, in sentences.
    """

    sides: tuple[Side, ...]
    split: str
    differing: tuple[str, ...]
    against: tuple[Against, ...]
    warnings: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Figures that any run has, those of the split first."""
        every = dict.fromkeys(name for side in self.sides for name in side.metrics)
        return tuple(sorted(every, key=lambda name: not name.startswith(f"{self.split}_")))

    def best(self, metric: str) -> frozenset[Path]:
        """Folders of the runs with the best value of a figure; none where it does not compare.

        That is so where their data differ, and of values of a loss where their losses do.
        """
        known = {side.run.folder: value for side in self.sides
                 if math.isfinite(value := side.metrics.get(metric, math.nan))}  # fmt: skip
        losses = {table.in_words(side.values.get("objective.loss.name")) for side in self.sides}
        other = len(losses) > 1 and is_of_loss(metric)
        if len(known) < 2 or other or len({_data(side) for side in self.sides}) > 1:
            return frozenset()
        pick = min if smaller_is_better(metric) else max
        found = pick(known.values())
        return frozenset(folder for folder, value in known.items() if value == found)


def compare(folders: Sequence[Path], split: str = "test") -> Comparison:
    """Read runs and hold them beside each other.

    Args:
        folders: of the runs; the first is the one that the others are held against.
        split: whose samples are compared.

    Raises:
        UserError: there are fewer than two or too many, one is no run, or there is no such split.
    """
    folders = list(dict.fromkeys(folder.resolve() for folder in folders))
    if not 2 <= len(folders) <= MOST:
        raise UserError(f"{len(folders)} runs cannot be compared.", f"Choose 2 to {MOST} of them.")
    if split not in SPLITS:
        raise UserError(f"There is no part '{split}' of the samples.", f"One of {SPLITS}.")
    runs = [(run, *_said(run)) for run in map(_found, folders)]
    values = [each[2] for each in runs]
    differing = table.differing_values(values)
    kinds = _named([_kind(each, differing) for each in values], [each[1] for each in runs])
    names = _unique([each[1] for each in runs])
    sides = tuple(
        _side(run, name, spec_values, kind, split)
        for (run, _, spec_values), name, kind in zip(runs, names, kinds, strict=True)
    )
    against = _against(sides)
    warnings = _warnings(sides, against, split)
    return Comparison(sides, split, differing, against, tuple(warnings))


def _found(folder: Path) -> Run:
    run = Run(folder)
    if not (folder / "spec.json").is_file():
        raise UserError(f"{folder} is no run: spec.json is missing.", "Choose the folder of a run.")
    return run


def _said(run: Run) -> tuple[str, dict[str, Value]]:
    """What a run is called, and the values of its spec."""
    called = labels.read(run).name
    return called or title_of(run.name), table.values_of(run.spec().model_dump(mode="json"))


def _unique(titles: list[str]) -> list[str]:
    """Names with a number behind those that occur again."""
    found = []
    for place, title in enumerate(titles):
        before = titles[:place].count(title)
        found.append(f"{title} ({before + 1})" if titles.count(title) > 1 else title)
    return found


def _kind(values: dict[str, Value], differing: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What runs that repeat each other have in common: all that differs but the seed."""
    return tuple((place, table.in_words(values.get(place))) for place in differing)


def _named(kinds: list[tuple[tuple[str, str], ...]], titles: list[str]) -> list[str]:
    """A name for each kind: the values that tell it from the others, the names of parts first."""
    told = [
        ", ".join(value for place, value in kind if place.endswith(".name") and value)
        or ", ".join(f"{place.rpartition('.')[2]} {value}" for place, value in kind if value)
        for kind in kinds
    ]
    told = [words or title for words, title in zip(told, titles, strict=True)]
    by_words: dict[str, list[tuple[tuple[str, str], ...]]] = {}
    for words, kind in zip(told, kinds, strict=True):
        known = by_words.setdefault(words, [])
        if kind not in known:
            known.append(kind)
    return [
        words if len(by_words[words]) == 1 else f"{words} ({by_words[words].index(kind) + 1})"
        for words, kind in zip(told, kinds, strict=True)
    ]


def _side(run: Run, name: str, values: dict[str, Value], kind: str, split: str) -> Side:
    problems = []
    track, evaluation = Track(run.folder, name, kind), None
    try:
        track = overlay.read(run, name, kind)
    except UserError as error:
        problems.append(error.problem)
    try:
        evaluation = results.read(run.folder, split)
    except UserError as error:
        problems.append(error.problem)
    metrics = dict(run.status().metrics)
    if evaluation is not None:
        metrics |= {f"{split}_{key}": value for key, value in evaluation[0].metrics.items()}
    return Side(run, name, values, metrics, track, evaluation, " ".join(problems))


def _against(sides: tuple[Side, ...]) -> tuple[Against, ...]:
    first, found = sides[0], []
    for side in sides[1:]:
        if first.evaluation is None or side.evaluation is None:
            whose = first.name if first.evaluation is None else side.name
            found.append(Against(side, problem=f"{whose} was not evaluated on these samples."))
            continue
        pair = answers.beside(first.evaluation, side.evaluation)
        if pair is None:
            why = answers.why_not(first.evaluation[0], side.evaluation[0])
            found.append(Against(side, problem=why or "They answered no sample in common."))
            continue
        low, high = pair.interval()
        lead = float(pair.differences.mean())
        # The other way round: the run against the first one.
        found.append(Against(side, pair, 0.0 - lead, (0.0 - high, 0.0 - low), pair.p()))
    return _corrected(found)


def _corrected(found: list[Against]) -> tuple[Against, ...]:
    tested = [place for place, each in enumerate(found) if math.isfinite(each.p)]
    for place, p in zip(tested, holm([found[place].p for place in tested]), strict=True):
        each = found[place]
        found[place] = Against(each.side, each.answers, each.lead, each.interval, p)
    return tuple(found)


def _data(side: Side) -> tuple[str, str]:
    return (
        table.in_words(side.values.get("data.folder")),
        table.in_words(side.values.get("data.target")),
    )


def _warnings(
    sides: tuple[Side, ...], against: tuple[Against, ...], split: str
) -> list[str]:  # fmt: skip
    found = [f"{side.name}: {side.problem}" for side in sides if side.problem]
    if len({_data(side) for side in sides}) > 1:
        found.append("They were trained on other data or towards another target: figures of the "
                     "whole do not compare, and none is marked as the best.")  # fmt: skip
    left = max((each.answers.left_out for each in against if each.answers), default=0)
    if left:
        found.append(f"Up to {left:,} samples are left out of the comparison sample by sample: "
                     f"only one of the runs has them in its {split} samples.")  # fmt: skip
    return found
