"""What a model said of something that it was given, as bars and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench import events
from workbench.gui.presenters import answers
from workbench.gui.presenters.results import ResultsState
from workbench.parts import MODALITIES
from workbench.runs.results_words import number_words

SHOWN = 10
"""Bars at most."""
CLOSE = 0.15
"""Two classes whose probabilities lie nearer than this cannot be told apart by the model."""
DOUBTFUL = 0.5
_SURE = 1.96
"""Standard deviations within which 95 of 100 normally distributed errors lie."""
NOUNS = {"image": "picture", "audio": "sound", "text": "text"}


@dataclass(frozen=True)
class Row:
    """One class, number or neighbour.

    Args:
        name: of it.
        words: its figure.
        place: where it lies, 0..1; below 0: it has no scale.
        before: where it lay for what was given before; below 0: not known.
        between: of a number where it lies with 95 % confidence, on the same scale; None: not known.
        said: it is what the model says.
        true: it is the truth.
        ends: of a scale what stands at its ends.
    """

    name: str
    words: str
    place: float
    before: float = -1.0
    between: tuple[float, float] | None = None
    said: bool = False
    true: bool = False
    ends: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Answer:
    """What the model says.

    Args:
        headline: in a few words.
        doubt: why not to trust it; "" where nothing speaks against it.
        note: what the model did not know, in a sentence; "" where it knew all.
        rows: the most probable classes, the numbers, or the nearest samples.
        kind: what the rows are.
        milliseconds: from what was given to the answer.
        event: what the engine said.
    """

    headline: str
    doubt: str
    note: str
    rows: tuple[Row, ...]
    kind: str
    milliseconds: float
    event: events.Predicted


def answer_of(
    event: events.Predicted,
    *,
    classes: Sequence[str],
    task: str,
    span: tuple[float, float] | None,
    before: events.Predicted | None,
    truth: Sequence[str] = (),
    milliseconds: float = 0.0,
) -> Answer:
    """What an engine said, for the eye.

    Args:
        event: what it said.
        classes: names of its outputs.
        task: what was learned.
        span: lowest and highest number that is usual; None: not known.
        before: what it said of what was given before; None: nothing.
        truth: true classes, or the true number in words; empty: not known.
        milliseconds: from what was given to the answer.
    """
    if event.nearest:
        rows, headline, doubt, kind = _near(event)
    elif task in ("number", "numbers"):
        rows, headline, doubt, kind = _numbers(event, classes, span, before)
    elif event.answers:
        rows, headline, doubt, kind = _shares(event, classes, task, before, truth)
    else:
        rows, headline, doubt, kind = (), _fits(event) or "Nothing can be found.", "", "near"
    return Answer(headline, doubt, note_of(event), rows, kind, milliseconds, event)


_Said = tuple[tuple[Row, ...], str, str, str]


def _shares(
    event: events.Predicted, classes: Sequence[str], task: str, before: events.Predicted | None,
    truth: Sequence[str],
) -> _Said:  # fmt: skip
    shares = np.array(event.answers)
    older = before.answers if before is not None and before.answers else ()
    order = np.argsort(-shares, kind="stable")
    shown = order[:SHOWN].tolist()
    # What is true or said is shown wherever it stands.
    shown += [n for n in order[SHOWN:].tolist() if classes[n] in truth or classes[n] in event.said]
    rows = tuple(
        Row(
            classes[n], share_words(shares[n]), float(shares[n]),
            float(older[n]) if len(older) == len(shares) else -1.0,
            said=classes[n] in event.said, true=classes[n] in truth,
        )
        for n in shown
    )  # fmt: skip
    if task == "labels":
        return rows, _set_words(event.said), _set_doubt(shares, classes), "shares"
    said = event.said[0] if event.said else classes[int(order[0])]
    share = float(shares[list(classes).index(said)])
    return rows, f"{said}, {share_words(share)}", _doubt(shares, classes, order), "shares"


def share_words(share: float) -> str:
    """A probability; never 0 or 100 % where it is neither."""
    if 0.9995 <= share < 1:
        return "> 99.9%"
    if 0 < share < 0.0005:
        return "< 0.1%"
    return f"{share:.1%}"


def _doubt(shares: np.ndarray, classes: Sequence[str], order: np.ndarray) -> str:
    first = float(shares[order[0]])
    close = [n for n in order.tolist() if first - shares[n] < CLOSE]
    if len(close) > 3:
        return "It cannot decide: several are about as likely."
    if len(close) > 1:
        names = [f"{classes[n]} ({shares[n]:.0%})" for n in close]
        return f"It cannot decide between {', '.join(names[:-1])} and {names[-1]}."
    if first < DOUBTFUL:
        return "It is not sure: even this is less likely than not."
    return ""


def _set_words(said: Sequence[str]) -> str:
    return ", ".join(said) if said else "None of the classes"


def _set_doubt(shares: np.ndarray, classes: Sequence[str]) -> str:
    unsure = np.flatnonzero(np.abs(shares - 0.5) < CLOSE / 2)[:3]
    if not len(unsure):
        return ""
    names = " and ".join(f"{classes[n]} ({shares[n]:.0%})" for n in unsure)
    return f"It is not sure about {names}."


def _numbers(
    event: events.Predicted, names: Sequence[str], span: tuple[float, float] | None,
    before: events.Predicted | None,
) -> _Said:  # fmt: skip
    older = before.answers if before is not None else ()
    rows = []
    for n, value in enumerate(event.answers):
        words, between = number_words(value), None
        if event.spreads:
            off = _SURE * event.spreads[n]
            words += f" ± {number_words(off)}"
            between = (_place(value - off, span), _place(value + off, span))
        was = _place(older[n], span) if len(older) == len(event.answers) else -1.0
        rows.append(
            Row(
                names[n],
                words,
                _place(value, span),
                was,
                between if span else None,
                said=True,
                ends=(number_words(span[0]), number_words(span[1])) if span else ("", ""),
            )
        )
    headline = rows[0].words if len(rows) == 1 else f"{len(rows)} numbers"
    if event.spreads and len(rows) == 1:
        off = _SURE * event.spreads[0]
        first, last = (number_words(event.answers[0] + sign * off) for sign in (-1, 1))
        headline = f"{number_words(event.answers[0])} (95 %: {first} to {last})"
    doubt = ""
    if span is not None and not _usual(event.answers[0], span):
        doubt = f"{names[0]} lies outside of all that was evaluated; take it with care."
    return tuple(rows), headline, doubt, "numbers"


def _place(value: float, span: tuple[float, float] | None) -> float:
    if span is None:
        return -1.0
    return min(max((value - span[0]) / max(span[1] - span[0], 1e-12), 0.0), 1.0)


def _usual(value: float, span: tuple[float, float]) -> bool:
    room = 0.05 * (span[1] - span[0])
    return span[0] - room <= value <= span[1] + room


def _near(event: events.Predicted) -> _Said:
    rows = tuple(
        Row(stem, f"{near:+.2f}", min(max(near, 0.0), 1.0), said=place == 0)
        for place, (stem, near) in enumerate(event.nearest)
    )
    first = event.nearest[0]
    doubt = ""
    if len(event.nearest) > 1 and first[1] - event.nearest[1][1] < 0.01:
        doubt = "Others lie as near."
    return rows, f"Nearest: {first[0]}", doubt, "near"


def _fits(event: events.Predicted) -> str:
    parts = []
    for pair, near in event.likeness.items():
        one, two = (NOUNS[m] for m in pair.split("+"))
        parts.append(f"{one} and {two} lie {near:+.2f} near")
    return f"Likeness: {'; '.join(parts)}." if parts else ""


def note_of(event: events.Predicted) -> str:
    """What the model did not know, in a sentence; "" where it knew all."""
    if not event.lacking:
        return ""
    lacking = _joined(event.lacking)
    if not event.removed:
        return f"Without {lacking}."
    others = "that of other samples stands"
    if len(event.removed) > 1:
        others = "those of other samples stand"
    if len(event.removed) < len(event.lacking):
        others = f"{_joined(event.removed)} of other samples stand"
    return f"Without {lacking}: {others} in, averaged."


def _joined(modalities: Sequence[str]) -> str:
    return " and ".join(NOUNS[m] for m in MODALITIES if m in modalities)


def truth_of(results: ResultsState, stem: str) -> tuple[str, ...]:
    """True classes, or the true number in words, of an evaluated sample; empty where not known.

    Args:
        results: what was evaluated.
        stem: name of the sample.
    """
    found, samples = results.results, results.samples
    if found is None or samples is None or found.task == "none" or found.columns:
        return ()
    rows = np.flatnonzero(samples.stem == stem)
    if not len(rows):
        return ()
    value = samples.target[rows[0]]
    if found.task == "labels":
        return tuple(found.classes[n] for n in np.flatnonzero(value))
    if found.classes:
        return (answers.in_words(found, value),)
    return (number_words(float(value)),)


def span_of(results: ResultsState) -> tuple[float, float] | None:
    """Lowest and highest true number that was evaluated; None where it is not one number."""
    samples, found = results.samples, results.results
    if found is None or samples is None or found.task != "number" or not len(samples):
        return None
    return float(samples.target.min()), float(samples.target.max())
