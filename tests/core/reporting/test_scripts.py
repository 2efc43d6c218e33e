"""A run as a script: it stands alone, begins as the run began, and computes the same."""

from __future__ import annotations

import ast
import csv
import importlib.util
import io
import os
import subprocess
import sys
import tokenize
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from workbench import parts, spec
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES
from workbench.errors import UserError
from workbench.reporting.script import write_out
from workbench.reporting.script_parts import INSTEAD
from workbench.reporting.source import Cuttings
from workbench.reporting.writing import write_report
from workbench.runs import store
from workbench.suggest import suggest

EVIL = '"""\nimport os; os.remove("x")\n"""'
SMALL = {
    "data.image.size": 16, "data.audio.sample_rate": 4000, "data.audio.seconds": 0.3,
    "data.audio.mel_bands": 16, "training.batch_size": 8, "training.deterministic": True,
}  # fmt: skip
NARROW = {
    "model.encoders.image.width": 4, "model.encoders.image.depth": 2,
    "model.encoders.audio.width": 4, "model.encoders.audio.depth": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One cache for all runs of this file."""
    folder = tmp_path_factory.mktemp("home")
    before = os.environ.get("WORKBENCH_CACHE")
    os.environ["WORKBENCH_CACHE"] = str(folder / "cache")
    yield folder
    if before is None:
        del os.environ["WORKBENCH_CACHE"]
    else:
        os.environ["WORKBENCH_CACHE"] = before


@pytest.fixture(scope="module")
def projects(home):
    """Each sample project, small."""
    able = {n: s for n, s in SAMPLES.items() if not s.lacks}
    return {name: sample.make(home / name, samples=40) for name, sample in able.items()}


def run_of(folder, home, **changes):
    wished = suggest(scan(folder, check=False))
    known = {k: v for k, v in NARROW.items() if k.split(".")[2] in wished.model.encoders}
    small = {k: v for k, v in SMALL.items() if k.split(".")[1] != "audio" or "audio" in
             wished.model.encoders}  # fmt: skip
    every = small | known | {k.replace("__", "."): v for k, v in changes.items()}
    return store.create(home / "runs", spec.change_all(wished, list(every.items()))).folder


def opened(run, folder, name="train"):
    """The script of a run as a module."""
    write_report(run, "script", folder / "train.py")
    found = importlib.util.spec_from_file_location(f"script_{name}", folder / "train.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def compared(run, module, steps=3):
    """Start of script and run, and both losses of the first steps."""
    import keras

    from workbench.training.inputs import ModelInputs
    from workbench.training.learner import Learner

    data = module.Data(module.DATA)
    keras.utils.set_random_seed(module.SEED)
    network = module.build_model(data)
    recipe = module.Recipe(network, data)
    known = store.find(run).spec()
    index = scan(Path(known.data.folder), reading=known.data.reading, check=False)
    prepared = prepare(index, known.data, known.modalities)
    inputs = ModelInputs.of(prepared, known)
    learner = Learner.make(known, prepared, inputs)
    of_script = [v.numpy() for v in network.variables]
    of_run = [v.numpy() for v in learner.built.model.variables]
    assert [v.shape for v in of_script] == [v.shape for v in of_run]
    for mine, its in zip(of_script, of_run, strict=True):
        np.testing.assert_array_equal(mine, its)
    optimizer = module.adam(module.LEARNING_RATE)
    optimizer.build(recipe.trainable_variables)
    recipe.compile(optimizer, jit_compile=False)
    samples = module.Shuffled(data)
    assert len(samples) == learner.order.steps
    iterator = learner.iterate(0, steps)
    told = []
    for step in range(steps):
        said = recipe.train_on_batch(*samples[step], return_dict=True)
        (loss,), figures = learner.steps.train(iterator, [module.LEARNING_RATE], step)
        told.append((said, loss, figures))
        recipe.reset_metrics()
    return told


@pytest.mark.parametrize("kind", parts.KINDS)
def test_every_part_can_be_cut_out_and_names_nothing_that_is_not_there(kind):
    for part in parts.parts(kind):
        cuttings = Cuttings(INSTEAD, {}, frozenset())
        name = cuttings.need(part.function.__module__, part.name)
        text = cuttings.take()
        heads = "".join(f"{line}\n" for line in cuttings.imports)
        assert name == part.name
        assert "workbench" not in heads, part.name
        assert "workbench" not in " ".join(words_of(text)), part.name
        assert not unknown_names(f"{heads}{text}"), part.name


def words_of(text):
    """Names that the code uses, remarks and strings left out."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.string


def unknown_names(text):
    """Names that are read somewhere and given nowhere."""
    tree = ast.parse(text)
    given, read = set(dir(__builtins__)) | set(dir(__import__("builtins"))), set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Load()):
                read.add(node.id)
            case ast.Name() | ast.arg():
                given.add(getattr(node, "id", None) or node.arg)
            case ast.FunctionDef() | ast.ClassDef():
                given.add(node.name)
            case ast.Import() | ast.ImportFrom():
                given |= {(each.asname or each.name).split(".")[0] for each in node.names}
            case ast.ExceptHandler(name=str(name)):
                given.add(name)
    return read - given


def test_a_definition_loses_its_types_and_keeps_its_remarks(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "from typing import Annotated\n"
        "from pydantic import Field\n"
        "from workbench.lazy import Tensor, ops\n"
        "from workbench.parts import loss\n"
        "\n"
        "HALF = 0.5\n"
        "\n"
        '@loss(target="number")\n'
        "def own(\n"
        "    labels: Tensor, logits: Tensor, *, much: Annotated[float, Field(gt=0)] = (\n"
        "        1.0\n"
        "    ),\n"
        ") -> Tensor:\n"
        '    """Own."""\n'
        "    # Why: é.\n"
        "    size: Tensor = ops.abs(logits - labels)  # noqa: X1 - for a test\n"
        "    return much * HALF * size\n",
        encoding="utf-8",
    )
    cuttings = Cuttings({}, {"workbench_own.own": file}, frozenset({"HALF"}))
    assert cuttings.need("workbench_own.own", "own") == "own"
    text = cuttings.take()
    # HALF is a name of the script's own: the constant gives way.
    assert text.startswith("HALF_of_own = 0.5\n\n\ndef own(")
    assert "labels, logits, *, much=(" in text
    assert text.endswith(
        '    """Own."""\n    # Why: é.\n    size = ops.abs(logits - labels)\n'
        "    return much * HALF_of_own * size"
    )
    assert cuttings.imports == {"from keras import ops"}


def test_names_of_others_stay_words(tmp_path, home):
    data = tmp_path / "pets"
    for name in ("cat's", 'do"g'):
        (data / name).mkdir(parents=True)
        for number in range(8):
            Image.new("RGB", (9, 9), (number * 30, 9, 9)).save(data / name / f"{number}.png")
    run = run_of(data, home, name="x")
    known = store.find(run).spec().model_copy(update={"name": EVIL[:70]})
    (run / "spec.json").write_text(known.to_json())
    script = write_out(run, "odd name'.py")
    tree = ast.parse(script.text)
    assert script.table_name == "train-samples.csv"
    assigned = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id in ("NAME", "CLASSES")
    }
    assert assigned == {"NAME": EVIL[:70], "CLASSES": ["cat's", 'do"g']}
    rows = list(csv.DictReader(io.StringIO(script.table)))
    assert {row["target"] for row in rows} == {"cat's", 'do"g'}
    assert {row["split"] for row in rows} == {"train", "validation", "test"}
    assert all((data / row["image"]).is_file() for row in rows)


def test_texts_of_a_sentence_model_are_refused_in_words(tmp_path):
    wished = spec.from_data(
        {
            "data": {
                "folder": str(tmp_path), "target": "label", "task": "category",
                "text": {"tokenizer": "sentence_model", "model": "/none"},
            },
            "model": {"encoders": {"text": {"name": "text_sentence"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )  # fmt: skip
    with pytest.raises(UserError, match="sentence model"):
        write_out(store.create(tmp_path / "runs", wished).folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shapes", "gauges", "digits"])
def test_the_script_of_a_sample_project_starts_and_steps_as_its_run(name, projects, home, tmp_path):
    if name not in projects:
        pytest.skip(SAMPLES[name].lacks)
    run = run_of(projects[name], home)
    for said, loss, _ in compared(run, opened(run, tmp_path, name), 2):
        assert said["task_loss"] == pytest.approx(loss, rel=2e-3)
        assert said["loss"] == pytest.approx(loss, rel=2e-3)


@pytest.mark.slow
def test_heads_alignments_penalties_and_variation_are_written_out(home, tmp_path):
    data = tmp_path / "lacking"
    chance = np.random.default_rng(0)
    for name in ("high", "low", "middle"):
        (data / name).mkdir(parents=True)
        for number in range(10):
            if number != 3:
                pixels = chance.integers(0, 255, (12, 14, 3), np.uint8)
                Image.fromarray(pixels).save(data / name / f"{number}.png")
            if number != 4:
                soundfile.write(data / name / f"{number}.wav", chance.normal(0, 0.1, 1600), 8000)
            (data / name / f"{number}.txt").write_bytes(f"{name} caf\xe9 {number}".encode("cp1252"))
    run = run_of(
        data, home, objective__heads=True, model__fusion="gated",
        training__augmentation__image__flip="both",
        training__augmentation__audio__gain=6.0, training__augmentation__text__drop=0.2,
        **{"objective.alignments.image+audio.loss": "infonce"}, objective__l2=1e-4,
        objective__embedding_l2=0.1, model__modality_dropout=0.2, objective__loss="focal",
        objective__balancer="dynamic_weight_average",
    )  # fmt: skip
    module = opened(run, tmp_path, "lacking")
    assert "balancer Dynamic weight average is not written out" in " ".join(module.__doc__.split())
    for said, loss, figures in compared(run, module, 2):
        assert said["task_loss"] == pytest.approx(loss, rel=2e-3)
        weights = [1.0, 1.0, 1.0, 1.0, 0.1, 1e-4, 0.1]
        terms = figures.terms / figures.samples
        assert said["loss"] == pytest.approx(np.dot(weights, terms), rel=5e-3)


@pytest.fixture(scope="module")
def table(home):
    """Pictures and words with a target of every kind."""
    folder = home / "table"
    folder.mkdir()
    chance = np.random.default_rng(1)
    lines = ["file_name,text,sure,grade,tags,size,box,kind"]
    for number in range(30):
        Image.fromarray(chance.integers(0, 255, (10, 10, 3), np.uint8)).save(
            folder / f"{number}.png"
        )
        grade = ("low", "medium", "high")[number % 3]
        tags = ("red", "red|round", "round")[number % 3]
        sure = ("no", "yes")[number % 2]
        lines.append(
            f'{number}.png,"word {number}, {number % 4} more",{sure},{grade},{tags},'
            f'{number * 7.25},"[{number}.5, {number * 100}]",{"abc"[number % 3]}'
        )
    (folder / "metadata.csv").write_text("\n".join(lines))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "loss", "more"),
    [
        ("sure", "binary_focal", {"model.fusion": "late_product"}),
        ("grade", "coral", {"model.encoders.text": "text_transformer"}),
        ("grade", "corn", {"model.fusion": "gated"}),
        ("tags", "asymmetric", {"model.encoders.image": "image_vit"}),
        ("size", "gaussian_nll", {"training.optimizer": "adam", "objective.l1": 1e-4}),
        ("box", "adaptive_robust", {"objective.loss.learn": True}),
        ("kind", "ldam", {"data.text.tokenizer": "bpe", "model.encoders.image.norm": "group"}),
        ("", None, {"objective.alignments.image+text.loss": "vicreg"}),
    ],
)
def test_every_kind_of_target_is_written_out(target, loss, more, table, home, tmp_path):
    wished = suggest(scan(table, check=False), target)
    small = {k: v for k, v in SMALL.items() if not k.startswith("data.audio")}
    named = {"objective.loss": loss} if loss else {}
    changed = spec.change_all(wished, list((small | named | more).items()))
    run = store.create(home / "runs", changed).folder
    module = opened(run, tmp_path, f"{target}_{loss}")
    for said, headline, _ in compared(run, module, 2):
        mine = said["task_loss"] if loss else said["alignment_loss"]
        assert mine == pytest.approx(headline, rel=5e-3)


@pytest.mark.slow
def test_a_script_runs_where_the_program_is_not(projects, home, tmp_path):
    run = run_of(projects["shapes"], home, training__plateau=1, training__clip_norm=1.0,
                 training__longest_minutes=5.0)  # fmt: skip
    write_report(run, "script", tmp_path / "again" / "train.py")
    # Whatever is installed for this test, the package must not be found.
    (tmp_path / "again" / "workbench.py").write_text("raise ImportError('not here')\n")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "train.py", "--epochs", "1", "--to", "w.weights.h5"],
        cwd=tmp_path / "again", env=environment, capture_output=True, text=True, timeout=110,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "28 train, 6 validation, 6 test" in done.stdout or "train" in done.stdout
    assert "val_task_loss" in done.stdout
    assert (tmp_path / "again" / "w.weights.h5").stat().st_size > 10_000
