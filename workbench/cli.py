"""The command line: the same core as the window, for scripts and for those who like to type.

Nothing heavy is imported at module level: ``workbench --help`` answers at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from workbench import __version__, places
from workbench.commands import maps
from workbench.commands.advise import advise
from workbench.commands.arguments import (
    Deadline,
    Index,
    JsonFlag,
    RunsFolder,
    Settings,
    Workers,
    answer,
    spec_of,
)
from workbench.commands.capsule import capsule
from workbench.commands.compare import compare
from workbench.commands.duel import duel
from workbench.commands.explain import explain
from workbench.commands.export import export
from workbench.commands.finding import find
from workbench.commands.predict import predict
from workbench.commands.queue import queue
from workbench.commands.report import report
from workbench.commands.runs import runs
from workbench.commands.search import search
from workbench.commands.what_if import what_if
from workbench.errors import UserError, nearest

DONE, FAILED, WRONG_USE = 0, 1, 2

app = typer.Typer(
    name="workbench",
    help="Train on pictures, sounds and texts at once, and see which loss suits your data.",
    no_args_is_help=False,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(advise)
app.command()(compare)
app.command()(duel)
app.command()(search)
app.command("what-if")(what_if)
app.add_typer(queue, name="queue")
app.add_typer(capsule, name="capsule")
app.add_typer(find, name="find")
app.add_typer(explain, name="explain")
app.command()(predict)
app.command()(report)
app.add_typer(runs, name="runs")
app.command("export")(export)
app.command("map")(maps.draw_map)
app.command("landscape")(maps.survey)


def main() -> None:
    """Run the command line; a mistake of the user's ends with a sentence and exit code 2."""
    try:
        app()
    except UserError as error:
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"problem": error.problem, "remedy": error.remedy}) + "\n")
        Console(stderr=True, highlight=False).print(f"workbench: {error}", markup=False)
        sys.exit(WRONG_USE)


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Say the version and end.")] = False,
) -> None:
    """Open the window when no command is given."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        from workbench.gui.opening import run

        raise typer.Exit(run())


@app.command()
def demo(
    epochs: Annotated[int, typer.Option(help="Epochs to train.", min=1, max=1000)] = 12,
    keep_open: Annotated[
        bool, typer.Option(help="Leave the window open at the end (with a display).")
    ] = True,
    shots: Annotated[
        Path | None, typer.Option(help="Folder for screenshots.", show_default="beside the run")
    ] = None,
) -> None:
    """Make the sample project shapes, train it in the window and end on the results."""
    from workbench.gui.demo import run_demo

    raise typer.Exit(run_demo(epochs=epochs, keep_open=keep_open, shots=shots))


@app.command()
def sample(
    name: Annotated[str, typer.Argument(help="Name of the sample project.")],
    out: Annotated[Path, typer.Argument(help="Folder to make; it must be empty or missing.")],
    count: Annotated[
        int | None, typer.Option("--samples", help="How many samples.", min=60, max=1_000_000)
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other samples.", min=0)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Make a sample project as ordinary files that you can open."""
    from workbench.data.samples import SAMPLES
    from workbench.progress import progress

    if name not in SAMPLES:
        raise UserError(f"There is no sample project '{name}'.", nearest(name, SAMPLES))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is there already and not empty.", "Name another folder.")
    with progress(f"Making {name}", as_json=as_json) as tick:
        made = SAMPLES[name].make(out, samples=count, seed=seed, progress=tick)
    answer(as_json, {"folder": str(made.resolve())}, f"{made}")


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder or zip file to look at.")],
    quick: Annotated[bool, typer.Option("--quick", help="Do not open the files.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what a folder holds and what is wrong with it; exit code 1 when samples are lost."""
    from workbench import data_report
    from workbench.data.folder import scan
    from workbench.progress import progress

    with progress("Looking", as_json=as_json, quiet=as_json) as tick:
        index = scan(folder, progress=tick, check=not quick)
    if as_json:
        answer(True, data_report.as_data(index), "")
    else:
        data_report.show(index, Console(highlight=False))
    lost = any(finding.severity == "error" for finding in index.findings)
    raise typer.Exit(FAILED if lost else DONE)


@app.command()
def train(
    what: Annotated[
        Path, typer.Argument(help="A folder or zip of data, a spec file, or a run's folder.")
    ],
    runs: RunsFolder = None,
    settings: Settings = None,
    workers: Workers = None,
    index: Index = None,
    deadline: Deadline = None,
    as_json: JsonFlag = False,
) -> None:
    """Train; a folder gets the suggested spec. Ctrl-C once stops and keeps the best, twice ends."""
    from workbench.commands.training import company_of, train_and_report

    company = company_of(workers, index, deadline)
    spec = spec_of(what, settings or [])
    folder = runs or places.runs()
    raise typer.Exit(train_and_report(spec, folder, as_json=as_json, company=company))


@app.command()
def resume(
    run: Annotated[Path, typer.Argument(help="Folder of a run that was paused or interrupted.")],
    workers: Workers = None,
    index: Index = None,
    deadline: Deadline = None,
    as_json: JsonFlag = False,
) -> None:
    """Go on with a run where it stood; killed or paused, it ends with the very same weights."""
    from workbench.commands.training import company_of, resume_and_report

    company = company_of(workers, index, deadline)
    raise typer.Exit(resume_and_report(run, as_json=as_json, company=company))


@app.command()
def launch(
    what: Annotated[
        Path, typer.Argument(help="A folder or zip of data, a spec file, or a run's folder.")
    ],
    runs: RunsFolder = None,
    settings: Settings = None,
    processes: Annotated[int, typer.Option(help="How many train together.", min=2, max=64)] = 2,
    restarts: Annotated[
        int, typer.Option(help="Start all again so often where one is lost.", min=0, max=100)
    ] = 3,
    deadline: Deadline = None,
    as_json: JsonFlag = False,
) -> None:
    """Train one run by several processes of this machine, which share each batch."""
    from workbench.commands.launch import launch as launch_all
    from workbench.runs import store

    folder = (runs or places.runs()).resolve()
    here = (what / "spec.json").is_file() and what.resolve().parent == folder
    begun = here and not settings and store.find(what).status().phase not in ("done", "flat")
    run = store.find(what) if begun else store.create(folder, spec_of(what, settings or []))
    console = Console(stderr=True, highlight=False)
    facts = launch_all(
        run, processes=processes, deadline=deadline or 120.0, restarts=restarts, console=console
    )
    failed = facts.get("problem", "")
    answer(as_json, facts, f"failed: {failed}" if failed else f"run folder: {run.folder}")
    raise typer.Exit(FAILED if failed else DONE)


@app.command("parts")
def list_parts(
    as_json: JsonFlag = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the README's table.")] = False,
) -> None:
    """List every loss, encoder, fusion, optimiser and schedule with its options."""
    from workbench import catalogue

    if as_json:
        typer.echo(json.dumps(catalogue.as_data(), indent=2, ensure_ascii=False))
    elif markdown:
        typer.echo(catalogue.as_markdown())
    else:
        table = Table("kind", "name", "what it does", "options", box=None, pad_edge=False)
        for entry in catalogue.as_data():
            options = ", ".join(f"{o['name']}={o['default']}" for o in entry["options"])
            table.add_row(entry["kind"], entry["name"], entry["caption"], options)
        Console(highlight=False).print(table)


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    as_json: JsonFlag = False,
) -> None:
    """Evaluate the best weights of a run on one split."""
    from workbench.commands.training import details_of, evaluate_run

    event = evaluate_run(run, split)
    facts: dict[str, Any] = {"run": str(run), "split": split}
    facts |= {"metrics": event.metrics, "baseline": event.baseline} | details_of(run, split)
    words = []
    for name, value in event.metrics.items():
        low, high = facts["intervals"].get(name, (None, None))
        between = "" if low is None else f"  ({low:.4g} to {high:.4g} in 95 of 100)"
        words.append(f"{name} {value:.4g}{between}")
    words += [f"guessing: {name} {value:.4g}" for name, value in event.baseline.items()]
    for column, figures in facts.get("columns", {}).items():
        told = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        words.append(f"{column}: {told}")
    for row in facts.get("pairs", []):
        words.append(
            f"{row['asked']} to {row['found']}: found first {row['recall_at_1']:.1%}, "
            f"middle place {row['median_rank']:g}"
        )
    if "calibration" in facts:
        words.append(f"calibration error {facts['calibration']['error']:.1%}")
    answer(as_json, facts, "\n".join(words))


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what this installation can do: versions, device, missing libraries, disk."""
    from workbench import diagnosis

    findings = diagnosis.examine()
    answer(as_json, [vars(finding) for finding in findings], diagnosis.in_words(findings))
    raise typer.Exit(FAILED if any(not finding.good for finding in findings) else DONE)


@app.command("machine")
def share_machine(
    threads: Annotated[
        int | None, typer.Option(help="Threads of the processor; 0: all.", min=0, max=1024)
    ] = None,
    gpus: Annotated[str | None, typer.Option(help="all, none, 0 or 0,2.")] = None,
    gpu_memory: Annotated[
        int | None, typer.Option(help="Most MB on each GPU; 0: as much as is needed.", min=0)
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say or choose what training may use of this machine; recipes do not change."""
    from workbench import machine

    share = machine.read()
    changes: dict[str, Any] = {}
    if threads is not None:
        changes["threads"] = threads or None
    if gpus is not None:
        changes["gpus"] = machine.parse_gpus(gpus)
    if gpu_memory is not None:
        if 0 < gpu_memory < 256:
            raise UserError(f"{gpu_memory} MB is too little to compute with.", "Give 256 or more.")
        changes["gpu_memory"] = gpu_memory or None
    if changes:
        share = machine.Share.model_validate(share.model_dump() | changes)
        machine.write(share)
    cards = [vars(card) for card in machine.gpus()]
    found = [f"GPU {c['number']}: {c['name']}, {c['memory'] / 2**30:.0f} GB" for c in cards]
    words = [f"Training uses {machine.in_words(share)}."]
    words += found or ["This machine has no NVIDIA GPU, or no driver for it."]
    facts = share.model_dump() | {"processors": machine.processors(), "found": cards}
    answer(as_json, facts, "\n".join(words))


@app.command()
def own(
    on: Annotated[str | None, typer.Option(help="Switch this part on; its file then runs.")] = None,
    off: Annotated[str | None, typer.Option(help="Switch this part off.")] = None,
    new: Annotated[
        str | None, typer.Option(help="Write a file to start from: loss/NAME or alignment/NAME.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List your own parts, switch them on or off, or begin a new one."""
    from workbench import own_parts, parts

    if new is not None:
        kind, _, name = new.rpartition("/")
        own_parts.create(kind or "loss", name)  # type: ignore[arg-type]  # refused by name there
    for chosen, wanted in ((on, True), (off, False)):
        if chosen is not None:
            own_parts.switch(chosen, wanted)
    for each in parts.KINDS:
        parts.load(each)
    found = own_parts.listed()
    facts = [
        {"name": part.name, "kind": part.kind, "on": part.on, "problem": part.problem}
        for part in found
    ]
    words = [f"Folder: {own_parts.folder()}"]
    for part in found:
        mark = "on " if part.on else "off"
        words.append(f"{mark}  {part.kind or '?'} {part.name}  {part.problem or part.caption}")
    answer(as_json, {"folder": str(own_parts.folder()), "parts": facts}, "\n".join(words))


@app.command()
def engine() -> None:
    """Serve the window: requests on standard input, events on standard output."""
    from workbench.engine.server import main as serve

    serve()
