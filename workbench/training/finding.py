"""Trials before a training: which learning rate, and which batch size, suit a recipe here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil

from workbench import spec as specs
from workbench.data.prepared import Prepared
from workbench.data.walk import Stopped
from workbench.events import BatchFound, BatchTried, RateFound, RatesTried, Said
from workbench.lazy import keras, tf
from workbench.memory import is_lack_of_memory
from workbench.spec import RunSpec
from workbench.training.inputs import ModelInputs
from workbench.training.learner import Learner

RATES = 120
LOWEST_RATE, HIGHEST_RATE = 1e-6, 10.0
SMOOTHING = 0.9
"""Share of the past in the smoothed loss."""
DIVERGED = 4.0
"""The trial ends where the smoothed loss is so many times its lowest, as in fastai's finder."""
_CHUNK = 4

SMALLEST_BATCH, LARGEST_BATCH = 4, 4096
STEPS_TIMED = 8
ENOUGH = 0.9
"""The smallest batch is proposed whose speed is this share of the best."""
MOST_MEMORY = 0.8
"""No batch is tried that is expected to take more than this share of the free memory."""

Tell = Callable[[Said], object]


def find_rate(spec: RunSpec, prepared: Prepared, tell: Tell, stop: Callable[[], bool]) -> RateFound:
    """Raise the learning rate from step to step and see where the loss falls, and where it bursts.

    Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.3. The rate that is
    proposed is a tenth of that with the lowest smoothed loss, a usual reading of the curve.

    Args:
        spec: the recipe; its own learning rate and schedule are not used.
        prepared: its samples.
        tell: told ``RatesTried`` as it goes.
        stop: asked often.

    Raises:
        Stopped: somebody wished so.
    """
    learner = Learner.make(spec, prepared, ModelInputs.of(prepared, spec))
    learner.steps.freeze(learner.built.frozen(1))
    rates = np.geomspace(LOWEST_RATE, HIGHEST_RATE, RATES)
    iterator = learner.iterate(0, RATES)
    losses: list[float] = []
    while len(losses) < RATES:
        if stop():
            raise Stopped
        wanted = rates[len(losses) : len(losses) + _CHUNK].tolist()
        found, figures = learner.steps.train(iterator, wanted, len(losses))
        losses += [loss for loss in found if np.isfinite(loss)]
        tell(
            RatesTried(
                rates=tuple(rates[: len(losses)].tolist()), losses=tuple(losses), total=RATES
            )
        )
        curve = smoothed(np.asarray(losses))
        burst = len(curve) > RATES // 10 and curve[-1] > DIVERGED * curve.min() + 1e-12
        if figures.spoiled or burst:
            break
    return judge_rates(rates[: len(losses)], np.asarray(losses))


def smoothed(losses: Any) -> Any:
    """Exponential mean of what came before, without the pull towards 0 of its start.

    Args:
        losses: [steps].
    """
    mean, out = 0.0, np.empty(len(losses))
    for place, loss in enumerate(losses):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * float(loss)
        out[place] = mean / (1 - SMOOTHING ** (place + 1))
    return out


def judge_rates(rates: Any, losses: Any) -> RateFound:
    """What a trial of learning rates says.

    Args:
        rates: [steps], rising.
        losses: [steps].
    """
    curve = smoothed(losses)
    # The first steps say what the loss is before anything was learned.
    start = float(np.median(curve[: max(1, len(curve) // 5)])) if len(curve) else np.nan
    lowest = int(np.argmin(curve)) if len(curve) else 0
    if not len(curve) or curve[lowest] > start - 0.02 * abs(start):
        return RateFound(
            rate=None, lowest=None,
            words="The loss falls at no learning rate. Look at the data and the loss first.",
        )  # fmt: skip
    rate = float(f"{rates[lowest] / 10:.1g}")
    words = (
        f"The loss is lowest at {rates[lowest]:.2g} and falls well before it; "
        f"a tenth of that, {rate:g}, leaves room for the noise of a whole training."
    )
    return RateFound(rate=rate, lowest=float(rates[lowest]), words=words)


def find_batch(
    spec: RunSpec, prepared: Prepared, tell: Tell, stop: Callable[[], bool]
) -> BatchFound:
    """Double the batch size until memory or speed gives no more.

    Args:
        spec: the recipe; its own batch size is not used.
        prepared: its samples.
        tell: told ``BatchTried`` after each size.
        stop: asked often.

    Raises:
        Stopped: somebody wished so.
    """
    inputs = ModelInputs.of(prepared, spec)
    tried: list[BatchTried] = []
    size = SMALLEST_BATCH
    while size <= min(LARGEST_BATCH, 2 * len(prepared.rows("train"))):
        if stop():
            raise Stopped
        if tried and _expected(tried) > MOST_MEMORY * psutil.virtual_memory().available:
            tried.append(BatchTried(size=size, problem="It would not fit into the free memory."))
            tell(tried[-1])
            break
        tried.append(_try_batch(spec, prepared, inputs, size, stop))
        tell(tried[-1])
        speeds = [each.samples_per_second for each in tried]
        if tried[-1].problem or (len(speeds) > 3 and max(speeds[-2:]) < 1.05 * max(speeds[:-2])):
            break
        size *= 2
    return judge_batches(tried)


def judge_batches(tried: list[BatchTried]) -> BatchFound:
    """What a trial of batch sizes says.

    Args:
        tried: in the order of their sizes.
    """
    fit = [each for each in tried if not each.problem]
    if not fit:
        return BatchFound(size=None, words="Not even the smallest batch fits into memory.")
    best = max(each.samples_per_second for each in fit)
    chosen = next(each for each in fit if each.samples_per_second >= ENOUGH * best)
    words = (
        f"{chosen.size} samples a step train {chosen.samples_per_second:,.0f} samples a second, "
        f"at least {ENOUGH:.0%} of the fastest ({best:,.0f}). Larger ones take more memory and "
        "fewer steps an epoch."
    )
    if tried[-1].problem:
        words += f" {tried[-1].size} does not fit."
    return BatchFound(size=chosen.size, words=words)


def _try_batch(
    spec: RunSpec, prepared: Prepared, inputs: ModelInputs, size: int, stop: Callable[[], bool]
) -> BatchTried:
    try:
        tf.random.set_seed(0)
        keras.backend.clear_session()
        chosen = specs.change(spec, "training.batch_size", size)
        learner = Learner.make(chosen, prepared, inputs)
        learner.steps.freeze(learner.built.frozen(1))
        rate = spec.training.learning_rate
        iterator = learner.iterate(0, STEPS_TIMED + 2)
        learner.steps.train(iterator, [rate], 0)
        learner.steps.train(iterator, [rate], 1)
        begun, done = time.monotonic(), 0
        while done < STEPS_TIMED and (done < 2 or time.monotonic() - begun < 3.0):
            if stop():
                raise Stopped
            learner.steps.train(iterator, [rate], 2 + done)
            done += 1
        seconds = time.monotonic() - begun
        return BatchTried(
            size=size, samples_per_second=done * size / seconds, memory=_memory_in_use()
        )
    except (MemoryError, tf.errors.ResourceExhaustedError, tf.errors.InternalError) as error:
        if not is_lack_of_memory(f"{type(error).__name__}: {error}"):
            raise
        return BatchTried(size=size, problem="It does not fit into memory.")


def _memory_in_use() -> int:
    """Bytes: of the GPU where there is one, at their peak; else of this process."""
    if tf.config.list_physical_devices("GPU"):
        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    return int(psutil.Process().memory_info().rss)


def _expected(tried: list[BatchTried]) -> float:
    """Bytes that the next size takes beyond what is in use: twice as much as the last one took."""
    if len(tried) < 2 or tf.config.list_physical_devices("GPU"):
        return 0.0
    return 2.0 * max(0, tried[-1].memory - tried[-2].memory)
