"""Findings about single files: unreadable, silent, clipped, out of size, strangely encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.data.health.looking import CLIPPED, CONSTANT, SILENT, STRANGE_SUFFIX
from workbench.data.index import Finding, Index, Remedy, Severity
from workbench.data.readers import text
from workbench.parts import Modality

EXTREME = 8.0
"""A size this many times above or below the median is pointed out: padded to the same size, such
a file is mostly padding, or loses most of itself."""
LONGEST_TEXT = 12.0
"""Texts differ more in length than pictures and sounds do."""
_REASONS = 3


class Measured(Protocol):
    """One modality, measured."""

    looks: NDArray[np.void]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which samples have it, readable."""
        ...


def facts(seen: Mapping[Modality, Measured]) -> dict[str, float]:
    """Typical sizes, as of ``Index.facts``.

    Args:
        seen: measures by modality.
    """
    found: dict[str, float] = {}
    for modality, one in seen.items():
        looks = one.looks[one.there]
        if not len(looks):
            continue
        match modality:
            case "image":
                shorter = np.minimum(looks["first"], looks["second"])
                found["image_side"] = float(np.median(shorter))
            case "audio":
                found["audio_seconds"] = float(np.percentile(looks["first"].astype(float), 95))
                found["audio_rate"] = float(np.median(looks["second"]))
            case "text":
                found["text_words"] = float(np.percentile(looks["first"].astype(float), 95))
    return found


def unreadable(modality: Modality, index: Index, broken: Mapping[int, str]) -> list[Finding]:
    """Files that cannot be read.

    Args:
        modality: what they are.
        index: the data, before they were blanked out.
        broken: why, by row.
    """
    if not broken:
        return []
    rows = sorted(broken)
    count = len(rows)
    title = f"{count:,} {modality} {'file' if count == 1 else 'files'} unreadable"
    reasons = " ".join(broken[row] for row in rows[:_REASONS])
    detail = f"They are passed over. {reasons} Mend or remove them."
    names = tuple(str(index.files[modality][row]) for row in rows)
    return [Finding("error", title, detail, names, "unreadable", tuple(rows))]


def check(modality: Modality, index: Index, looks: NDArray[np.void]) -> list[Finding]:
    """Everything that single files of one modality show.

    Args:
        modality: which.
        index: the data.
        looks: a record of ``LOOK`` for each sample.
    """
    there = np.asarray(looks["content"] != 0, bool)
    if not there.any():
        return []
    return [*_flagged(modality, index, looks), *_sizes(modality, index, looks, there),
            *_encodings(modality, index, looks, there)]  # fmt: skip


def _flagged(modality: Modality, index: Index, looks: NDArray[np.void]) -> list[Finding]:
    noun = {"image": "picture", "audio": "sound", "text": "text"}[modality]
    told: tuple[tuple[int, Severity, str, str, str, bool], ...] = (
        (SILENT, "warning", "silent_audio", f"silent {noun}",
         "Nothing is louder than -60 dB; the model can learn nothing from them.", True),
        (CONSTANT, "warning", f"constant_{modality}", f"constant {noun}",
         "All of their values are the same; the model can learn nothing from them.", True),
        (CLIPPED, "info", "clipped_audio", f"clipped {noun}",
         "More than 0.1 % of the samples stand at full scale; they were recorded too loud.", False),
        (STRANGE_SUFFIX, "info", "wrong_extension", f"{noun} of another format than its name",
         "They are read by their content; rename them so that others can read them.", False),
    )  # fmt: skip
    findings = []
    for flag, severity, kind, what, detail, removable in told:
        has = np.asarray((looks["flags"] & flag) > 0, bool)
        if flag == CONSTANT:
            # Silence is constant, too, and told by its own name.
            has &= (looks["flags"] & SILENT) == 0
        rows = np.flatnonzero(has)
        if len(rows):
            words = what if len(rows) == 1 else what.replace(noun, f"{noun}s", 1)
            findings.append(
                _finding(severity, kind, f"{len(rows):,} {words}", detail, index, modality, rows,
                         removable)
            )  # fmt: skip
    return findings


def _sizes(
    modality: Modality, index: Index, looks: NDArray[np.void], there: NDArray[np.bool_]
) -> list[Finding]:
    """Files far larger or smaller than the median."""
    first = looks["first"].astype(np.float64)
    size = np.sqrt(first * looks["second"]) if modality == "image" else first
    typical = float(np.median(size[there]))
    far = LONGEST_TEXT if modality == "text" else EXTREME
    large = np.flatnonzero(there & (size > far * typical))
    small = np.flatnonzero(there & (size < typical / far))
    unit = {"image": "px", "audio": "s", "text": "words"}[modality]
    about = f"The median is {typical:.3g} {unit}"
    findings = []
    if len(large):
        words = {"image": "unusually large", "audio": "unusually long", "text": "unusually long"}
        detail = f"{about}, these reach {size[large].max():.3g}; what is too much is cut or shrunk."
        title = f"{len(large):,} {_noun(modality, len(large))} {words[modality]}"
        findings.append(
            _finding("info", "extreme_size", title, detail, index, modality, large, False)
        )
    if len(small) and modality != "text":
        words = {"image": "unusually small", "audio": "unusually short"}
        detail = f"{about}, these go down to {size[small].min():.3g}; they are mostly padding."
        title = f"{len(small):,} {_noun(modality, len(small))} {words[modality]}"
        findings.append(
            _finding("info", "extreme_size", title, detail, index, modality, small, False)
        )
    return findings


def _encodings(
    modality: Modality, index: Index, looks: NDArray[np.void], there: NDArray[np.bool_]
) -> list[Finding]:
    if modality != "text":
        return []
    unusual = np.flatnonzero(there & (looks["encoding"] >= text.ENCODINGS.index("utf-16-le")))
    if not len(unusual):
        return []
    numbers, counts = np.unique(looks["encoding"][unusual], return_counts=True)
    names = ", ".join(
        f"{text.ENCODINGS[number]} ({count:,})"
        for number, count in zip(numbers, counts, strict=True)
    )
    are = "text is" if len(unusual) == 1 else "texts are"
    detail = f"Read as {names}; save them as UTF-8 if letters look wrong."
    title = f"{len(unusual):,} {are} not UTF-8"
    return [_finding("info", "encoding", title, detail, index, modality, unusual, False)]


def _noun(modality: Modality, count: int) -> str:
    noun = {"image": "picture", "audio": "sound", "text": "text"}[modality]
    return noun if count == 1 else f"{noun}s"


def _finding(
    severity: Severity, kind: str, title: str, detail: str, index: Index, modality: Modality,
    rows: NDArray[np.int64], removable: bool,
) -> Finding:  # fmt: skip
    stems = tuple(index.stems[rows].tolist())
    remedy = Remedy("Leave them out", {"leave_out": stems}) if removable else None
    names = tuple(index.files[modality][rows].tolist())
    return Finding(severity, title, detail, names, kind, tuple(rows.tolist()), remedy)
