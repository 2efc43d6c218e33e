"""``workbench queue``: look at the queue of runs, fill it and work it off without a window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from workbench import places
from workbench.commands.arguments import JsonFlag, RunsFolder, Settings, answer, spec_of
from workbench.commands.working import Worker

queue = typer.Typer(
    help="Let several runs wait for their turn; windows on the same folder share the queue.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

AtOnce = Annotated[
    int | None, typer.Option("--at-once", help="How many may be under way.", min=1, max=8)
]


@queue.command("list")
def list_queue(runs: RunsFolder = None, as_json: JsonFlag = False) -> None:
    """List the runs in the queue, in their order."""
    from workbench.runs.queue import Queue

    _tell(Queue(runs or places.runs()).look(), as_json=as_json)


@queue.command()
def add(
    what: Annotated[
        Path, typer.Argument(help="A folder or zip of data, a spec file, or a run's folder.")
    ],
    runs: RunsFolder = None,
    settings: Settings = None,
    first: Annotated[bool, typer.Option("--first", help="Before all others.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Add a run; one that has not begun, or that stands still, is added itself."""
    from workbench.runs import store
    from workbench.runs.queue import Queue

    folder = (runs or places.runs()).resolve()
    here = (what / "spec.json").is_file() and what.resolve().parent == folder
    if here and not settings and store.find(what).status().phase not in ("done", "flat"):
        run = store.find(what)
    else:
        run = store.create(folder, spec_of(what, settings or []))
    _tell(Queue(folder).add(run, first=first), as_json=as_json)


@queue.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name of a waiting run's folder.")],
    runs: RunsFolder = None,
    as_json: JsonFlag = False,
) -> None:
    """Take a waiting run out; its folder stays."""
    from workbench.runs.queue import Queue

    _tell(Queue(runs or places.runs()).remove(name), as_json=as_json)


@queue.command("set")
def settle(
    runs: RunsFolder = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Begin waiting runs.")] = None,
    at_once: AtOnce = None,
    after_failure: Annotated[
        bool | None,
        typer.Option("--after-failure/--halt", help="Go on where a run has failed, or halt."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Change how the queue is worked off."""
    from workbench.runs.queue import Queue

    line = Queue(runs or places.runs()).settle(on=on, at_once=at_once, after_failure=after_failure)
    _tell(line, as_json=as_json)


@queue.command()
def run(runs: RunsFolder = None, at_once: AtOnce = None, as_json: JsonFlag = False) -> None:
    """Work off the queue until it is empty. Ctrl-C stops the runs in hand and keeps their best."""
    from workbench.runs.queue import Queue

    folder = runs or places.runs()
    line = Queue(folder)
    line.settle(on=True, at_once=at_once)
    worker = Worker(line, Console(stderr=True, highlight=False))
    worker.work()
    answer(as_json, worker.done, f"{len(worker.done)} runs done.")
    raise typer.Exit(1 if any(each["phase"] == "failed" for each in worker.done) else 0)


def _tell(line: Any, *, as_json: bool) -> None:
    facts = {
        "on": line.on,
        "at_once": line.at_once,
        "after_failure": line.after_failure,
        "runs": [
            {"run": str(each.run.folder), "phase": each.status.phase, "taken": each.taken}
            for each in line.runs
        ],
    }
    if line.trouble:
        facts["trouble"] = line.trouble
    words = [line.trouble] if line.trouble else []
    words += [f"{'under way' if each.taken else 'waits':<10}{each.run.name}" for each in line.runs]
    words += [] if line.runs else ["The queue is empty."]
    words += [] if line.on else ["It is off: waiting runs are not begun."]
    answer(as_json, facts, "\n".join(words))
