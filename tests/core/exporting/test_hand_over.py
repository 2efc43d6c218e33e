"""A run is handed over as a folder that works elsewhere, or nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from untrained import run_of

from workbench.errors import UserError
from workbench.exporting import formats

pytestmark = pytest.mark.slow


@pytest.fixture
def run(shapes, tmp_path):
    """A run on *shapes* whose weights nobody trained."""
    from workbench.data.cache import prepare
    from workbench.data.folder import scan
    from workbench.spec import change_all
    from workbench.suggest import suggest

    index = scan(shapes)
    small = [("data.image.size", "24"), ("data.audio.mel_bands", "16")]
    spec = change_all(suggest(index), small)
    return run_of(tmp_path / "run", spec, prepare(index, spec.data, spec.modalities))


def exported(run, form, to, told=None):
    """The last word of the study that the window and the command line ask for."""
    from workbench.engine import protocol
    from workbench.engine.studies import study

    request = protocol.Export(run=str(run), format=form, to=str(to))
    return study(request, told or (lambda event: None), lambda: False)


def app_says(run, row):
    """What the app says of a test sample, and the files of that sample."""
    from workbench.engine.execution import read_index_and_data
    from workbench.insight.trained import Trained

    trained = Trained.open(run)
    index, prepared = read_index_and_data(trained.spec, lambda event: None, lambda: False)
    place = prepared.rows("test")[row]
    arrays = {m: values[place : place + 1] for m, values in prepared.arrays.items()}
    logits = trained.says(arrays)["task"][0].astype(np.float64)
    raised = np.exp(logits - logits.max())
    at = index.stems.tolist().index(str(prepared.stems[place]))
    files = {m: index.path(m, at) for m in ("image", "audio")}
    shares = dict(zip(prepared.classes, raised / raised.sum(), strict=True))
    return shares, files | {"text": index.text(at)}


def asked(folder, files, tmp_path):
    """What predict.py says in a process that cannot import this program."""
    (tmp_path / "blocked").mkdir(exist_ok=True)
    (tmp_path / "blocked" / "workbench.py").write_text("raise ImportError('not here')")
    words = [sys.executable, str(folder / "predict.py"), "--json"]
    for name, value in files.items():
        words += [f"--{name}", str(value)]
    around = os.environ | {"PYTHONPATH": str(tmp_path / "blocked"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        words, capture_output=True, text=True, env=around, cwd=tmp_path, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("form", ["savedmodel", "onnx"])
def test_what_is_handed_over_says_the_same_where_this_program_is_not(form, run, tmp_path):
    pytest.importorskip("tf2onnx") if form == "onnx" else None
    to = tmp_path / "out" / ("model.zip" if form == "onnx" else "model")
    last = exported(run, form, to)
    assert last.event == "studied", last
    assert last.file == str(to)
    assert "says the same as the app: of 18 samples" in last.words
    folder = to
    if form == "onnx":
        folder = tmp_path / "unpacked"
        zipfile.ZipFile(to).extractall(folder)
    facts = json.loads((folder / "facts.json").read_text("utf-8"))
    assert facts["difference"] <= 1e-5
    assert {file.name for file in folder.iterdir()} == {
        formats.find(form).file, "facts.json", "predict.py", "README.txt",
        *(["tokenizer.json"] if form != "savedmodel" else []),
    }  # fmt: skip
    assert len((folder / "README.txt").read_text("utf-8").splitlines()) == 5
    assert [file.name for file in to.parent.iterdir()] == [to.name]
    wanted, files = app_says(run, 2)
    found = asked(folder, files, tmp_path)
    assert found["says"] == max(wanted, key=wanted.get)
    assert found["probabilities"] == pytest.approx(wanted, abs=1e-5)


def test_what_says_otherwise_than_the_app_is_refused_and_leaves_nothing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "bound", lambda form, spec: -1.0)
    last = exported(run, "keras", tmp_path / "out" / "model")
    assert last.event == "failed"
    assert "The Keras file says other than the app" in last.problem
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_is_taken_is_not_written_over(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    last = exported(run, "keras", tmp_path / "out")
    assert "is there already" in last.problem
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
    last = exported(run, "keras", tmp_path / "out" / "mine.txt")
    assert "is there already" in last.problem


def test_the_wish_to_stop_leaves_nothing(run, tmp_path):
    from workbench.engine import protocol
    from workbench.engine.studies import study

    heard = []

    def tell(event):
        heard.append(getattr(event, "words", ""))

    request = protocol.Export(run=str(run), format="keras", to=str(tmp_path / "out" / "model"))
    last = study(request, tell, lambda: "Asking it of test samples" in heard)
    assert last.event == "ended"
    assert list((tmp_path / "out").iterdir()) == []


def test_what_an_engine_that_was_killed_left_is_cleared_away(run, tmp_path):
    out = tmp_path / "out"
    # No process has that number.
    (out / f".export-{2**31 - 2}-abc").mkdir(parents=True)
    (out / f".export-{os.getpid()}-abc").mkdir()
    assert exported(run, "keras", out / "model").event == "studied"
    assert {file.name for file in out.iterdir()} == {"model", f".export-{os.getpid()}-abc"}


def test_the_reader_gives_the_pixels_of_the_app_for_pictures_of_every_kind(tmp_path, monkeypatch):
    from importlib import util

    from PIL import Image

    from workbench import resources
    from workbench.data.readers import image

    (tmp_path / "facts.json").write_text(json.dumps({"inputs": {}}), "utf-8")
    (tmp_path / "predict.py").write_bytes(resources.path("export", "predict.py").read_bytes())
    made = util.spec_from_file_location("handed_over", tmp_path / "predict.py")
    predict = util.module_from_spec(made)
    made.loader.exec_module(predict)
    dice = np.random.default_rng(0)
    pixels = dice.integers(0, 256, (60, 90, 4)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels[..., :3]).save(tmp_path / "b.jpg", exif=exif)
    Image.fromarray(pixels[..., 0]).save(tmp_path / "c.bmp")
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 200).save(tmp_path / "d.png")
    Image.fromarray(pixels[..., 0].astype(np.float32) / 300).save(tmp_path / "e.tif")
    Image.fromarray(pixels[..., :3]).quantize(9).save(tmp_path / "f.gif", transparency=3)
    for file in sorted(Path(tmp_path).glob("?.*")):
        found = predict.read_picture(file, {"size": 16})
        np.testing.assert_array_equal(found, np.asarray(image.opened(file, 16)[0]), file.name)


def test_the_command_says_where_it_is_and_how_far_off(run, tmp_path):
    from typer.testing import CliRunner

    from workbench.cli import app

    words = ["export", str(run), "--to", str(tmp_path / "model"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["place"] == str(tmp_path / "model")
    assert "of 1e-05 allowed" in found["said"]
    with pytest.raises(UserError, match="There is no format 'pt'"):
        formats.find("pt")
