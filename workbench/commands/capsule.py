"""``workbench capsule``: a run in one file, for another machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from workbench import places
from workbench.commands.arguments import JsonFlag, RunsFolder, answer
from workbench.runs import store

if TYPE_CHECKING:
    from workbench.capsules.checking import Check
    from workbench.capsules.manifest import Manifest

capsule = typer.Typer(
    help="Pack a run into one file, and open such a file. Opening it runs nothing of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(help="A capsule.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Where its data are, or where those in it are put.")
]
_MARKS = {"good": "ok   ", "warn": "note ", "bad": "WRONG"}


@capsule.command()
def pack(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    to: Annotated[
        Path | None, typer.Option(help="The file to write.", show_default="NAME.capsule.zip")
    ] = None,
    data: Annotated[bool, typer.Option("--data", help="Its data, too.")] = False,
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="All places to go on from.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Pack a run: recipe, events, results, weights, environment, and what its data are known by."""
    from workbench.capsules import packing

    found = store.find(run)
    file = to or Path(f"{store.slug_of(found.name)}{packing.SUFFIX}")
    with _Bar("Packing") as bar:
        manifest = packing.pack(
            found, file, with_data=data, with_checkpoints=checkpoints, told=bar.show
        )
    words = [f"{file} ({file.stat().st_size / 2**20:.1f} MiB)"]
    words += [f"Left out: {each}." for each in manifest.left_out]
    answer(as_json, {"file": str(file.resolve()), **_facts(manifest)}, "\n".join(words))


@capsule.command()
def show(file: File, as_json: JsonFlag = False) -> None:
    """Say what a capsule holds; nothing is unpacked."""
    from workbench.capsules import opening

    manifest = opening.look(file)
    words = [f"{manifest.title}, packed {manifest.made}"]
    words += [f"{name} {value:.4g}" for name, value in manifest.metrics.items()]
    words.append(f"{len(manifest.run):,} files of the run, {manifest.size / 2**20:.1f} MiB in all")
    data = manifest.data
    words.append(
        f"Data: {len(data.files):,} files, {'included' if data.included else 'not included'}"
    )
    answer(as_json, _facts(manifest), "\n".join(words))


@capsule.command()
def check(file: File, data: Data = None, as_json: JsonFlag = False) -> None:
    """Say what differs here: versions, parts of one's own, data."""
    from workbench.capsules import opening
    from workbench.capsules.checking import check as compare

    found = compare(opening.look(file), data)
    _tell(found, as_json=as_json)
    raise typer.Exit(1 if any(each.tone == "bad" for each in found) else 0)


@capsule.command("open")
def open_capsule(
    file: File,
    runs: RunsFolder = None,
    data: Data = None,
    rerun: Annotated[bool, typer.Option("--rerun", help="Train it again and compare.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Open a capsule as a run; with --rerun also train its recipe again and compare the figures."""
    from workbench.capsules import opening
    from workbench.capsules.checking import check as compare
    from workbench.capsules.checking import verify

    manifest = opening.look(file)
    folder = (runs or places.runs()).resolve()
    with _Bar("Opening") as bar:
        run = opening.unpack(file, folder, data, told=bar.show)
    found = compare(manifest, data if not manifest.data.included else None)
    facts: dict[str, Any] = {"run": str(run.folder), "checks": [vars(each) for each in found]}
    words = [f"run folder: {run.folder}", *_lines(found)]
    if rerun:
        from workbench.commands.training import train_and_report

        before = {each.name for each in store.every(folder)}
        train_and_report(run.spec(), folder, as_json=False)
        again = next(each for each in store.every(folder) if each.name not in before)
        verdict = verify(manifest.metrics, again)
        facts |= {"again": str(again.folder), "verdict": vars(verdict)}
        words += _lines((verdict,))
    answer(as_json, facts, "\n".join(words))


def _facts(manifest: Manifest) -> dict[str, Any]:
    found = manifest.model_dump(mode="json", exclude={"run", "data"})
    data = manifest.data
    return found | {
        "files": len(manifest.run),
        "bytes": manifest.size,
        "data": {"folder": data.folder, "files": len(data.files), "included": data.included},
    }


def _lines(checks: tuple[Check, ...]) -> list[str]:
    return [f"{_MARKS[each.tone]} {each.sentence} {each.remedy}".rstrip() for each in checks]


def _tell(checks: tuple[Check, ...], *, as_json: bool) -> None:
    answer(as_json, [vars(each) for each in checks], "\n".join(_lines(checks)))


class _Bar:
    """Bytes as they are done, on the standard error."""

    def __init__(self, words: str) -> None:
        self._progress = Progress(
            TextColumn(words), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task = self._progress.add_task(words, total=None)

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def show(self, done: int, total: int) -> None:
        """Show how far it is."""
        self._progress.update(self._task, completed=done, total=total)
