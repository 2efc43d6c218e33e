"""``workbench compare``: chosen runs beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workbench.commands.arguments import JsonFlag, answer

Runs = Annotated[
    list[Path],
    typer.Argument(help="Folders of two or more runs; the others are held against the first."),
]
Split = Annotated[str, typer.Option("--split", help="Whose samples: test, validation or train.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write it as one HTML file, too.")]
Csv = Annotated[
    Path | None, typer.Option("--csv", help="Write figures and differing settings as CSV, too.")
]


def compare(
    runs: Runs,
    split: Split = "test",
    html: Html = None,
    csv: Csv = None,
    as_json: JsonFlag = False,
) -> None:
    """Hold runs beside each other: settings, figures, and samples that only one gets right."""
    from workbench.comparing import comparison, telling

    found = comparison.compare(runs, split)
    console = Console(stderr=True, highlight=False)
    if html is not None:
        from workbench.reporting.comparison import write_comparison

        write_comparison(found, html)
        console.print(f"written: {html}", markup=False, soft_wrap=True)
    if csv is not None:
        from workbench.reporting.writing import write

        write(csv, telling.to_csv(found))
        console.print(f"written: {csv}", markup=False, soft_wrap=True)
    answer(as_json, telling.facts(found), telling.lines(found))
