"""Evaluation of a split: figures beside those of guessing, and every prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data import batches
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.events import Evaluated
from workbench.insight import background
from workbench.insight.class_curves import curves
from workbench.insight.figures import judge
from workbench.insight.retrieval import Pair, judge_pairs, rows_of
from workbench.lazy import ops
from workbench.runs import class_curves, pairs, results
from workbench.spec import PAIRS, RunSpec
from workbench.training import checkpoints
from workbench.training.inputs import ModelInputs
from workbench.training.model import TASK, build, projection_of
from workbench.training.objective import Objective

BATCH = 128
SPREAD = "spread"


def load_model(spec: RunSpec, folder: Path) -> Any:
    """The trained model of a run: built from its spec, filled with its best weights.

    Args:
        spec: of the run.
        folder: of the run.

    Returns:
        A Keras model as of ``training.model.Multimodal``.

    Raises:
        UserError: the run holds no trained weights, or they do not fit its spec.
    """
    inputs = ModelInputs.read(folder)
    built = build(
        spec, inputs.shapes, inputs.outputs, inputs.vocabulary, inputs.incomplete, fresh=False
    )
    checkpoints.load(folder / "checkpoints" / "best.npz", {"model": built.model.variables})
    return built.model


def evaluate(spec: RunSpec, prepared: Prepared, model: Any, split: str, folder: Path) -> Evaluated:
    """Evaluate a model on one split and store the results with the run.

    Args:
        spec: of the run.
        prepared: its samples.
        model: from ``load_model``.
        split: ``train``, ``validation`` or ``test``.
        folder: of the run; gets ``evaluation/<split>.json`` and the rows, and ordinary samples
            as of ``background.keep``.

    Returns:
        The event that says it.

    Raises:
        UserError: the data have changed so that they no longer fit the model, the split has no
            samples, or the model gives no numbers for some.
    """
    trained = ModelInputs.read(folder)
    refuse_changed(trained, prepared)
    # Samples that have come since would move the median, and every prediction with it.
    prepared = trained.masked(replace(prepared, scaling=trained.scaling))
    rows = prepared.rows(split)
    if not len(rows):
        raise UserError(f"No sample is in the {split} split.", "Choose another split.")
    objective = Objective.of(spec, prepared)
    if objective.variables:
        best = folder / "checkpoints" / "best.npz"
        checkpoints.load(best, {"objective": objective.variables})
    said, losses = _predict(objective, prepared, model, rows)
    _refuse_lost(said, split)
    paired = _pairs(spec, prepared, rows, said)
    if spec.objective.loss is None:
        judged = judge_pairs(paired)
    else:
        judged = judge(
            prepared, rows, said[TASK], by_median=objective.by_median, chances=objective.chances
        )
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
        has_spread=SPREAD in said,
        intervals=judged.intervals,
        per_pair=rows_of(paired),
        loss_name=", ".join(dict.fromkeys(term.part.title for term in objective.terms)),
    )
    samples = results.Samples(
        stem=prepared.stems[rows],
        target=judged.target,
        prediction=judged.prediction,
        confidence=judged.confidence,
        true_probability=judged.true_probability,
        loss=losses,
        spread=_spread(prepared, said),
        outputs=judged.outputs,
    )
    results.write(folder, found, samples)
    if paired:
        pairs.write(folder, split, prepared.stems[rows], paired)
    if judged.outputs.size:
        _keep_curves(folder, split, objective, prepared, model, said[TASK])
    if len(prepared.rows("train")):
        background.keep(folder, prepared, spec.training.seed)
    return Evaluated(split=split, metrics=found.metrics, baseline=found.baseline)


def _keep_curves(
    folder: Path, split: str, objective: Objective, prepared: Prepared, model: Any,
    logits: NDArray[np.float64],
) -> None:  # fmt: skip
    """Write the curves of a split; temperature and thresholds come from the validation samples."""
    held, free = None, prepared.rows("validation")
    if split != "validation" and len(free):
        others, _ = _predict(objective, prepared, model, free)
        held = others[TASK], prepared.labels[free].astype(np.int64)
    true = prepared.labels[prepared.rows(split)].astype(np.int64)
    class_curves.write(
        folder,
        curves(
            split, prepared.task, prepared.classes, logits, true, held, chances=objective.chances
        ),
    )


def refuse_changed(trained: ModelInputs, prepared: Prepared) -> None:
    """Refuse data that no longer fit a trained model.

    Args:
        trained: what the model was built for.
        prepared: the samples as they are now.

    Raises:
        UserError: other classes, words or columns, or modalities that some samples lack now.
    """
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


def _refuse_lost(said: dict[str, NDArray[np.float64]], split: str) -> None:
    """Refuse answers that are no numbers: any figure of them would be of something else."""
    lost = np.zeros(len(next(iter(said.values()))), bool)
    for values in said.values():
        lost |= ~np.isfinite(values).all(axis=1)
    if lost.any():
        raise UserError(
            f"The model gives no numbers for {int(lost.sum()):,} of {len(lost):,} {split} samples: "
            "its weights have grown out of all bounds.",
            "Train again with a smaller learning rate, or cut long gradients.",
        )


def _predict(
    objective: Objective, prepared: Prepared, model: Any, rows: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """What the model says of these rows, by name of the output, and their losses, [rows].

    The fused head speaks in logits or numbers, whatever its kind.
    """
    found: dict[str, list[NDArray[Any]]] = {}
    losses = []
    pairs_learned = [term.name for term in objective.terms if term.name in PAIRS]
    projections = [projection_of(pair, m) for pair in pairs_learned for m in PAIRS[pair]]
    for inputs, labels, weights, _ in batches.sequential(prepared, rows, min(BATCH, len(rows))):
        given = model(inputs, training=False)
        losses.append(ops.convert_to_numpy(objective.per_sample(labels, given, weights)))
        # Embeddings of many samples take much memory, and nobody asks for them here.
        told = {name: given[name] for name in projections}
        if TASK in given:
            told[TASK] = objective.answers(given)
        spreads = objective.spreads(given)
        if spreads is not None:
            told[SPREAD] = spreads
        for name, values in told.items():
            found.setdefault(name, []).append(ops.convert_to_numpy(values))
    count = len(rows)
    said = {n: np.concatenate(v)[:count].astype(np.float64) for n, v in found.items()}
    return said, np.concatenate(losses)[:count].astype(np.float64)


def _spread(prepared: Prepared, said: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Standard deviations in the unit of the target; empty where the model gave none."""
    if SPREAD not in said or prepared.scaling is None:
        return np.empty(0)
    spread: NDArray[np.float64] = said[SPREAD] * np.asarray(prepared.scaling.spread)
    return spread[:, 0] if prepared.task == "number" else spread


def _pairs(
    spec: RunSpec, prepared: Prepared, rows: NDArray[np.int64],
    said: dict[str, NDArray[np.float64]],
) -> dict[str, Pair]:  # fmt: skip
    """Both halves of every pair that was aligned."""
    found = {}
    for pair in spec.objective.alignments:
        first, second = PAIRS[pair]
        has = np.ones(len(rows), bool)
        for modality in (first, second):
            if modality in prepared.masks:
                has &= prepared.masks[modality][rows]
        halves = said[projection_of(pair, first)], said[projection_of(pair, second)]
        found[pair] = (*halves, has)
    return found
