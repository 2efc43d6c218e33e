"""The user's own parts: files in a folder of theirs, switched on one by one.

A file is looked into without being run; it runs only once its part was switched on by name.
Whatever is wrong with it is told with its line and stops nothing.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import threading
import types
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from workbench import parts, places
from workbench.errors import UserError, nearest

_DECORATORS: dict[str, str] = {
    **{kind: kind for kind in get_args(parts.Kind)},
    "late_fusion": "fusion",
}
_HEAVY = ("tensorflow", "keras", "torch", "jax")
_KEY = re.compile(r"[a-z]+/[A-Za-z]\w*", re.ASCII)
"""No name leads out of the folder."""
_PACKAGE = "workbench_own"


@dataclass(frozen=True)
class OwnPart:
    """One file of the folder.

    Args:
        file: the file.
        kind: which kind of part it declares; "" where that cannot be told.
        name: of the part, that of its file.
        caption: the first line of its documentation.
        on: it was switched on.
        problem: what is wrong with it, with its line; "" where nothing is known.
    """

    file: Path
    kind: str
    name: str
    caption: str = ""
    on: bool = False
    problem: str = ""

    @property
    def key(self) -> str:
        """What it is switched on by, such as ``loss/my_loss``."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class _Loaded:
    stamp: tuple[int, int]
    problem: str


_lock = threading.Lock()
# What was run, by file: the registry of parts has a place of its own for what came of it.
_loaded: dict[Path, _Loaded] = {}


def folder() -> Path:
    """The folder that is looked into; not created here."""
    return places.home() / "parts"


def listed() -> tuple[OwnPart, ...]:
    """Every file of the folder, by name; nothing of it is run that was not switched on."""
    if not folder().is_dir():
        return ()
    on = _switched_on()
    files = sorted(file for file in folder().glob("*.py") if not file.name.startswith((".", "_")))
    return tuple(_looked_into(file, on) for file in files)


def switch(name: str, on: bool) -> OwnPart:
    """Switch one of the parts on or off.

    Args:
        name: of the part, or its key where two kinds share a name.
        on: whether its file shall be run from now on.

    Returns:
        The part as it is now; its ``problem`` says why it cannot be used although it is on.

    Raises:
        UserError: there is no such file, or the folder cannot be written.
    """
    known = {part.key: part for part in listed()} | {part.name: part for part in listed()}
    if name not in known:
        raise UserError(f"There is no file {name}.py in {folder()}.", nearest(name, known))
    part = known[name]
    if on and not part.kind:
        raise UserError(f"{part.file.name} cannot be switched on: {part.problem}", "Mend the file.")
    chosen = _switched_on() | {part.key} if on else _switched_on() - {part.key}
    try:
        _file().write_text(json.dumps({"on": sorted(chosen)}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{_file()} cannot be written: {error.strerror}.", "Make the folder writable."
        ) from None
    return next(p for p in listed() if p.key == part.key)


def create(kind: parts.Kind, name: str) -> Path:
    """Write a file to start from, with all that a part of that kind needs.

    Args:
        kind: ``loss`` or ``alignment``.
        name: of the part and of its file: small letters, digits and ``_``.

    Raises:
        UserError: the name will not do, is taken, or the folder cannot be written.
    """
    if kind not in _TEMPLATES:
        raise UserError(f"There is no template for a {kind}.", nearest(kind, _TEMPLATES))
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,59}", name):
        raise UserError(
            f"'{name}' cannot be the name of a part.",
            "Use small letters, digits and _, beginning with a letter.",
        )
    file = folder() / f"{name}.py"
    known = {part.name for part in parts.parts(kind)}
    if file.exists() or name in known:
        raise UserError(f"There is a {kind} '{name}' already.", "Choose another name.")
    try:
        folder().mkdir(parents=True, exist_ok=True)
        file.write_text(_TEMPLATES[kind].format(name=name), encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Make the folder writable."
        ) from None
    return file


def load(kind: parts.Kind) -> None:
    """Run the files of that kind that were switched on and have not been run as they are now.

    One that was switched off, or whose file is gone, is forgotten.
    """
    on = {key for key in _switched_on() if key.startswith(f"{kind}/")}
    if not on and not _loaded:
        return
    with _lock:
        wanted = {folder() / f"{key.partition('/')[2]}.py" for key in on}
        for part in parts.own(kind):
            if part.file is not None and not (part.file in wanted and part.file.is_file()):
                parts.forget(kind, part.name)
                _loaded.pop(part.file, None)
        for file in sorted(wanted):
            stamp = _stamp(file)
            if stamp is None or (file in _loaded and _loaded[file].stamp == stamp):
                continue
            parts.forget(kind, file.stem)
            _loaded[file] = _Loaded(stamp, _run(file, kind))
            if _loaded[file].problem:
                parts.forget(kind, file.stem)


def _run(file: Path, kind: str) -> str:
    """Run a file; what went wrong, "" where nothing did."""
    module = types.ModuleType(f"{_PACKAGE}.{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    try:
        source = file.read_bytes()
        if problem := _heavy_import(ast.parse(source, str(file))):
            return problem
        # Switched on by name: this is what the user asked for.
        exec(compile(source, str(file), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the program goes on
        return _told(error, file)
    if not any(part.file == file for part in parts.own(kind)):  # type: ignore[arg-type]  # a kind
        return f"{file.name} declares no {kind} '{file.stem}'."
    return ""


def _told(error: BaseException, file: Path) -> str:
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"{file.name}, line {line}" if line else file.name
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{where}: {type(error).__name__}: {words}"


def _looked_into(file: Path, on: frozenset[str]) -> OwnPart:
    """What a file declares, read but not run."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError, ValueError) as error:
        return OwnPart(file, "", file.stem, problem=_told(error, file))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == file.stem:
            kind = _kind(node)
            if kind:
                caption = (ast.get_docstring(node) or "").partition("\n")[0]
                problem = _heavy_import(tree) or _problem(file)
                key = f"{kind}/{file.stem}"
                return OwnPart(file, kind, file.stem, caption, key in on, problem)
    problem = (
        f"{file.name} has no function {file.stem} under @loss, @alignment or another decorator "
        "of workbench.parts."
    )
    return OwnPart(file, "", file.stem, problem=problem)


def _kind(node: ast.FunctionDef) -> str:
    """The kind that one of the decorators of a function stands for; "" where none does."""
    for mark in node.decorator_list:
        called = mark.func if isinstance(mark, ast.Call) else mark
        name = called.attr if isinstance(called, ast.Attribute) else ""
        name = called.id if isinstance(called, ast.Name) else name
        if name in _DECORATORS:
            return _DECORATORS[name]
    return ""


def _heavy_import(tree: ast.Module) -> str:
    """The window reads a part's options without the seconds that these imports take."""
    for node in tree.body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.partition(".")[0] in _HEAVY:
                return (
                    f"line {node.lineno}: import {name} at the top makes the window wait. "
                    "Write: from workbench.lazy import keras, ops, tf."
                )
    return ""


def _problem(file: Path) -> str:
    known = _loaded.get(file)
    return known.problem if known is not None and known.stamp == _stamp(file) else ""


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def _file() -> Path:
    return folder() / "switched_on.json"


def _switched_on() -> frozenset[str]:
    """Keys of what is on; nothing where the list is missing or damaged."""
    try:
        found = json.loads(_file().read_bytes())["on"]
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError):
        # The safe side: what cannot be read switches nothing on.
        return frozenset()
    names = found if isinstance(found, list) else []
    return frozenset(name for name in names if isinstance(name, str) and _KEY.fullmatch(name))


_LOSS = '''"""A loss of my own."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"))
def {name}(
    labels: Tensor,
    logits: Tensor,
    *,
    power: Annotated[float, Field(ge=1, le=4)] = 1.5,
) -> Tensor:
    """Punishes errors by a power of their size.

    ``|r| ** p`` with ``r`` the prediction minus the target.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers].
        logits: predictions on the same scale, float of the same shape.
        power: p; 1 is the absolute error, 2 the squared error.

    Returns:
        Loss of each sample, [batch].

    References:
        My own.
    """
    refuse_broadcasting(labels, logits)
    # The root of 0 has no gradient: a little is added.
    size = ops.abs(logits - ops.cast(labels, logits.dtype)) + 1e-6
    return mean_of_each(ops.power(size, power))
'''

_ALIGNMENT = '''"""An alignment loss of my own."""

from workbench.lazy import Tensor, ops
from workbench.parts import alignment


@alignment()
def {name}(first: Tensor, second: Tensor, *, weights: Tensor) -> Tensor:
    """Draws the two embeddings of a sample to one point.

    ``|a - b| ** 2`` of the unit vectors.

    Args:
        first: embeddings of one modality, float [batch, size].
        second: embeddings of the other, of the same shape.
        weights: 1 for a sample that counts, else 0, [batch].

    Returns:
        Loss of each pair, [batch].

    References:
        My own.
    """
    near = ops.normalize(first, axis=-1) - ops.normalize(second, axis=-1)
    return ops.sum(near * near, axis=-1)
'''

_TEMPLATES = {"loss": _LOSS, "alignment": _ALIGNMENT}
