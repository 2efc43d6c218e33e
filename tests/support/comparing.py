"""Runs with answers and curves, without any training."""

import numpy as np

from workbench import events, spec
from workbench.runs import labels, results, store
from workbench.runs.results import ClassRow, ColumnRow, Results, Samples
from workbench.runs.store import Status

CLASSES = ("cat", "dog")


def run_of(folder, title, loss="cross_entropy", seed=1, curve=(0.5, 0.6), task="category"):
    """A run that was trained with a loss and a seed, with these metrics after its epochs."""
    chosen = spec.from_data(
        {
            "name": title,
            "data": {"folder": "/data", "target": "label", "task": task},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": loss}},
            "training": {"seed": seed},
        }
    )
    run = store.create(folder, chosen)
    labels.change(run, name=title)
    metric = "mae" if task == "number" else "accuracy"
    told = [
        events.EpochDone(
            epoch=epoch, step=10 * epoch, train={"loss": 1 / epoch, metric: value},
            validation={"loss": 1 / epoch, metric: value}, seconds=2.0, best=True,
        )
        for epoch, value in enumerate(curve, 1)
    ]  # fmt: skip
    run.events_file.write_text("".join(events.to_line(each) + "\n" for each in told))
    run.write_status(Status(phase="done", epoch=len(curve), epochs=len(curve)))
    return run


def classified(folder, title, said, truth=None, stems=None, **more):
    """A run that said these classes of its test samples; all are cats unless told."""
    run = run_of(folder, title, **more)
    said = np.asarray(said)
    truth = np.zeros(len(said), int) if truth is None else np.asarray(truth)
    many = len(said)
    confusion = np.zeros((2, 2), int)
    np.add.at(confusion, (truth, said), 1)
    results.write(
        run.folder,
        Results(
            split="test", task="category", target="label", classes=CLASSES,
            metrics={"accuracy": float((said == truth).mean()), "loss": 0.5},
            baseline={"accuracy": 0.5}, loss_name="Focal",
            confusion=tuple(tuple(map(int, row)) for row in confusion),
            per_class=tuple(
                ClassRow(name=name, precision=0.5, recall=0.5, f1=0.5, support=2)
                for name in CLASSES
            ),
        ),
        Samples(
            stem=np.array(stems or [f"s{n}" for n in range(many)]), target=truth,
            prediction=said, confidence=np.linspace(0.5, 0.9, many),
            true_probability=np.full(many, 0.5), loss=np.full(many, 0.5),
        ),
    )  # fmt: skip
    return run


def estimated(folder, title, said, truth, columns=(), **more):
    """A run that said these numbers of its test samples."""
    run = run_of(folder, title, task="numbers" if columns else "number",
                 loss=more.pop("loss", "huber"), **more)  # fmt: skip
    said, truth = np.asarray(said, float), np.asarray(truth, float)
    none = np.zeros(0)
    results.write(
        run.folder,
        Results(
            split="test", task="numbers" if columns else "number", target="label",
            metrics={"mae": float(np.abs(said - truth).mean())}, baseline={"mae": 9.0},
            loss_name="Huber", columns=columns,
            per_column=tuple(ColumnRow(name=name, mae=1.0, rmse=1.0, baseline_mae=1.0)
                             for name in columns),
        ),
        Samples(
            stem=np.array([f"s{n}" for n in range(len(said))]), target=truth, prediction=said,
            confidence=none, true_probability=none, loss=np.zeros(len(said)),
        ),
    )  # fmt: skip
    return run
