"""The curve of a loss over what one sample says: value, gradient and curvature, by autodiff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from workbench.lazy import ops, tf
from workbench.parts import Part

Axis = Literal["residual", "probability", "margin", "position", "similarity"]
AXES: tuple[Axis, ...] = get_args(Axis)

CLASSES = 10
"""Classes of the slice that is drawn; all but the true one share the rest alike."""
STEPS = 5
"""Ordered classes of the slice that is drawn; the true one is in the middle."""
_SHARP = 4.0
# How sharply the score of an ordered sample passes a threshold, in logits a step.
_RIVALS = 7
# Other pairs in the batch of the slice that is drawn, at right angles to the one that moves.
_GOOD = 0.9
# Their cosines.
_NODES = 41
# Places at which a batch of pairs is computed; straight between them.


@dataclass(frozen=True)
class Curve:
    """One loss along one axis.

    Args:
        values: the loss at each place, [places]; NaN where it is not finite.
        slopes: its derivative in what moves: the prediction, the score of the truth, the position
            on the order, or the similarity of the pair, [places].
        bends: its second derivative, [places].
    """

    values: NDArray[np.float64]
    slopes: NDArray[np.float64]
    bends: NDArray[np.float64]


def axes_of(part: Part) -> tuple[Axis, ...]:
    """The axes that a loss or an alignment can be drawn over, the most telling first."""
    if part.kind == "alignment":
        return ("similarity",)
    if part.tasks & {"number", "numbers"}:
        return ("residual",)
    if part.head in ("ranks", "steps"):
        return ("position",)
    if part.head == "cosine":
        return ("similarity",)
    return ("probability", "margin")


def curve(part: Part, options: Mapping[str, Any], axis: Axis, places: NDArray[np.float64]) -> Curve:
    """Compute the curve of a loss.

    Over a residual, the target is 0. Over a margin or a probability, the score of the true class,
    or of yes, moves against those of ``CLASSES - 1`` others that are alike. Over a position, the
    score of a sample of the middle of ``STEPS`` ordered classes moves. Over a similarity, the
    cosine of one pair moves among ``_RIVALS`` others, or that of the true class does.

    Args:
        part: a loss or an alignment.
        options: all of its options.
        axis: one of ``axes_of``.
        places: residuals, margins, probabilities (0..1), positions, or cosines, float [places].

    Raises:
        ValueError: the part cannot be drawn over that axis.
    """
    if axis not in axes_of(part):
        raise ValueError(f"{part.name} cannot be drawn over {axis}")
    places = np.asarray(places, np.float64)
    if part.kind == "alignment":
        return _of_pairs(part, dict(options), places)
    moved = _moved(part, axis, places)
    loss = _loss_of(part, dict(options), axis)
    x = tf.constant(moved)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            values = loss(x)
        slopes = inner.gradient(values, x, unconnected_gradients="zero")
    bends = outer.gradient(slopes, x, unconnected_gradients="zero")
    return Curve(*(_finite(found) for found in (values, slopes, bends)))


def _finite(values: Any) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.array(values, np.float64)
    found[~np.isfinite(found)] = np.nan
    return found


def _odds(share: NDArray[np.float64]) -> NDArray[np.float64]:
    odds: NDArray[np.float64] = np.log(share) - np.log1p(-share)
    return odds


def _moved(part: Part, axis: Axis, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the loss is computed of: of a probability the margin that gives it."""
    if axis != "probability":
        return places
    others = CLASSES - 1 if part.tasks & {"category", "ordered"} else 1
    inside = np.clip(places, 1e-9, 1 - 1e-9)
    return _odds(inside) + float(np.log(others))


def _loss_of(part: Part, options: dict[str, Any], axis: Axis) -> Callable[[Any], Any]:
    """The loss as a function of what moves, [places] to [places]."""
    if axis == "residual":
        return lambda x: _of_residual(part, options, x)
    if axis == "position":
        return lambda x: _of_position(part, options, x)
    if part.tasks & {"category", "ordered"}:
        return lambda x: _of_classes(part, options, x)
    return lambda x: part.function(ops.ones_like(x), x, **options, **_facts(part, x))


def _facts(part: Part, x: Any) -> dict[str, Any]:
    known = {
        "weights": ops.ones_like(x),
        "counts": ops.ones((CLASSES,), dtype="float64") * 100.0,
        "labels": None,
    }
    return {name: value for name, value in known.items() if name in part.facts}


def _of_residual(part: Part, options: dict[str, Any], x: Any) -> Any:
    # With a spread of 1, where the head gives one.
    logits = ops.stack([x, ops.zeros_like(x)], axis=-1) if part.head == "spread" else x
    return part.function(ops.zeros_like(x), logits, **options, **_facts(part, x))


def _of_classes(part: Part, options: dict[str, Any], x: Any) -> Any:
    others = ops.zeros((ops.shape(x)[0], CLASSES - 1), dtype=x.dtype)
    logits = ops.concatenate([x[:, None], others], axis=1)
    labels = ops.zeros((ops.shape(x)[0],), dtype="int32")
    return part.function(labels, logits, **options, **_facts(part, x))


def _of_position(part: Part, options: dict[str, Any], x: Any) -> Any:
    true = STEPS // 2
    thresholds = np.arange(STEPS - 1) + 0.5
    logits = _SHARP * (true + x[:, None] - thresholds[None])
    labels = ops.full((ops.shape(x)[0],), true, dtype="int32")
    facts = _facts(part, x)
    # Each place is a sample of its own: what one batch shares must not tie them together.
    if "weights" not in facts:
        return part.function(labels, logits, **options, **facts)
    return _one_by_one(
        lambda row, label: part.function(
            label[None], row[None], **options, weights=ops.ones((1,), dtype=x.dtype)
        )[0],
        (logits, labels),
    )


def _one_by_one(function: Callable[..., Any], rows: Any) -> Any:
    """A function of one row for each row; rows do not see each other."""
    return tf.vectorized_map(lambda row: function(*row), rows)


def _of_pairs(part: Part, options: dict[str, Any], places: NDArray[np.float64]) -> Curve:
    """The loss of the first of several pairs, whose cosine moves; slopes by differences.

    A batch has to be computed for each place. To trace them as one takes a second for every change
    of an option, to compute them one after another some milliseconds.
    """
    size = 2 * (_RIVALS + 1)
    first = np.eye(_RIVALS + 1, size)
    beside = np.eye(_RIVALS + 1, size, k=_RIVALS + 1)
    # The other pairs are good ones, each in directions of its own.
    second = _GOOD * first + np.sqrt(1 - _GOOD**2) * beside
    facts: dict[str, Any] = {"labels": None} if "labels" in part.facts else {}
    weights, one = tf.ones((_RIVALS + 1,), tf.float64), tf.constant(first)
    nodes = np.linspace(places.min(), places.max(), _NODES)
    found = np.empty(_NODES)
    for place, cosine in enumerate(nodes):
        second[0] = cosine * first[0] + np.sqrt(max(1 - cosine**2, 0.0)) * beside[0]
        losses = part.function(one, tf.constant(second), weights=weights, **options, **facts)
        found[place] = float(losses[0])
    slopes = np.gradient(found, nodes)
    known = (found, slopes, np.gradient(slopes, nodes))
    return Curve(*(_finite(np.interp(places, nodes, values)) for values in known))
