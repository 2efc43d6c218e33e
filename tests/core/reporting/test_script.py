"""A recipe as a program in plain Keras: it stands alone, and it is the same model."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys

import numpy as np
import pytest

from workbench import parts, spec
from workbench.data.samples import SAMPLES
from workbench.errors import UserError
from workbench.parts import Part
from workbench.reporting.script import write_script
from workbench.reporting.sources import Sources, takes
from workbench.runs import store

KINDS = ("loss", "alignment", "encoder", "fusion", "optimizer", "schedule")
EVERY = [
    part
    for kind in KINDS
    for part in parts.parts(kind)
    if part.file is None and part.name != "image_pretrained"
]
"""Pretrained weights cannot be written out, and are refused."""


@pytest.mark.parametrize("part", EVERY, ids=lambda part: f"{part.kind}-{part.name}")
def test_the_source_of_every_part_stands_alone(part: Part):
    sources = Sources()
    name = sources.add(part.function.__module__, part.function.__name__)
    text = "\n".join(
        ["from __future__ import annotations", "import keras", "import numpy as np",
         "import tensorflow as tf", "from keras import ops", *sorted(sources.imports),
         sources.text()]
    )  # fmt: skip
    assert "workbench" not in "\n".join(sorted(sources.imports))
    scope: dict[str, object] = {"__name__": "alone"}
    exec(compile(text, f"{part.name}.py", "exec"), scope)
    assert callable(scope[name])


def test_two_definitions_of_one_name_stand_beside_each_other():
    sources = Sources()
    sources.add("workbench.data.readers.image", "SUFFIXES")
    other = sources.add("workbench.data.readers.audio", "SUFFIXES")
    assert other == "SUFFIXES_audio"
    scope: dict[str, set[str]] = {}
    exec(sources.text(), scope)
    assert ".png" in scope["SUFFIXES"]
    assert ".wav" in scope["SUFFIXES_audio"]


def test_what_a_layer_is_called_with_is_read_from_its_class_or_the_one_it_is_made_from():
    known = {
        part.name: takes(part.function.__module__, part.function.__name__, "sequences")
        for part in parts.parts("fusion")
    }
    assert known["cross_modal"]
    assert not known["concat"]


def run_of(tmp_path, name, changes):
    from workbench.data.folder import scan
    from workbench.suggest import suggest

    data = SAMPLES[name].make(tmp_path / name, samples=90, seed=4)
    chosen = spec.change_all(suggest(scan(data)), [("training.epochs", 1), *changes])
    return store.create(tmp_path / "runs", chosen), chosen


RECIPES = {
    "shapes": [
        ("objective.heads", True), ("model.fusion.name", "cross_modal"),
        ("training.schedule.name", "cosine"), ("training.clip_norm", 1.0),
    ],
    "gauges": [("objective.loss.name", "adaptive_robust"), ("model.fusion.name", "late_average")],
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_the_program_trains_where_this_program_is_not_and_its_model_is_the_same(tmp_path, name):
    from workbench.training.model import build

    run, chosen = run_of(tmp_path, name, RECIPES[name])
    program = write_script(run.folder, tmp_path / "out")
    hidden = (
        "import sys, runpy; sys.modules['workbench'] = None; "
        "sys.argv = ['train.py']; runpy.run_path('train.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden], cwd=program.parent, check=False, timeout=200,
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("test: loss")
    assert np.isfinite(float(last.split()[2]))

    scope = runpy.run_path(str(program), run_name="read")
    samples = scope["read_samples"](scope["DATA"])
    inputs, target = samples["train"]
    mine = scope["build"]()
    shapes = {m: values.shape[1:] for m, values in inputs.items()}
    classes = len(scope["CLASSES"])
    ours = build(chosen, shapes, classes or 1, scope["VOCABULARY"]).model
    assert mine.count_params() == ours.count_params()
    assert _shapes(mine) == _shapes(ours)
    assert {m: len(v) for m, v in inputs.items()} == dict.fromkeys(inputs, len(target))


def _shapes(model):
    return sorted(tuple(variable.shape) for variable in model.variables)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("objective.heads", True), ("objective.balancer.name", "gradnorm")], "gradnorm"),
        ([("model.modality_dropout", 0.2)], "hiding whole modalities"),
        ([("model.encoders.image.name", "image_pretrained")], "pretrained weights"),
    ],
)
def test_what_cannot_be_written_out_is_named(tmp_path, changes, words):
    run, _ = run_of(tmp_path, "shapes", changes)
    with pytest.raises(UserError, match=words):
        write_script(run.folder, tmp_path / "out")


def test_what_is_left_out_is_said_in_the_program(tmp_path):
    run, _ = run_of(tmp_path, "shapes", [("training.augmentation.image.flip", "horizontal")])
    program = write_script(run.folder, tmp_path / "out")
    assert "Left out of the recipe: augmentation." in program.read_text("utf-8")
    assert (tmp_path / "out" / "samples.csv").read_text("utf-8").startswith("sample,split,image")
