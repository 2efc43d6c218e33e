"""A run as one readable program in plain Keras: its data, its model, its loss and its loop.

The definitions are those of the workbench itself, taken from its sources; nothing of it need be
installed where the program runs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from pprint import pformat
from typing import Any

import jinja2
import numpy as np

from workbench import parts, resources
from workbench.data.augment import any_on
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.index import SPLITS, Index
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.parts import MODALITIES, Part
from workbench.reporting.sources import Sources, takes
from workbench.runs import store
from workbench.spec import PAIRS, PartSpec, RunSpec
from workbench.writing import write_atomic

_HEADS = {"spread": "Spread", "ranks": "Ranks", "cosine": "Cosines"}
_TYPES = {"image": "uint8", "audio": "float32", "text": "int32"}


def write_script(folder: Path, to: Path, tell: Callable[[int, int], None] | None = None) -> Path:
    """Write ``train.py`` with the table of its samples and its tokeniser.

    Args:
        folder: of the run; its data must be at hand.
        to: a folder; made where it is missing.
        tell: told how many files were read, and of how many.

    Returns:
        The program.

    Raises:
        UserError: a part of the recipe cannot be written out, the data are gone, or the folder
            cannot be written.
    """
    spec = store.find(folder).spec()
    _refuse(spec)
    index = scan(Path(spec.data.folder), reading=spec.data.reading, check=False)
    prepared = prepare(index, spec.data, spec.modalities, progress=tell)
    if prepared.masks:
        raise UserError(
            "Some samples lack a modality, which the written-out program does not know.",
            "Leave incomplete samples out on the Data screen, and train again.",
        )
    files = {"train.py": script(spec, prepared, index.root), "samples.csv": _table(index, prepared)}
    if prepared.tokenizer:
        files["tokenizer.json"] = prepared.tokenizer
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_atomic(to / name, text)
    except OSError as error:
        raise UserError(
            f"{to} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
    return to / "train.py"


def _refuse(spec: RunSpec) -> None:
    """Say which part of a recipe cannot be written out."""
    objective = spec.objective
    several = objective.heads or bool(objective.alignments)
    reasons = {
        f"the balancing '{objective.balancer.name}'": several
        and objective.balancer.name != "fixed",
        "a run without a target": objective.loss is None,
        "hiding whole modalities": spec.model.modality_dropout > 0,
        "a sentence model": "text" in spec.modalities and spec.data.text.form != "tokens",
        "pretrained weights": any(
            chosen.name == "image_pretrained" for chosen in spec.model.encoders.values()
        ),
        "a part of your own": any(_own(kind, chosen) for kind, chosen in _chosen(spec)),
    }
    found = [what for what, is_so in reasons.items() if is_so]
    if found:
        raise UserError(
            f"This recipe cannot be written out: {' and '.join(found)} would need more than a "
            "plain program.", "Export the model instead.",
        )  # fmt: skip


def _chosen(spec: RunSpec) -> list[tuple[parts.Kind, PartSpec]]:
    found: list[tuple[parts.Kind, PartSpec]] = [
        ("encoder", chosen) for chosen in spec.model.encoders.values()
    ]
    found += [("fusion", spec.model.fusion), ("optimizer", spec.training.optimizer)]
    found += [("schedule", spec.training.schedule)]
    found += [("alignment", aligned.loss) for aligned in spec.objective.alignments.values()]
    return found + ([("loss", spec.objective.loss)] if spec.objective.loss is not None else [])


def _own(kind: parts.Kind, chosen: PartSpec) -> bool:
    return parts.find(kind, chosen.name).file is not None


def left_out(spec: RunSpec) -> list[str]:
    """What of a recipe the program does not do, in words."""
    training = spec.training
    known = {
        "augmentation": any_on(training.augmentation),
        "half precision": training.precision != "float32",
        "gradient accumulation": training.accumulated > 1,
        "lowering the learning rate on a plateau": training.plateau is not None,
        "the longest time": training.longest_minutes is not None,
        "penalties on weights": any(
            (spec.objective.l1, spec.objective.l2, spec.objective.embedding_l2)
        ),
    }
    return [what for what, is_so in known.items() if is_so]


def script(spec: RunSpec, prepared: Prepared, root: Path) -> str:
    """The program.

    Args:
        spec: of the run.
        prepared: its samples.
        root: folder that the paths in the table are relative to.
    """
    sources = Sources()
    loss = spec.objective.loss
    assert loss is not None
    facts = _facts(spec, sources, prepared)
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(resources.path("report"))),
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=False,
    )  # fmt: skip
    return templates.get_template("train.py.j2").render(
        name=repr(spec.name), root=repr(str(root)), left_out=left_out(spec), spec=spec,
        modalities=[m for m in MODALITIES if m in spec.modalities], prepared=prepared,
        classes=pformat(prepared.classes, width=96), **facts, definitions=sources.text(),
        imports=sorted(sources.imports), repr=repr,
    ).rstrip() + "\n"  # fmt: skip


def _facts(spec: RunSpec, sources: Sources, prepared: Prepared) -> dict[str, Any]:
    """What the program is filled in with; its definitions go into ``sources``."""
    loss = spec.objective.loss
    assert loss is not None
    part = parts.find("loss", loss.name)
    fusion = parts.find("fusion", spec.model.fusion.name)
    readers = {
        "image": ("workbench.data.readers.image", "read_bytes"),
        "audio": ("workbench.data.readers.audio", "heard"),
        "text": ("workbench.data.readers.tokens", "encode"),
    }
    encoders = {m: _call(sources, "encoder", c) for m, c in spec.model.encoders.items()}
    alone = len(spec.modalities) == 1
    return {
        "shapes": {m: tuple(prepared.arrays[m].shape[1:]) for m in spec.modalities},
        "types": _TYPES,
        "readers": {m: sources.add(*readers[m]) for m in spec.modalities},
        "encoders": encoders,
        "vocabulary": prepared.vocabulary,
        "fusion": _call(sources, "fusion", spec.model.fusion, task=spec.data.task)
        if fusion.decides else _call(sources, "fusion", spec.model.fusion),
        "decides": fusion.decides,
        "sequences": not alone
        and takes(fusion.function.__module__, fusion.function.__name__, "sequences"),
        "head": _head(sources, part, prepared.outputs),
        "heads": fusion.decides or spec.objective.heads,
        "head_names": [f"head_{m}" for m in spec.modalities],
        "loss": _function(sources, part),
        "loss_options": _options(part, loss),
        "loss_facts": part.facts,
        "learned": [n for n in part.learns if part.check(loss.options).get("learn", True)],
        "counts": np.bincount(
            prepared.labels[prepared.rows("train")].astype(int), minlength=len(prepared.classes)
        ).tolist() if "counts" in part.facts else [],
        "alignments": [
            (pair, PAIRS[pair], _function(sources, parts.find("alignment", a.loss.name)),
             _options(parts.find("alignment", a.loss.name), a.loss),
             parts.find("alignment", a.loss.name).facts, a)
            for pair, a in spec.objective.alignments.items()
        ],
        "optimizer": _call(sources, "optimizer", spec.training.optimizer, first="LEARNING_RATE"),
        "schedule": _function(sources, parts.find("schedule", spec.training.schedule.name)),
        "schedule_options": _options(
            parts.find("schedule", spec.training.schedule.name), spec.training.schedule
        ),
    }  # fmt: skip


def _function(sources: Sources, part: Part) -> str:
    return sources.add(part.function.__module__, part.function.__name__)


def _options(part: Part, chosen: PartSpec) -> dict[str, Any]:
    return dict(part.check(chosen.options))


def _call(
    sources: Sources, kind: parts.Kind, chosen: PartSpec, first: str = "", **more: Any
) -> str:
    """A part called with its options, as source text."""
    part = parts.find(kind, chosen.name)
    given = {**_options(part, chosen), **more}
    words = [first] if first else []
    words += [f"{name}={value!r}" for name, value in given.items()]
    words += ["vocabulary=VOCABULARY"] if "vocabulary" in part.facts else []
    words += ["fresh=True"] if "fresh" in part.facts else []
    return f"{_function(sources, part)}({', '.join(words)})"


def _head(sources: Sources, part: Part, outputs: int) -> str:
    """A layer from an embedding to what the loss reads, its name left open."""
    if part.head in _HEADS:
        return f"{sources.add('workbench.layers', _HEADS[part.head])}({outputs}, name=NAME)"
    outputs -= part.head == "steps"
    return f'keras.layers.Dense({outputs}, dtype="float32", name=NAME)'


def _table(index: Index, prepared: Prepared) -> str:
    """The samples as CSV: split, a file or words for each modality, and the target."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    used = [m for m in MODALITIES if m in prepared.arrays]
    writer.writerow(["sample", "split", *used, "target"])
    places = {stem: row for row, stem in enumerate(index.stems.tolist())}
    for row, stem in enumerate(prepared.stems.tolist()):
        if prepared.split[row] < 0:
            continue
        there = places[stem]
        cells = [index.text(there) if m == "text" else str(index.files[m][there]) for m in used]
        target = " ".join(repr(float(v)) for v in np.atleast_1d(prepared.labels[row]))
        writer.writerow([stem, SPLITS[prepared.split[row]], *cells, target])
    return stream.getvalue()
