"""Old specs are brought to today's format step by step; files of people are never rewritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import UserError

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: Mapping[int, Migration] = {}
"""Steps by the version that each takes; it gives the next one. Each is a pure function of plain
data that does to its argument what the format has done."""


def migrated(
    data: Mapping[str, Any], version: int, chain: Mapping[int, Migration] = MIGRATIONS
) -> dict[str, Any]:
    """A spec in the format of this program.

    Args:
        data: plain data of a spec; without a version, the first one is meant.
        version: of this program.
        chain: the steps.

    Raises:
        UserError: it is newer than this program, or no version at all.
    """
    found = data.get("version", 1)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise UserError(
            f"'{found}' is no version of a spec.", f"It is a number from 1 to {version}."
        )
    if found > version:
        raise UserError(
            f"This spec has version {found}; this program reads up to {version}.",
            "Update the workbench.",
        )
    brought = dict(data)
    for step in range(found, version):
        brought = chain[step](brought) | {"version": step + 1}
    return brought
