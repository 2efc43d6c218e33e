"""Where a loss or a gradient stopped being a number, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data import batches
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.lazy import tf
from workbench.training.model import Multimodal, embedding_of
from workbench.training.objective import Objective
from workbench.training.position import Position

_MOST_NAMED = 3
_REMEDY = "Lower the learning rate or set a limit for the gradient (clip norm)."


@dataclass
class Traced:
    """What of a batch is no number.

    Args:
        inputs: modalities whose input is none.
        embeddings: modalities whose embedding is none, though their input is one.
        terms: terms whose loss is none.
        rows: rows of the samples concerned.
    """

    inputs: list[str] = field(default_factory=list)
    embeddings: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)


def refuse_validation(loss: float, at: Position) -> None:
    """Refuse a validation loss that is no number.

    Args:
        loss: the loss.
        at: where the run stands.

    Raises:
        UserError: it is none.
    """
    if not math.isfinite(loss):
        raise UserError(
            f"The validation loss became {_kind(loss)} at step {at.step}.", _REMEDY + _kept(at)
        )


def spoiled(
    at: Position, loss: float, built: Multimodal, objective: Objective, prepared: Prepared,
    rows: NDArray[np.int64],
) -> UserError:  # fmt: skip
    """Why a step was refused: its loss or its gradient is no number; the weights are as before.

    Args:
        at: where the run stands, after the step.
        loss: of the step.
        built: the model, with the weights from before the step.
        objective: its terms.
        prepared: the samples.
        rows: rows of the step's samples.
    """
    found = _trace(built, objective, prepared, rows)
    what = "loss" if not math.isfinite(loss) else "gradient"
    kind = _kind(loss) if what == "loss" else "no number"
    words = f"The {what} became {kind} at step {at.step}, in epoch {at.epoch + 1}"
    return UserError(f"{words}{_where(found)}{_samples(found, prepared)}.", _remedy(found, at))


def _trace(
    built: Multimodal, objective: Objective, prepared: Prepared, rows: NDArray[np.int64]
) -> Traced:
    """Look through the model on a batch for the first things that are no number."""
    found = Traced()
    batch = next(iter(batches.sequential(prepared, rows, len(rows))))
    inputs, labels, weights, _ = batch
    given = built.model(inputs, training=False)
    for modality in sorted(built.encoders):
        bad = _bad(inputs[modality])
        if bad.any():
            found.inputs.append(modality)
        elif (bad := _bad(given[embedding_of(modality)])).any():
            found.embeddings.append(modality)
        found.rows |= set(rows[bad].tolist())
    for name, values in objective.of_each_term(given, inputs, labels, weights).items():
        bad = _bad(values)
        if bad.any():
            found.terms.append(name)
            found.rows |= set(rows[bad].tolist())
    return found


def _bad(values: Any) -> NDArray[np.bool_]:
    """Which samples have a value that is no number, [batch]."""
    array: NDArray[np.float32] = tf.cast(values, "float32").numpy()
    sound = np.isfinite(array.reshape(len(array), -1))
    return np.asarray(~sound.all(axis=1))


def _where(found: Traced) -> str:
    if found.inputs:
        return f": the {' and '.join(found.inputs)} data themselves hold no numbers"
    places = []
    if found.terms:
        places.append(f"in the term {', '.join(found.terms)}")
    if found.embeddings:
        places.append(f"in the encoder of {' and '.join(found.embeddings)}")
    if not places:
        return ": each loss is a number by itself, their gradient is not"
    return f", {' and '.join(places)}"


def _samples(found: Traced, prepared: Prepared) -> str:
    if not found.rows:
        return ""
    named = sorted(str(prepared.stems[row]) for row in found.rows)
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return f", with the samples {', '.join(named[:_MOST_NAMED])}{more}"


def _remedy(found: Traced, at: Position) -> str:
    if found.inputs:
        return "Mend or remove these files, then train again." + _kept(at)
    return _REMEDY + _kept(at)


def _kept(at: Position) -> str:
    return f" The weights of epoch {at.best_epoch} are kept." if at.best_epoch else ""


def _kind(loss: float) -> str:
    return "infinite" if math.isinf(loss) else "NaN"
