"""One definition of a file, changed so that it can stand in a script."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Protocol

from workbench.errors import UserError
from workbench.reporting.source_module import Module, stored

_REMARKS = re.compile(r"[ \t]+# (?:type: ignore|noqa|fmt: skip).*$", re.MULTILINE)
_HEAD = re.compile(r"^( *def \w+)\(\n([^#]*?),?\n *\):", re.MULTILINE)
_WIDTH = 100
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Script(Protocol):
    """Where what a definition needs is cut out."""

    imports: set[str]

    def need(self, module: str, name: str) -> str:
        """Cut out a definition; gives the name under which it stands in the script."""

    def word(self, module: Module, name: str) -> str:
        """What a name of a module is called in the script."""

    def inside(self, module: Module, name: str) -> str:
        """The module of this program that a name stands for; "" where it stands for none."""


class Cutting(ast.NodeVisitor):
    """One definition: finds what it needs, and what of its text is to be changed.

    Args:
        cuttings: where what it needs is cut out.
        module: where it stands.
        node: the statement.
        own: what it is called in its module.
        name: what it is called in the script.
    """

    def __init__(
        self, cuttings: Script, module: Module, node: ast.stmt, own: str, name: str
    ) -> None:
        self._cuttings, self._module, self._node = cuttings, module, node
        self._own, self._name = own, name
        self._starts = module.starts
        self._edits: list[tuple[int, int, bytes]] = []
        self._bound: list[set[str]] = []
        self._data_class = False

    def text(self) -> str:
        """The definition as it stands in the script."""
        self.visit(self._node)
        begin, end = self._at(self._node)
        begin = min(
            [begin, *(self._at(d)[0] - 1 for d in getattr(self._node, "decorator_list", []))]
        )
        raw = self._module.raw
        for start, stop, new in sorted(self._edits, reverse=True):
            raw = raw[:start] + new + raw[stop:]
            end += len(new) - (stop - start)
        text = _HEAD.sub(_on_one_line, _REMARKS.sub("", raw[begin:end].decode()).strip())
        if isinstance(self._node, ast.FunctionDef | ast.ClassDef) and self._name != self._own:
            old = rf"\b(def|class) {re.escape(self._own)}\b"
            text = re.sub(old, rf"\1 {self._name}", text, count=1)
        return text

    def visit_Name(self, node: ast.Name) -> None:
        """A name that is not one of a function's own."""
        if any(node.id in names for names in self._bound):
            return
        word = self._cuttings.word(self._module, node.id)
        if word != node.id:
            self._edit(node, word)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """What is taken from a module of this program is named without it."""
        value = node.value
        if isinstance(value, ast.Name) and not any(value.id in names for names in self._bound):
            module = self._cuttings.inside(self._module, value.id)
            if module:
                self._edit(node, self._cuttings.need(module, node.attr))
                return
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class: fields of data classes keep their types."""
        before = self._data_class
        self._data_class = any("dataclass" in ast.unparse(d) for d in node.decorator_list)
        self._decorators(node)
        for each in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(each)
        self._bound.append({name for n in node.body for name in _class_names(n)})
        for statement in node.body:
            self.visit(statement)
        self._bound.pop()
        self._data_class = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function: its own names are its own; types are left away."""
        self._decorators(node)
        given = node.args
        for default in (*given.defaults, *(d for d in given.kw_defaults if d is not None)):
            self.visit(default)
        self._types(node)
        before, self._data_class = self._data_class, False
        self._bound.append(_own_names(node))
        for statement in node.body:
            self.visit(statement)
        self._bound.pop()
        self._data_class = before

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A function without a name."""
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self.visit(default)
        self._bound.append({each.arg for each in _arguments(node.args)})
        self.visit(node.body)
        self._bound.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """A variable with its type, which only a data class needs."""
        if node.value is not None:
            self.visit(node.value)
        self.visit(node.target)
        if self._data_class:
            self.visit(node.annotation)
        elif node.value is not None:
            self._edits.append((self._at(node.target)[1], self._at(node.annotation)[1], b""))

    def visit_Import(self, node: ast.Import) -> None:
        """Imports inside a function stay where they are."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Imports inside a function stay where they are; those of this program cannot."""
        if (node.module or "").split(".")[0] in ("workbench", "workbench_own"):
            raise UserError(
                f"'{self._own}' imports {node.module} where it is used, which cannot be "
                "written into a script."
            )

    def _decorators(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        """Those that register a part go; Keras' own needs no package of ours."""
        for decorator in node.decorator_list:
            start, stop = self._at(decorator)
            words = ast.unparse(decorator)
            first = decorator
            while isinstance(first, ast.Call | ast.Attribute):
                first = first.func if isinstance(first, ast.Call) else first.value
            source = self._module.imported.get(getattr(first, "id", ""), ("", ""))[0]
            if words.startswith("keras.saving.register"):
                self._edit(decorator, "keras.saving.register_keras_serializable()")
                self._cuttings.imports.add("import keras")
            elif source == "workbench.parts":
                line_end = self._module.raw.index(b"\n", stop) + 1
                self._edits.append((start - 1, line_end, b""))
            else:
                self.visit(decorator)

    def _types(self, node: _Function) -> None:
        given = node.args
        plain = [*given.posonlyargs, *given.args]
        defaults = set(plain[len(plain) - len(given.defaults) :])
        both = zip(given.kwonlyargs, given.kw_defaults, strict=True)
        defaults |= {arg for arg, default in both if default is not None}
        for arg in _arguments(given):
            if arg.annotation is None:
                continue
            end = self._at(arg)[0] + len(arg.arg.encode())
            if arg in defaults:
                sign = self._module.raw.index(b"=", self._at(arg.annotation)[1])
                self._edits.append((end, sign + 2, b"="))
            else:
                self._edits.append((end, self._at(arg.annotation)[1], b""))
        if node.returns is not None:
            start, stop = self._at(node.returns)
            arrow = self._module.raw.rindex(b"->", 0, start)
            self._edits.append((arrow - 1, stop, b""))

    def _at(self, node: ast.AST) -> tuple[int, int]:
        """First byte of a node, and the one after its last."""
        start = self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]  # statements and expressions have places
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]  # as above

    def _edit(self, node: ast.AST, new: str) -> None:
        self._edits.append((*self._at(node), new.encode()))


def _on_one_line(head: re.Match[str]) -> str:
    """The first line of a function, whole where it is not too long without its types."""
    line = f"{head[1]}({' '.join(head[2].split())}):"
    return line if len(line) <= _WIDTH else head[0]


def _arguments(given: ast.arguments) -> list[ast.arg]:
    more = [each for each in (given.vararg, given.kwarg) if each is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *more]


def _class_names(node: ast.stmt) -> Iterator[str]:
    """What a statement of a class defines."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        yield from stored(node)


def _own_names(node: _Function) -> set[str]:
    """Arguments, variables, inner functions and imports of a function."""
    found = {each.arg for each in _arguments(node.args)}
    for inner in ast.walk(node):
        match inner:
            case ast.Name(ctx=ast.Store()):
                found.add(inner.id)
            case ast.FunctionDef() if inner is not node:
                found |= {inner.name}
            case ast.Import() | ast.ImportFrom():
                found |= {(each.asname or each.name).split(".")[0] for each in inner.names}
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
    return found
