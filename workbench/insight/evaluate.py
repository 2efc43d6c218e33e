"""Evaluation of a split: scikit-learn's metrics beside those of guessing, and every prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from workbench import parts
from workbench.data import batches
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.events import Evaluated
from workbench.lazy import ops
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
    model = build(spec, inputs.shapes, inputs.outputs, inputs.vocabulary)
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
    prepared = replace(prepared, scaling=trained.scaling)
    rows = prepared.rows(split)
    outputs, losses = _predict(spec, prepared, model, rows)
    if prepared.task == "number":
        found, samples = _numbers(spec, prepared, split, rows, outputs, losses)
    else:
        found, samples = _classes(spec, prepared, split, rows, outputs, losses)
    results.write(folder, found, samples)
    return Evaluated(split=split, metrics=found.metrics, baseline=found.baseline)


def _refuse_changed(trained: ModelInputs, prepared: Prepared) -> None:
    if trained.classes != prepared.classes or trained.tokenizer != prepared.tokenizer:
        raise UserError(
            "The data have changed since the run was trained: other classes or other words.",
            "Evaluate on the data that it was trained on, or train again.",
        )


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


def _classes(
    spec: RunSpec, prepared: Prepared, split: str, rows: NDArray[np.int64],
    outputs: NDArray[np.float64], losses: NDArray[np.float64],
) -> tuple[results.Results, results.Samples]:  # fmt: skip
    true = prepared.labels[rows].astype(np.int64)
    shares = _probabilities(prepared, outputs)
    predicted = shares.argmax(axis=1)
    every = np.arange(len(prepared.classes))
    trained = prepared.labels[prepared.rows("train")].astype(np.int64)
    guess = np.full(len(true), np.bincount(trained).argmax())
    confusion = metrics.confusion_matrix(true, predicted, labels=every)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        true, predicted, labels=every, zero_division=0.0
    )
    per_class = tuple(
        results.ClassRow(
            name=name, precision=float(p), recall=float(r), f1=float(f), support=int(s)
        )
        for name, p, r, f, s in zip(prepared.classes, precision, recall, f1, support, strict=True)
    )
    found = results.Results(
        split=split,
        task=prepared.task,
        target=spec.data.target,
        classes=prepared.classes,
        metrics={"loss": float(losses.mean()), **_right(true, predicted)},
        baseline=_right(true, guess),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        per_class=per_class,
        loss_name=_loss_name(spec),
    )
    lines = np.arange(len(true))
    samples = results.Samples(
        stem=prepared.stems[rows],
        target=true,
        prediction=predicted,
        confidence=shares[lines, predicted],
        true_probability=shares[lines, true],
        loss=losses,
    )
    return found, samples


def _probabilities(prepared: Prepared, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of each class, [rows, classes], from logits."""
    if prepared.task == "yes_no":
        outputs = np.concatenate([np.zeros_like(outputs), outputs], axis=1)
    raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _right(true: NDArray[np.int64], predicted: NDArray[Any]) -> dict[str, float]:
    present = np.unique(true)
    return {
        "accuracy": float(metrics.accuracy_score(true, predicted)),
        "macro_f1": float(
            metrics.f1_score(true, predicted, labels=present, average="macro", zero_division=0.0)
        ),
        "balanced_accuracy": float(
            metrics.recall_score(
                true, predicted, labels=present, average="macro", zero_division=0.0
            )
        ),
    }


def _numbers(
    spec: RunSpec, prepared: Prepared, split: str, rows: NDArray[np.int64],
    outputs: NDArray[np.float64], losses: NDArray[np.float64],
) -> tuple[results.Results, results.Samples]:  # fmt: skip
    assert prepared.scaling is not None
    true = prepared.labels[rows].astype(np.float64)
    predicted = prepared.scaling.to_unit(outputs[:, 0])
    guess = np.full(len(true), np.median(prepared.labels[prepared.rows("train")]))
    found = results.Results(
        split=split,
        task=prepared.task,
        target=spec.data.target,
        metrics={"loss": float(losses.mean()), **_errors(true, predicted)},
        baseline=_errors(true, guess),
        loss_name=_loss_name(spec),
    )
    samples = results.Samples(
        stem=prepared.stems[rows],
        target=true,
        prediction=predicted,
        confidence=np.empty(0),
        true_probability=np.empty(0),
        loss=losses,
    )
    return found, samples


def _errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    figures = {
        "mae": float(metrics.mean_absolute_error(true, predicted)),
        "rmse": float(metrics.root_mean_squared_error(true, predicted)),
    }
    if len(true) > 1:
        figures["r2"] = float(metrics.r2_score(true, predicted))
    return figures


def _loss_name(spec: RunSpec) -> str:
    return parts.find("loss", spec.objective.loss.name).title
