"""What noise does to a model, in words."""

from __future__ import annotations

import math

from workbench.runs.results_words import number_words
from workbench.runs.robustness import Curve, Kind, Robustness

NOUNS = {"image": "picture", "audio": "sound", "text": "text"}
"""What a modality is called in a sentence."""
STANDS = (
    "Noise is stood as long as no more than a tenth of what the model gains over guessing is lost; "
    "what may be chance does not count as lost."
)
_ALIKE = 0.02
# Less than this share of the gain between two modalities is hardly a difference.


def score_words(found: Robustness, score: float) -> str:
    """A score as people read it.

    Args:
        found: what kind of score it is.
        score: share of right answers, or minus the mean error.
    """
    return f"{score:.1%}" if found.score == "accuracy" else number_words(-score, 3)


def summary(found: Robustness) -> str:
    """Which modality's noise hurts most."""
    gain = found.clean - found.guessing
    if gain <= 0:
        return "No better than guessing even without noise"
    curve = found.curves[0]
    if len(found.curves) == 1:
        stands, noun = found.stands(curve), NOUNS[curve.name]
        return (
            f"Stands noise on the {noun} up to {stands:.0%}"
            if stands
            else (f"Stands no noise on the {noun}")
        )
    if all(found.stands(curve) >= 1 for curve in found.curves):
        return "Stands noise on each of its modalities"
    ranked = sorted(found.curves, key=lambda c: sum(c.scores))
    worst, best = ranked[0], ranked[-1]
    if (sum(best.scores) - sum(worst.scores)) / len(found.strengths) < _ALIKE * gain:
        return "Noise hurts all modalities alike"
    return f"Noise on the {NOUNS[worst.name]} hurts most, on the {NOUNS[best.name]} least"


def verdict(found: Robustness, curve: Curve) -> str:
    """What noise on one modality does, one sentence or two."""
    noun = NOUNS[curve.name]
    if found.clean <= found.guessing:
        return "There is nothing that noise could take away."
    stands, last = found.stands(curve), curve.scores[-1]
    full, without = score_words(found, last), score_words(found, curve.without)
    if stands >= 1:
        words = f"It stands any noise on the {noun}: {_result(found, last)} with nothing else. "
        return words + f"It hardly needs the {noun}."
    if stands <= 0:
        little, first = found.strengths[1], _result(found, curve.scores[1])
        words = f"It stands no noise on the {noun}: already {little:.0%} leave {first}"
        words += f", nothing but noise {full}."
    else:
        turn = "falls to" if found.score == "accuracy" else "rises to"
        words = f"It stands noise on the {noun} up to {stands:.0%}, then {turn} "
        words += f"{_result(found, last)} with nothing but noise."
    if curve.without > curve.between[-1][1]:
        words += f" Noise misleads it: with no {noun} at all it is better ({without})."
    return words


def level_words(found: Robustness, curve: Curve, strength: float) -> str:
    """The figures under the dial, in one line."""
    words = f"At {strength:.0%}: {_result(found, found.at(curve, strength))}"
    if strength in found.strengths and found.samples > 1:
        ends = sorted(
            curve.between[found.strengths.index(strength)], reverse=found.score == "error"
        )
        low, high = (score_words(found, end) for end in ends)
        words += f" ({low} to {high} in 95 of 100)"
    words += f" · {NOUNS[curve.name]} taken away {score_words(found, curve.without)}"
    return f"{words} · guessing {score_words(found, found.guessing)}"


def made_of(found: Robustness, curve: Curve) -> str:
    """What the curves were measured on, and how."""
    words = f"{found.samples:,} {found.split} samples"
    if curve.having < found.samples:
        words += f", {curve.having:,} of them with {_article(curve.name)}"
    how = "as in training" if curve.removal == "trained" else "by that of other samples, averaged"
    words += f". Dotted line: {NOUNS[curve.name]} taken away {how}."
    return f"{words} Band: 95 of 100 draws."


def noise_words(kind: Kind, strength: float) -> str:
    """What the noise does at a strength.

    Args:
        kind: what it is put on.
        strength: 0 none, 1 nothing but noise.
    """
    if strength <= 0:
        return "No noise: as it is"
    if strength >= 1 and kind != "tokens":
        return "Nothing but noise" if kind != "vector" else "The meaning of another text"
    match kind:
        case "picture":
            return f"Blurred, and blended with {strength:.0%} noise"
        case "log_mel" | "wave":
            above = round(20 * math.log10((1 - strength) / strength))
            if not above:
                return "As loud as the noise"
            return f"{abs(above)} dB {'louder' if above > 0 else 'quieter'} than the noise"
        case "tokens":
            return f"Each word lost or exchanged with a chance of {strength:.0%}"
    return f"Blended with {strength:.0%} of another text"


def _result(found: Robustness, score: float) -> str:
    words = score_words(found, score)
    return f"{words} right" if found.score == "accuracy" else f"a mean error of {words}"


def _article(modality: str) -> str:
    return f"a {NOUNS[modality]}"
