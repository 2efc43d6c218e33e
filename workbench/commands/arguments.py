"""What several commands share: their arguments, what they are turned into, and how they answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from workbench.errors import UserError

_SURROGATE = re.compile("[\ud800-\udfff]")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
RunsFolder = Annotated[
    Path | None, typer.Option("--runs", help="Folder of runs.", show_default="user's data folder")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="PLACE=VALUE, such as objective.loss.name=huber; repeatable."),
]
Workers = Annotated[
    str | None,
    typer.Option("--workers", help="Addresses of all processes that train it: HOST:PORT,HOST:PORT"),
]
Index = Annotated[
    int | None, typer.Option("--index", help="Which of the workers this process is, from 0.")
]
Deadline = Annotated[
    float | None, typer.Option("--deadline", help="Seconds to wait for the other workers.", min=1)
]


def spec_of(what: Path, settings: list[str]) -> Any:
    """The spec that a command means.

    Args:
        what: a folder or zip of data, for which one is suggested; a spec file; a run's folder.
        settings: changes, ``PLACE=VALUE``.

    Raises:
        UserError: it is none of these, or a change does not hold.
    """
    from workbench import spec
    from workbench.data.folder import scan
    from workbench.data.sources import is_archive
    from workbench.suggest import suggest

    if what.is_file() and not is_archive(what):
        chosen = spec.read(what)
    elif (what / "spec.json").is_file():
        chosen = spec.read(what / "spec.json")
    else:
        chosen = suggest(scan(what))
    return spec.change_all(chosen, [_pair(setting) for setting in settings])


def _pair(setting: str) -> tuple[str, str]:
    place, equals, value = setting.partition("=")
    if not equals:
        raise UserError(f"--set {setting} has no '='.", "Write --set training.epochs=5.")
    return place.strip(), value.strip()


def printable(name: str) -> str:
    """A name without what is no character: a folder's name need not be text."""
    return _SURROGATE.sub("?", name)


def answer(as_json: bool, data: Any, words: str) -> None:
    """Print what was asked.

    Args:
        as_json: as one line of JSON.
        data: for JSON.
        words: for people.
    """
    if as_json:
        text = json.dumps(data, ensure_ascii=False)
        # The name of a folder need not be text; JSON can say it all the same.
        typer.echo(json.dumps(data) if _SURROGATE.search(text) else text)
    else:
        Console(highlight=False).print(printable(words), markup=False, soft_wrap=True)
