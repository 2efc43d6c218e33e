"""Files of this program as syntax trees: what each defines, and what it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Module:
    """A file, looked into.

    Args:
        name: of the module.
        raw: its bytes: places in a syntax tree count bytes.
        tops: statements by the name that they define.
        imported: by local name the module, and the name in it; "" for the module itself.
    """

    name: str
    raw: bytes
    tops: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def starts(self) -> list[int]:
        """Where each line begins."""
        found = [0]
        for line in self.raw.splitlines(keepends=True):
            found.append(found[-1] + len(line))
        return found


def looked_into(
    tree: ast.Module,
) -> tuple[dict[str, ast.stmt], dict[str, tuple[str, str]]]:
    """What a file defines, and what it imports, as of ``Module``.

    Args:
        tree: of the file.
    """
    tops: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[str, str]] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef() | ast.ClassDef():
                tops[statement.name] = statement
            case ast.Assign() | ast.AnnAssign():
                tops |= dict.fromkeys(stored(statement), statement)
            case ast.Import():
                for each in statement.names:
                    imported[each.asname or each.name] = (each.name, "")
            case ast.ImportFrom() if statement.module:
                for each in statement.names:
                    imported[each.asname or each.name] = (statement.module, each.name)
    return tops, imported


def stored(node: ast.AST) -> Iterator[str]:
    """The names that a statement gives values to."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def plain(module: Module, node: ast.stmt) -> str:
    """A statement as it stands in its file."""
    return ast.get_source_segment(module.raw.decode(), node) or ""
