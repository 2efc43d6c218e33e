"""How long the browser of samples takes with 100,000 of them; prints a table.

Run by ``pytest -m benchmark -s tests/benchmarks/test_samples_speed.py``.
"""

import time

import numpy as np
import pytest

from workbench.gui.presenters.insight.sample_rows import Texts, Wish, pools_of, rows_of
from workbench.runs import browsing, history
from workbench.runs.results import ClassRow, Results, Samples

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

MANY, CLASSES, EPOCHS = 100_000, 20, 20


def test_a_hundred_thousand_samples(tmp_path):
    dice = np.random.default_rng(0)
    names = tuple(f"class {n}" for n in range(CLASSES))
    true = dice.integers(0, CLASSES, MANY)
    logits = dice.normal(0, 1, (MANY, CLASSES)).astype(np.float32)
    logits[np.arange(MANY), true] += 3
    stems = np.array([f"folder/{n:06d}" for n in range(MANY)])
    counts = np.zeros((CLASSES, CLASSES), int)
    said = logits.argmax(axis=1)
    np.add.at(counts, (true, said), 1)
    results = Results(
        split="test", task="category", target="label", classes=names, metrics={}, baseline={},
        confusion=tuple(tuple(map(int, row)) for row in counts), loss_name="Cross-entropy",
        per_class=tuple(ClassRow(name=n, precision=1, recall=1, f1=1, support=1) for n in names),
    )  # fmt: skip
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    samples = Samples(
        stem=stems, target=true, prediction=said, confidence=shares.max(axis=1),
        true_probability=shares[np.arange(MANY), true], loss=-np.log(shares[np.arange(MANY), true]),
        outputs=logits,
    )  # fmt: skip
    about = history.About(
        task="category", classes=names, outputs=CLASSES, train=tuple(stems.tolist()),
        train_target=tuple(true.astype(float).tolist()),
    )  # fmt: skip
    history.begin(tmp_path, about)
    for epoch in range(1, EPOCHS + 1):
        history.write_epoch(
            tmp_path, epoch,
            {
                "train_loss": dice.random(MANY, np.float32),
                "train_metric": (dice.random(MANY) > 0.3).astype(np.float32),
                "train_margin": dice.normal(0, 1, MANY).astype(np.float16),
                "train_said": said.astype(np.int16),
                "validation_loss": np.zeros(0, np.float32),
                "validation_metric": np.zeros(0, np.float32),
                "validation_outputs": np.zeros((0, CLASSES), np.float32),
            },
        )  # fmt: skip
    begun = time.perf_counter()
    pools = pools_of(tmp_path, results, samples)
    print(f"\n{MANY:,} samples: read in {time.perf_counter() - begun:.2f} s")
    for order in browsing.ORDERS:
        pool = pools.of(order)
        for wish in (Wish(order=order), Wish(order=order, words="0123"), Wish(order=order, true=1)):
            begun = time.perf_counter()
            _, _, rows = rows_of(pool, wish, None, np.zeros(0, np.int64), Texts())
            seconds = time.perf_counter() - begun
            print(f"  {order:20} {wish.words or wish.true!s:6} {1e3 * seconds:7.1f} ms "
                  f"{len(rows):,}")  # fmt: skip
        begun = time.perf_counter()
        for row in rows[:40].tolist():
            pool.brief(order, row), pool.true(row), pool.said(row)
        print(f"  40 rows of cells {1e3 * (time.perf_counter() - begun):7.2f} ms")
