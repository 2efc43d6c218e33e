"""``workbench runs``: list and search the runs, say something of them, put them away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench import places
from workbench.commands.arguments import JsonFlag, RunsFolder, answer, printable
from workbench.commands.samples import CsvFile, Limit, OrderName, SplitName, list_samples

if TYPE_CHECKING:
    from workbench.runs.index import Entry
    from workbench.runs.store import Run

runs = typer.Typer(
    help="List and search the runs, say something of them, put them away.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_SORT = "newest, oldest, name, updated, phase, star, metrics.NAME or spec.PLACE."

RunName = Annotated[str, typer.Argument(help="A run's folder, or its name in the folder of runs.")]


@runs.callback()
def list_runs(
    context: typer.Context,
    folder: RunsFolder = None,
    search: Annotated[str, typer.Option(help="Words in name, note, tags, parts, data.")] = "",
    tag: Annotated[str, typer.Option(help="Only with this tag.")] = "",
    star: Annotated[bool, typer.Option("--star", help="Only with a star.")] = False,
    archived: Annotated[bool, typer.Option("--archived", help="Those in the archive.")] = False,
    phase: Annotated[
        list[str] | None, typer.Option(help="Only those that stand so, such as done; repeatable.")
    ] = None,
    sort: Annotated[str, typer.Option(help=_SORT)] = "newest",
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    limit: Annotated[int | None, typer.Option(help="At most so many.", min=1)] = None,
    offset: Annotated[int, typer.Option(help="After so many.", min=0)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """List the runs, the newest first."""
    if context.invoked_subcommand is not None:
        context.obj = folder
        return
    from workbench.errors import UserError, nearest
    from workbench.runs.index import Query, RunIndex
    from workbench.runs.store import PHASES

    for stated in phase or []:
        if stated not in PHASES:
            raise UserError(f"No run stands '{stated}'.", nearest(stated, PHASES))
    index = RunIndex(folder or places.runs())
    index.refresh()
    query = Query(
        words=search, tag=tag, star=star, archived=archived, phases=tuple(phase or ()), sort=sort,
        reverse=reverse, limit=limit, offset=offset,
    )  # fmt: skip
    found = [_facts(entry) for entry in index.find(query)]
    if as_json:
        answer(True, found, "")
        return
    table = Table("", "run", "phase", "epochs", "metrics", "tags", box=None, pad_edge=False)
    for one in found:
        figures = "  ".join(f"{k} {v:.4g}" for k, v in one["metrics"].items())
        epochs = f"{one['epoch']}/{one['epochs']}"
        star_mark = "★" if one["star"] else ""
        name = escape(printable(Path(one["run"]).name))
        tags = escape(", ".join(one["tags"]))
        table.add_row(star_mark, name, one["phase"], epochs, figures, tags)
    Console(highlight=False).print(table if found else "No runs.")


@runs.command()
def label(
    context: typer.Context,
    run: RunName,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    note: Annotated[str | None, typer.Option(help="Any words.")] = None,
    tags: Annotated[str | None, typer.Option(help="Words with commas between them.")] = None,
    star: Annotated[bool | None, typer.Option("--star/--no-star", help="It matters.")] = None,
    archived: Annotated[
        bool | None, typer.Option("--archive/--no-archive", help="Put it out of sight.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Name a run, note something, tag it, give it a star, put it into the archive."""
    from workbench.runs import labels

    given: dict[str, Any] = {"name": name, "note": note, "star": star, "archived": archived}
    given["tags"] = labels.parse_tags(tags) if tags is not None else None
    found = _any_run(context, run)
    changes = {key: value for key, value in given.items() if value is not None}
    said = labels.change(found, **changes) if changes else labels.read(found)
    words = [f"{key}: {value}" for key, value in said.model_dump().items() if value]
    answer(as_json, {"run": str(found.folder)} | said.model_dump(), "\n".join(words) or "Nothing.")


@runs.command()
def trash(context: typer.Context, run: RunName, as_json: JsonFlag = False) -> None:
    """Move a run to the system's trash."""
    from workbench.runs.trash import discard

    found = _any_run(context, run)
    discard(found)
    answer(as_json, {"trashed": str(found.folder)}, f"{found.name} is in the trash.")


@runs.command()
def tags(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the tags in use, and how many runs have each."""
    from workbench.runs.index import RunIndex

    index = RunIndex(_folder(context))
    index.refresh()
    found = index.tags()
    words = "\n".join(f"{tag}  {count}" for tag, count in found.items())
    answer(as_json, found, words or "No tags.")


@runs.command()
def rebuild(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Build the index anew from the folders."""
    from workbench.runs.index import RunIndex

    count = RunIndex(_folder(context)).rebuild()
    answer(as_json, {"runs": count}, f"{count} runs.")


@runs.command()
def samples(
    context: typer.Context,
    run: RunName,
    order: OrderName = "worst",
    split: SplitName = "test",
    limit: Limit = 20,
    csv: CsvFile = None,
    as_json: JsonFlag = False,
) -> None:
    """List samples: worst, most uncertain, forgotten, with a suspicious label; and why."""
    list_samples(_run(context, run), order, split, limit, csv, as_json)


@runs.command("table")
def table_of_runs(
    context: typer.Context,
    where: Annotated[
        str, typer.Option(help='Words and conditions: "objective.loss.name=huber test_mae<1".')
    ] = "",
    columns: Annotated[
        str, typer.Option(help="Columns, with commas; otherwise figures and what differs.")
    ] = "",
    group: Annotated[str, typer.Option(help="Put runs together by a column.")] = "",
    sort: Annotated[str, typer.Option(help="A column; -COLUMN: the largest first.")] = "",
    csv: CsvFile = None,
    as_json: JsonFlag = False,
) -> None:
    """Lay runs out as a table of what differs in their recipes and of their figures."""
    from workbench.commands.table import lay_out

    lay_out(_folder(context), where, columns, group, sort, csv, as_json=as_json)


@runs.command()
def tensorboard(
    context: typer.Context,
    run: RunName,
    out: Annotated[Path, typer.Argument(help="Folder for the event files.")],
    as_json: JsonFlag = False,
) -> None:
    """Write a run's curves as event files for TensorBoard."""
    from workbench.runs.exports import to_tensorboard

    count = to_tensorboard(_run(context, run), out)
    answer(as_json, {"folder": str(out), "points": count}, f"{count:,} points in {out}")


@runs.command()
def mlflow(
    context: typer.Context,
    run: RunName,
    uri: Annotated[str, typer.Option(help="Tracking server or folder.")] = "",
    experiment: Annotated[str, typer.Option(help="Name of the experiment.")] = "workbench",
    as_json: JsonFlag = False,
) -> None:
    """Copy a run's parameters, curves and files to MLflow."""
    from workbench.runs.exports import to_mlflow

    number = to_mlflow(_run(context, run), uri, experiment)
    answer(as_json, {"mlflow_run": number, "experiment": experiment}, f"MLflow run {number}")


def _folder(context: typer.Context) -> Path:
    chosen = context.obj
    return chosen if isinstance(chosen, Path) else places.runs()


def _run(context: typer.Context, name: str) -> Run:
    from workbench.runs import store

    inside = _folder(context) / name
    return store.find(inside if inside.is_dir() else Path(name))


def _any_run(context: typer.Context, name: str) -> Run:
    """Also one that is damaged: it may be labelled and thrown away."""
    from workbench.runs import store

    for folder in (_folder(context) / name, Path(name)):
        if (folder / "status.json").is_file():
            return store.Run(folder.absolute())
    return _run(context, name)


def _facts(entry: Entry) -> dict[str, Any]:
    from workbench.runs.store import living

    status = living(entry.status)
    facts: dict[str, Any] = {
        "run": str(entry.run.folder),
        "name": entry.title,
        "phase": status.phase,
        "epoch": status.epoch,
        "epochs": status.epochs,
        "metrics": status.metrics,
        "message": entry.problem or status.message,
        "note": entry.labels.note,
        "tags": list(entry.labels.tags),
        "star": entry.labels.star,
        "archived": entry.labels.archived,
    }
    return facts
