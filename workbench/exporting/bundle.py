"""What is handed over: the model, what is to be known of it, its reader, five lines of words."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from workbench import resources
from workbench.data.folder import Stopped
from workbench.data.index import Index
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.exporting import check, formats, raw, writers
from workbench.exporting.formats import Format
from workbench.exporting.words import Words, of_words
from workbench.insight.trained import Trained
from workbench.parts import Modality
from workbench.runs.store import title_of
from workbench.writing import write_atomic

_BEGUN = ".export-"
"""So begins the name of a folder that is not whole yet; the number of its process follows."""

Told = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Handed:
    """What was handed over.

    Args:
        place: the folder or zip.
        difference: the largest one between it and the app, in probabilities or in spreads.
        bound: what would have been let pass.
        samples: how many were compared.
    """

    place: Path
    difference: float
    bound: float
    samples: int

    @property
    def words(self) -> str:
        """In a sentence."""
        return (
            f"It says the same as the app: of {self.samples} samples the largest difference is "
            f"{self.difference:.1e}, of {self.bound:.0e} allowed."
        )


def export(
    trained: Trained, index: Index, prepared: Prepared, form: Format, to: Path,
    told: Told = lambda words, done, total: None, stop: Callable[[], bool] = lambda: False,
) -> Handed:  # fmt: skip
    """Hand a model over; what does not say the same as the app is not left behind.

    Args:
        trained: the run.
        index: of its data, from which test samples are read as files.
        prepared: the same data as the app reads them, as of ``Trained.samples``.
        form: in which format.
        to: a folder that is not there yet or empty, or a file that ends in ``.zip``.
        told: hears how far it is.
        stop: asked often; true ends it.

    Raises:
        UserError: the format cannot hold the model, what it says differs, or there is no place.
        Stopped: the wish to stop was heard.
    """
    refusal = formats.why_not(form, trained.spec)
    if refusal:
        raise UserError(f"{form.title} cannot be written: {refusal}")
    _refuse_taken(to)
    with _beside(to) as made:
        told(f"Writing {form.title}", 0, 0)
        # Its layers are renamed: a run of its own, as nobody else may use it.
        model = model_for(Trained.open(trained.folder), form)
        writers.write(form, model, made / form.file, _words(trained, form))
        _go_on(stop)
        told("Asking it of test samples", 0, check.MOST)
        strings = takes_strings(trained, form)
        compared = check.samples(trained, index, prepared, strings=strings)
        difference = _compared(trained, compared, form, made, told, stop)
        _write_facts(trained, form, made, difference, len(compared.names))
        _go_on(stop)
        _place(made, to)
    return Handed(to, difference, formats.bound(form, trained.spec), len(compared.names))


def model_for(trained: Trained, form: Format) -> Any:
    """The raw-input model as a format wants it.

    Args:
        trained: a run that nothing else is done with.
        form: the format.
    """
    small = form.name == "litert"
    # Small devices know no float64, and their memories want to know how many samples there are.
    return raw.model_of(trained, exact=not small, batch=1 if small else None)


def takes_strings(trained: Trained, form: Format) -> bool:
    """Whether texts go in as they are."""
    return form.strings and _reads_tokens(trained) and of_words(trained.inputs.tokenizer)


def _words(trained: Trained, form: Format) -> Words | None:
    if not takes_strings(trained, form):
        return None
    return Words(trained.inputs.tokenizer, trained.spec.data.text.words)


def _compared(
    trained: Trained, compared: check.Samples, form: Format, made: Path, told: Told,
    stop: Callable[[], bool],
) -> float:  # fmt: skip
    def tick(done: int) -> None:
        told("Asking it of test samples", done, len(compared.names))
        _go_on(stop)

    scaling = trained.inputs.scaling
    scale = np.asarray(scaling.spread if scaling is not None else 1.0, np.float64)
    says = writers.opened(form, made / form.file)
    try:
        difference = check.largest(compared, says, scale, tick)
    except (UserError, Stopped):
        raise
    except Exception as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(
            f"The {form.title} file was written, but the program that opens it fails: {said[0]}",
            "Nothing was left behind. Choose another format.",
        ) from error
    most = formats.bound(form, trained.spec)
    if difference > most:
        raise UserError(
            f"The {form.title} file says other than the app: by {difference:.1e}, where "
            f"{most:.0e} is allowed. Nothing was left behind.",
            "Choose another format.",
        )
    return difference


def _go_on(stop: Callable[[], bool]) -> None:
    if stop():
        raise Stopped


def _refuse_taken(to: Path) -> None:
    if to.is_symlink() or (to.exists() and (to.is_file() or any(to.iterdir()))):
        raise UserError(f"{to} is there already.", "Name a new folder, or delete that one first.")


class _beside:  # noqa: N801 - read as a word: with _beside(to)
    """A folder on the same disk, gone afterwards."""

    def __init__(self, to: Path) -> None:
        self._to = to

    def __enter__(self) -> Path:
        try:
            self._to.parent.mkdir(parents=True, exist_ok=True)
            _clear_forgotten(self._to.parent)
            own = f"{_BEGUN}{os.getpid()}-"
            self._made = Path(tempfile.mkdtemp(prefix=own, dir=self._to.parent))
        except OSError as error:
            raise UserError(
                f"{self._to.parent} cannot be written: {error.strerror}.", "Name another folder."
            ) from None
        return self._made

    def __exit__(self, *raised: object) -> None:
        shutil.rmtree(self._made, ignore_errors=True)


def _clear_forgotten(folder: Path) -> None:
    """Remove what engines that were killed had begun there."""
    for begun in folder.glob(f"{_BEGUN}*-*"):
        number = begun.name.removeprefix(_BEGUN).partition("-")[0]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(begun, ignore_errors=True)


def _place(made: Path, to: Path) -> None:
    """Bring what was made to its place, whole or not at all."""
    try:
        if to.suffix == ".zip":
            packed = shutil.make_archive(str(made) + "-zip", "zip", made)
            try:
                Path(packed).replace(to)
            finally:
                Path(packed).unlink(missing_ok=True)
            return
        made.chmod(0o755)
        # An empty folder gives way.
        made.replace(to)
    except OSError as error:
        raise UserError(f"{to} cannot be written: {error.strerror}.", "Name another one.") from None


def _write_facts(
    trained: Trained, form: Format, made: Path, difference: float, samples: int
) -> None:
    facts = facts_of(trained, form) | {
        "difference": difference, "bound": formats.bound(form, trained.spec), "samples": samples,
    }  # fmt: skip
    write_atomic(made / "facts.json", json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    if _reads_tokens(trained) and not takes_strings(trained, form):
        write_atomic(made / "tokenizer.json", trained.inputs.tokenizer)
    shutil.copyfile(resources.path("export", "predict.py"), made / "predict.py")
    write_atomic(made / "README.txt", _readme(trained, form, facts))


def facts_of(trained: Trained, form: Format) -> dict[str, Any]:
    """What is to be known of a model to use it, as plain data.

    Args:
        trained: the run.
        form: in which format it is handed over.
    """
    known, spec = trained.inputs, trained.spec
    names = list(known.classes or known.columns or [spec.data.target])
    task = known.task
    outputs = {} if task == "none" else {_output(task): names}
    inputs: dict[str, Any] = {}
    for modality in sorted(spec.modalities):
        inputs[modality] = _facts_of_input(trained, modality)
        if modality == "text" and takes_strings(trained, form):
            inputs[modality] = {"type": "string", "shape": [], "means": "text",
                                "unicode": _unicode(trained)}  # fmt: skip
        if modality in known.incomplete:
            inputs[f"{modality}_present"] = {
                "type": "float32", "shape": [],
                "means": f"1, or 0 where a sample has no {modality}",
            }  # fmt: skip
    return {
        "format": form.name, "model": form.file, "name": spec.name, "run": trained.folder.name,
        "task": task, "target": spec.data.target, "classes": list(known.classes),
        "columns": list(known.columns), "median": raw.decided_by_median(trained),
        "note": raw.meaning(trained), "inputs": inputs, "outputs": outputs,
        "needs": _needs(trained, form),
        "made_with": {"workbench": _own_version(), "tensorflow": version("tensorflow"),
                      "keras": version("keras"), "pillow": version("pillow")},
    }  # fmt: skip


def _output(task: str) -> str:
    return raw.VALUES if task in ("number", "numbers") else raw.PROBABILITIES


def _facts_of_input(trained: Trained, modality: Modality) -> dict[str, Any]:
    data = trained.spec.data
    shape = list(trained.inputs.shapes[modality])
    match data.form(modality):
        case "pixels":
            return {"type": "uint8", "shape": [None, None, 3], "means": "red, green, blue 0..255",
                    "size": data.image.size}  # fmt: skip
        case "log_mel" | "wave":
            return {"type": "float32", "shape": [None], "means": "samples in -1..1, one channel",
                    "rate": data.audio.sample_rate, "seconds": data.audio.seconds}  # fmt: skip
        case "tokens":
            return {"type": "int32", "shape": shape, "means": "tokens",
                    "words": data.text.words}  # fmt: skip
    return {"type": "float32", "shape": shape, "means": "vector",
            "model": Path(data.text.model).name}  # fmt: skip


def _reads_tokens(trained: Trained) -> bool:
    spec = trained.spec
    return "text" in spec.modalities and spec.data.form("text") == "tokens"


def _unicode(trained: Trained) -> str:
    """The form that texts must have; "" of a tokeniser that takes them as they are."""
    return "" if trained.spec.data.text.normalization == "none" else "NFC"


def _needs(trained: Trained, form: Format) -> list[str]:
    """Packages that predict.py needs."""
    found = ["numpy", *form.opens_with]
    if "image" in trained.spec.modalities:
        found.append("pillow")
    if "audio" in trained.spec.modalities:
        found += ["soundfile", "soxr"]
    if _reads_tokens(trained) and not takes_strings(trained, form):
        found.append("tokenizers")
    return found


def _own_version() -> str:
    from workbench import __version__

    return __version__


def _readme(trained: Trained, form: Format, facts: dict[str, Any]) -> str:
    asked = {"image": "--image picture.jpg", "audio": "--audio sound.wav", "text": '--text "words"'}
    flags = " ".join(asked[m] for m in sorted(trained.spec.modalities))
    lines = [
        f"{title_of(trained.folder.name)}: a {form.title} model that takes raw inputs; preparation "
        "is inside.",
        f"It needs Python and: pip install {' '.join(facts['needs'])}",
        f"Ask it: python predict.py {flags}",
        "facts.json says what goes in (names, types, rates) and what comes out (classes in order).",
        f"Checked on {facts['samples']} samples: its largest difference from the program that "
        f"trained it was {facts['difference']:.1e}. {facts['note']}".strip(),
    ]
    return "\n".join(lines) + "\n"
