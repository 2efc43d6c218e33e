"""A run as a script in plain Keras: reading, model, loss and training written out.

Encoders, fusions, losses and readers are cut out of this program as they are, so that the script
computes what the run computed; it begins with the same weights and takes the same batches.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from workbench import resources
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.index import SPLITS, Index
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.reporting.literals import literal
from workbench.reporting.script_parts import Chosen
from workbench.runs import store
from workbench.spec import RunSpec

WEIGHTS = "model.weights.h5"


@dataclass(frozen=True)
class Script:
    """A script and the table that it reads.

    Args:
        text: the script.
        table: CSV, a row for each sample.
        table_name: the name of the table's file, beside the script.
        differs: sentences about what the script does in another way than the run.
    """

    text: str
    table: str
    table_name: str
    differs: tuple[str, ...]


def write_out(
    folder: Path, name: str = "train.py", stop: Callable[[], bool] | None = None
) -> Script:
    """Write a run out as a script.

    The data are looked at again, so that each sample is in the split that it was in.

    Args:
        folder: of the run.
        name: of the script's file.
        stop: asked often while the data are looked at; true ends it.

    Raises:
        Stopped: the wish to stop was heard.
        UserError: the data are gone or have changed, or a part of the recipe cannot be written
            out; says which.
    """
    spec = store.find(folder).spec()
    if "text" in spec.modalities and spec.data.text.form == "sentence":
        raise UserError(
            "The texts of this run are read by a sentence model, which a script cannot write out.",
            "Hand the trained model over instead; it comes with its reader.",
        )
    index = scan(Path(spec.data.folder), reading=spec.data.reading, check=False, stop=stop)
    prepared = prepare(index, spec.data, spec.modalities, stop=stop)
    table_name = _table_name(name)
    chosen = Chosen(spec, prepared, are_files=index.texts is None)
    text = _rendered(spec, index, prepared, chosen, table_name)
    return Script(text, _table(spec, index, prepared), table_name, chosen.differs)


def _table_name(script: str) -> str:
    """Beside the script, and not over a file that has nothing to do with it."""
    stem = Path(script).stem
    return f"{stem if re.fullmatch(r'[A-Za-z0-9_-]+', stem) else 'train'}-samples.csv"


def _rendered(
    spec: RunSpec, index: Index, prepared: Prepared, chosen: Chosen, table_name: str
) -> str:
    loader = jinja2.FileSystemLoader(str(resources.path("report")))
    # No page of HTML: what comes from people is written as Python literals instead.
    templates = jinja2.Environment(
        loader=loader, autoescape=False, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    facts = chosen.facts()
    text = templates.get_template("train.py.j2").render(
        table_file=table_name,
        weights_file=WEIGHTS,
        name=literal(spec.name),
        data=literal(str(index.root)),
        modalities=literal(tuple(sorted(spec.modalities))),
        targets=literal(_columns(prepared)),
        classes=literal(list(prepared.classes)) if prepared.classes else "",
        task=spec.data.task,
        training=spec.training,
        **facts,
        **_heads(chosen.imports()),
    )
    return re.sub(r"\n{4,}", "\n\n\n", text).rstrip() + "\n"


def _heads(imports: set[str]) -> dict[str, Any]:
    """Import statements in the three groups that people know, and what is to be installed."""
    plain = {f"import {name}" for name in ("argparse", "csv", "json", "math", "os", "time")}
    plain |= {"from pathlib import Path", "from concurrent.futures import ThreadPoolExecutor",
              "from types import SimpleNamespace"}  # fmt: skip
    others = {"import keras", "import numpy as np", "from keras import ops"}
    known = {"keras", "numpy", "PIL", "soundfile", "tensorflow", "tokenizers", "charset_normalizer"}
    for statement in imports:
        top = statement.split()[1].split(".")[0]
        (others if top in known else plain).add(statement)
    wanted = {
        "PIL": "pillow", "soundfile": "soundfile soxr", "tokenizers": "tokenizers",
        "charset_normalizer": "charset-normalizer",
    }  # fmt: skip
    tops = {statement.split()[1].split(".")[0] for statement in others}
    needs = ["tensorflow", "numpy", *(wanted[top] for top in sorted(tops & set(wanted)))]
    groups = {"plain": _sorted(plain), "others": _sorted(others)}
    return {"imports": groups, "needs": " ".join(needs)}


def _sorted(statements: set[str]) -> list[str]:
    """In order, names of one module on one line."""
    names: dict[str, list[str]] = {}
    for statement in statements:
        head, _, name = statement.partition(" import ")
        names.setdefault(head, []).extend([name] if name else [])
    lines = [f"{head} import {', '.join(sorted(of))}" if of else head for head, of in names.items()]
    return sorted(lines, key=lambda s: (s.startswith("from"), s.lower()))


def _columns(prepared: Prepared) -> list[str]:
    match prepared.task:
        case "none":
            return []
        case "labels":
            return [f"target.{name}" for name in prepared.classes]
        case "numbers":
            return [f"target.{name}" for name in prepared.columns]
    return ["target"]


def _table(spec: RunSpec, index: Index, prepared: Prepared) -> str:
    """A row for each sample that the run had, in the order that it had them in."""
    place = {stem: row for row, stem in enumerate(index.stems.tolist())}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["sample", "split", *spec.modalities, *_columns(prepared)])
    for row, stem in enumerate(prepared.stems.tolist()):
        at = place[stem]
        split = prepared.split[row]
        given = [_given(index, prepared, modality, at, row) for modality in spec.modalities]
        target = _target(prepared, row) if prepared.task != "none" else []
        writer.writerow([stem, SPLITS[split] if split >= 0 else "", *given, *target])
    return stream.getvalue()


def _given(index: Index, prepared: Prepared, modality: Any, at: int, row: int) -> str:
    """The file of a sample, or its text where that stands in a table; "" where it has none."""
    has = prepared.masks.get(modality)
    if prepared.split[row] < 0 or (has is not None and not has[row]):
        return ""
    if modality == "text" and index.texts is not None:
        return str(index.texts[at])
    return str(index.files[modality][at])


def _target(prepared: Prepared, row: int) -> list[str]:
    values = np.atleast_1d(prepared.labels[row])
    if prepared.task in ("category", "ordered", "yes_no"):
        return [prepared.classes[int(values[0])]]
    if prepared.task == "labels":
        return [str(int(value)) for value in values]
    return [repr(float(value)) for value in values]
