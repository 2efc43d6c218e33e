"""``workbench runs samples``: the samples of a run in a telling order, each with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench.commands.arguments import answer, printable
from workbench.errors import UserError, nearest

if TYPE_CHECKING:
    from workbench.runs.browsing import Order, Pool
    from workbench.runs.store import Run

_ORDERS = (
    "worst, best, uncertain, random, suspicious: of an evaluated split; hard, forgotten, "
    "suspicious_training: of the training samples over the epochs."
)

OrderName = Annotated[str, typer.Option("--order", help=_ORDERS)]
SplitName = Annotated[str, typer.Option("--split", help="train, validation or test.")]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1)]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", help="Write the whole list, with files, to this file.")
]


def list_samples(
    run: Run, order: str, split: str, limit: int, table: Path | None, as_json: bool
) -> None:
    """Say which samples stand first in an order, or write all of them to a file.

    Args:
        run: whose samples.
        order: as ``runs.browsing`` names it.
        split: which evaluated split.
        limit: how many are said.
        table: a CSV file to write; None: none.
        as_json: answer as JSON.
    """
    from workbench.runs import browsing

    known = next((one for one in browsing.ORDERS if one == order), None)
    if known is None:
        raise UserError(f"There is no order '{order}'.", nearest(order, browsing.ORDERS))
    pool = _pool(run, known, split)
    if reason := pool.why_not(known):
        raise UserError(f"Samples cannot be listed as '{order}'. {reason}", "Choose another order.")
    rows = pool.rows(known)
    if table is not None:
        text = browsing.to_csv(pool, known, rows, _paths(run))
        _write(table, text)
        said: dict[str, Any] = {"file": str(table), "samples": len(rows)}
        answer(as_json, said, f"{len(rows):,} samples in {table}")
        return
    found = [_facts(pool, known, row) for row in rows[:limit].tolist()]
    if as_json:
        plain = {"order": order, "of": pool.name, "samples": len(rows), "first": found}
        answer(True, plain, "")
        return
    _print(browsing.TITLES[known], pool.name, found, len(rows))


def _pool(run: Run, order: Order, split: str) -> Pool:
    from workbench.runs import browsing, history, pools, results

    if order in browsing.OF_TRAINING:
        found = history.read(run.folder)
        if found is None or not found.epochs:
            why = history.why_none(run.folder) or "Its recording cannot be read."
            raise UserError(why, "Train a run that records its samples.")
        return pools.TrainingPool(found)
    evaluated = results.read(run.folder, split)
    if evaluated is None:
        raise UserError(
            f"The split '{split}' of this run was not evaluated.",
            f"Evaluate it first: workbench evaluate {run.folder} --split {split}",
        )
    return pools.SplitPool(*evaluated)


def _paths(run: Run) -> dict[str, str]:
    """Files of the samples by name; of data that are gone none."""
    from workbench.data.folder import scan

    data = run.spec().data
    try:
        index = scan(Path(data.folder), reading=data.reading, check=False)
    except UserError as error:
        Console(stderr=True, highlight=False).print(f"Files are left out: {error}", markup=False)
        return {}
    return index.paths_in_words()


def _facts(pool: Pool, order: Order, row: int) -> dict[str, Any]:
    loss = float(pool.loss[row])
    return {
        "sample": str(pool.stems[row]),
        "label": pool.true(row),
        "model": pool.said(row),
        "loss": loss if np.isfinite(loss) else None,
        "reason": pool.why(order, row),
    }


def _print(title: str, name: str, found: list[dict[str, Any]], total: int) -> None:
    of = "training samples over the epochs" if name == "training" else f"{name} samples"
    table = Table("sample", "label", "model", "loss", "reason", box=None, pad_edge=False)
    for one in found:
        loss = "–" if one["loss"] is None else f"{one['loss']:.3g}"
        words = (one["sample"], one["label"], one["model"])
        table.add_row(*(escape(printable(word)) for word in words), loss, escape(one["reason"]))
    console = Console(highlight=False)
    console.print(f"{title}: {len(found):,} of {total:,} {of}", markup=False)
    if found:
        console.print(table)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
