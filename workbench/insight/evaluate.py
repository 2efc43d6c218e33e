"""Evaluation of a split: figures beside those of guessing, and every prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import parts
from workbench.data import batches
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.events import Evaluated
from workbench.insight.figures import judge
from workbench.lazy import ops
from workbench.parts import Modality
from workbench.runs import results
from workbench.spec import RunSpec
from workbench.training import checkpoints
from workbench.training.inputs import ModelInputs
from workbench.training.model import build
from workbench.training.objective import Objective

BATCH = 128


def load_model(spec: RunSpec, folder: Path) -> Any:
    """The trained model of a run: built from its spec, filled with its best weights.

    Args:
        spec: of the run.
        folder: of the run.

    Raises:
        UserError: the run holds no trained weights, or they do not fit its spec.
    """
    inputs = ModelInputs.read(folder)
    model = build(spec, inputs.shapes, inputs.outputs, inputs.vocabulary, inputs.incomplete)
    checkpoints.load(folder / "checkpoints" / "best.npz", {"model": model.variables})
    return model


def evaluate(spec: RunSpec, prepared: Prepared, model: Any, split: str, folder: Path) -> Evaluated:
    """Evaluate a model on one split and store the results with the run.

    Args:
        spec: of the run.
        prepared: its samples.
        model: from ``load_model``.
        split: ``train``, ``validation`` or ``test``.
        folder: of the run; gets ``evaluation/<split>.json`` and ``.csv``.

    Returns:
        The event that says it.

    Raises:
        UserError: the data have changed so that they no longer fit the model.
    """
    trained = ModelInputs.read(folder)
    _refuse_changed(trained, prepared)
    # Samples that have come since would move the median, and every prediction with it.
    prepared = replace(prepared, scaling=trained.scaling, masks=_masks(trained, prepared))
    rows = prepared.rows(split)
    outputs, losses = _predict(spec, prepared, model, rows)
    judged = judge(prepared, rows, outputs)
    found = results.Results(
        split=split,
        task=prepared.task,
        target=spec.data.target,
        classes=prepared.classes,
        columns=prepared.columns,
        metrics={"loss": float(losses.mean()), **judged.metrics},
        baseline=judged.baseline,
        confusion=judged.confusion,
        per_class=judged.per_class,
        per_column=judged.per_column,
        loss_name=parts.find("loss", spec.objective.loss.name).title,
    )
    samples = results.Samples(
        stem=prepared.stems[rows],
        target=judged.target,
        prediction=judged.prediction,
        confidence=judged.confidence,
        true_probability=judged.true_probability,
        loss=losses,
    )
    results.write(folder, found, samples)
    return Evaluated(split=split, metrics=found.metrics, baseline=found.baseline)


def _refuse_changed(trained: ModelInputs, prepared: Prepared) -> None:
    again = "Evaluate on the data that it was trained on, or train again."
    if (trained.classes, trained.columns) != (prepared.classes, prepared.columns) or (
        trained.tokenizer != prepared.tokenizer
    ):
        raise UserError(
            "The data have changed since the run was trained: other classes or other words.", again
        )
    new = [modality for modality in prepared.masks if modality not in trained.incomplete]
    if new:
        raise UserError(
            "The data have changed since the run was trained: some samples have no "
            f"{' or no '.join(new)} now, which the model has never met.",
            again,
        )


def _masks(
    trained: ModelInputs, prepared: Prepared
) -> dict[Modality, NDArray[np.bool_]]:  # fmt: skip
    """Masks of every modality that the model asks for, also where no sample lacks it any more."""
    every = np.ones(len(prepared.stems), bool)
    return {modality: prepared.masks.get(modality, every) for modality in trained.incomplete}


def _predict(
    spec: RunSpec, prepared: Prepared, model: Any, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outputs [rows, outputs] and losses [rows] of the model."""
    objective = Objective(spec)
    outputs, losses = [], []
    for inputs, labels, _, _ in batches.sequential(prepared, rows, min(BATCH, len(rows))):
        given = model(inputs, training=False)
        outputs.append(ops.convert_to_numpy(given))
        losses.append(ops.convert_to_numpy(objective.per_sample(labels, given)))
    count = len(rows)
    return (
        np.concatenate(outputs)[:count].astype(np.float64),
        np.concatenate(losses)[:count].astype(np.float64),
    )
