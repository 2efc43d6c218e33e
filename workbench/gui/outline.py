"""The model as boxes and lines, in plain data, for the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench import parts
from workbench.events import DescribedPart
from workbench.parts import Modality
from workbench.spec import PAIRS, AudioInput, DataSpec, PartSpec, RunSpec

_INPUTS: Mapping[Modality, str] = {"image": "Picture", "audio": "Sound", "text": "Words"}
# Options that say how long the embedding is that leaves an encoder or a fusion, by what parts call
# them.
_WIDTHS = ("embedding", "units", "size", "width", "dimension", "dim")


@dataclass(frozen=True)
class Node:
    """One box.

    Args:
        title: what it is.
        detail: its shape or its most telling option; "" for none.
        series: ``image``, ``audio``, ``text`` or ``fused`` for its colour; "" for none.
        place: the place of the spec that it stands for, such as ``objective.loss``.
        about: what it is, in words, for whoever looks closer.
        size: how large it is; None while that is not known, or where it is nothing.
    """

    title: str
    detail: str = ""
    series: str = ""
    place: str = ""
    about: str = ""
    size: DescribedPart | None = None

    @property
    def figures(self) -> str:
        """Numbers to learn and operations, in few letters: ``89 k · 23 M op``; "" if unknown."""
        if self.size is None:
            return ""
        return f"{short(self.size.parameters)} · {short(self.size.operations)} op"

    def in_words(self) -> str:
        """All that is known of it, for a tooltip."""
        words = [f"{self.title} {self.detail}".strip(), self.about]
        if self.size is not None:
            learned, done = short(self.size.parameters), short(self.size.operations)
            words.append(f"{learned} numbers to learn, {done} operations a sample.")
        return "\n".join(filter(None, words))


@dataclass(frozen=True)
class Link:
    """Two branches that an alignment draws together.

    Args:
        rows: the branches, by number.
        node: the alignment.
    """

    rows: tuple[int, int]
    node: Node


@dataclass(frozen=True)
class Outline:
    """Boxes from left to right: branches that meet in a trunk.

    Args:
        branches: for each modality its boxes in the order of the data.
        trunk: the boxes after the branches have met; none where there is no target.
        heads: for each branch its own head; empty where there are none.
        links: the alignments.
    """

    branches: tuple[tuple[Node, ...], ...] = ()
    trunk: tuple[Node, ...] = ()
    heads: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()

    def in_words(self) -> str:
        """The drawing as a sentence, for screen readers."""
        told = ["; ".join(" to ".join(_words(node) for node in row) for row in self.branches)]
        if self.heads:
            told.append("a head for each of them")
        if self.trunk:
            told.append(f"then {', '.join(_words(node) for node in self.trunk)}")
        told += [link.node.about.rstrip(".") for link in self.links]
        return f"{'; '.join(filter(None, told))}."


def outline(
    spec: RunSpec, classes: int, sizes: Mapping[str, DescribedPart] | None = None
) -> Outline:
    """The boxes of a spec.

    Args:
        spec: what the run is.
        classes: how many classes or numbers the target has; not read for one number and yes/no.
        sizes: how large the parts are, by the names of ``ModelDescribed``, where that is known.
    """
    known = sizes or {}
    return Outline(
        tuple(_branch(spec, modality, known) for modality in spec.modalities),
        _trunk(spec, classes, known),
        _heads(spec, known),
        _links(spec, known),
    )


def _branch(
    spec: RunSpec, modality: Modality, sizes: Mapping[str, DescribedPart]
) -> tuple[Node, ...]:
    chosen = spec.model.encoders[modality]
    encoder = parts.find("encoder", chosen.name)
    return (
        Node(_INPUTS[modality], _shape(spec.data, modality), modality, f"data.{modality}"),
        Node(
            encoder.title, _width("encoder", chosen), modality, f"model.encoders.{modality}",
            encoder.caption, sizes.get(modality),
        ),
    )  # fmt: skip


def _trunk(spec: RunSpec, classes: int, sizes: Mapping[str, DescribedPart]) -> tuple[Node, ...]:
    """Fusion, head and loss; a late fusion stands after the heads and has none of its own."""
    loss = spec.objective.loss
    if loss is None:
        return ()
    fusion = parts.find("fusion", spec.model.fusion.name)
    outputs = 1 if spec.data.task in {"number", "yes_no"} else classes
    size = sizes.get("fusion")
    detail = f"→ {outputs}" if fusion.decides else _width("fusion", spec.model.fusion)
    joined = Node(fusion.title, detail, "fused", "model.fusion", fusion.caption, size)
    head = Node(
        "Head", f"→ {outputs}", "", "model.head_dropout",
        "What the fused embedding says of the target.", sizes.get("head"),
    )  # fmt: skip
    part = parts.find("loss", loss.name)
    end = Node(part.title, _first_option(loss), "", "objective.loss", part.caption)
    return (joined, end) if fusion.decides else (joined, head, end)


def _heads(spec: RunSpec, sizes: Mapping[str, DescribedPart]) -> tuple[Node, ...]:
    decides = parts.find("fusion", spec.model.fusion.name).decides
    objective = spec.objective
    if objective.loss is None or not (decides or objective.heads):
        return ()
    title = parts.find("loss", objective.loss.name).title
    about = "joined by the late fusion" if decides else "beside the fused one"
    if objective.heads:
        about += f"; {title} there counts {objective.heads_weight:g}"
    return tuple(
        Node(
            "Head", "", modality, "objective.heads",
            f"A head of its own for {modality}, {about}.", sizes.get(f"head_{modality}"),
        )
        for modality in spec.modalities
    )  # fmt: skip


def _links(spec: RunSpec, sizes: Mapping[str, DescribedPart]) -> tuple[Link, ...]:
    rows = {modality: row for row, modality in enumerate(spec.modalities)}
    found = []
    for pair, (first, second) in PAIRS.items():
        if pair in spec.objective.alignments:
            chosen = spec.objective.alignments[pair]
            title = parts.find("alignment", chosen.loss.name).title
            about = f"{title} draws {first} and {second} together; it counts {chosen.weight:g}."
            place = f"objective.alignments.{pair}.loss"
            node = Node(title, "", "", place, about, sizes.get(pair))
            found.append(Link((rows[first], rows[second]), node))
    return tuple(found)


def size_words(sizes: Mapping[str, DescribedPart]) -> str:
    """How large a whole model is, in words; "" where nothing is known.

    Before the texts were read their vocabulary is taken to be as large as it may become.
    """
    if not sizes:
        return ""
    parameters = sum(part.parameters for part in sizes.values())
    operations = sum(part.operations for part in sizes.values())
    most = "up to " if "text" in sizes else ""
    return f"{most}{short(parameters)} numbers to learn · {short(operations)} operations a sample"


def short(count: int) -> str:
    """A count in few letters: ``940``, ``74 k``, ``12 M``, ``1.3 G``."""
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            value = count / size
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return str(count)


def frames(audio: AudioInput) -> int:
    """How many frames of 25 ms, one each 10 ms, a sound has."""
    window, hop = round(0.025 * audio.sample_rate), round(0.010 * audio.sample_rate)
    return 1 + max(0, round(audio.seconds * audio.sample_rate) - window) // hop


def _shape(data: DataSpec, modality: Modality) -> str:
    match modality:
        case "image":
            return f"{data.image.size} × {data.image.size} × 3"
        case "audio":
            if data.audio.form == "wave":
                return f"{round(data.audio.seconds * data.audio.sample_rate):,}"
            return f"{frames(data.audio)} × {data.audio.mel_bands}"
        case "text":
            return f"{data.text.words} tokens" if data.text.form == "tokens" else "1 vector"


def _width(kind: parts.Kind, part: PartSpec) -> str:
    options = parts.find(kind, part.name).check(part.options)
    found = next((options[name] for name in _WIDTHS if name in options), None)
    return "" if found is None else f"→ {found}"


def _first_option(part: PartSpec) -> str:
    option = next((o for o in parts.find("loss", part.name).options if not o.advanced), None)
    if option is None:
        return ""
    value = part.options.get(option.name, option.default)
    # A zero means that the option is off.
    return f"{option.title.lower()} {value:g}" if isinstance(value, float) and value else ""


def _words(node: Node) -> str:
    return f"{node.title} {node.detail}".strip()
