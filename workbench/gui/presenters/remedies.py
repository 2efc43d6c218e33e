"""What one click does about a finding, and how it is undone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from workbench.data.index import Finding
from workbench.errors import UserError
from workbench.spec import DataSpec


@dataclass(frozen=True)
class Applied:
    """A remedy that was applied.

    Args:
        words: what its button said.
        title: title of its finding.
        changes: the fields of the ``DataSpec`` that it set; of ``leave_out`` the names that it
            added.
        before: what they were; ``leave_out`` is not among them.
    """

    words: str
    title: str
    changes: Mapping[str, Any]
    before: Mapping[str, Any]


def applied(data: DataSpec, finding: Finding) -> tuple[DataSpec, Applied]:
    """Apply the remedy of a finding.

    Args:
        data: what is chosen now.
        finding: one that has a remedy.

    Returns:
        What is chosen then, and how to undo it.

    Raises:
        UserError: the remedy asks for what there is not.
    """
    assert finding.remedy is not None
    changes = dict(finding.remedy.changes)
    added: tuple[str, ...] = ()
    if "leave_out" in changes:
        gone = set(data.leave_out)
        added = tuple(name for name in changes["leave_out"] if name not in gone)
        changes["leave_out"] = (*data.leave_out, *added)
    changed = _with(data, changes)
    told = {**changes, "leave_out": added} if "leave_out" in changes else changes
    before = {name: getattr(data, name) for name in changes if name != "leave_out"}
    return changed, Applied(finding.remedy.words, finding.title, told, before)


def undone(data: DataSpec, done: Applied) -> DataSpec:
    """Undo a remedy; what was chosen since then stays.

    Args:
        data: what is chosen now.
        done: the remedy.
    """
    changes = dict(done.before)
    if "leave_out" in done.changes:
        back = set(done.changes["leave_out"])
        changes["leave_out"] = tuple(name for name in data.leave_out if name not in back)
    return data.model_copy(update=changes)


def _with(data: DataSpec, changes: Mapping[str, Any]) -> DataSpec:
    plain = {**data.model_dump(mode="json"), **changes}
    try:
        return DataSpec.model_validate_json(json.dumps(plain, default=_plain))
    except ValidationError as error:
        raise UserError(f"This cannot be applied: {error.errors()[0]['msg']}.") from None


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json")
