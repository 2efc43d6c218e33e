"""The registry of parts, and the options that their signatures declare.

A part is one documented function in one file of its kind's folder, registered by a decorator under
its own name. Everything that the program offers about a part - picker, form, command line flags,
table in the README, tests - is read from that function.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from workbench.errors import UserError, nearest
from workbench.options import Option, checked, options_of_function

Kind = Literal["loss", "alignment", "balancer", "encoder", "fusion", "optimizer", "schedule"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Task = Literal["category", "yes_no", "number", "labels", "ordered", "numbers", "none"]
TASKS: tuple[Task, ...] = get_args(Task)

Modality = Literal["image", "audio", "text"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)

Form = Literal["pixels", "log_mel", "wave", "tokens", "sentence"]
"""What a sample of a modality is when it reaches its encoder, as the data spec has it read."""

USUAL_FORMS: Mapping[Modality, Form] = {"image": "pixels", "audio": "log_mel", "text": "tokens"}

FORM_WORDS: Mapping[Form, str] = {
    "pixels": "pictures",
    "log_mel": "log-mel spectrograms",
    "wave": "raw waves",
    "tokens": "token numbers",
    "sentence": "vectors of a sentence model",
}

Output = Literal["logits", "log_probabilities", "value"]
"""What reaches a loss: scores before softmax or sigmoid; logarithms of probabilities that sum to 1
over the classes; or a number. Probabilities themselves are nobody's output: softmax of a softmax
trains without a word, and wrongly."""

Head = Literal["plain", "spread", "ranks", "steps", "cosine"]
"""What a loss wants between the embedding and itself: plain, one output for each class or number;
spread, a mean and the logarithm of a variance for each number; ranks, one score with K - 1
thresholds; steps, K - 1 scores of their own; cosine, cosines between embedding and classes."""

Noise = Literal["softmax", "gauss", "laplace", "none"]
"""Which likelihood a loss is the negative logarithm of, at a fixed scale: what uncertainty
weighting needs to know. None: of no likelihood, or it learns its own scale and can be negative."""

Need = Literal["terms", "heads", "likelihoods"]
"""What a balancer cannot do without: several terms; a head for each modality; losses that are
logarithms of likelihoods at a fixed scale."""

F = TypeVar("F", bound=Callable[..., Any])

_FOLDERS: dict[Kind, str] = {
    "loss": "losses",
    "alignment": "alignments",
    "balancer": "balancers",
    "encoder": "encoders",
    "fusion": "fusions",
    "optimizer": "optimizers",
    "schedule": "schedules",
}
_ACRONYMS = {
    word.lower(): word
    for word in (
        "CNN", "CORAL", "CORN", "CRNN", "DWA", "FiLM", "Gaussian", "GE", "GMU", "GradNorm", "GRU",
        "Huber", "InfoNCE", "KL", "LDAM", "LSTM", "MFB", "MLP", "MMD", "MMPareto", "NLL", "OGM",
        "PCGrad", "ResNet", "SGD", "SigLIP", "VICReg", "VSE", "ViT",
    )
}  # fmt: skip
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
        reads: of an encoder: the form of its modality that it reads.
        takes: of a loss: which outputs it reads.
        head: of a loss: what gives these outputs.
        noise: of a loss or an alignment: which likelihood it stands for.
        chances: of a loss on logits: whether their softmax or sigmoid means probabilities.
        learns: of a loss or an alignment: numbers of its own that are trained, each 0 at first.
        decides: of a fusion: it joins what the heads of the modalities say, not embeddings.
        gives: of a fusion that decides: the kind of output by task.
        needs: of a balancer: what it cannot do without.
        file: of a part of the user's own: its file; None: it comes with the program.
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
    reads: Form | None = None
    takes: frozenset[str] = frozenset()
    head: Head = "plain"
    noise: Noise = "none"
    chances: bool = True
    learns: tuple[str, ...] = ()
    decides: bool = False
    gives: Mapping[str, Output] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    file: Path | None = None

    @property
    def title(self) -> str:
        """The name in words: ``cross_entropy`` becomes ``Cross entropy``."""
        words = " ".join(_ACRONYMS.get(word, word) for word in self.name.split("_"))
        return words[:1].upper() + words[1:]

    @property
    def facts(self) -> frozenset[str]:
        """Keyword-only arguments without a default, which training fills in."""
        found = inspect.signature(self.function).parameters.values()
        return frozenset(p.name for p in found if p.kind is p.KEYWORD_ONLY and p.default is p.empty)

    def fits(
        self, *, task: str | None = None, modality: str | None = None, form: Form | None = None
    ) -> str:
        """Why this part cannot be chosen.

        Args:
            task: the task at hand; None: any.
            modality: the modality at hand; None: any.
            form: the form in which the data spec has this modality read; None: any.

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
        if form is not None and self.reads is not None and form != self.reads:
            return f"Reads {FORM_WORDS[self.reads]}; yours are read as {FORM_WORDS[form]}."
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


def _part(kind: Kind, function: Callable[..., Any], order: int) -> Part:
    """What the documentation and the signature of a function say."""
    text = inspect.getdoc(function) or ""
    if not text:
        raise TypeError(f"{kind} {function.__name__} has no docstring")
    head = _SECTIONS.split(text, maxsplit=1)[0].strip()
    caption, _, rest = head.partition("\n\n")
    references = re.search(r"^References:\n((?:[ \t]+.*\n?|\n)+)", text, re.M)
    lines = references.group(1).splitlines() if references else []
    return Part(
        kind=kind,
        name=function.__name__,
        function=function,
        caption=" ".join(caption.split()),
        text=rest.strip(),
        references=tuple(line.strip() for line in lines if line.strip()),
        options=options_of_function(function),
        tasks=frozenset(),
        modality=None,
        order=order,
    )


def _decorator(kind: Kind, order: int, **facts: Any) -> Callable[[F], F]:
    def mark(function: F) -> F:
        name = function.__name__
        file = function.__module__.rsplit(".", 1)[-1]
        if file != name:
            raise TypeError(f"{kind} {name} must stand in a file {name}.py, not in {file}.py")
        own = _own_file(function)
        if own is not None and name in _registry[kind] and _registry[kind][name].file is None:
            raise TypeError(f"the workbench has a {kind} {name} already: give yours another name")
        _registry[kind][name] = replace(_part(kind, function, order), file=own, **facts)
        return function

    return mark


def loss(
    *,
    target: Task | tuple[Task, ...],
    takes: Output | tuple[Output, ...] | None = None,
    head: Head = "plain",
    noise: Noise = "none",
    chances: bool = True,
    learns: tuple[str, ...] = (),
    order: int = 50,
) -> Callable[[F], F]:
    """Register ``function(labels, logits, *, options) -> loss of each sample [batch]``.

    Keyword-only arguments without a default are no options but facts that training fills in:
    ``counts`` (training samples of each class, float [classes]) and ``weights`` (1 for a sample, 0
    for what only fills the batch, [batch]). A loss that learns numbers of its own also takes
    ``learned=None``: those numbers by name, each 0 at first, or None for all 0; an option called
    ``learn`` switches that off.

    Args:
        target: the task or tasks whose targets it compares with.
        takes: the outputs that it reads; logits of classes and values of numbers when left out. A
            loss that begins with ``log_softmax`` also takes log-probabilities, which that leaves
            as they are.
        head: what gives these outputs.
        noise: which likelihood it is the negative logarithm of.
        chances: whether softmax or sigmoid of the logits that it teaches mean probabilities.
        learns: names of the numbers that it learns.
        order: where it stands in a list; the lowest that fits is suggested.
    """
    tasks = (target,) if isinstance(target, str) else target
    usual: Output = "value" if {"number", "numbers"} & set(tasks) else "logits"
    read = (takes,) if isinstance(takes, str) else takes or (usual,)
    return _decorator(
        "loss", order, tasks=frozenset(tasks), takes=frozenset(read), head=head, noise=noise,
        chances=chances, learns=learns,
    )  # fmt: skip


def alignment(
    *, noise: Noise = "none", learns: tuple[str, ...] = (), order: int = 50
) -> Callable[[F], F]:
    """Register a loss that draws the embeddings of two modalities together.

    ``function(first, second, *, weights, options) -> [batch]``: both float [batch, size], row i of
    one belongs to row i of the other, not normalised; ``weights`` is 1 where a sample has both
    modalities and is no mere filling, else 0 [batch]. The mean of what it gives over the rows of
    weight 1 is the loss; rows of weight 0 change nothing in the others. One that takes ``labels``
    (keyword-only, no default) is given class indices, int [batch], or None where there are none.
    ``learns`` and ``noise`` as of ``loss``.

    Args:
        noise: softmax where it is a cross-entropy over the batch.
        learns: names of the numbers that it learns.
        order: where it stands in a list.
    """
    return _decorator("alignment", order, noise=noise, learns=learns)


def encoder(*, modality: Modality, reads: Form | None = None, order: int = 50) -> Callable[[F], F]:
    """Register ``function(*, options) -> Keras layer from one modality to an embedding``.

    The layer gives an embedding [batch, size], or, where it can, a dictionary: ``vector`` [batch,
    size], ``sequence`` [batch, places, any], and ``mask`` [batch, places], 1 for a place and 0 for
    padding, left out where there is none. A layer with an attribute ``thaws_after`` (epochs) has
    weights in ``frozen_layers`` that stay as they are until then.

    Args:
        modality: what it reads.
        reads: in which form; left out: pictures, log-mel spectrograms, token numbers.
        order: where it stands in a list; the lowest that fits is suggested.
    """
    form = reads or USUAL_FORMS[modality]
    return _decorator("encoder", order, modality=modality, reads=form)


def fusion(*, order: int = 50) -> Callable[[F], F]:
    """Register ``function(*, options) -> Keras layer from {modality: embedding} to one embedding``.

    Its ``call`` may take, by name, ``present`` ({modality: [batch]}, 1 where a sample has it, of
    those that some lack) and ``sequences`` ({modality: (values [batch, places, any], mask [batch,
    places] or None)}, of those whose encoder gives one).

    Args:
        order: where it stands in a list.
    """
    return _decorator("fusion", order)


def late_fusion(*, gives: Mapping[Task, Output], order: int = 50) -> Callable[[F], F]:
    """Register a fusion of decisions: ``function(*, task, options) -> Keras layer``.

    The layer takes {modality: what its head says, [batch, outputs]}, logits or numbers, and gives
    outputs of the same shape; its ``call`` may take ``present``. ``task`` is filled in.

    Args:
        gives: for each task that it serves, what kind its outputs are.
        order: where it stands in a list.
    """
    return _decorator("fusion", order, tasks=frozenset(gives), decides=True, gives=dict(gives))


def optimizer(*, order: int = 50) -> Callable[[F], F]:
    """Register ``function(learning_rate, *, options) -> Keras optimiser``.

    Args:
        order: where it stands in a list.
    """
    return _decorator("optimizer", order)


def schedule(*, order: int = 50) -> Callable[[F], F]:
    """Register ``function(step, *, base, total, options) -> learning rate``.

    Plain Python of floats: ``step`` counts optimiser steps from 0, ``total`` is their number in
    the whole run, ``base`` the learning rate of the training spec.

    Args:
        order: where it stands in a list.
    """
    return _decorator("schedule", order)


def balancer(
    *, needs: tuple[Need, ...] = ("terms",), target: tuple[Task, ...] = (), order: int = 50
) -> Callable[[F], F]:
    """Register ``function(*, options) -> layers.Balancer``: who weighs the terms of an objective.

    Args:
        needs: what it cannot do without.
        target: the tasks that it serves; empty: all.
        order: where it stands in a list.
    """
    return _decorator("balancer", order, needs=frozenset(needs), tasks=frozenset(target))


def _own_file(function: Callable[..., Any]) -> Path | None:
    """The file of a function that does not come with the program."""
    if not function.__module__.startswith("workbench_own."):
        return None
    return Path(function.__code__.co_filename)


def own(kind: Kind) -> list[Part]:
    """Parts of the user's own that are registered now."""
    return [part for part in _registry[kind].values() if part.file is not None]


def forget(kind: Kind, name: str) -> None:
    """Take a part of the user's own out of the registry, if it is there."""
    if name in _registry[kind] and _registry[kind][name].file is not None:
        del _registry[kind][name]


def load(kind: Kind) -> None:
    """Import every file of the kind's folder, and the user's own that are switched on."""
    _import_folder(kind)
    own_parts = importlib.import_module("workbench.own_parts")
    own_parts.load(kind)


@functools.cache
def _import_folder(kind: Kind) -> None:
    # Once: reading a run finds dozens of parts, and listing a folder is slow beside that.
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
        raise UserError(f"There is no {kind} '{name}'.", _remedy(kind, name)) from None


def _remedy(kind: Kind, name: str) -> str:
    own_parts = importlib.import_module("workbench.own_parts")
    for part in own_parts.listed():
        if part.key == f"{kind}/{name}":
            words = part.problem if part.on else "It is one of your own: switch it on first."
            return str(words)
    return nearest(name, _registry[kind])


def every_part() -> Iterator[Part]:
    """All parts of all kinds."""
    for kind in KINDS:
        yield from parts(kind)
