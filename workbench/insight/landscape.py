"""The loss around the weights that training found, along random directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data import batches
from workbench.data.folder import Stopped
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight.embeddings import chosen_rows
from workbench.insight.trained import BATCH, Trained
from workbench.lazy import keras, ops, tf
from workbench.parts import Modality
from workbench.runs import landscapes
from workbench.runs.landscapes import Facts, Landscape

SAMPLES = 512
"""Validation samples that the loss is measured on."""

Told = Callable[[int, int], object]
"""Hears how many places are done, and of how many."""


def survey(
    trained: Trained, prepared: Prepared, *, points: int = 21, reach: float = 1.0,
    square: bool = True, modality: Modality | None = None, seed: int = 0,
    told: Told = lambda done, total: None, stop: Callable[[], bool] = lambda: False,
) -> Landscape:  # fmt: skip
    """Measure the loss over a line or a square around the weights, and keep it with the run.

    The same validation samples serve at every place; normalisation stays as it was trained. The
    weights are put back, whatever happens.

    Args:
        trained: the run.
        prepared: its data as they are now.
        points: places along each direction, odd.
        reach: how far to go each way, in lengths of the filters.
        square: along two directions; otherwise along one.
        modality: move the encoder of this modality alone; None: the whole model.
        seed: of the directions.
        told: hears how far it is.
        stop: asked between places.

    Raises:
        UserError: the run has no such encoder, nothing of it was trained, or there are no
            validation samples.
        Stopped: the wish to stop was heard.

    References:
        Li et al. 2018, Visualizing the loss landscape of neural nets, arXiv:1712.09913.
    """
    if points < 3 or points % 2 == 0:
        raise UserError(f"{points} places have no middle.", "Choose an odd number from 3 on.")
    samples = trained.samples(prepared)
    rows = chosen_rows(samples.rows("validation"), SAMPLES)
    if len(rows) == 0:
        raise UserError("There are no validation samples.", "Train with a validation split.")
    moved = _moved(trained, modality)
    dice = np.random.default_rng(seed)
    ways = [directions(moved, trained.model, dice) for _ in range(2 if square else 1)]
    loss = _mean_losses(trained, samples, rows)
    steps = np.linspace(-reach, reach, points)
    steps[points // 2] = 0.0
    names = [term.name for term in trained.objective.terms]
    grid = over_grid(moved, ways, steps, loss, told, stop)
    found = Landscape(
        Facts(
            modality=modality or "",
            samples=len(rows),
            seed=seed,
            weights={term.name: float(term.weight) for term in trained.objective.terms},
        ),
        steps,
        {name: grid[..., number] for number, name in enumerate(names)},
    )
    landscapes.write(trained.folder, found)
    return found


def directions(
    variables: Sequence[Any], model: Any, dice: np.random.Generator
) -> list[NDArray[np.float32]]:
    """A random direction in which each filter is as long as the filter of the weights.

    Without that, a network whose weights are large would look flat and one of small weights sharp,
    although both may compute the same.

    Args:
        variables: trained variables.
        model: whose layers they belong to.
        dice: draws.

    Returns:
        One array for each variable; 0 for those with one axis or none: biases, and the scales of
        normalisations.
    """
    inner = _inner_axes(model)
    found = []
    for variable in variables:
        weights = ops.convert_to_numpy(variable).astype(np.float64)
        if weights.ndim < 2:
            found.append(np.zeros(weights.shape, np.float32))
            continue
        drawn = dice.standard_normal(weights.shape)
        axes = inner.get(id(variable), tuple(range(weights.ndim - 1)))
        long = np.sqrt(np.sum(weights**2, axis=axes, keepdims=True))
        own = np.sqrt(np.sum(drawn**2, axis=axes, keepdims=True))
        found.append((drawn * long / np.maximum(own, 1e-10)).astype(np.float32))
    return found


def over_grid(
    variables: Sequence[Any], ways: Sequence[Sequence[NDArray[Any]]], steps: NDArray[np.float64],
    loss: Callable[[], NDArray[np.float64]],
    told: Told = lambda done, total: None, stop: Callable[[], bool] = lambda: False,
) -> NDArray[np.float64]:  # fmt: skip
    """What a loss is at every place of a line or a square around the weights.

    Args:
        variables: are moved, and put back whatever happens.
        ways: one or two directions, an array for each variable.
        steps: how far along each.
        loss: measures where the variables are, [terms].
        told: hears how far it is.
        stop: asked between places.

    Returns:
        [steps, terms] or [steps of the second direction, steps of the first, terms].

    Raises:
        Stopped: the wish to stop was heard.
    """
    shape = (len(steps),) * len(ways)
    found = []
    with _put_back(variables) as kept:
        # Rows go along the second direction, as a picture is read.
        for place in np.ndindex(*shape):
            if stop():
                raise Stopped
            far = [float(steps[number]) for number in reversed(place)]
            for number, variable in enumerate(variables):
                moved = sum(a * way[number] for a, way in zip(far, ways, strict=True))
                variable.assign(kept[number] + moved)
            found.append(loss())
            told(len(found), int(np.prod(shape)))
    return np.array(found).reshape(*shape, -1)


@contextmanager
def _put_back(variables: Sequence[Any]) -> Iterator[list[NDArray[Any]]]:
    kept = [ops.convert_to_numpy(variable).copy() for variable in variables]
    try:
        yield kept
    finally:
        for variable, weights in zip(variables, kept, strict=True):
            variable.assign(weights)


def _moved(trained: Trained, modality: Modality | None) -> list[Any]:
    """The variables that were trained, of the whole model or of one encoder."""
    if modality is not None and modality not in trained.built.encoders:
        known = ", ".join(sorted(trained.built.encoders))
        raise UserError(f"This run has no encoder of {modality}.", f"Choose one of: {known}.")
    held = {id(variable) for variable in trained.built.frozen(trained.spec.training.epochs + 1)}
    whole = trained.model if modality is None else trained.built.encoders[modality]
    found = [v for v in whole.trainable_variables if id(v) not in held]
    if not any(len(variable.shape) > 1 for variable in found):
        raise UserError(
            f"Nothing of the encoder of {modality} was trained.", "Choose the whole model."
        )
    return found


def _mean_losses(
    trained: Trained, samples: Prepared, rows: NDArray[np.int64]
) -> Callable[[], NDArray[np.float64]]:
    """Measures the mean loss of each term on fixed samples, [terms]."""
    size = min(BATCH, len(rows))
    fixed = [batch[:3] for batch in batches.sequential(samples, rows, size)]

    def of_batch(inputs: Any, labels: Any, weights: Any) -> tuple[Any, Any]:
        given = trained.model(inputs, training=False)
        counts: list[Any] = []

        def kept(count: Any) -> Any:
            # A term shares its sum by this: by 1 it stays the sum, and batches can be joined.
            counts.append(count)
            return ops.ones_like(count)

        sums = trained.objective.losses(given, inputs, labels, weights, kept)
        return ops.stack(sums), ops.stack(counts)

    compiled = tf.function(of_batch)

    def measure() -> NDArray[np.float64]:
        parts = [compiled(*batch) for batch in fixed]
        sums = np.sum([np.asarray(one, np.float64) for one, _ in parts], axis=0)
        counts = np.sum([np.asarray(other, np.float64) for _, other in parts], axis=0)
        return np.asarray(sums / np.maximum(counts, 1.0))

    return measure


def _inner_axes(model: Any) -> dict[int, tuple[int, ...]]:
    """The axes inside one filter, by variable, where they are not all but the last."""
    found: dict[int, tuple[int, ...]] = {}
    for layer in model._flatten_layers():  # Keras has no public name for nested layers.
        if isinstance(layer, keras.layers.Embedding):
            # The vector of a word is its filter.
            found[id(layer.embeddings)] = (1,)
        elif isinstance(layer, keras.layers.EinsumDense):
            given, after = layer.equation.split("->")
            kernel = given.split(",")[1]
            summed = [n for n, letter in enumerate(kernel) if letter not in after]
            found[id(layer.kernel)] = tuple(summed)
        elif isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D):
            found[id(layer.kernel)] = tuple(range(len(layer.kernel.shape) - 2))
    return found
