"""Whether what was written says the same as the app, of the same files."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.batches import presence
from workbench.data.index import Index
from workbench.data.prepared import Prepared
from workbench.data.readers import audio, image, tokens
from workbench.exporting.raw import PROBABILITIES, SPREADS, VALUES
from workbench.exporting.writers import Says
from workbench.insight.class_curves import probabilities
from workbench.insight.trained import Trained
from workbench.parts import Modality
from workbench.training.model import TASK

MOST = 32
"""Samples that are compared."""

Answers = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Samples:
    """Samples as they lie on the disk, and what the app says of them.

    Args:
        names: of the samples.
        raw: of each what the written model is given.
        answers: what the app says, by name of the output, [samples, ...].
    """

    names: tuple[str, ...]
    raw: tuple[Mapping[str, NDArray[Any]], ...]
    answers: Mapping[str, NDArray[np.float64]]


def samples(
    trained: Trained, index: Index, prepared: Prepared, most: int = MOST, *, strings: bool = False
) -> Samples:
    """Test samples spread over the split; all of the data where there is none.

    Args:
        trained: the run.
        index: of its data.
        prepared: its samples, as of ``Trained.samples``.
        most: how many at most.
        strings: texts are given as they are, not as token numbers.
    """
    rows = prepared.rows("test")
    rows = rows if len(rows) else np.arange(len(prepared.stems))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]
    places = {stem: place for place, stem in enumerate(index.stems.tolist())}
    raw = tuple(
        _raw(trained, index, places[str(prepared.stems[row])], prepared, int(row)) for row in rows
    )
    if strings:
        for row, sample in zip(rows, raw, strict=True):
            sample["text"] = _text(trained, index, places[str(prepared.stems[row])])
    return Samples(
        tuple(str(stem) for stem in prepared.stems[rows]), raw, _answers(trained, prepared, rows)
    )


def largest(
    told: Samples, says: Says, scale: NDArray[np.float64], tick: Callable[[int], object]
) -> float:
    """The largest difference between the app and a written model.

    Args:
        told: samples with what the app says.
        says: asks the written model.
        scale: the spread of each number: differences are told in spreads, others as they are.
        tick: told how many samples are done.
    """
    worst = 0.0
    for place, given in enumerate(told.raw):
        found = says({name: values[None] for name, values in given.items()})
        for name, wanted in told.answers.items():
            off = np.abs(np.asarray(found[name][0], np.float64) - wanted[place])
            if name in (VALUES, SPREADS):
                off = off / scale
            elif name != PROBABILITIES:
                off = off / max(1.0, float(np.abs(wanted).max(initial=0.0)))
            # Not a number is no small difference.
            worst = max(worst, float(np.nan_to_num(off, nan=np.inf).max(initial=0.0)))
        tick(place + 1)
    return worst


def _raw(
    trained: Trained, index: Index, place: int, prepared: Prepared, row: int
) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for modality in sorted(trained.spec.modalities):
        has = bool(prepared.masks[modality][row]) if modality in prepared.masks else True
        found[modality] = (
            _read(trained, index, place, prepared, row, modality)
            if has
            else _nothing(trained, modality)
        )
        if modality in trained.inputs.incomplete:
            found[presence(modality)] = np.asarray(has, np.float32)
    return found


def _read(
    trained: Trained, index: Index, place: int, prepared: Prepared, row: int, modality: Modality
) -> NDArray[Any]:
    data = trained.spec.data
    if modality == "text":
        if data.text.form == "sentence":
            return np.asarray(prepared.arrays["text"][row], np.float32)
        tokenizer = tokens.from_json(trained.inputs.tokenizer)
        numbers: NDArray[Any] = tokens.encode(tokenizer, [index.text(place)], data.text.words)[0]
        return numbers
    path = index.path(modality, place)
    assert path is not None
    if modality == "image":
        picture: NDArray[Any] = np.asarray(image.opened(path, data.image.size)[0])
        return picture
    return audio.read(path, data.audio.sample_rate, data.audio.seconds)


def _text(trained: Trained, index: Index, place: int) -> NDArray[Any]:
    text = index.text(place)
    if trained.spec.data.text.normalization != "none":
        text = unicodedata.normalize("NFC", text)
    return np.asarray(text, object)


def _nothing(trained: Trained, modality: Modality) -> NDArray[Any]:
    """What stands in for a modality that a sample lacks."""
    match trained.spec.data.form(modality):
        case "pixels":
            return np.zeros((1, 1, 3), np.uint8)
        case "log_mel" | "wave":
            return np.zeros(1, np.float32)
        case "tokens":
            return np.zeros(trained.inputs.shapes[modality], np.int32)
    return np.zeros(trained.inputs.shapes[modality], np.float32)


def _answers(trained: Trained, prepared: Prepared, rows: NDArray[np.int64]) -> Answers:
    """What the app says of its own prepared samples."""
    arrays = {m: prepared.arrays[m][rows] for m in sorted(trained.spec.modalities)}
    said = trained.says(arrays, {m: mask[rows] for m, mask in prepared.masks.items()})
    if TASK not in said:
        return {
            name.replace("+", "_with_"): values.astype(np.float64) for name, values in said.items()
        }
    outputs = said[TASK].astype(np.float64)
    match trained.inputs.task:
        case "category" | "ordered" | "yes_no":
            return {PROBABILITIES: probabilities(outputs)}
        case "labels":
            return {PROBABILITIES: np.exp(-np.logaddexp(0, -outputs))}
    assert trained.inputs.scaling is not None
    return {VALUES: trained.inputs.scaling.to_unit(outputs)}
