"""``workbench runs table``: runs beside each other, by what differs in them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.commands.arguments import answer
from workbench.errors import UserError
from workbench.writing import write_atomic

if TYPE_CHECKING:
    from workbench.runs.table import Group, Row


def lay_out(
    folder: Path, where: str, columns: str, group: str, sort: str, file: Path | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Print a table of runs, and write it as CSV where that is wished.

    Args:
        folder: the folder of all runs.
        where: words and conditions.
        columns: with commas between them; "" for figures and what differs.
        group: column to put runs together by; "" for none.
        sort: column to order by, with a minus before it from the largest on; "" for the newest.
        file: CSV file to write.
        as_json: as JSON.

    Raises:
        UserError: there is no such column, or the file cannot be written.
    """
    from workbench.runs import table
    from workbench.runs.index import Query, RunIndex

    index = RunIndex(folder)
    index.refresh()
    rows = table.rows_of(index.find(Query()))
    known = table.columns_of(rows)
    wish = table.parse(where, known)
    if sort:
        order = table.column_called(sort.removeprefix("-"), known)
        wish = replace(wish, order=order, descending=sort.startswith("-"))
    found = table.chosen(rows, wish)
    names = _columns(columns, found, known)
    if file is not None:
        _write(file, found, names)
    if group:
        by = table.column_called(group, known)
        groups = table.grouped(found, by)
        answer(as_json, [_facts_of_group(each) for each in groups], _words_of_groups(groups, by))
        return
    facts: list[dict[str, Any]] = [
        {"run": str(row.folder), **{name: row.get(name) for name in names}} for row in found
    ]
    answer(as_json, facts, _words(found, names))


def _columns(chosen: str, rows: tuple[Row, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    from workbench.runs import table

    if chosen:
        return tuple(table.column_called(name.strip(), known) for name in chosen.split(","))
    metrics = [name for name in known if name.startswith(f"{table.METRICS}test_")][:4]
    return ("name", "phase", *metrics, *table.differing(rows)[:6])


def _words(rows: tuple[Row, ...], names: tuple[str, ...]) -> str:
    from workbench.runs.table import in_words

    lines = [[name.rpartition(".")[2] if "." in name else name for name in names]]
    lines = [list(names)] if len(set(lines[0])) < len(names) else lines
    lines += [[in_words(row.get(name)) for name in names] for row in rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    return "\n".join(
        "  ".join(f"{cell:<{wide}}" for cell, wide in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _facts_of_group(group: Group) -> dict[str, Any]:
    return {
        "value": group.value,
        "runs": [str(row.folder) for row in group.rows],
        "means": dict(group.means),
        # JSON knows no NaN, which is the deviation of one run.
        "sd": {name: value for name, value in group.spreads.items() if value == value},
    }


def _words_of_groups(groups: tuple[Group, ...], column: str) -> str:
    from workbench.runs.table import METRICS, in_words

    lines = []
    for each in groups:
        figures = [
            f"{name.removeprefix(METRICS)} {value:.4g}"
            + (f" +- {each.spreads[name]:.2g}" if each.spreads[name] == each.spreads[name] else "")
            for name, value in each.means.items() if name.startswith(f"{METRICS}test_")
        ]  # fmt: skip
        lines.append(f"{column} {in_words(each.value) or 'none'}, {len(each.rows)} runs: "
                     f"{', '.join(figures)}")  # fmt: skip
    return "\n".join(lines) or "No runs."


def _write(file: Path, rows: tuple[Row, ...], names: tuple[str, ...]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["run", *names])
    for row in rows:
        writer.writerow([row.folder.name, *(row.get(name) for name in names)])
    try:
        write_atomic(file, stream.getvalue())
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}.", "Choose another.") from None
