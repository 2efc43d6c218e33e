"""All that a report says of a run, gathered from its folder; nothing is computed anew."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from workbench import parts
from workbench.errors import UserError
from workbench.events import Started, Trained
from workbench.runs import class_curves, contribution, results, store
from workbench.runs import results_words as words
from workbench.runs.class_curves import Calibration
from workbench.runs.contribution import Contribution
from workbench.runs.curves import Curves
from workbench.runs.results import Results, Samples
from workbench.spec import PartSpec, RunSpec

SPLITS = ("test", "validation", "train")
EXAMPLES = 8
"""Worst samples that are shown."""
_NOUNS = {"image": "picture", "audio": "sound", "text": "text"}


@dataclass(frozen=True)
class Example:
    """One of the worst samples.

    Args:
        stem: its name.
        truth: its true class or number, in words.
        said: what was predicted.
        sure: the probability of that, in words; "" for numbers.
    """

    stem: str
    truth: str
    said: str
    sure: str


@dataclass(frozen=True)
class Gathered:
    """A run as a report tells it.

    Args:
        folder: of the run.
        spec: what it is.
        made: when the report was made, in words.
        facts: what is known of data and training, by what it is.
        recipe: the choices, by what they are.
        curves: how training went.
        results: figures of the most telling split; None where it was not evaluated.
        samples: its rows.
        figures: the metrics in words.
        title: the verdict, a few words.
        sentence: why.
        calibration: of classes; None where there is none.
        carried: which modality carried it; None where nobody has asked.
        examples: the worst samples.
        environment: versions, machine, fingerprints.
    """

    folder: Path
    spec: RunSpec
    made: str
    facts: dict[str, str]
    recipe: dict[str, str]
    curves: Curves
    results: Results | None = None
    samples: Samples | None = None
    figures: tuple[words.FigureWords, ...] = ()
    title: str = "Not evaluated"
    sentence: str = "This run was not evaluated: nothing can be said of how good it is."
    calibration: Calibration | None = None
    carried: Contribution | None = None
    examples: tuple[Example, ...] = ()
    environment: dict[str, Any] = field(default_factory=dict)


def gather(folder: Path) -> Gathered:
    """Read all that a run's folder tells.

    Args:
        folder: of the run.

    Raises:
        UserError: it holds no run, or what it holds is damaged.
    """
    run = store.find(folder)
    spec = run.spec()
    said = list(run.events())
    curves = Curves()
    for event in said:
        curves.hear(event)
    facts = _facts(spec, [e for e in said if isinstance(e, Started | Trained)])
    found = next((r for r in (results.read(run.folder, split) for split in SPLITS) if r), None)
    made = time.strftime("%Y-%m-%d %H:%M")
    base = Gathered(run.folder, spec, made, facts, dict(_recipe(spec)), curves,
                    environment=_environment(run.folder))  # fmt: skip
    if found is None:
        return base
    figures, samples = found
    verdict = words.verdict(figures, _first_column(samples))
    drawn = class_curves.read(run.folder, figures.split)
    carried = contribution.read(run.folder, figures.split)
    return Gathered(
        base.folder, spec, made, facts, base.recipe, curves, figures, samples,
        words.figures(figures), verdict.title, verdict.sentence,
        drawn.calibration if drawn is not None else None,
        carried[0] if carried is not None else None,
        tuple(_examples(figures, samples)), base.environment,
    )  # fmt: skip


def _first_column(samples: Samples) -> Samples:
    if samples.target.ndim < 2 or samples.target.dtype == np.int8:
        return samples
    return Samples(
        samples.stem, samples.target[:, 0], samples.prediction[:, 0], samples.confidence,
        samples.true_probability, samples.loss,
    )  # fmt: skip


def _facts(spec: RunSpec, said: list[Any]) -> dict[str, str]:
    found = {
        "Data": Path(spec.data.folder).name,
        "Modalities": ", ".join(_NOUNS[m] for m in spec.modalities),
        "Target": f"{spec.data.target or 'none'} ({spec.data.task.replace('_', ' ')})",
    }
    for event in said:
        if isinstance(event, Started):
            counts = [f"{many:,} {split}" for split, many in event.samples.items()]
            found["Samples"] = ", ".join(counts)
            found["Numbers to learn"] = f"{event.parameters:,}"
            found["Computed on"] = event.device
        else:
            found["Training"] = (
                f"{event.epochs} epochs in {event.seconds:,.0f} s, "
                f"{event.samples_per_second:,.0f} samples a second"
            )
            found["Best epoch"] = str(event.best_epoch)
    return found


def _recipe(spec: RunSpec) -> Iterator[tuple[str, str]]:
    for modality in spec.modalities:
        chosen = spec.model.encoders[modality]
        yield f"Encoder of the {_NOUNS[modality]}", _in_words("encoder", chosen)
    if len(spec.modalities) > 1:
        yield "Fusion", _in_words("fusion", spec.model.fusion)
    objective = spec.objective
    if objective.loss is not None:
        yield "Loss", _in_words("loss", objective.loss)
    for pair, aligned in objective.alignments.items():
        yield f"Alignment {pair}", _in_words("alignment", aligned.loss)
    if objective.heads or objective.alignments:
        yield "Balancing", _in_words("balancer", objective.balancer)
    training = spec.training
    yield "Optimiser", _in_words("optimizer", training.optimizer)
    yield "Learning rate", f"{training.learning_rate:g}, {training.schedule.name}"
    yield "Batch size", str(training.batch_size)
    yield "Epochs at most", str(training.epochs)
    yield "Seed", str(training.seed)


def _in_words(kind: parts.Kind, chosen: PartSpec) -> str:
    try:
        title = parts.find(kind, chosen.name).title
    except UserError:
        # A part of somebody's own that is not switched on here.
        title = chosen.name
    options = ", ".join(f"{name} {_value(value)}" for name, value in chosen.options.items())
    return f"{title} ({options})" if options else title


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _examples(figures: Results, samples: Samples) -> Iterator[Example]:
    if not len(samples) or figures.task == "none":
        return
    if figures.classes:
        badness = samples.loss
        wrong = samples.target != samples.prediction
        wrong = wrong.any(axis=1) if wrong.ndim > 1 else wrong
        rows = np.flatnonzero(wrong)
    else:
        off = np.abs(samples.prediction - samples.target)
        badness = off.max(axis=1) if off.ndim > 1 else off
        rows = np.arange(len(samples))
    order = rows[np.argsort(-np.nan_to_num(badness[rows], nan=np.inf), kind="stable")]
    for row in order[:EXAMPLES]:
        sure = f"{samples.confidence[row]:.0%}" if len(samples.confidence) else ""
        truth, said = (_answer(figures, v[row]) for v in (samples.target, samples.prediction))
        yield Example(str(samples.stem[row]), truth, said, sure)


def _answer(figures: Results, value: Any) -> str:
    if figures.task == "labels":
        return ", ".join(figures.classes[n] for n in np.flatnonzero(value)) or "none"
    if figures.classes:
        return figures.classes[int(value)]
    return ", ".join(words.number_words(float(number)) for number in np.atleast_1d(value))


def _environment(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "environment.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
