"""What telemetry costs, against the same steps without it; prints tables.

Run by ``pytest -m benchmark -s tests/benchmarks/test_telemetry_cost.py``.
"""

import time

import numpy as np
import pytest

from workbench import spec, suggest
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES
from workbench.engine import measuring
from workbench.engine.recorder import Recorder
from workbench.runs import store

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

CALL, ROUNDS, SECONDS = 4, 80, 20
EPOCHS, RUNS = 10, 6
SMALL = [
    ("model.encoders.image.options.width", 4), ("model.encoders.image.options.depth", 1),
    ("model.encoders.audio.options.width", 4), ("model.encoders.audio.options.depth", 1),
    ("objective.heads", True),
]  # fmt: skip
RECIPES = {
    "one term": [],
    "a head of each modality": [("objective.heads", True)],
    "heads, attention": [("objective.heads", True), ("model.fusion.name", "bottleneck")],
    "small encoders, heads": SMALL,
    "heads, infonce": [
        ("objective.heads", True), ("objective.alignments.image+text.loss", "infonce"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def shapes_data(tmp_path_factory):
    folder = SAMPLES["shapes"].make(tmp_path_factory.mktemp("data") / "shapes")
    index = scan(folder)
    chosen = spec.change_all(
        suggest.suggest(index), [("training.patience", None), ("training.epochs", EPOCHS)]
    )
    data = prepare(index, chosen.data, chosen.modalities, folder=folder.parent / "cache")
    return chosen, data


def no_norms(gradients, found):
    """The length of the whole gradient, which clipping and the guard need; of no modality."""
    import tensorflow as tf

    length, norms = gradients.all_lengths(found)
    return length, tf.zeros_like(norms)


def no_cosines(gradients, tape, weighed, features):
    import tensorflow as tf

    return tf.zeros(len(features))


def kinds():
    return {
        "bare": {"lengths": no_norms, "_cosines": no_cosines},
        "norms": {"_cosines": no_cosines},
        "norms, cosines": {},
    }


def prepared_calls(monkeypatch, chosen, data, changes):
    """By kind a function that does some steps of it, traced."""
    from workbench.training.gradients import Gradients
    from workbench.training.inputs import ModelInputs
    from workbench.training.learner import Learner

    inputs = ModelInputs.of(data, chosen)
    calls = {}
    for kind, patches in changes.items():
        with monkeypatch.context() as patched:
            patched.setattr(Gradients, "all_lengths", Gradients.lengths, raising=False)
            for name, function in patches.items():
                patched.setattr(Gradients, name, function)
            learner = Learner.make(chosen, data, inputs)
            iterator = learner.iterate(0, 1_000_000)

            def call(learner=learner, iterator=iterator):
                begun = np.array([time.perf_counter(), time.process_time()])
                learner.steps.train(iterator, [1e-3] * CALL, 0)
                return (np.array([time.perf_counter(), time.process_time()]) - begun) / CALL

            _, figures = learner.steps.train(iterator, [1e-3] * CALL, 0)
            assert figures.norms.any() == ("lengths" not in patches)
            several = len(learner.objective.terms) > 1
            assert figures.cosines.any() == (several and "_cosines" not in patches)
            call()
            calls[kind] = call
    return calls


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_norms_and_cosines_cost(monkeypatch, shapes_data, recipe):
    chosen, data = shapes_data
    chosen = spec.change_all(chosen, RECIPES[recipe])
    calls = prepared_calls(monkeypatch, chosen, data, kinds())
    found = {kind: [] for kind in calls}
    dice, until = np.random.default_rng(0), time.monotonic() + SECONDS
    while len(found["bare"]) < ROUNDS and time.monotonic() < until:
        for kind in dice.permutation(list(calls)):
            found[kind].append(calls[kind]())
    bare = np.median(found["bare"], axis=0)
    print(f"\n{recipe}, {len(found['bare'])} rounds of {CALL} steps")
    for kind, seconds in found.items():
        clock, busy = np.median(seconds, axis=0)
        ratio = np.median(np.array(seconds) / np.array(found["bare"]), axis=0) - 1
        print(
            f"  {kind:16} {1e3 * clock:7.2f} ms a step by the clock {clock / bare[0] - 1:+7.1%}, "
            f"round by round {ratio[0]:+7.1%}; {1e3 * busy:7.2f} ms of processors "
            f"{busy / bare[1] - 1:+7.1%}, round by round {ratio[1]:+7.1%}"
        )


def trained(chosen, data, folder, *, told):
    """Seconds of the later epochs' steps, by the clock and of processors; and what was said."""
    from workbench.training import telling, trainer

    said, marks = [], {}

    def hear(event):
        said.append(event)
        if event.event in ("steps_done", "epoch_done"):
            marks[event.event, event.epoch] = np.array([time.perf_counter(), time.process_time()])

    run = store.create(folder, chosen)
    recorder = Recorder(run, hear)
    before = telling.TELL_SECONDS, trainer.MEASURE_SECONDS
    if not told:
        telling.TELL_SECONDS, trainer.MEASURE_SECONDS = 1e9, 1e9
    try:
        work = trainer.Trainer(chosen, data, run.folder, recorder.tell, lambda: None, recorder)
        with measuring.Measuring(recorder.tell, still=lambda: not told):
            work.train()
    finally:
        telling.TELL_SECONDS, trainer.MEASURE_SECONDS = before
    each = [
        marks["steps_done", epoch] - marks["epoch_done", epoch - 1]
        for epoch in range(3, EPOCHS + 1)
    ]
    return each, said


def test_what_telling_recording_and_measuring_cost(shapes_data, tmp_path):
    chosen, data = shapes_data
    found = {True: [], False: []}
    spent, steps = 0.0, 0.0
    for number in range(RUNS):
        for told in (True, False) if number % 2 else (False, True):
            seconds, said = trained(chosen, data, tmp_path / f"{number}{told}", told=told)
            found[told].append(np.median(seconds, axis=0))
            if told:
                parts = [event.seconds for event in said if event.event == "steps_done"]
                spent += sum(part.get("told", 0.0) for part in parts)
                steps += sum(sum(part.values()) for part in parts)
    clock, busy = np.median(found[True], axis=0) / np.median(found[False], axis=0) - 1
    apart = np.std(found[False], axis=0) / np.mean(found[False], axis=0)
    print(f"\n{RUNS} runs told against silent: clock {clock:+.1%}, of processors {busy:+.1%}; ")
    print(f"silent runs alone differ by {apart[0]:.1%} and {apart[1]:.1%}")
    print(f"by the clock inside, {spent / steps:.2%} goes to telling and recording")
    begun = time.process_time()
    graphics, own = measuring.Graphics(), measuring.psutil.Process()
    for _ in range(200):
        own.cpu_percent(), own.memory_info(), measuring.psutil.virtual_memory(), graphics.measure()
    print(f"one measurement a second: {(time.process_time() - begun) / 200:.3%} of a processor")
