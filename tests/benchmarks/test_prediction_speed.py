"""How fast a warm engine answers with a prediction; run by ``pytest -m benchmark -s``."""

import time

import numpy as np
import pytest
from engine import Engine, train

from workbench import events
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES
from workbench.engine import protocol

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

MOST = 150.0
"""Milliseconds from the question to the answer."""


@pytest.mark.parametrize("name", ["shapes", "digits", "gauges"])
def test_from_a_file_to_the_answer(tmp_path, name):
    folder = SAMPLES[name].make(tmp_path / name, samples=120, seed=3)
    run = train(tmp_path, folder, "training.epochs=1")
    index = scan(folder, check=False)
    engine = Engine()
    try:
        engine.ask(protocol.OpenRun(number=0, run=str(run)))
        takes = engine.until(events.RunOpened)[-1].modalities
        for kept in (takes, takes[:1]):
            found = [asked(engine, run, index, row, kept) for row in range(60)]
            late = float(np.percentile(found, 95))
            print(
                f"{name:8} {' '.join(kept):18} first {found[0]:5.1f} ms, "
                f"median {np.median(found):5.1f} ms, p95 {late:5.1f} ms"
            )
            assert late < MOST
    finally:
        engine.close()


def asked(engine, run, index, row, kept):
    path = {m: str(index.path(m, row)) for m in kept if m != "text"}
    text = index.text(row) if "text" in kept else None
    begun = time.perf_counter()
    engine.ask(protocol.Predict(
        number=row, run=str(run), image=path.get("image", ""), audio=path.get("audio", ""),
        text=text,
    ))  # fmt: skip
    event = engine.until(events.Predicted, events.NotAnswered)[-1]
    assert isinstance(event, events.Predicted), event
    return 1e3 * (time.perf_counter() - begun)
