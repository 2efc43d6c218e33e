"""What may be asked of an engine: one JSON line each on its standard input.

The answers are events. The window and the engine share this file and nothing else.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from workbench import machine
from workbench.errors import UserError
from workbench.exporting import formats
from workbench.parts import Modality
from workbench.runs.maps import Method, Space, Split
from workbench.spec import OptionValue, RunSpec


class Asked(BaseModel):
    """Base of all requests."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Prepare(Asked):
    """Fill the cache for these data, so that training on them starts at once.

    Args:
        spec: data and modalities to prepare; the rest is not looked at.
    """

    ask: Literal["prepare"] = "prepare"
    spec: RunSpec


class Train(Asked):
    """Do the run in that folder, then end.

    Args:
        run: folder of a run, absolute.
        resume: go on where it stood; from the beginning where nothing was saved.
    """

    ask: Literal["train"] = "train"
    run: str
    resume: bool = False


class Find(Asked):
    """Try out what suits a recipe, then end; answered by ``RateFound`` or ``BatchFound``.

    Args:
        what: learning rate or batch size.
        spec: the recipe.
    """

    ask: Literal["find"] = "find"
    what: Literal["rate", "batch"]
    spec: RunSpec


class Study(Asked):
    """Base of longer work on a trained run, which ends the engine; answered by ``Studied``.

    What it finds stands in a file of the run; an engine that is killed has left nothing behind.

    Args:
        run: folder of the run, absolute.
    """

    run: str


class EvaluateSplit(Study):
    """Evaluate a split.

    Args:
        split: which.
    """

    ask: Literal["evaluate"] = "evaluate"
    split: Literal["train", "validation", "test"] = "test"


class Project(Study):
    """Draw a map of embeddings as of ``insight.mapping.draw``.

    Args:
        split: which samples.
        method: how many dimensions become two.
        space: a modality, ``fused``, or a pair that was aligned.
    """

    ask: Literal["project"] = "project"
    split: Split = "test"
    method: Method = "pca"
    space: Space = "fused"


class Survey(Study):
    """Measure the loss around the weights as of ``insight.landscape.survey``.

    Args:
        points: places along each direction, odd.
        reach: how far to go each way, in lengths of the filters.
        square: along two directions; otherwise along one.
        modality: move this encoder alone; None: the whole model.
        seed: of the directions.
    """

    ask: Literal["survey"] = "survey"
    points: Annotated[int, Field(ge=3, le=201)] = 21
    reach: Annotated[float, Field(gt=0, le=100)] = 1.0
    square: bool = True
    modality: Modality | None = None
    seed: Annotated[int, Field(ge=0)] = 0


class Contribute(Study):
    """Find out which modality carried the model.

    Args:
        split: on which samples.
    """

    ask: Literal["contribute"] = "contribute"
    split: Literal["train", "validation", "test"] = "test"


class PredictFolder(Study):
    """Predict every sample of a folder.

    Args:
        folder: a folder or zip of samples as the run was trained on, or of loose files; absolute.
        file: the CSV file to write, absolute.
    """

    ask: Literal["predict_folder"] = "predict_folder"
    folder: str
    file: str


class Export(Study):
    """Hand the model over as of ``exporting.bundle.export``; verified before it is answered.

    ``Studied.file`` is the folder or zip that was written, absolute; its words say how far the
    answers lie from those of the app.

    Args:
        format: in which format; ``exporting.formats`` knows why one may not be had.
        to: the folder to write, absolute, which is not there yet or empty; or a file that ends in
            .zip.
    """

    ask: Literal["export"] = "export"
    format: formats.Name
    to: str


class Disturb(Study):
    """Find out how much noise on each modality the model stands.

    Args:
        split: on which samples.
        samples: how many of them, at most.
    """

    ask: Literal["disturb"] = "disturb"
    split: Literal["train", "validation", "test"] = "test"
    samples: Annotated[int, Field(ge=1, le=100_000)] = 500


class Look(Asked):
    """Base of questions about a trained run that are answered beside the work in hand.

    Of each kind only the latest is answered. The run stays in memory for the next one.

    Args:
        number: of the question; the answer carries it.
        run: folder of the run, absolute.
    """

    ask: str
    number: int
    run: str


class OpenRun(Look):
    """Read a run ahead, so that the next question is answered at once.

    Answered by ``RunOpened``.
    """

    ask: Literal["open_run"] = "open_run"


class Explain(Look):
    """Say why the model says what it says of a sample; answered by ``Explained``.

    Args:
        stem: name of the sample.
        method: how it is explained.
        output: which class or number; None: what it says, or the first number.
        against_rival: explain why not the most probable other class.
        baseline: where integrated gradients begin.
        hidden: modalities that the model may not know.
        text: other words; None: those of the sample.
        cut: what is kept of the picture: left, top, width, height as shares of it.
        covered: what of the picture is covered, likewise.
        muted: which passage of the sound is made silent, from and to as shares of it.
        checked: test the explanation by shuffled weights, too.
    """

    ask: Literal["explain"] = "explain"
    stem: str
    method: Literal["grad_cam", "integrated_gradients", "occlusion"] = "integrated_gradients"
    output: int | None = None
    against_rival: bool = False
    baseline: Literal["nothing", "mean", "blurred"] = "nothing"
    hidden: tuple[Modality, ...] = ()
    text: str | None = None
    cut: tuple[float, float, float, float] | None = None
    covered: tuple[float, float, float, float] | None = None
    muted: tuple[float, float] | None = None
    checked: bool = False


class Predict(Look):
    """Say what the model says of files and words; answered by ``Predicted``.

    Args:
        image: a file, absolute; "" for none.
        audio: a file, absolute; "" for none.
        text: words; None for none.
    """

    ask: Literal["predict"] = "predict"
    image: str = ""
    audio: str = ""
    text: str | None = None


class DisturbSample(Look):
    """Put noise on one modality of a sample; answered by ``Disturbed``.

    Args:
        stem: name of the sample.
        modality: where the noise is.
        strength: 0 none, 1 nothing but noise.
        draw: another number, other noise.
    """

    ask: Literal["disturb_sample"] = "disturb_sample"
    stem: str
    modality: Modality
    strength: Annotated[float, Field(ge=0, le=1)]
    draw: Annotated[int, Field(ge=0, lt=2**32)] = 0


class Reweigh(Look):
    """Judge what the model said after each epoch by another loss; answered by ``Reweighed``.

    Args:
        loss: its name.
        options: of it; those left out take their default.
    """

    ask: Literal["reweigh"] = "reweigh"
    loss: str
    options: dict[str, OptionValue] = {}


class Line(BaseModel):
    """One loss to draw.

    Args:
        kind: loss or alignment.
        name: of the part.
        options: of the part; those left out take their default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["loss", "alignment"] = "loss"
    name: str
    options: dict[str, OptionValue] = {}


class DrawLosses(Asked):
    """Compute the curves of some losses over one axis; answered by ``LossesDrawn``.

    A question that a newer one follows before its turn is not answered.

    Args:
        number: of the question; the answer carries it.
        lines: the losses.
        axis: as of ``insight.loss_curves``.
        low: where the axis begins.
        high: where it ends.
        points: how many places.
        samples: more places, answered behind the others: where samples of a run lie.
    """

    ask: Literal["draw_losses"] = "draw_losses"
    number: int
    lines: tuple[Line, ...]
    axis: Literal["residual", "probability", "margin", "position", "similarity"]
    low: float
    high: float
    points: Annotated[int, Field(ge=2, le=2001)] = 401
    samples: tuple[float, ...] = ()


class Describe(Asked):
    """Say how large the model of a spec is; answered by ``ModelDescribed``, the latest alone.

    Args:
        number: of the question; the answer carries it.
        spec: of a run.
        outputs: how many classes or numbers there are.
    """

    ask: Literal["describe"] = "describe"
    number: int
    spec: RunSpec
    outputs: int


class Stop(Asked):
    """Stop the run in hand.

    Args:
        keep: keep and evaluate the best weights so far; otherwise end at once.
        after_epoch: finish the epoch in hand first.
    """

    ask: Literal["stop"] = "stop"
    keep: bool = True
    after_epoch: bool = False


class Pause(Asked):
    """Stand still after the step in hand, with everything on disk; answered by ``Paused``.

    Args:
        release: end the engine, so that its memory and the GPU are free; the run goes on from disk.
    """

    ask: Literal["pause"] = "pause"
    release: bool = False


class GoOn(Asked):
    """Go on after a pause, or take back the wish for one; answered by ``Resumed``."""

    ask: Literal["go_on"] = "go_on"


class Detach(Asked):
    """Go on when the requests end: whoever asked goes away and may come back."""

    ask: Literal["detach"] = "detach"


Wish = Stop | Pause | GoOn
"""What may be wished of a run in hand, through the engine's input or through its folder."""

Request = Annotated[
    Prepare
    | Train
    | Find
    | EvaluateSplit
    | Project
    | Survey
    | Contribute
    | PredictFolder
    | Export
    | DrawLosses
    | Describe
    | Explain
    | Predict
    | Disturb
    | DisturbSample
    | Reweigh
    | OpenRun
    | Stop
    | Pause
    | GoOn
    | Detach,
    Field(discriminator="ask"),
]

_adapter: TypeAdapter[Request] = TypeAdapter(Request)


def to_line(request: Asked) -> bytes:
    """One line of JSON with its line end."""
    return request.model_dump_json().encode() + b"\n"


def from_line(line: bytes) -> Request:
    """The request of one line.

    Raises:
        UserError: it is none that this version knows.
    """
    try:
        return _adapter.validate_json(line)
    except ValidationError as error:
        raise UserError(f"Not a request: {error.errors()[0]['msg']}.") from None


def command() -> list[str]:
    """The command that starts an engine; what a person could type."""
    return [sys.executable, "-X", "faulthandler", "-X", "utf8", "-m", "workbench", "engine"]


def environment() -> dict[str, str]:
    """The environment of an engine: TensorFlow quiet, and what it may use of the machine.

    A damaged choice is passed over: the engine then uses everything, and the window says so.
    """
    try:
        share = machine.read()
    except UserError as error:
        sys.stderr.write(f"workbench: {error}\n")
        share = machine.Share()
    return (
        os.environ
        | {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
        | machine.environment(share, os.environ)
    )
