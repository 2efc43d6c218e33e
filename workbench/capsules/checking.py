"""What differs here from where a capsule was packed, and whether a run came out the same again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench import own_parts
from workbench.capsules.manifest import DataFacts, Manifest, Stop, digest
from workbench.runs import store
from workbench.runs.store import Run

Tone = Literal["good", "warn", "bad"]
_TELLING = ("tensorflow", "keras", "numpy", "multimodal-workbench", "python", "device")
CLOSE = 1e-3
"""Relative difference of a figure up to which two runs are called alike."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: what.
        tone: it is as it was; it differs, which may change figures; it stands in the way.
        sentence: what was found.
        remedy: what to do; "" where there is nothing to do.
    """

    name: str
    tone: Tone
    sentence: str
    remedy: str = ""


def check(
    manifest: Manifest, data: Path | None = None, stop: Stop = lambda: False
) -> tuple[Check, ...]:
    """Compare a capsule with this machine.

    Args:
        manifest: of the capsule.
        data: where its data are thought to be; None: where they were packed.
        stop: asked often while data are read; true ends it.

    Raises:
        Stopped: the wish to stop was heard.
    """
    return (*_versions(manifest), *_own(manifest), *_pretrained(manifest),
            _data(manifest, data, stop), _exactness(manifest))  # fmt: skip


def verify(original: Mapping[str, float], again: Run) -> Check:
    """Whether a run that was trained again has the figures of its capsule.

    Args:
        original: of the manifest.
        again: the new run, which is over.

    Raises:
        UserError: its status is damaged.
    """
    found = again.recorded().metrics
    shared = sorted(original.keys() & found.keys())
    if not shared:
        return Check("figures", "bad", "The new run has none of the figures of the capsule.",
                     "Look at its log.")  # fmt: skip
    if all(original[name] == found[name] for name in shared):
        return Check("figures", "good", f"All {len(shared)} figures are the same to the last bit.")
    off = {name: _off(original[name], found[name]) for name in shared}
    worst = max(off, key=lambda name: off[name])
    told = f"{worst} {original[worst]:.6g} then, {found[worst]:.6g} now"
    if off[worst] <= CLOSE:
        return Check("figures", "good", f"All figures agree within {off[worst]:.1e} ({told}).")
    return Check(
        "figures", "warn", f"Figures differ by up to {off[worst]:.1%} ({told}).",
        "Another machine, device or version computes otherwise; repeats by seed say how much that "
        "means.",
    )  # fmt: skip


def _off(first: float, second: float) -> float:
    if math.isnan(first) and math.isnan(second):
        return 0.0
    return abs(first - second) / max(abs(first), abs(second), 1e-300)


def _versions(manifest: Manifest) -> Iterator[Check]:
    here = json.loads(store.environment())
    for name in _TELLING:
        then = manifest.environment.get(name)
        now = here.get(name)
        if then is None or now is None:
            continue
        if then == now:
            yield Check(name, "good", f"{name} {now}, as then.")
        else:
            yield Check(name, "warn", f"{name} {then} then, {now} here: figures may differ.")


def _own(manifest: Manifest) -> Iterator[Check]:
    known = {f"{part.kind} {part.name}" for part in own_parts.listed() if part.on}
    for each in manifest.own_parts:
        if each in known:
            yield Check(each, "warn", f"The recipe uses your own {each}; see that it is the same.")
        else:
            yield Check(
                each, "bad", f"The recipe uses a part of somebody's own, {each}, which is not "
                "switched on here.", "Ask for its file and read it before you switch it on.",
            )  # fmt: skip


def _pretrained(manifest: Manifest) -> Iterator[Check]:
    for each in manifest.pretrained:
        yield Check(
            each, "warn", f"{each} begins with weights that are fetched when it is trained again."
        )


def _exactness(manifest: Manifest) -> Check:
    if manifest.deterministic:
        return Check("exactness", "good", "It was trained so that the same machine repeats it.")
    return Check(
        "exactness", "warn", "It was not trained deterministically: again, figures differ a little."
    )


def _compared(facts: DataFacts, where: Path, stop: Stop) -> tuple[list[str], list[str]]:
    """Files that are missing, and files that are other ones."""
    gone, other = [], []
    for each in facts.files:
        file = where / each.path
        if not file.is_file():
            gone.append(each.path)
        elif file.stat().st_size != each.size or digest(file, stop) != each.sha256:
            other.append(each.path)
    return gone, other


def _data(manifest: Manifest, data: Path | None, stop: Stop) -> Check:
    facts = manifest.data
    if facts.included:
        return Check("data", "good", f"Its {len(facts.files):,} files of data are in the capsule.")
    where = data if data is not None else Path(facts.folder)
    if not facts.files:
        return Check("data", "warn", "Its data were gone when it was packed: nobody can tell.")
    if facts.archive and where.is_file():
        where = where.parent
    if not where.is_dir():
        return Check(
            "data", "bad", f"Its data are not in the capsule and not at {where}.",
            "Say where they are; results can be looked at without them.",
        )  # fmt: skip
    gone, other = _compared(facts, where, stop)
    if not gone and not other:
        return Check("data", "good", f"All {len(facts.files):,} files of data are the same.")
    told = []
    if gone:
        told.append(f"{len(gone):,} are missing, such as {gone[0]}")
    if other:
        told.append(f"{len(other):,} have changed, such as {other[0]}")
    return Check(
        "data", "bad" if len(gone) == len(facts.files) else "warn",
        f"Of {len(facts.files):,} files of data {' and '.join(told)}.",
        "Say where the data are, or expect other figures.",
    )  # fmt: skip
