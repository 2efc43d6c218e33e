"""A light process that speaks as an engine does, for tests of the window alone."""

import sys

CODE = """
import json, os, sys, time
from pathlib import Path
from workbench import events
from workbench.engine.recorder import Recorder
from workbench.runs import store

def say(event):
    print(events.to_line(event), flush=True)

for line in sys.stdin:
    asked = json.loads(line)
    if asked["ask"] == "train":
        run = store.find(Path(asked["run"]))
        recorder = Recorder(run, say)
        recorder.tell(events.Started(run=str(run.folder), epochs=2, steps=100, samples={},
                                     shapes={}, parameters=1, device="CPU"))
        recorder.tell(events.StepsDone(epoch=1, step=100, losses=(1.0,) * 100, learning_rate=0.1,
                                       samples_per_second=9.0))
        recorder.tell(events.EpochDone(epoch=1, step=100, train={"loss": 1.0},
                                       validation={"loss": 1.0}, seconds=1.0, best=True))
        if (run.folder.parent / "end at once").exists():
            recorder.tell(events.Ended(outcome="done"))
            sys.exit(0)
    if asked["ask"] == "stop":
        recorder.tell(events.Stopping())
        recorder.tell(events.Ended(outcome="stopped"))
        sys.exit(0)
    if asked["ask"] == "detach":
        os.close(1)
        time.sleep(60)
"""
"""It begins each run, says a hundred steps and an epoch of it, and waits for the wish to stop;
where the folder of runs holds a file ``end at once``, the run is done by itself."""


def command() -> list[str]:
    """What starts it."""
    return [sys.executable, "-c", CODE]
