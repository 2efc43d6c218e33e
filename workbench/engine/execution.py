"""A whole run from its spec: scan, read, train, evaluate; window and command line both do this."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from workbench.data.cache import prepare
from workbench.data.folder import Stopped, scan
from workbench.data.index import Index
from workbench.data.prepared import Prepared
from workbench.engine import causes
from workbench.engine.measuring import Measuring
from workbench.engine.meeting import watched
from workbench.engine.recorder import Recorder
from workbench.events import BatchFound, Ended, Failed, Paused, Preparing, RateFound, Said
from workbench.insight.evaluate import evaluate, load_model
from workbench.runs import store
from workbench.spec import RunSpec
from workbench.training import devices, finding
from workbench.training.cluster import START_SECONDS, Cluster
from workbench.training.trainer import Released, Trainer, Wish
from workbench.writing import write_atomic

Wished = Callable[[], Wish | None]
"""Asked often while a run is under way; None to go on."""

LastWord = Ended | Failed | Paused


@dataclass(frozen=True)
class Company:
    """Those who train a run together with this process.

    Args:
        cluster: who they are.
        seconds: how long to wait until all are there.
    """

    cluster: Cluster
    seconds: float = START_SECONDS

    def join(self, run: store.Run | None) -> None:
        """Meet the others; where they do not come in time, this process is ended, and says so.

        Args:
            run: whose last word that is; None: of a worker that writes nothing.
        """
        with watched(os.getpid(), self.seconds, run):
            devices.join(self.cluster)


def execute(
    run: store.Run, recorder: Recorder, wish: Wished, *, resume: bool = False,
    company: Company | None = None,
) -> LastWord:  # fmt: skip
    """Do a run and record all that it says.

    Args:
        run: a run with its spec.
        recorder: told every event, the last word included.
        wish: asked between steps.
        resume: go on where the run stood; from the beginning where nothing was saved.
        company: who trains it together with this process, which is their chief.

    Returns:
        Its last word; ``Paused`` of a run that is to go on in another process. An exception never
        leaves this function; its traceback goes to the log.
    """
    try:
        devices.set_up()
        if company is not None:
            company.join(run)
        write_atomic(run.folder / "environment.json", store.environment(device=devices.describe()))
        last: LastWord = _train_and_evaluate(run, recorder, wish, resume=resume)
    except Released as released:
        last = Paused(epoch=released.epoch, step=released.step, released=True)
    except Stopped:
        last = Ended(outcome="discarded")
        if wish() == "release":
            last = Paused(epoch=1, step=0, released=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run says so as its last word
        last = causes.of_exception(error, run.log_tail(), run.spec().training.batch_size)
        with run.log_file.open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)
    recorder.tell(last)
    return last


def assist(run_spec: RunSpec, company: Company, folder: Path, *, resume: bool) -> str:
    """Train a run together with its chief, which writes and says everything.

    Args:
        run_spec: what the run is; the chief has the same.
        company: who trains it.
        folder: for what the trainer writes; nothing of it is needed afterwards.
        resume: as the chief.

    Returns:
        Why it ended before its end, in words; "" where it did not.
    """
    try:
        devices.set_up()
        company.join(None)
        prepared = read_data(run_spec, lambda event: None, lambda: False)
        Trainer(run_spec, prepared, folder, lambda event: None, lambda: None, None, resume).train()
        # The chief evaluates yet: a worker that leaves early would take it along.
        devices.accord().follow(np.zeros(1))
    except (Released, Stopped):
        return ""
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said in one sentence
        traceback.print_exc(file=sys.stderr)
        failed = causes.of_exception(error)
        return f"{failed.problem} {failed.remedy}"
    return ""


def find(
    what: Literal["rate", "batch"], run_spec: RunSpec, tell: Callable[[Said], object],
    stop: Callable[[], bool],
) -> RateFound | BatchFound | Ended | Failed:  # fmt: skip
    """Try out which learning rate or batch size suits a recipe; leaves nothing behind.

    Args:
        what: which.
        run_spec: the recipe.
        tell: told how far it is.
        stop: asked often; true ends it.

    Returns:
        The last word, which is not told; an exception never leaves this function.
    """
    try:
        devices.set_up()
        prepared = read_data(run_spec, tell, stop)
        tell(Preparing(stage="trace"))
        finder = finding.find_rate if what == "rate" else finding.find_batch
        return finder(run_spec, prepared, tell, stop)
    except Stopped:
        return Ended(outcome="discarded")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said as the last word
        traceback.print_exc(file=sys.stderr)
        return causes.of_exception(error, batch_size=run_spec.training.batch_size)


def read_data(
    run_spec: RunSpec, tell: Callable[[Said], object], stop: Callable[[], bool]
) -> Prepared:
    """Scan the folder of a spec and read its samples into the cache.

    Args:
        run_spec: names the folder, the target and the modalities.
        tell: told how far it is.
        stop: asked often; true ends it.

    Raises:
        UserError: the data do not serve.
        Stopped: the wish to stop was heard.
    """
    return read_index_and_data(run_spec, tell, stop)[1]


def read_index_and_data(
    run_spec: RunSpec, tell: Callable[[Said], object], stop: Callable[[], bool]
) -> tuple[Index, Prepared]:
    """As of ``read_data``, with the index that knows the file of each sample."""

    def progress(done: int, total: int) -> None:
        tell(Preparing(stage="cache", done=done, total=total))

    tell(Preparing(stage="scan"))
    # Files are decoded for the cache anyway, so the scan need not try each of them here.
    index = scan(Path(run_spec.data.folder), reading=run_spec.data.reading, stop=stop, check=False)
    return index, prepare(
        index,
        run_spec.data,
        run_spec.modalities,
        progress=progress,
        stop=stop,
    )


def _train_and_evaluate(
    run: store.Run, recorder: Recorder, wish: Wished, *, resume: bool
) -> LastWord:  # fmt: skip
    run_spec = run.spec()
    prepared = read_data(run_spec, recorder.tell, lambda: wish() in ("stop", "release"))
    facts = store.environment(
        device=devices.describe(), data=prepared.key, spec=run_spec.fingerprint()
    )
    write_atomic(run.folder / "environment.json", facts)
    trainer = Trainer(
        run_spec, prepared, run.folder, recorder.tell, wish, journal=recorder, resume=resume
    )  # fmt: skip
    with Measuring(recorder.tell, still=lambda: wish() in ("pause", "release")):
        trained = trainer.train()
    model = load_model(run_spec, run.folder)
    recorder.tell(evaluate(run_spec, prepared, model, "test", run.folder))
    devices.accord().follow(np.zeros(1))
    return Ended(outcome=trained.outcome)
