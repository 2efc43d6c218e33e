"""What the training screen says: sentences and figures, without a decision."""

from __future__ import annotations

from collections.abc import Mapping

from workbench import events, parts
from workbench.gui.words import figure
from workbench.spec import PartSpec, RunSpec

STAGES = {
    "scan": "Looking at the folder…",
    "cache": "Reading files",
    "build": "Building the model…",
    "download": "Downloading what the encoder knows already",
    "compile": "Compiling the step; this takes a while…",
    "trace": "Preparing the first step; this takes a moment…",
}
"""What is done before the first step, by stage."""

OUTCOMES = {
    "done": "All epochs are done; the best weights are kept.",
    "flat": "Stopped early: the validation loss got no better. The best weights are kept.",
    "time": "Stopped, as its time was over; the best weights are kept.",
    "stopped": "Stopped as you wished; the best weights are kept.",
    "discarded": "Ended without keeping anything.",
}
"""How a run ended, by outcome."""

METRICS = {
    "accuracy": "accuracy",
    "mae": "mean absolute error",
    "matched": "share of partners found",
}
"""Names of the metrics, in words."""


def proposal_words(proposal: Mapping[str, float]) -> str:
    """What a button says that trains with a change: ``Train with batch size 16``."""
    if not proposal:
        return ""
    changes = [f"{place.split('.')[-1].replace('_', ' ')} {v:g}" for place, v in proposal.items()]
    return f"Train with {' and '.join(changes)}"


def done_words(event: events.Preparing) -> str:
    """How much of a stage is done: files, or megabytes of a download."""
    if event.stage == "download":
        return f"{event.done / 1e6:,.1f} of {event.total / 1e6:,.1f} MB"
    return f"{event.done:,} of {event.total:,}"


def recipe_line(spec: RunSpec) -> str:
    """A spec in one line: ``image_cnn + text_average → concat → Huber · adam 0.001 · batch 32``."""
    encoders = " + ".join(spec.model.encoders[m].name for m in spec.modalities)
    training = spec.training
    return (
        f"{encoders} → {spec.model.fusion.name} → {_objective(spec)} · "
        f"{training.optimizer.name} {training.learning_rate:g} · batch {training.batch_size}"
    )


def _objective(spec: RunSpec) -> str:
    """The terms of the objective, ``Huber + heads + InfoNCE of image+text``, and who weighs."""
    chosen = spec.objective
    terms = [] if chosen.loss is None else [_part("loss", chosen.loss)]
    terms += ["heads"] if chosen.heads else []
    terms += [
        f"{_part('alignment', term.loss)} of {pair}" for pair, term in chosen.alignments.items()
    ]
    weighed = "" if chosen.balancer.name == "fixed" else f" by {_part('balancer', chosen.balancer)}"
    return " + ".join(terms) + weighed


def _part(kind: parts.Kind, chosen: PartSpec) -> str:
    part = parts.find(kind, chosen.name)
    changed = [
        f"{option.title.lower()} {chosen.options[option.name]}"
        for option in part.options
        if not option.advanced and chosen.options.get(option.name) != option.default
    ]
    return f"{part.title} ({', '.join(changed)})" if changed else part.title


def metric_figure(name: str, value: float) -> str:
    """A metric as people write it: an accuracy in per cent."""
    return f"{value:.1%}" if name in ("accuracy", "matched") else figure(value)
