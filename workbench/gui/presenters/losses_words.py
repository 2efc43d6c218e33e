"""Losses in words: their formula as rich text, and what they make of the samples of a run."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.parts import Part

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "tau": "τ",
    "lambda": "λ", "sigma": "σ", "pi": "π", "rho": "ρ",
}  # fmt: skip
_HARDEST = 0.03
"""Share of the samples, those of the largest loss, of which is said how much they carry."""


def formula(part: Part) -> str:
    """The formula of a loss as rich text, from the first one that its documentation marks.

    Powers are raised, indices lowered, Greek names written as letters; "" where there is none.

    Args:
        part: the loss or alignment.
    """
    found = re.search(r"``([^`]+)``", part.text)
    return typeset(" ".join(found[1].split())) if found else ""


def typeset(text: str) -> str:
    """A formula in the plain writing of docstrings as rich text.

    Args:
        text: such as ``(1 - p) ** gamma log(p)``.
    """
    made = html.escape(text)
    made = re.sub(r"\*\*\s*\(([^()]*)\)", r"<sup>\1</sup>", made)
    made = re.sub(r"\*\*\s*([\w.]+)", r"<sup>\1</sup>", made)
    made = re.sub(r"\b([A-Za-z])_(\w+)", r"\1<sub>\2</sub>", made)
    made = re.sub(r"\bsqrt\(", "√(", made)
    made = re.sub(r"\bsum (over [\w= !]+ )?of\b", lambda m: "Σ", made)
    for name, letter in _GREEK.items():
        made = re.sub(rf"\b{name}\b", letter, made)
    made = re.sub(r"(?<=[\w)>]) \* (?=[\w(])", " · ", made)
    for plain, sign in (("&lt;=", "≤"), ("&gt;=", "≥"), (" - ", " − "), ("!=", "≠")):
        made = made.replace(plain, sign)
    return re.sub(r"^-", "−", made)


def rich(text: str) -> str:
    """Paragraphs of a docstring as rich text, its formulas set as such.

    Args:
        text: paragraphs parted by an empty line, formulas between double backticks.
    """
    paragraphs = []
    for block in text.split("\n\n"):
        pieces = " ".join(block.split()).split("``")
        made = [
            f"<i>{typeset(piece)}</i>" if place % 2 else html.escape(piece)
            for place, piece in enumerate(pieces)
        ]
        paragraphs.append("".join(made))
    return "<br><br>".join(words for words in paragraphs if words)


def carried(losses: NDArray[np.float64]) -> tuple[float, float]:
    """Share of the samples of the largest loss, and the share of all loss that they carry.

    Args:
        losses: of each sample, 0 or more; what is not finite is left out.
    """
    known = losses[np.isfinite(losses)]
    if not len(known):
        return 0.0, 0.0
    # A loss that may be negative is measured from its least.
    known = known - min(known.min(), 0.0)
    many = max(1, round(_HARDEST * len(known)))
    total = known.sum()
    hardest = np.partition(known, len(known) - many)[-many:].sum()
    return many / len(known), float(hardest / total) if total > 0 else 0.0


def sentence(titles: Sequence[str], losses: Sequence[NDArray[np.float64]]) -> str:
    """What each loss makes of the hardest samples of a run.

    Args:
        titles: of the losses, with their options.
        losses: of each sample, for each of them.

    Returns:
        ``Under Squared error 3 % of samples carry 71 % of the loss; under Huber (delta 1) 18 %.``
    """
    told: list[str] = []
    for title, values in zip(titles, losses, strict=True):
        share, load = carried(values)
        if not told:
            told.append(f"Under {title} {share:.0%} of the samples carry {load:.0%} of the loss")
        else:
            told.append(f"under {title} {load:.0%}")
    return "; ".join(told) + "." if told else ""
