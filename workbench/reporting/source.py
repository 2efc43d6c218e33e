"""Definitions of this program cut out so that they stand in a script of their own.

The source is read, never run: the window writes scripts without loading TensorFlow. Of each
definition the decorators that register it and the types of its arguments are left away; what it
needs stands before it; comments, docstrings and formulas are those of the original.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import workbench
from workbench.errors import UserError
from workbench.reporting.source_cutting import Cutting
from workbench.reporting.source_module import Module, looked_into, plain

_LAZY = {
    "keras": "import keras", "ops": "from keras import ops", "tf": "import tensorflow as tf",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A definition.

    Args:
        module: its full name.
        name: the definition's.
    """

    module: str
    name: str


class Cuttings:
    """Cuts definitions out, each once, after all that it needs.

    Args:
        instead: by full name what is written in place of a definition: another definition, or,
            where it is one word, an expression.
        files: files of modules that do not belong to this program, by name.
        taken: names that the script gives itself.
    """

    def __init__(
        self, instead: Mapping[str, str], files: Mapping[str, Path], taken: frozenset[str]
    ) -> None:
        self._instead, self._files, self._taken = instead, files, taken
        self._modules: dict[str, Module] = {}
        self._names: dict[Place, str] = {}
        self._texts: dict[str, str] = {}
        self._new: list[str] = []
        self.imports: set[str] = set()
        """Statements that what was cut out needs at the head of the script."""

    def need(self, module: str, name: str) -> str:
        """Cut out a definition; gives the name under which it stands in the script.

        Args:
            module: its full name.
            name: of the definition.

        Raises:
            UserError: it cannot be written out.
        """
        place = Place(module, name)
        if place in self._names:
            return self._names[place]
        instead = self._instead.get(f"{module}.{name}")
        if instead is not None and "\n" not in instead:
            return instead
        found = self._module(module)
        if instead is None and name in found.imported:
            return self._imported(*found.imported[name], name)
        chosen = self._free(place)
        if chosen is None:
            # The same text stands there already, from another file.
            return self._names[place]
        node = found.tops.get(name)
        if instead is not None:
            raw = instead.strip().encode() + b"\n"
            found, node = replace(found, raw=raw), ast.parse(raw).body[0]
        if node is None:
            raise UserError(f"{module} has no '{name}', which a script would need.")
        text = Cutting(self, found, node, name, chosen).text()
        self._texts[chosen] = text
        self._new.append(text)
        return chosen

    def take(self) -> str:
        """What was cut out since the last time, as text."""
        text, gap = "", ""
        for each in self._new:
            block = each.startswith(("def ", "class ", "@"))
            text += ("\n\n\n" if block or gap == "\n\n\n" else "\n") * bool(text) + each
            gap = "\n\n\n" if block else ""
        self._new = []
        return text

    def _free(self, place: Place) -> str | None:
        """A name that nothing else in the script has; None where the very same stands there."""
        chosen = place.name
        if chosen in self._taken or chosen in self._names.values():
            same = self._texts.get(chosen)
            found = self._module(place.module)
            node = found.tops.get(place.name)
            if same is not None and isinstance(node, ast.Assign) and same == plain(found, node):
                self._names[place] = chosen
                return None
            chosen = f"{place.name}_of_{place.module.rsplit('.', 1)[-1]}"
        self._names[place] = chosen
        return chosen

    def word(self, module: Module, name: str) -> str:
        """What a name of a module is called in the script.

        Args:
            module: where it stands.
            name: as it stands there.
        """
        if name in module.tops or f"{module.name}.{name}" in self._instead:
            return self.need(module.name, name)
        if name in module.imported:
            return self._imported(*module.imported[name], name)
        if not hasattr(builtins, name):
            raise UserError(f"'{name}' in {module.name} cannot be written into a script.")
        return name

    def inside(self, module: Module, name: str) -> str:
        """The module of this program that a name stands for; "" where it stands for none."""
        source, inner = module.imported.get(name, ("", ""))
        if (source, inner) == ("workbench.lazy", "layers"):
            return "workbench.layers"
        whole = f"{source}.{inner}" if inner else source
        return whole if whole.startswith("workbench.") and self._file(whole) else ""

    def _imported(self, source: str, inner: str, name: str) -> str:
        if source == "workbench.lazy":
            if inner in _LAZY:
                self.imports.add(_LAZY[inner])
            return name
        if source.split(".")[0] in ("workbench", "workbench_own"):
            chosen = self.need(source, inner)
            return chosen if inner == name else self._alias(name, chosen)
        if inner:
            self.imports.add(f"from {source} import {inner}" + f" as {name}" * (inner != name))
        else:
            self.imports.add(f"import {source}" + f" as {name}" * (source != name))
        return name

    def _alias(self, name: str, chosen: str) -> str:
        """A second name for a definition, whose first one may mean something else where it is."""
        place = Place(f"={chosen}", name)
        if place not in self._names and name not in self._taken | set(self._names.values()):
            self._names[place] = name
            self._new.append(f"{name} = {chosen}")
        return self._names.get(place, chosen)

    def _file(self, module: str) -> Path | None:
        if module in self._files:
            return self._files[module]
        package = Path(workbench.__file__).parent.joinpath(*module.split(".")[1:])
        found = (package.with_suffix(".py"), package / "__init__.py")
        return next((file for file in found if file.is_file()), None)

    def _module(self, name: str) -> Module:
        if name not in self._modules:
            file = self._file(name)
            if file is None:
                raise UserError(f"The source of {name} is not at hand.")
            try:
                raw = file.read_bytes()
                tree = ast.parse(raw)
            except (OSError, SyntaxError, ValueError) as error:
                raise UserError(
                    f"{file} cannot be read: {error}.", "Mend it, then try again."
                ) from None
            self._modules[name] = Module(name, raw, *looked_into(tree))
        return self._modules[name]
