"""The files of a sentence model: found, read and followed only inside the folder that was named."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.data.readers import onnx_contents, regular
from workbench.errors import UserError

SUFFIXES = (".onnx", ".keras")

_USUAL = ("model.onnx", "onnx/model.onnx", "model.keras")
_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that onnxruntime brings; any other would be somebody's own code."""
_LARGEST_TEXT = 256 * 2**20
_HOW_TO_GET_ONE = (
    "It must hold model.onnx or model.keras, and tokenizer.json beside it or above it."
)


@dataclass(frozen=True)
class SentenceFiles:
    """The files of a sentence model.

    Args:
        folder: the folder that was named, or that of the file that was named.
        model: the model, relative to the folder.
        tokenizer: relative to the folder; "": there is none.
        outside: further files with numbers of the model, relative to the folder.
        settings: further files that say how it is used, relative to the folder.
    """

    folder: Path
    model: str
    tokenizer: str = ""
    outside: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the model lies."""
        return self.folder / self.model

    def digest(self) -> str:
        """A hash of the content of all these files.

        Raises:
            UserError: one cannot be read.
        """
        found = hashlib.sha256()
        for name in (self.model, self.tokenizer, *self.outside, *self.settings):
            if not name:
                continue
            found.update(f"{name}|".encode())
            try:
                with (self.folder / name).open("rb") as stream:
                    found.update(hashlib.file_digest(stream, "sha256").digest())
            except OSError as error:
                raise UserError(f"{name} cannot be read: {error.strerror}.") from None
        return found.hexdigest()[:32]

    def setting(self, name: str) -> dict[str, Any]:
        """What a file of settings says; empty where there is none.

        Args:
            name: as in ``settings``.

        Raises:
            UserError: the file is damaged.
        """
        if name not in self.settings:
            return {}
        try:
            said = json.loads(text_of(self.folder / name))
        except ValueError:
            raise UserError(f"{self.folder / name} is no JSON.") from None
        if not isinstance(said, dict):
            raise UserError(f"{self.folder / name} does not hold settings.")
        return said


SETTINGS = ("1_Pooling/config.json", "sentence_bert_config.json", "tokenizer_config.json")
"""How sentence-transformers say how a model is used."""


def found(named: str) -> SentenceFiles:
    """The files of the model that a person named.

    Args:
        named: whole path of a folder or of a file.

    Raises:
        UserError: there is no model, or more than one, or it would have other files opened than
            those inside the folder, or it asks for operators that nobody knows.
    """
    if not named:
        raise UserError(
            "No sentence model is named.",
            "Set data.text.model to the folder of one, or choose another tokenizer. "
            + _HOW_TO_GET_ONE,
        )
    place = Path(named).expanduser()
    if not place.is_absolute():
        raise UserError(f"The sentence model is '{named}'.", "Name it by its whole path.")
    if place.is_dir():
        folder, model = place, _model_in(place)
    elif place.suffix.lower() in SUFFIXES:
        folder, model = place.parent, place.name
    elif place.exists():
        raise UserError(
            f"{place.name} is neither an ONNX model nor a .keras file.",
            "Export the model to ONNX, for example with optimum-cli export onnx.",
        )
    else:
        raise UserError(f"There is no sentence model at {place}.", "Check data.text.model.")
    _check(folder, model)
    files = SentenceFiles(
        folder, model, _tokenizer(folder, model), _outside(folder, model),
        tuple(name for name in SETTINGS if (folder / name).exists()),
    )  # fmt: skip
    for name in (files.tokenizer, *files.outside, *files.settings):
        if name:
            _check(folder, name)
    return files


def text_of(path: Path) -> str:
    """A text file that belongs to a model.

    Raises:
        UserError: it cannot be read, is too large, or holds no text.
    """
    if regular.size_of(path) > _LARGEST_TEXT:
        raise UserError(f"{path.name} is larger than any that a sentence model has.")
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path.name} holds no text.") from None


def _model_in(folder: Path) -> str:
    for name in _USUAL:
        if (folder / name).is_file():
            return name
    try:
        models = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}.") from None
    if len(models) == 1:
        return models[0]
    if models:
        raise UserError(
            f"{folder} holds {len(models)} models: {', '.join(models[:5])}.", "Name one of them."
        )
    raise UserError(f"{folder} holds no ONNX or .keras model.", _HOW_TO_GET_ONE)


def _tokenizer(folder: Path, model: str) -> str:
    """tokenizer.json beside the model, or above it inside the folder."""
    place = Path(model).parent
    for near in (place, *place.parents):
        name = (near / "tokenizer.json").as_posix()
        if (folder / name).exists():
            return name
    return ""


def _outside(folder: Path, model: str) -> tuple[str, ...]:
    if not model.lower().endswith(".onnx"):
        return ()
    asked = onnx_contents.contents(folder / model)
    strange = sorted(f"{d}.{name}" for d, name in asked.operators if d not in _DOMAINS)
    if strange:
        raise UserError(
            f"{model} needs operators of its own: {', '.join(strange[:3])}.",
            "They would be somebody's code, which is not run. Export the model without them.",
        )
    inner = Path(model).parent
    return tuple((inner / name).as_posix() for name in asked.outside)


def _check(folder: Path, name: str) -> None:
    """Refuse a file that is not inside the folder, follows a link out of it, or is no file."""
    outside = UserError(
        f"The sentence model would read {name}, which is outside of {folder}.",
        "Only files inside the folder that you name are read: copy it there.",
    )
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise outside
    try:
        home, real = folder.resolve(strict=True), (folder / name).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"The sentence model needs {name}, which cannot be read: {reason}.",
            f"Put it into {folder}.",
        ) from None
    if not real.is_relative_to(home):
        raise outside
    regular.size_of(real)
