"""The model as boxes and lines, in plain data, for the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench import parts
from workbench.events import DescribedPart
from workbench.parts import Modality
from workbench.spec import AudioInput, DataSpec, PartSpec, RunSpec

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
    """

    title: str
    detail: str = ""
    series: str = ""
    place: str = ""


@dataclass(frozen=True)
class Outline:
    """Boxes from left to right: branches that meet in a trunk.

    Args:
        branches: for each modality its boxes in the order of the data.
        trunk: the boxes after the branches have met.
    """

    branches: tuple[tuple[Node, ...], ...] = ()
    trunk: tuple[Node, ...] = ()

    def in_words(self) -> str:
        """The drawing as a sentence, for screen readers."""
        branches = "; ".join(" to ".join(_words(node) for node in row) for row in self.branches)
        return f"{branches}; then {', '.join(_words(node) for node in self.trunk)}."


def outline(
    spec: RunSpec, classes: int, sizes: Mapping[str, DescribedPart] | None = None
) -> Outline:
    """The boxes of a spec.

    Args:
        spec: what the run is.
        classes: how many classes or numbers the target has; not read for one number and yes/no.
        sizes: how large encoders and fusion are, where that is known.
    """
    known = sizes or {}
    branches = tuple(
        (
            Node(_INPUTS[m], _shape(spec.data, m), m, f"data.{m}"),
            Node(
                parts.find("encoder", spec.model.encoders[m].name).title,
                _detail(_width("encoder", spec.model.encoders[m]), known.get(m)),
                m,
                f"model.encoders.{m}",
            ),
        )
        for m in spec.modalities
    )
    outputs = 1 if spec.data.task in {"number", "yes_no"} else classes
    loss = spec.objective.loss
    ends = () if loss is None else (_loss_node(loss),)
    trunk = (
        Node(
            parts.find("fusion", spec.model.fusion.name).title,
            _detail(_width("fusion", spec.model.fusion), known.get("fusion")),
            "fused",
            "model.fusion",
        ),
        Node("Head", f"→ {outputs}", "", "model"),
        *ends,
    )
    return Outline(branches, trunk)


def _loss_node(loss: PartSpec) -> Node:
    return Node(parts.find("loss", loss.name).title, _first_option(loss), "", "objective.loss")


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


def _detail(width: str, size: DescribedPart | None) -> str:
    return f"{width} · {short(size.parameters)}".strip(" ·") if size is not None else width


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
