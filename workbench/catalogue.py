"""Every part with its options, as data and as the README's table."""

from __future__ import annotations

from typing import Any

from workbench import parts
from workbench.options import Option


def as_data() -> list[dict[str, Any]]:
    """One entry a part: kind, name, caption, what it fits, references, options."""
    return [
        {
            "kind": part.kind,
            "name": part.name,
            "caption": part.caption,
            "text": part.text,
            "tasks": sorted(part.tasks),
            "modality": part.modality,
            "references": list(part.references),
            "options": [
                {
                    "name": option.name,
                    "kind": option.kind,
                    "default": option.default,
                    "limits": option.limits,
                    "unit": option.unit,
                    "help": option.help,
                }
                for option in part.options
            ],
        }
        for part in parts.every_part()
    ]


def as_markdown() -> str:
    """The README's table of parts; a test fails when the README's copy is stale."""
    lines = [
        "| kind | name | for | what it does | options (default; range) |",
        "|---|---|---|---|---|",
    ]
    for part in parts.every_part():
        fits = part.modality or ", ".join(task for task in parts.TASKS if task in part.tasks)
        options = "<br>".join(_cell(option) for option in part.options)
        fits = fits.replace("_", "/")
        lines.append(f"| {part.kind} | `{part.name}` | {fits} | {part.caption} | {options} |")
    return "\n".join(lines)


def _cell(option: Option) -> str:
    limits = f"; {option.limits}" if option.limits else ""
    return f"`{option.name}` ({option.default}{limits})".replace("|", "\\|")
