"""A model card: what a model is for, how good it is, and what nobody has said of it yet.

Sections as of Mitchell et al. 2019, Model cards for model reporting, arXiv:1810.03993, with the
header that model hubs read. What only its maker can know stands there as a question.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from workbench import __version__
from workbench.reporting.gathered import Gathered

_TASKS = {
    "category": "classification", "yes_no": "classification",
    "labels": "multi-label-classification",
    "ordered": "classification", "number": "regression", "numbers": "regression",
    "none": "feature-extraction",
}  # fmt: skip


def model_card(run: Gathered) -> str:
    """The card as Markdown.

    Args:
        run: what it tells.
    """
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Gathered) -> Iterator[str]:
    spec = run.spec
    yield from ("---", "library_name: keras", "license: other  # which one?", "tags:")
    yield from (f"  - {tag}" for tag in ("multimodal", *spec.modalities, _TASKS[spec.data.task]))
    yield from ("---", "", f"# {_plain(spec.name)}", "")
    yield from ("## Model details", "")
    yield f"- Made with the Multimodal Workbench {__version__}, {run.made}."
    yield from (f"- {name}: {_plain(value)}" for name, value in run.recipe.items())
    yield from ("- Who made it, and how can they be reached?", "")
    yield from ("## Intended use", "")
    yield f"- Input: {_plain(run.facts['Modalities'])}. Output: {_plain(run.facts['Target'])}."
    yield from ("- What is it meant for, and by whom?", "- What should it not be used for?", "")
    yield from ("## Training data", "")
    for name in ("Data", "Samples", "Target"):
        if name in run.facts:
            yield f"- {name}: {_plain(run.facts[name])}"
    if "data" in run.environment:
        yield f"- Fingerprint of the data: `{run.environment['data']}`"
    yield from ("- Where do they come from, and may they be used for this?", "")
    yield from _evaluation(run)
    yield from ("## Caveats", "")
    yield from _caveats(run)
    yield from ("", "## Settings", "", "```json", spec.to_json().strip(), "```", "")
    if run.environment:
        facts = json.dumps(run.environment, indent=2, ensure_ascii=False)
        yield from ("## Environment", "", "```json", facts, "```")


def _evaluation(run: Gathered) -> Iterator[str]:
    yield from ("## Evaluation", "", f"**{run.title}.** {_plain(run.sentence)}", "")
    if run.results is None or run.samples is None:
        return
    yield f"On {len(run.samples):,} {run.results.split} samples that training has not seen:"
    yield from ("", "| Figure | Value | Beside it |", "| --- | --- | --- |")
    yield from (f"| {f.caption} | {f.value} | {_plain(f.note)} |" for f in run.figures)
    yield ""
    if run.results.per_class:
        yield from (
            "| Class | Precision | Recall | F1 | Samples |",
            "| --- | --: | --: | --: | --: |",
        )
        for row in run.results.per_class:
            yield (
                f"| {_plain(row.name)} | {row.precision:.1%} | {row.recall:.1%} | {row.f1:.1%} | "
                f"{row.support:,} |"
            )
        yield ""
    if run.carried is not None and run.carried.gain > 0:
        shares = [f"{m.name} {m.shapley / run.carried.gain:.0%}" for m in run.carried.modalities]
        yield f"Share of the modalities in what it gains (Shapley values): {', '.join(shares)}."
        yield ""
    elif run.carried is not None:
        yield "By their Shapley values, the modalities add nothing to guessing."
        yield ""


def _caveats(run: Gathered) -> Iterator[str]:
    if run.results is not None:
        rare = [row.name for row in run.results.per_class if 0 < row.support < 20]
        if rare:
            names = ", ".join(_plain(name) for name in rare[:10])
            yield f"- Measured on fewer than 20 samples: {names}."
        weak = [row for row in run.results.per_class if row.support and row.recall < 0.5]
        for row in weak[:5]:
            yield f"- Recognises only {row.recall:.0%} of “{_plain(row.name)}”."
    if run.calibration is not None and run.calibration.plain.error > 0.05:
        yield f"- Its probabilities are off by {run.calibration.plain.error:.0%} on average."
    yield "- Samples of another kind than those above were not tried."
    yield "- Are there groups of people for whom it may work worse?"


def _plain(words: str) -> str:
    """Text of others in a line of Markdown: no mark-up, no new line, no cell of a table."""
    flat = " ".join(str(words).split()).replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#" else c for c in flat)
