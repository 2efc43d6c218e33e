"""What the map of embeddings says in words."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.runs.maps import EmbeddingMap, Space
from workbench.runs.results_words import number_words
from workbench.spec import PAIRS

NO_UMAP = 'Not installed. Install it with: pip install "multimodal-workbench[umap]"'

SPACES: dict[Space, str] = {
    "image": "Image",
    "audio": "Audio",
    "text": "Text",
    "fused": "Fused",
    "image+audio": "Image with audio",
    "image+text": "Image with text",
    "audio+text": "Audio with text",
}

_PCA = (
    "A flat shadow of the embedding: points that lie apart here lie apart there; those that lie "
    "together may still differ in the directions that are not shown."
)
_NEAR = (
    "Neighbours are kept together. Distances between clusters, and how large these are, are not "
    "meaningful."
)


@dataclass(frozen=True)
class Fact:
    """A figure of a space.

    Args:
        caption: what it is.
        value: the figure in words.
        meaning: how to read it.
    """

    caption: str
    value: str
    meaning: str


def axes_of(found: EmbeddingMap) -> tuple[str, str]:
    """What the two directions of a map are; those of UMAP and t-SNE are nothing."""
    if not found.explained:
        return "", ""
    first, second = found.explained
    return (f"first direction · {first:.0%} of the variance",
            f"second direction · {second:.0%}")  # fmt: skip


def note_of(found: EmbeddingMap | None, method: str, unknown: int = 0) -> str:
    """How to read a map.

    Args:
        found: the map; None: not drawn yet.
        method: by which it is drawn.
        unknown: samples of the map that the evaluation does not know.
    """
    words = _PCA if method == "pca" else _NEAR
    if found is not None and found.space in PAIRS:
        words += " Each line joins the two halves of one pair; where they were aligned it is short."
    if unknown:
        noun = "sample is" if unknown == 1 else "samples are"
        words += f" {unknown:,} {noun} not in the evaluation and not shown: evaluate again."
    return words


def facts_of(found: EmbeddingMap) -> tuple[Fact, ...]:
    """The figures of a space in which pairs were aligned; of others none."""
    if found.space not in PAIRS or not found.figures:
        return ()
    known = found.figures
    facts = [
        Fact(
            "Modality gap", number_words(known["gap"], 3),
            "How far the middles of both modalities lie apart, as unit vectors: 0 where they are "
            "mixed, 2 at most (Liang et al. 2022).",
        ),
        Fact(
            "Alignment", number_words(known["alignment"], 3),
            "Mean squared distance of partners: 0 where they coincide, 2 where they have nothing "
            "in common (Wang and Isola 2020).",
        ),
    ]  # fmt: skip
    if "uniformity_first" in known:
        both = (known["uniformity_first"], known["uniformity_second"])
        names = " and ".join(PAIRS[found.space])
        facts.append(
            Fact(
                "Uniformity", " / ".join(number_words(value, 3) for value in both),
                f"How evenly {names} fill their sphere: the lower the more; 0 where all is one "
                "point (Wang and Isola 2020).",
            )
        )  # fmt: skip
    return tuple(facts)
