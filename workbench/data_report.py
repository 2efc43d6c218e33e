"""What a folder holds and what is wrong with it, as plain data and for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from workbench.data.index import Finding, Index, Severity, Target
from workbench.parts import TASK_WORDS

_MARKS: dict[Severity, str] = {
    "error": "[bold red]error  [/]",
    "warning": "[yellow]warning[/]",
    "info": "[dim]note   [/]",
}
_SHOWN = 3


def as_data(index: Index) -> dict[str, Any]:
    """All that is known of a folder, as ``check --json`` prints it.

    Args:
        index: what was found.
    """
    return {
        "folder": str(index.source),
        "layout": index.layout,
        "reading": index.reading.model_dump(mode="json"),
        "samples": len(index),
        "modalities": {modality: int(index.has(modality).sum()) for modality in index.modalities},
        "targets": {target.name: _target(target) for target in index.targets.values()},
        "columns": list(index.columns),
        "facts": dict(index.facts),
        "findings": [_finding(index, finding) for finding in index.findings],
    }


def show(index: Index, console: Console) -> None:
    """Print all that is known of a folder, for people.

    Args:
        index: what was found.
        console: where to.
    """
    console.print(f"[bold]{escape(index.summary())}[/]")
    for target in index.targets.values():
        what = ", ".join((target.classes or target.columns)[:8])
        words = f"{target.name}: {TASK_WORDS[target.task]}{f' ({what})' if what else ''}"
        console.print(Padding(escape(words), (0, 0, 0, 2)), style="dim")
    if not index.findings:
        console.print("[green]Nothing is wrong with them.[/]")
    for finding in index.findings:
        console.print(f"{_MARKS[finding.severity]} {escape(finding.title)}")
        console.print(Padding(escape(finding.detail), (0, 0, 0, 8)), style="dim")
        if finding.files:
            more = len(finding.files) - _SHOWN
            names = ", ".join(finding.files[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
            console.print(Padding(escape(names), (0, 0, 0, 8)), style="dim italic")


def _target(target: Target) -> dict[str, Any]:
    return {
        "task": target.task,
        "classes": list(target.classes),
        "columns": list(target.columns),
        "present": int(target.present.sum()),
    }


def _finding(index: Index, finding: Finding) -> dict[str, Any]:
    remedy = finding.remedy
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "title": finding.title,
        "detail": finding.detail,
        "files": list(finding.files),
        "samples": [str(index.stems[row]) for row in finding.rows],
        "remedy": None
        if remedy is None
        else {"words": remedy.words, "changes": dict(remedy.changes)},
    }
