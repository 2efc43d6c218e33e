"""What a run is, as frozen data: ``spec.json`` holds one ``RunSpec``, every default written out.

A spec is read strictly: an unknown key, a wrong type or a value out of range is refused with the
place and the nearest name, never repaired in silence.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench import parts
from workbench.errors import UserError, nearest
from workbench.options import Option, options_of_model

VERSION: Literal[1] = 1
OptionValue = bool | int | float | str | None


class Spec(BaseModel):
    """Base of all specs: frozen, strict, nothing unknown, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class PartSpec(Spec):
    """A part by name, and its options.

    Args:
        name: the part's name.
        options: values of its options by name; those left out take their default.
    """

    name: str
    options: dict[str, OptionValue] = {}


def _default(kind: parts.Kind, name: str) -> PartSpec:
    return PartSpec(name=name, options=parts.find(kind, name).check({}))


class ImageInput(Spec):
    """How pictures become arrays [size, size, 3] of float in 0..1.

    Args:
        size: height and width in pixels that every picture is fitted to; larger shows more
            detail and costs time with its square.
    """

    size: Annotated[
        int, Field(ge=8, le=512, json_schema_extra={"unit": "px", "label": "picture size"})
    ] = 64


class AudioInput(Spec):
    """How sounds become log-mel arrays [frames, mel_bands].

    Args:
        sample_rate: samples per second that every sound is resampled to.
        seconds: length that every sound is cut or padded to.
        mel_bands: bands of the mel scale; more tell tones apart more finely.
    """

    sample_rate: Annotated[
        int, Field(ge=4000, le=48000, json_schema_extra={"unit": "Hz", "advanced": True})
    ] = 16000
    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    mel_bands: Annotated[int, Field(ge=8, le=256)] = 64


class TextInput(Spec):
    """How texts become token numbers [words].

    Args:
        words: tokens kept of every text; longer texts are cut, shorter ones padded.
        vocabulary: different tokens known; rarer ones become one "unknown" token.
    """

    words: Annotated[int, Field(ge=1, le=1024, json_schema_extra={"unit": "tokens"})] = 32
    vocabulary: Annotated[int, Field(ge=16, le=100_000, json_schema_extra={"unit": "tokens"})] = (
        5000
    )


class DataSpec(Spec):
    """Which samples, which target, and how they are divided.

    Args:
        folder: the folder that was scanned, absolute.
        target: the column to learn; of class folders it is ``label``.
        task: what the target is: a category, yes or no, or a number.
        validation: share of the samples that choose the best epoch.
        test: share of the samples that only the final evaluation sees.
        split_seed: another number, another division.
        image: how pictures are read.
        audio: how sounds are read.
        text: how texts are read.
    """

    folder: str
    target: str
    task: parts.Task
    validation: Annotated[float, Field(ge=0.01, le=0.5)] = 0.15
    test: Annotated[float, Field(ge=0.01, le=0.5)] = 0.15
    split_seed: Annotated[int, Field(ge=0, le=2**31 - 1, json_schema_extra={"advanced": True})] = 0
    image: ImageInput = ImageInput()
    audio: AudioInput = AudioInput()
    text: TextInput = TextInput()


class ModelSpec(Spec):
    """Encoders of the modalities in use, the fusion and the head.

    Args:
        encoders: an encoder for each modality in use; a modality left out is not looked at.
        fusion: how the embeddings of the modalities become one.
        head_dropout: share of the fused embedding that is silenced while training.
    """

    encoders: dict[parts.Modality, PartSpec]
    fusion: PartSpec = Field(default_factory=lambda: _default("fusion", "concat"))
    head_dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.1


class ObjectiveSpec(Spec):
    """What training makes small.

    Args:
        loss: the loss of the fused head.
    """

    loss: PartSpec


class TrainSpec(Spec):
    """How long, how fast and how exactly to train.

    Args:
        epochs: passes over the training samples.
        batch_size: samples a step; halve it when memory runs out.
        learning_rate: step length of the optimiser; the most telling number of all.
        optimizer: the rule that turns gradients into steps.
        schedule: how the learning rate changes over the run.
        patience: epochs without a better validation loss before training stops; none: never.
        clip_norm: longest gradient allowed; longer ones are shortened to it; none: no limit.
        seed: start of all chance: weights, order of samples, dropout.
    """

    epochs: Annotated[int, Field(ge=1, le=10_000)] = 20
    batch_size: Annotated[int, Field(ge=1, le=4096, json_schema_extra={"unit": "samples"})] = 32
    learning_rate: Annotated[float, Field(gt=0, le=10, json_schema_extra={"log": True})] = 1e-3
    optimizer: PartSpec = Field(default_factory=lambda: _default("optimizer", "adam"))
    schedule: PartSpec = Field(default_factory=lambda: _default("schedule", "constant"))
    patience: Annotated[int | None, Field(ge=1, le=1000, json_schema_extra={"unit": "epochs"})] = (
        None
    )
    clip_norm: Annotated[
        float | None, Field(gt=0, le=1e6, json_schema_extra={"log": True, "advanced": True})
    ] = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, json_schema_extra={"advanced": True})] = 0


class RunSpec(Spec):
    """All that a run is.

    Args:
        name: what people call it.
        data: which samples and which target.
        model: encoders, fusion, head.
        objective: what training makes small.
        training: how long, how fast and how exactly.
        version: of this format; a newer one is refused.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)] = "run"
    data: DataSpec
    model: ModelSpec
    objective: ObjectiveSpec
    training: TrainSpec = Field(default_factory=TrainSpec)
    version: Literal[1] = VERSION

    @model_validator(mode="before")
    @classmethod
    def _fill_options(cls, value: Any) -> Any:
        """Write out every option of every part, and refuse names and values that do not exist."""
        return _with_options(value) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _fits(self) -> RunSpec:
        if not self.model.encoders:
            raise UserError("model.encoders is empty.", "Switch on at least one modality.")
        for modality, chosen in self.model.encoders.items():
            _refuse(parts.find("encoder", chosen.name).fits(modality=modality), chosen.name)
        chosen = self.objective.loss
        _refuse(parts.find("loss", chosen.name).fits(task=self.data.task), chosen.name)
        return self

    @property
    def modalities(self) -> tuple[parts.Modality, ...]:
        """The modalities in use, in the fixed order image, audio, text."""
        return tuple(m for m in parts.MODALITIES if m in self.model.encoders)

    def part(self, place: str) -> PartSpec:
        """The part at a dotted place, such as ``objective.loss`` or ``model.encoders.image``."""
        found: Any = self
        for key in place.split("."):
            found = found[key] if isinstance(found, dict) else getattr(found, key)
        assert isinstance(found, PartSpec)
        return found

    def to_json(self) -> str:
        """The text of ``spec.json``: every default written out, keys in order of declaration."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


# Where parts stand in a spec, and of which kind they are.
PART_PLACES: Mapping[str, parts.Kind] = {
    "model.fusion": "fusion",
    "objective.loss": "loss",
    "training.optimizer": "optimizer",
    "training.schedule": "schedule",
    **{f"model.encoders.{modality}": "encoder" for modality in parts.MODALITIES},
}


def options_at(spec: RunSpec, place: str) -> tuple[Option, ...]:
    """The options that a form shows for one place of a spec.

    Args:
        spec: the spec at hand.
        place: a dotted place of a part or of a nested spec, such as ``training``.
    """
    if place in PART_PLACES:
        return parts.find(PART_PLACES[place], spec.part(place).name).options
    found: Any = spec
    for key in place.split("."):
        found = getattr(found, key)
    return options_of_model(type(found))


def change(spec: RunSpec, place: str, value: object) -> RunSpec:
    """A spec that differs in one value.

    Args:
        spec: the spec to start from.
        place: dotted, such as ``training.epochs``, ``objective.loss.name``,
            ``objective.loss.delta`` or ``model.encoders.image.width``. Another name of a part
            brings its own default options. For a place ``model.encoders.<modality>`` None (or the
            word none) switches that modality off, and a name switches it on.
        value: in the option's own type, or as a person typed it (text is read as the option says).

    Raises:
        UserError: there is no such place, or the value is refused; says the nearest or the range.
    """
    data = spec.model_dump(mode="json")
    head, _, last = place.rpartition(".")
    if place in PART_PLACES:
        _set_part(data, place, value)
    elif head in PART_PLACES and last == "name":
        _set_part(data, head, value)
    elif (owner := head.removesuffix(".options")) in PART_PLACES:
        _require(spec, owner)
        option = _option_at(options_at(spec, owner), last, owner)
        _node(data, owner)["options"][last] = _value(option, value)
    else:
        node = _node(data, head)
        if last not in node:
            raise UserError(f"There is no setting '{place}'.", nearest(place, places(spec)))
        known = {option.name: option for option in _model_options(spec, head)}
        node[last] = _value(known[last], value) if last in known else value
    return from_data(data)


def places(spec: RunSpec) -> list[str]:
    """Every dotted place of a spec that ``change`` takes."""
    found: list[str] = []

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(prefix if key == "options" else f"{prefix}.{key}" if prefix else key, inner)
        else:
            found.append(prefix)

    walk("", spec.model_dump(mode="json"))
    return found


def from_data(data: Mapping[str, Any]) -> RunSpec:
    """A spec from plain data.

    Raises:
        UserError: says which key or value is wrong, and what would be right.
    """
    if isinstance(found := data.get("version", VERSION), int) and found > VERSION:
        raise UserError(
            f"This spec has version {found}; this program reads up to {VERSION}.",
            "Update the workbench.",
        )
    try:
        return RunSpec.model_validate_json(json.dumps(dict(data)))
    except ValidationError as error:
        raise _in_words(error, data) from None


def read(file: Path) -> RunSpec:
    """The spec in a JSON or TOML file.

    Raises:
        UserError: the file is missing, unreadable or holds anything else.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}.", "Check the path.") from None
    try:
        data = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except ValueError as error:
        raise UserError(
            f"{file} is not valid {file.suffix[1:].upper() or 'JSON'}: {error}."
        ) from None
    if not isinstance(data, dict):
        raise UserError(f"{file} does not hold a spec.", "It must hold an object of settings.")
    try:
        return from_data(data)
    except UserError as error:
        raise UserError(f"{file}: {error.problem}", error.remedy) from None


def _set_part(data: dict[str, Any], place: str, name: object) -> None:
    head, _, last = place.rpartition(".")
    node = _node(data, head)
    if head == "model.encoders" and name in (None, "none", "off"):
        node.pop(last, None)
        return
    if not isinstance(name, str):
        raise UserError(f"{place} is {name!r}.", "It must be the name of a part.")
    parts.find(PART_PLACES[place], name)
    node[last] = {"name": name, "options": {}}


def _node(data: dict[str, Any], place: str) -> dict[str, Any]:
    node: Any = data
    for key in place.split(".") if place else []:
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        raise UserError(f"There is no setting '{place}'.")
    return node


def _require(spec: RunSpec, place: str) -> None:
    modality = place.rpartition(".")[2]
    if place.startswith("model.encoders.") and modality not in spec.model.encoders:
        raise UserError(f"{modality} is switched off.", f"Set {place}.name to an encoder first.")


def _option_at(options: tuple[Option, ...], name: str, owner: str) -> Option:
    known = {option.name: option for option in options}
    if name not in known:
        raise UserError(f"{owner} has no option '{name}'.", nearest(name, known))
    return known[name]


def _model_options(spec: RunSpec, place: str) -> tuple[Option, ...]:
    return options_at(spec, place) if place else ()


def _value(option: Option, value: object) -> Any:
    if isinstance(value, str) and option.kind not in {"text", "choice"}:
        return option.parse(value)
    return option.check(value)


def _with_options(data: dict[str, Any]) -> dict[str, Any]:
    """A copy in which every part carries all of its options."""
    result: dict[str, Any] = json.loads(json.dumps(data, default=_plain))
    for place, kind in PART_PLACES.items():
        head, _, last = place.rpartition(".")
        node: Any = result
        for key in head.split("."):
            node = node.get(key) if isinstance(node, dict) else None
        chosen = node.get(last) if isinstance(node, dict) else None
        if isinstance(chosen, dict) and isinstance(chosen.get("name"), str):
            options = chosen.get("options", {})
            if isinstance(options, dict):
                chosen["options"] = parts.find(kind, chosen["name"]).check(options)
    return result


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"a spec cannot hold {value!r}")


def _refuse(reason: str, name: str) -> None:
    if reason:
        raise UserError(f"'{name}' does not fit.", reason)


def _in_words(error: ValidationError, data: Mapping[str, Any]) -> UserError:
    first = error.errors()[0]
    place = ".".join(str(key) for key in first["loc"])
    if first["type"] == "extra_forbidden":
        owner: Any = RunSpec
        for key in first["loc"][:-1]:
            owner = owner.model_fields[key].annotation if _is_spec(owner, key) else None
        known = list(owner.model_fields) if owner is not None else []
        return UserError(f"There is no setting '{place}'.", nearest(str(first["loc"][-1]), known))
    if first["type"] == "missing":
        return UserError(f"The setting '{place}' is missing.", "Add it.")
    return UserError(f"{place} is {first.get('input')!r}: {first['msg']}.")


def _is_spec(owner: Any, key: object) -> bool:
    return (
        isinstance(owner, type)
        and issubclass(owner, BaseModel)
        and key in owner.model_fields
        and isinstance(owner.model_fields[str(key)].annotation, type)
    )
