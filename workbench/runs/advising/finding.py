"""What the advice after training is made of: findings, their evidence, what is known of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.duels.spec import Contestant, DuelSpec, Value, duel_between
from workbench.errors import UserError
from workbench.runs import contribution, history, results
from workbench.runs.contribution import Contribution
from workbench.runs.curves import Curves
from workbench.runs.difficulty import Difficulty, of_course
from workbench.runs.history import History
from workbench.runs.results import Results, Samples
from workbench.runs.store import Run
from workbench.spec import RunSpec, change_all

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """Figures behind a finding, as bars.

    Args:
        title: what they are.
        names: of the bars; of a histogram the lower end of each bin, in words.
        values: of the bars.
        marked: bars that the finding is about.
        share: the values are shares, 0..1.
    """

    title: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    marked: tuple[bool, ...]
    share: bool = False


@dataclass(frozen=True)
class Finding:
    """Something about a run that another recipe may mend.

    Args:
        name: what it is: ``tails``, ``labels`` and so on.
        title: in a few words.
        sentence: what was seen, with figures.
        proposal: what to try and why, in a sentence or two.
        weight: how well supported and how grave it is, 0..1; the largest comes first.
        duel: the proposal as an experiment; None where there is none to make.
        evidence: its figures; None where the sentence has them all.
    """

    name: str
    title: str
    sentence: str
    proposal: str
    weight: float
    duel: DuelSpec | None = None
    evidence: Evidence | None = None


class Known:
    """What is known of a run that was trained and evaluated; each part is read when it is needed.

    Args:
        run: the run.
        split: the evaluation that is looked at.

    Raises:
        UserError: the run's spec or the evaluation is damaged, or there is no evaluation.
    """

    def __init__(self, run: Run, split: Literal["test", "validation", "train"] = "test") -> None:
        self.run: Run = run
        self.split = split
        self.spec: RunSpec = run.spec()
        found = results.read(run.folder, split)
        if found is None:
            raise UserError(
                f"{run.name} was not evaluated on its {split} samples.",
                "Evaluate it first: on the Results screen, or by `workbench evaluate`.",
            )
        self.results: Results = found[0]
        self.samples: Samples = found[1]

    @property
    def task(self) -> str:
        """What the target is."""
        return self.spec.data.task

    @property
    def loss(self) -> str:
        """Name of the task loss; "" without one."""
        return self.spec.objective.loss.name if self.spec.objective.loss is not None else ""

    @cached_property
    def curves(self) -> Curves:
        """All curves of the run."""
        made = Curves()
        for event in self.run.events():
            made.hear(event)
        return made

    @cached_property
    def history(self) -> History | None:
        """What each sample did over the epochs; None where it was not recorded."""
        found = history.read(self.run.folder)
        return found if found is not None and found.epochs else None

    @cached_property
    def difficulty(self) -> Difficulty | None:
        """What the epochs say of the training samples; None where they were not recorded."""
        known = self.history
        if known is None:
            return None
        return of_course(known.train, known.epochs, self.task, len(known.about.classes))

    @cached_property
    def contribution(self) -> Contribution | None:
        """Which modality carried it; None where that was not measured."""
        found = contribution.read(self.run.folder, self.split)
        return found[0] if found is not None else None

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.run.folder


def proposal(
    known: Known, name: str, changes: Mapping[str, Mapping[str, Value]], base: str = "As it is",
    **more: Any,
) -> DuelSpec | None:  # fmt: skip
    """The experiment that tries changes of a recipe against the recipe as it is.

    Args:
        known: of the run.
        name: of the experiment.
        changes: by the name of a contestant; those that do not fit the recipe are left out.
        base: what the recipe as it is is called.
        more: further fields of ``DuelSpec``.

    Returns:
        None where no change fits.
    """
    contestants = [Contestant(name=base)]
    for called, change in changes.items():
        try:
            change_all(known.spec, change.items())
        except UserError:
            continue
        contestants.append(Contestant(name=called, changes=dict(change)))
    if len(contestants) < 2:
        return None
    return duel_between(known.spec, contestants, name=name, **more)


def histogram(
    values: Floats, marked: Floats, title: str, *, bins: int = 24
) -> Evidence:  # fmt: skip
    """A histogram over powers of ten, whose bins beyond some value are marked.

    Args:
        values: what is counted, 0 or more.
        marked: those of the values that the finding is about; bins that hold any are marked.
        title: what is counted.
        bins: how many bins.
    """
    least = max(float(np.quantile(values, 0.01)), float(values.max()) * 1e-6, 1e-300)
    edges = np.geomspace(least, max(float(values.max()), least * 1.01), bins + 1)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), bins=edges)
    about, _ = np.histogram(np.clip(marked, edges[0], edges[-1]), bins=edges)
    return Evidence(
        title, tuple(f"{edge:.2g}" for edge in edges[:-1]), tuple(float(c) for c in counts),
        tuple(bool(many) for many in about),
    )  # fmt: skip
