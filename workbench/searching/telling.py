"""A search for the command line: as lines of text, and as data."""

from __future__ import annotations

import math
from typing import Any

from workbench.searching.judging import (
    OPTIMISTIC,
    Standing,
    headline,
    metric_of,
    progress,
    setting_words,
    value_words,
)
from workbench.searching.spec import SearchSpec

_FATES = {"running": "under way", "done": "", "pruned": "ended early", "failed": "failed"}


def facts(spec: SearchSpec, standing: Standing) -> dict[str, Any]:
    """A search as plain data.

    Args:
        spec: what it is.
        standing: how it stands.
    """
    return {
        "name": spec.name,
        "metric": f"validation_{metric_of(spec)}",
        "larger_is_better": spec.larger_is_better,
        "space": [each.model_dump(mode="json") for each in spec.space],
        "trials": [
            {
                "number": each.number,
                "values": dict(each.values),
                "fate": each.fate,
                "value": each.value if math.isfinite(each.value) else None,
                "epochs": max(each.course, default=0),
                "run": each.run,
                "message": str(each.notes.get("message", "")),
            }
            for each in standing.trials
        ],
        "best": standing.best,
        "recipe": standing.own,
        "importance": standing.importance,
        "over": standing.over,
        "planned": spec.trials,
    }


def lines(spec: SearchSpec, standing: Standing) -> str:
    """A search in lines of text.

    Args:
        spec: what it is.
        standing: how it stands.
    """
    found = [headline(spec, standing), progress(spec, standing), ""]
    heads = ["trial", metric_of(spec), *(each.place for each in spec.space), ""]
    rows = [heads]
    for each in standing.trials:
        mark = "*" if each.number == standing.best else ""
        values = [setting_words(each.values.get(one.place)) for one in spec.space]
        message = str(each.notes.get("message", ""))
        told = ": ".join(words for words in (_FATES[each.fate], message) if words)
        rows.append([f"{each.number + 1}{mark}", value_words(spec, each.value), *values, told])
    wide = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    found += ["  ".join(f"{cell:<{size}}" for cell, size in zip(row, wide, strict=True)).rstrip()
              for row in rows]  # fmt: skip
    found.append("")
    if standing.importance:
        told = ", ".join(f"{place} {share:.0%}" for place, share in standing.importance.items())
        found.append(f"What matters: {told}")
    else:
        found.append(standing.why_no_importance)
    if standing.best not in (None, standing.own):
        found.append(f"Beware: {OPTIMISTIC}")
    return "\n".join(found)


def plan(spec: SearchSpec) -> str:
    """What would be searched, in lines of text.

    Args:
        spec: what it is.
    """
    found = [f"{spec.trials} trials by {spec.sampler}, judged by validation {metric_of(spec)}"]
    found += [f"  {each.place}={each.words}{' (logarithmic)' if each.log else ''}"
              for each in spec.space]  # fmt: skip
    return "\n".join(found)
