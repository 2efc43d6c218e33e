"""Everything that a run says: one frozen, typed value and one JSON line each.

The engine writes them to ``events.jsonl`` and to its pipe; window, command line, replay and tests
read the same values. An unknown event or field is an error, not a guess.
"""

from __future__ import annotations

import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from workbench.errors import UserError


class Said(BaseModel):
    """Base of all events.

    Args:
        time: when it was said, seconds since 1970.
    """

    # A figure that is no number must come back as one; as null its line could not be read.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    time: float = Field(default_factory=time.time)


class EngineReady(Said):
    """The engine has loaded TensorFlow and waits for a request.

    Args:
        versions: of Python, TensorFlow, Keras and the workbench.
        device: what it computes on, in words: ``CPU · 8 threads``, ``GPU 0 · NVIDIA … · 24 GB``.
        pid: its process.
    """

    event: Literal["engine_ready"] = "engine_ready"
    versions: dict[str, str]
    device: str
    pid: int


class Preparing(Said):
    """Work before the first step.

    Args:
        stage: which work: scanning files, reading them into the cache, building the model,
            downloading what an encoder knows already, tracing the training step, or compiling it.
        done: how much of it is done.
        total: how much it is; 0: not known.
    """

    event: Literal["preparing"] = "preparing"
    stage: Literal["scan", "cache", "build", "download", "trace", "compile"]
    done: int = 0
    total: int = 0


class Prepared(Said):
    """The cache for these data is filled; training on them starts at once.

    Args:
        samples: how many samples it holds.
        seconds: how long it took.
    """

    event: Literal["prepared"] = "prepared"
    samples: int
    seconds: float


class DrawnLoss(BaseModel):
    """The curve of one loss; a place where it is not finite holds NaN.

    Args:
        values: the loss at each place.
        of_samples: the loss at the place of each sample that was asked for.
        slopes: its derivative in what moves.
        bends: its second derivative.
        problem: why it could not be drawn; the lists are empty then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    values: tuple[float, ...] = ()
    of_samples: tuple[float, ...] = ()
    slopes: tuple[float, ...] = ()
    bends: tuple[float, ...] = ()
    problem: str = ""


class LossesDrawn(Said):
    """The answer to a question for curves of losses.

    Args:
        number: of the question.
        curves: one for each loss that was asked for, in that order.
    """

    event: Literal["losses_drawn"] = "losses_drawn"
    number: int
    curves: tuple[DrawnLoss, ...]


class DescribedPart(BaseModel):
    """How large one part of a model is.

    Args:
        parameters: numbers that are learned.
        operations: floating-point operations for one sample.
        shape: of what leaves it for one sample.
        held: how many of the parameters stay as they are in the first epochs.
        thaws_after: epochs after which those are trained, too; None: never.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: int
    operations: int
    shape: tuple[int, ...]
    held: int = 0
    thaws_after: int | None = None


class ModelDescribed(Said):
    """The answer to a question for the size of a model.

    Args:
        number: of the question.
        parts: by modality its encoder, ``fusion``, ``head``, ``head_image`` and so on, and by pair
            its alignment, where there are such; empty where it failed.
        problem: why the model cannot be built; "" where it can.
    """

    event: Literal["model_described"] = "model_described"
    number: int
    parts: dict[str, DescribedPart] = {}
    problem: str = ""


class Started(Said):
    """Training begins.

    Args:
        run: folder of the run.
        epochs: how many are planned.
        steps: optimiser steps in one epoch.
        samples: how many samples each split has: train, validation, test.
        parameters: trainable numbers in the model.
        shapes: shape of one sample of each modality.
        device: what it computes on, in words.
    """

    event: Literal["started"] = "started"
    run: str
    epochs: int
    steps: int
    samples: dict[str, int]
    parameters: int
    shapes: dict[str, tuple[int, ...]]
    device: str


class StepsDone(Said):
    """One or more optimiser steps; sent at most 20 times a second.

    Args:
        epoch: which epoch, counted from 1.
        step: number of the last of these steps, counted from 1 over the whole run.
        losses: training loss of each of these steps, oldest first.
        learning_rate: of the last of these steps.
        samples_per_second: recent speed.
        terms: raw loss of each term of the objective, mean of these steps; empty where there is
            but one.
        weights: what each of these terms was multiplied with.
        gradients: length of the gradient of each modality's encoder.
        cosines: of each modality, the cosine between the gradients of the task and of all other
            terms where its encoder ends; empty where there is but one term.
        traces: what the balancer tells of itself, by name, such as ``sigma.task``.
        gradient: length of the gradient over all variables of the model, before it is clipped.
        update: length of what was added to the variables over the length of these; None
            where it was not measured in these steps.
        seconds: how long these steps took, by ``data`` (waiting for batches), ``compute``,
            ``checkpoint`` and ``told`` (counting and telling).
    """

    event: Literal["steps_done"] = "steps_done"
    epoch: int
    step: int
    losses: tuple[float, ...]
    learning_rate: float
    samples_per_second: float
    terms: dict[str, float] = {}
    weights: dict[str, float] = {}
    gradients: dict[str, float] = {}
    cosines: dict[str, float] = {}
    traces: dict[str, float] = {}
    gradient: float | None = None
    update: float | None = None
    seconds: dict[str, float] = {}


class EpochDone(Said):
    """An epoch, its validation included.

    Args:
        epoch: which, counted from 1.
        step: optimiser steps so far.
        train: mean training loss (``loss``) and metrics over the epoch.
        validation: validation ``loss`` and metrics; empty when it was cut short.
        seconds: how long the epoch took, validation included.
        best: the validation loss is the lowest so far.
        train_terms: mean raw loss of each term over the epoch; empty where there is but one.
        validation_terms: the same of the validation samples.
    """

    event: Literal["epoch_done"] = "epoch_done"
    epoch: int
    step: int
    train: dict[str, float]
    validation: dict[str, float]
    seconds: float
    best: bool
    train_terms: dict[str, float] = {}
    validation_terms: dict[str, float] = {}


class Stopping(Said):
    """The wish to stop has been heard; the step in hand is finished first.

    Args:
        after_epoch: the epoch in hand is finished and validated first.
    """

    event: Literal["stopping"] = "stopping"
    after_epoch: bool = False


class Paused(Said):
    """The run stands still; what it has reached is on disk.

    Args:
        epoch: epoch in hand, counted from 1.
        step: optimiser steps so far.
        released: the engine ends, and with it what it held of processor, memory and GPU; the run
            goes on from disk.
        problem: why, where nobody wished it: the disk is full; it goes on by itself when there is
            space again.
    """

    event: Literal["paused"] = "paused"
    epoch: int
    step: int
    released: bool = False
    problem: str = ""


class Resumed(Said):
    """The run goes on, in the engine that paused or from disk.

    Args:
        epoch: epoch in hand, counted from 1.
        step: optimiser steps done before it.
        from_disk: a checkpoint was read; what was said after it was taken back.
        skipped: damaged checkpoints that were passed over, in words; "" for none.
    """

    event: Literal["resumed"] = "resumed"
    epoch: int
    step: int
    from_disk: bool = False
    skipped: str = ""


class Measured(Said):
    """What the engine uses of the machine, about once a second.

    Args:
        processor: share of all processors that the engine keeps busy, 0..1.
        memory: bytes that the engine holds.
        memory_free: bytes of the machine that are free.
        graphics: of each GPU in use: share of time it is busy (``busy``, 0..1), bytes in use
            (``memory``) and in all (``total``); empty without one.
    """

    event: Literal["measured"] = "measured"
    processor: float
    memory: int
    memory_free: int
    graphics: tuple[dict[str, float], ...] = ()


class RatesTried(Said):
    """How far a trial of learning rates is.

    Args:
        rates: those tried so far, rising.
        losses: at each of them.
        total: how many are to be tried, if none makes the loss burst.
    """

    event: Literal["rates_tried"] = "rates_tried"
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    total: int


class RateFound(Said):
    """What a trial of learning rates says; its last word.

    Args:
        rate: that is proposed; None: none can be.
        lowest: at which the smoothed loss was lowest; None: it fell nowhere.
        words: the same in words.
    """

    event: Literal["rate_found"] = "rate_found"
    rate: float | None
    lowest: float | None
    words: str


class BatchTried(Said):
    """A batch size that was tried.

    Args:
        size: samples a step.
        samples_per_second: how fast it trains; 0 where it does not fit.
        memory: bytes in use with it.
        problem: why it cannot be used; "" where it can.
    """

    event: Literal["batch_tried"] = "batch_tried"
    size: int
    samples_per_second: float = 0.0
    memory: int = 0
    problem: str = ""


class BatchFound(Said):
    """What a trial of batch sizes says; its last word.

    Args:
        size: that is proposed; None: none can be.
        words: the same in words.
    """

    event: Literal["batch_found"] = "batch_found"
    size: int | None
    words: str


class Working(Said):
    """How far longer work on a trained run is.

    Args:
        words: what is done now, as a person would say it.
        done: pieces of it that are done.
        total: pieces in all; 0: not known.
    """

    event: Literal["working"] = "working"
    words: str
    done: int = 0
    total: int = 0


class Studied(Said):
    """The last word of longer work on a trained run.

    Args:
        file: what was written, as a path inside the run's folder, or an absolute one elsewhere.
        words: what came of it, in a sentence; "" where the file says it.
    """

    event: Literal["studied"] = "studied"
    file: str
    words: str = ""


class RunOpened(Said):
    """A trained run is in memory and can be asked.

    Args:
        number: of the question.
        modalities: that the model takes.
        may_lack: those of them that a sample may come without, as the model was trained so.
    """

    event: Literal["run_opened"] = "run_opened"
    number: int
    modalities: tuple[str, ...]
    may_lack: tuple[str, ...] = ()


class Reweighed(Said):
    """How another loss judges the epochs of a run; as of ``insight.what_if.Recomputed``.

    Args:
        number: of the question.
        epochs: their numbers.
        recorded: mean validation loss as recorded.
        loss: mean of the other loss on the same answers.
        recorded_worst: share of the recorded loss that the worst 5 % carry; None where it has none.
        worst: the same of the other one.
        samples: how many validation samples.
    """

    event: Literal["reweighed"] = "reweighed"
    number: int
    epochs: tuple[int, ...]
    recorded: tuple[float, ...]
    loss: tuple[float, ...]
    recorded_worst: tuple[float | None, ...]
    worst: tuple[float | None, ...]
    samples: int


class Explained(Said):
    """Why the model says what it says of a sample; the maps stand in ``insight/explained.npz``.

    Args:
        number: of the question, and of the file.
        answers: probability of each class, or the numbers in their unit.
        before: the same of the sample as it is.
        output: the class or number that was explained.
        rival: the class that it was compared with; None: none.
        hidden: modalities that the model did not know.
        words: the tokens that it was given.
        problems: why a modality has no map.
        gap: by how much the maps miss the difference to their baseline, as a share of it; None
            where the method promises no sum.
        likeness: how like the maps of shuffled weights are, by modality, 0..1; empty where that
            was not asked.
    """

    event: Literal["explained"] = "explained"
    number: int
    answers: tuple[float, ...]
    before: tuple[float, ...]
    output: int
    rival: int | None = None
    hidden: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    problems: dict[str, str] = {}
    gap: float | None = None
    likeness: dict[str, float] = {}


class Predicted(Said):
    """What the model says of files and words.

    Args:
        number: of the question.
        answers: probability of each class, or the numbers in their unit; empty without a target.
        said: the classes that are said.
        spreads: the standard deviation of each number, where the model gives one.
        lacking: modalities that were not given.
        removed: those of them that samples of the run stood in for, as the model knows no lack.
        nearest: without a target, samples of the run that lie nearest, and their likeness.
        likeness: how near the halves of each aligned pair lie that were both given, -1..1.
        seconds: from the question to the answer, in the engine.
    """

    event: Literal["predicted"] = "predicted"
    number: int
    answers: tuple[float, ...]
    said: tuple[str, ...] = ()
    spreads: tuple[float, ...] = ()
    lacking: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    nearest: tuple[tuple[str, float], ...] = ()
    likeness: dict[str, float] = {}
    seconds: float = 0.0


class Disturbed(Said):
    """What the model says of a sample under noise; what it saw is in ``insight/disturbed.npz``.

    Args:
        number: of the question, and of the file.
        answers: probability of each class, or the numbers in their unit.
        before: the same without noise.
        kind: what the noise was put on.
        words: the tokens that it was given; empty for all but tokens.
        struck: places of the tokens that the noise changed.
    """

    event: Literal["disturbed"] = "disturbed"
    number: int
    answers: tuple[float, ...]
    before: tuple[float, ...]
    kind: Literal["picture", "log_mel", "wave", "tokens", "vector"]
    words: tuple[str, ...] = ()
    struck: tuple[int, ...] = ()


class NotAnswered(Said):
    """Why a question about a trained run has no answer.

    Args:
        number: of the question.
        ask: which kind of question it was.
        problem: what is wrong, one sentence.
        remedy: what to do about it.
    """

    event: Literal["not_answered"] = "not_answered"
    number: int
    ask: str
    problem: str
    remedy: str = ""


class Trained(Said):
    """No further step will come; the best weights are on disk; evaluation follows.

    Args:
        outcome: all epochs done, stopped by the user, ended as the validation loss was flat, or as
            the longest time was over.
        epochs: complete epochs.
        best_epoch: epoch of the weights that are kept; 0: no epoch was completed.
        seconds: from the first step to the last.
        samples_per_second: over all training steps, validation not counted.
    """

    event: Literal["trained"] = "trained"
    outcome: Literal["done", "stopped", "flat", "time"]
    epochs: int
    best_epoch: int
    seconds: float
    samples_per_second: float


class Evaluated(Said):
    """A split was evaluated; details stand in the run's ``evaluation`` folder.

    Args:
        split: which split.
        metrics: headline figures by name, as of ``runs.results.Results``: ``loss``, and
            ``accuracy``, ``macro_f1`` or ``mae``, ``rmse``, ``r2`` among others.
        baseline: the same metrics of guessing (the most frequent class or set of classes, or the
            median).
    """

    event: Literal["evaluated"] = "evaluated"
    split: str
    metrics: dict[str, float]
    baseline: dict[str, float]


class Ended(Said):
    """The last word of a run that did not fail.

    Args:
        outcome: as in ``Trained``, or discarded: stopped before there was anything to keep.
    """

    event: Literal["ended"] = "ended"
    outcome: Literal["done", "stopped", "flat", "time", "discarded"]


class Failed(Said):
    """The last word of a run that failed.

    Args:
        problem: what went wrong, one sentence.
        remedy: what to do about it.
        log: the last lines of the log, for those who want them.
        proposal: changes of the spec, value by place, under which it may go well.
    """

    event: Literal["failed"] = "failed"
    problem: str
    remedy: str = ""
    log: str = ""
    proposal: dict[str, int | float] = {}


Event = Annotated[
    EngineReady | Preparing | Prepared | LossesDrawn | ModelDescribed | Started | StepsDone
    | EpochDone | Stopping | Paused | Resumed | Measured | Trained | Evaluated | Ended | Failed
    | RatesTried | RateFound | BatchTried | BatchFound | Working | Studied
    | RunOpened | Explained | Predicted | Disturbed | Reweighed | NotAnswered,
    Field(discriminator="event"),
]  # fmt: skip


def is_last(event: Said) -> bool:
    """Whether no event follows this one in the process that said it."""
    last = Ended | Failed | RateFound | BatchFound | Studied
    return isinstance(event, last) or (isinstance(event, Paused) and event.released)


_adapter: TypeAdapter[Event] = TypeAdapter(Event)


def to_line(event: Said) -> str:
    """One line of JSON, without its line end."""
    return event.model_dump_json()


def from_line(line: str | bytes) -> Event:
    """The event of one line.

    Raises:
        UserError: the line is torn or holds no event that this version knows.
    """
    try:
        return _adapter.validate_json(line)
    except ValidationError as error:
        raise UserError(f"Not an event: {error.errors()[0]['msg']}.") from None
