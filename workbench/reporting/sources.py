"""Source text of functions and classes of ours, with all that they need, as one plain module."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_OURS = "workbench"
_LAZY = "workbench.lazy"
_PARTS = "workbench.parts"
# What registers a part; of no use to whoever has but its source.
_KERAS = {"keras": "import keras", "ops": "from keras import ops", "tf": "import tensorflow as tf"}
_NAMES_ONLY = frozenset({"Tensor", "Layer", "Optimizer"})
# Words for readers; nothing is computed with them.


@dataclass(frozen=True)
class _Module:
    """What a module defines and imports, by name."""

    defined: dict[str, ast.stmt]
    imported: dict[str, tuple[str, str]]
    """By name the module and the name there; "" for a whole module."""


@cache
def _module(name: str) -> _Module:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    defined: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign):
            # One name, or several at once.
            each = (n for target in node.targets for n in ast.walk(target))
            defined |= {n.id: node for n in each if isinstance(n, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            defined[node.target.id] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                imported[alias.asname or alias.name] = (node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                imported[alias.asname or alias.name] = (alias.name, "")
    return _Module(defined, imported)


@dataclass
class Sources:
    """Gathers definitions in an order in which they can be run.

    Attributes:
        imports: lines that import what is not ours.
        definitions: source texts, those that others need first.
    """

    imports: set[str] = field(default_factory=set)
    definitions: list[str] = field(default_factory=list)
    _named: dict[tuple[str, str], str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _written: set[int] = field(default_factory=set)

    def add(self, module: str, name: str) -> str:
        """Add a definition with all that it needs.

        Args:
            module: where it is defined or imported.
            name: of a function, class or constant.

        Returns:
            What it is called in the gathered text: its name, unless another one bears it.
        """
        known = _module(module)
        if name not in known.defined and name in known.imported:
            return self.add(*known.imported[name])
        if (module, name) in self._named:
            return self._named[module, name]
        called = name if name not in self._taken else f"{name}_{module.rsplit('.', 1)[-1]}"
        self._named[module, name] = called
        self._taken.add(called)
        if id(known.defined[name]) in self._written:
            return called
        self._written.add(id(known.defined[name]))
        node = ast.parse(ast.unparse(known.defined[name])).body[0]
        if called != name and isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.name = called
        node = _Plain().visit(node)
        node = _Renamed(self, module).visit(node)
        if called != name and isinstance(node, ast.Assign):
            node = _OtherName(name, called).visit(node)
        self.definitions.append(ast.unparse(ast.fix_missing_locations(node)))
        return called

    def resolve(self, module: str, name: str) -> str | None:
        """What a name that a definition uses is called here; None: as it is.

        Args:
            module: where it is used.
            name: as it stands there.
        """
        known = _module(module)
        if name in known.defined:
            return self.add(module, name)
        if name not in known.imported:
            return None
        origin, original = known.imported[name]
        if origin == _LAZY:
            if name in _KERAS:
                self.imports.add(_KERAS[name])
            return None
        if origin.startswith(_OURS):
            return self.add(origin, original)
        line = f"from {origin} import {original}" if original else f"import {origin}"
        if name != (original or origin):
            line += f" as {name}"
        self.imports.add(line)
        return None

    def text(self) -> str:
        """Imports and definitions."""
        return "\n\n\n".join(self.definitions)


class _Plain(ast.NodeTransformer):
    """Takes off what serves forms and registers: limits of options and decorators of parts."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [d for d in node.decorator_list if not _registers(d)]
        for argument in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs):
            argument.annotation = None
        if node.args.vararg is not None:
            node.args.vararg.annotation = None
        if node.args.kwarg is not None:
            node.args.kwarg.annotation = None
        node.returns = None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = [d for d in node.decorator_list if "serializable" not in _name(d)]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is None or not isinstance(node.target, ast.Name):
            return node
        return ast.Assign([node.target], node.value, lineno=node.lineno)


def _name(decorator: ast.expr) -> str:
    return ast.unparse(decorator)


def _registers(decorator: ast.expr) -> bool:
    kinds = ("loss", "alignment", "encoder", "fusion", "late_fusion", "optimizer", "schedule")
    return _name(decorator).split("(")[0] in kinds


class _Renamed(ast.NodeTransformer):
    """Gives every name of ours what it is called in the gathered text."""

    def __init__(self, sources: Sources, module: str) -> None:
        self._sources, self._module = sources, module

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in _NAMES_ONLY or not isinstance(node.ctx, ast.Load):
            return node
        called = self._sources.resolve(self._module, node.id)
        return ast.Name(called, node.ctx) if called is not None else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        of_layers = isinstance(node.value, ast.Name) and node.value.id == "layers"
        if of_layers and _module(self._module).imported.get("layers", ("",))[0] == _LAZY:
            return ast.Name(self._sources.add("workbench.layers", node.attr), node.ctx)
        inner = _inner_module(self._module, node.value)
        if inner:
            return ast.Name(self._sources.add(inner, node.attr), node.ctx)
        return self.generic_visit(node)


class _OtherName(ast.NodeTransformer):
    """Calls what is assigned otherwise."""

    def __init__(self, name: str, called: str) -> None:
        self._name, self._called = name, called

    def visit_Name(self, node: ast.Name) -> ast.AST:
        mine = node.id == self._name and isinstance(node.ctx, ast.Store)
        return ast.Name(self._called, node.ctx) if mine else node


def _inner_module(module: str, value: ast.expr) -> str:
    """The module of ours that a name stands for; "" where it stands for something else."""
    if not isinstance(value, ast.Name):
        return ""
    origin, original = _module(module).imported.get(value.id, ("", ""))
    whole = f"{origin}.{original}"
    is_ours = origin.startswith(_OURS) and origin != _LAZY
    return whole if is_ours and original and _exists(whole) else ""


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def bases(module: str, name: str) -> Iterator[ast.ClassDef]:
    """A class of ours and the ones of ours that it is made from, the nearest first.

    Args:
        module: where it is defined or imported.
        name: of the class.
    """
    known = _module(module)
    if name not in known.defined and name in known.imported:
        origin, original = known.imported[name]
        if origin.startswith(_OURS):
            yield from bases(origin, original)
        return
    node = known.defined.get(name)
    if isinstance(node, ast.ClassDef):
        yield node
        for base in node.bases:
            if isinstance(base, ast.Name):
                yield from bases(module, base.id)


def returned_class(module: str, function: str) -> str:
    """The layer of ours that a part gives back; "" where that is none.

    Args:
        module: of the part.
        function: its name.
    """
    for node in ast.walk(_module(module).defined[function]):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and ast.unparse(called.value) == "layers":
                return called.attr
    return ""


def takes(module: str, function: str, argument: str) -> bool:
    """Whether the layer that a part gives back takes an argument when it is called.

    Args:
        module: of the part.
        function: its name.
        argument: its name.
    """
    for node in bases("workbench.layers", returned_class(module, function)):
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and each.name == "call":
                known = (*each.args.args, *each.args.kwonlyargs)
                return argument in [a.arg for a in known]
    return False
