"""Specs read from files, looked into by place, and changed in one value."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from workbench import parts
from workbench.errors import UserError, nearest
from workbench.options import Option, options_of_model
from workbench.spec.base import PartSpec
from workbench.spec.migrations import migrated
from workbench.spec.objective import AlignmentSpec
from workbench.spec.run import PART_PLACES, VERSION, RunSpec


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
        found = found.get(key) if isinstance(found, dict) else getattr(found, key)
    return options_of_model(type(found)) if isinstance(found, BaseModel) else ()


def change(spec: RunSpec, place: str, value: object) -> RunSpec:
    """A spec that differs in one value.

    Args:
        spec: the spec to start from.
        place: dotted, such as ``training.epochs``, ``objective.loss.name``,
            ``objective.loss.delta`` or ``model.encoders.image.width``. Another name of a part
            brings its own default options. For a place ``model.encoders.<modality>`` or
            ``objective.alignments.<pair>.loss`` None (or the word none) switches it off, and a name
            switches it on; for ``objective.loss`` None says that there is no target.
        value: in the option's own type, or as a person typed it (text is read as the option says).

    Raises:
        UserError: there is no such place, or the value is refused; says the nearest or the range.
    """
    return change_all(spec, [(place, value)])


def change_all(spec: RunSpec, changes: Iterable[tuple[str, object]]) -> RunSpec:
    """A spec that differs in several values, which need to fit only all together.

    Args:
        spec: the spec to start from.
        changes: places and values as of ``change``; names of parts come first, as they bring the
            options that the others may change.

    Raises:
        UserError: as of ``change``.
    """
    data = spec.model_dump(mode="json")
    for place, value in sorted(changes, key=lambda pair: not _names_part(pair[0])):
        _apply(spec, data, place, value)
    return from_data(data)


def _names_part(place: str) -> bool:
    return place in PART_PLACES or place.removesuffix(".name") in PART_PLACES


def _apply(spec: RunSpec, data: dict[str, Any], place: str, value: object) -> None:
    head, _, last = place.rpartition(".")
    owner = head.removesuffix(".options")
    if _names_part(place):
        _set_part(data, place.removesuffix(".name"), value)
    elif owner in PART_PLACES:
        node = _part_node(data, owner)
        options = parts.find(PART_PLACES[owner], node["name"]).options
        option = _option_at(options, last, owner)
        node["options"][last] = _value(option, value)
    else:
        node = _node(data, head)
        if last not in node:
            raise UserError(f"There is no setting '{place}'.", nearest(place, places(spec)))
        known = {option.name: option for option in _options_of(head)}
        node[last] = _value(known[last], value) if last in known else value


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
    brought = migrated(data, VERSION)
    try:
        return RunSpec.model_validate_json(json.dumps(brought))
    except ValidationError as error:
        raise _in_words(error, brought) from None


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
    except (ValueError, RecursionError) as error:
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
    off = name in (None, "none", "off")
    if head.startswith("objective.alignments."):
        alignments, pair = _node(data, "objective.alignments"), head.rpartition(".")[2]
        if off:
            alignments.pop(pair, None)
            return
        blank = AlignmentSpec(loss=PartSpec(name=""))
        alignments.setdefault(pair, blank.model_dump(mode="json"))
    node = _node(data, head)
    if off and head == "model.encoders":
        node.pop(last, None)
        return
    if off and place == "objective.loss":
        node[last] = None
        return
    if not isinstance(name, str):
        raise UserError(f"{place} is {name!r}.", "It must be the name of a part.")
    part = parts.find(PART_PLACES[place], name)
    if head == "model.encoders" and last == "text":
        _read_texts_for(data, part)
    if head == "model.encoders" and last == "audio":
        _node(data, "data.audio")["form"] = part.reads
    node[last] = {"name": name, "options": {}}


def _read_texts_for(data: dict[str, Any], encoder: parts.Part) -> None:
    """Have texts read in the form that the encoder reads, where they are read in another."""
    text = _node(data, "data.text")
    if encoder.reads == "sentence":
        text["tokenizer"] = "sentence_model"
    elif text["tokenizer"] == "sentence_model":
        text["tokenizer"] = "word"


def _node(data: dict[str, Any], place: str) -> dict[str, Any]:
    node: Any = data
    for key in place.split(".") if place else []:
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        raise UserError(f"There is no setting '{place}'.")
    return node


def _part_node(data: dict[str, Any], place: str) -> dict[str, Any]:
    """The node of a part that is there."""
    node: Any = data
    for key in place.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    if isinstance(node, dict):
        return node
    if PART_PLACES[place] == "encoder":
        modality = place.rpartition(".")[2]
        raise UserError(f"{modality} is switched off.", f"Set {place}.name to an encoder first.")
    raise UserError(f"There is nothing at {place}.", f"Set {place}.name first.")


def _options_of(place: str) -> tuple[Option, ...]:
    """The options of the spec at a place, "" for a whole run's."""
    owner: Any = RunSpec
    for key in place.split(".") if place else []:
        fields = getattr(owner, "model_fields", {})
        if key in fields:
            owner = fields[key].annotation
        elif get_origin(owner) is dict:
            owner = get_args(owner)[1]
    return options_of_model(owner) if isinstance(owner, type) else ()


def _option_at(options: tuple[Option, ...], name: str, owner: str) -> Option:
    known = {option.name: option for option in options}
    if name not in known:
        raise UserError(f"{owner} has no option '{name}'.", nearest(name, known))
    return known[name]


def _value(option: Option, value: object) -> Any:
    if isinstance(value, str) and option.kind not in {"text", "choice"}:
        return option.parse(value)
    return option.check(value)


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
