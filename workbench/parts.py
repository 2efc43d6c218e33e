"""The registry of parts, and the options that their signatures declare.

A part is one documented function in one file of its kind's folder, registered by a decorator under
its own name. Everything that the program offers about a part - picker, form, command line flags,
table in the README, tests - is read from that function.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from workbench.errors import UserError, nearest
from workbench.options import Option, checked, options_of_function

Kind = Literal["loss", "balancer", "encoder", "fusion", "optimizer", "schedule"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Task = Literal["category", "yes_no", "number", "labels", "ordered", "numbers", "none"]
TASKS: tuple[Task, ...] = get_args(Task)

Modality = Literal["image", "audio", "text"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)

F = TypeVar("F", bound=Callable[..., Any])

_FOLDERS: dict[Kind, str] = {
    "loss": "losses",
    "balancer": "balancers",
    "encoder": "encoders",
    "fusion": "fusions",
    "optimizer": "optimizers",
    "schedule": "schedules",
}
_ACRONYMS = {"cnn": "CNN", "lstm": "LSTM", "gru": "GRU", "sgd": "SGD", "mlp": "MLP"}
_SECTIONS = re.compile(r"^(Args|Returns|Raises|References|Example|Examples|Note):\s*$", re.M)


@dataclass(frozen=True)
class Part:
    """One choice that a person can make, with all that is known of it.

    Args:
        kind: what it is.
        name: its name, that of its function and file.
        function: the function itself.
        caption: the first line of its docstring, one sentence.
        text: the paragraphs between the caption and the sections.
        references: its sources, one line each.
        options: its options in the order of the signature.
        tasks: the tasks that it fits; empty: all.
        modality: the modality that it reads; None: not bound to one.
        order: where it stands in a list; the lowest is the first suggestion.
    """

    kind: Kind
    name: str
    function: Callable[..., Any]
    caption: str
    text: str
    references: tuple[str, ...]
    options: tuple[Option, ...]
    tasks: frozenset[str]
    modality: str | None
    order: int

    @property
    def title(self) -> str:
        """The name in words: ``cross_entropy`` becomes ``Cross entropy``."""
        words = " ".join(_ACRONYMS.get(word, word) for word in self.name.split("_"))
        return words[:1].upper() + words[1:]

    def fits(self, *, task: str | None = None, modality: str | None = None) -> str:
        """Why this part cannot be chosen.

        Args:
            task: the task at hand; None: any.
            modality: the modality at hand; None: any.

        Returns:
            The reason in one sentence; empty when it fits.
        """
        if task is not None and self.tasks and task not in self.tasks:
            wanted = " or ".join(TASK_WORDS[t] for t in TASKS if t in self.tasks)
            if task == "none":
                return f"For targets that are {wanted}; these data have no target."
            return f"For targets that are {wanted}; yours are {TASK_WORDS[task]}."
        if modality is not None and self.modality is not None and modality != self.modality:
            return f"Reads {self.modality}, not {modality}."
        return ""

    def check(self, values: Mapping[str, object]) -> dict[str, Any]:
        """All options with their values, defaults filled in.

        Args:
            values: options given by name.

        Raises:
            UserError: an unknown name or a value out of range, with the nearest name or the range.
        """
        return checked(self.options, values, f"{self.kind} {self.name}")


TASK_WORDS: Mapping[str, str] = {
    "category": "categories",
    "yes_no": "yes or no",
    "number": "numbers",
    "labels": "several categories at once",
    "ordered": "ordered categories",
    "numbers": "several numbers at once",
    "none": "absent",
}

# The one piece of state at module level: what the decorators have collected.
_registry: dict[Kind, dict[str, Part]] = {kind: {} for kind in KINDS}


def _register(
    kind: Kind,
    function: Callable[..., Any],
    tasks: tuple[Task, ...],
    modality: Modality | None,
    order: int,
) -> None:
    name = function.__name__
    file = function.__module__.rsplit(".", 1)[-1]
    if file != name:
        raise TypeError(f"{kind} {name} must stand in a file {name}.py, not in {file}.py")
    text = inspect.getdoc(function) or ""
    if not text:
        raise TypeError(f"{kind} {name} has no docstring")
    head = _SECTIONS.split(text, maxsplit=1)[0].strip()
    caption, _, rest = head.partition("\n\n")
    references = re.search(r"^References:\n((?:[ \t]+.*\n?|\n)+)", text, re.M)
    lines = references.group(1).splitlines() if references else []
    _registry[kind][name] = Part(
        kind=kind,
        name=name,
        function=function,
        caption=" ".join(caption.split()),
        text=rest.strip(),
        references=tuple(line.strip() for line in lines if line.strip()),
        options=options_of_function(function),
        tasks=frozenset(tasks),
        modality=modality,
        order=order,
    )


def _decorator(
    kind: Kind, *, tasks: tuple[Task, ...] = (), modality: Modality | None = None, order: int = 50
) -> Callable[[F], F]:
    def mark(function: F) -> F:
        _register(kind, function, tasks, modality, order)
        return function

    return mark


def loss(*, target: Task | tuple[Task, ...], order: int = 50) -> Callable[[F], F]:
    """Register ``function(labels, logits, *, options) -> loss of each sample [batch]``.

    Args:
        target: the task or tasks whose targets it compares with.
        order: where it stands in a list; the lowest that fits is suggested.
    """
    return _decorator("loss", tasks=(target,) if isinstance(target, str) else target, order=order)


def encoder(*, modality: Modality, order: int = 50) -> Callable[[F], F]:
    """Register ``function(*, options) -> Keras layer from one modality to an embedding``.

    Args:
        modality: what it reads.
        order: where it stands in a list; the lowest that fits is suggested.
    """
    return _decorator("encoder", modality=modality, order=order)


def fusion(*, order: int = 50) -> Callable[[F], F]:
    """Register ``function(*, options) -> Keras layer from {modality: embedding} to one embedding``.

    Args:
        order: where it stands in a list.
    """
    return _decorator("fusion", order=order)


def optimizer(*, order: int = 50) -> Callable[[F], F]:
    """Register ``function(learning_rate, *, options) -> Keras optimiser``.

    Args:
        order: where it stands in a list.
    """
    return _decorator("optimizer", order=order)


def schedule(*, order: int = 50) -> Callable[[F], F]:
    """Register ``function(step, *, base, total, options) -> learning rate``.

    Plain Python of floats: ``step`` counts optimiser steps from 0, ``total`` is their number in
    the whole run, ``base`` the learning rate of the training spec.

    Args:
        order: where it stands in a list.
    """
    return _decorator("schedule", order=order)


def balancer(*, order: int = 50) -> Callable[[F], F]:
    """Register an adaptive weighting of several terms of an objective.

    Args:
        order: where it stands in a list.
    """
    return _decorator("balancer", order=order)


def load(kind: Kind) -> None:
    """Import every file of the kind's folder, so that its parts are registered."""
    package = importlib.import_module(f"workbench.{_FOLDERS[kind]}")
    for file in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{file.name}")


def parts(kind: Kind, *, task: str | None = None, modality: str | None = None) -> list[Part]:
    """The parts of a kind in the order in which they are offered.

    Args:
        kind: which kind.
        task: only those that fit this task; None: all.
        modality: only those that fit this modality; None: all.
    """
    load(kind)
    every = sorted(_registry[kind].values(), key=lambda part: (part.order, part.name))
    return [part for part in every if not part.fits(task=task, modality=modality)]


def find(kind: Kind, name: str) -> Part:
    """The part of that kind and name.

    Raises:
        UserError: there is none; names the nearest.
    """
    load(kind)
    try:
        return _registry[kind][name]
    except KeyError:
        raise UserError(f"There is no {kind} '{name}'.", nearest(name, _registry[kind])) from None


def every_part() -> Iterator[Part]:
    """All parts of all kinds."""
    for kind in KINDS:
        yield from parts(kind)
