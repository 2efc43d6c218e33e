"""What a model needs beside its spec to be built again: shapes, classes, scaling, tokeniser."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.data.prepared import Prepared, Scaling, outputs_of
from workbench.errors import UserError
from workbench.parts import MODALITIES, Modality, Task
from workbench.spec import RunSpec


class ModelInputs(BaseModel):
    """``model/inputs.json`` of a run: plain data, enough to build the model and read new files.

    Args:
        shapes: shape of one sample of each modality.
        task: what the target is.
        classes: names of the classes; empty for numbers.
        vocabulary: how many token numbers there are; 0 without text.
        center: median of a number target, in its unit; of several numbers one for each.
        spread: spread of a number target, in its unit; of several numbers one for each.
        tokenizer: the tokeniser as JSON text; "" without text.
        data_key: hash of the data that it was trained on.
        columns: names of several numbers; empty otherwise.
        incomplete: modalities that some samples lack; the model is told which sample has them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shapes: dict[Modality, tuple[int, ...]]
    task: Task
    classes: tuple[str, ...]
    vocabulary: int
    center: float | tuple[float, ...] = 0.0
    spread: float | tuple[float, ...] = 1.0
    tokenizer: str = ""
    data_key: str = ""
    columns: tuple[str, ...] = ()
    incomplete: tuple[Modality, ...] = ()

    @classmethod
    def of(cls, prepared: Prepared, spec: RunSpec) -> ModelInputs:
        """What these samples ask of a model.

        Args:
            prepared: the samples.
            spec: of the run; where it hides whole modalities, any of them may be lacking.
        """
        hidden = spec.model.modality_dropout > 0 and len(spec.modalities) > 1
        lacking = prepared.arrays if hidden else prepared.masks
        scaling = prepared.scaling or Scaling(0.0, 1.0)
        return cls(
            shapes={modality: prepared.shape(modality) for modality in prepared.arrays},
            task=prepared.task,
            classes=prepared.classes,
            vocabulary=prepared.vocabulary,
            center=scaling.center,
            spread=scaling.spread,
            tokenizer=prepared.tokenizer,
            data_key=prepared.key,
            columns=prepared.columns,
            incomplete=tuple(m for m in MODALITIES if m in lacking),
        )

    @property
    def scaling(self) -> Scaling | None:
        """Of a number or several, as the model was trained with it; None otherwise."""
        numbers = self.task in ("number", "numbers")
        return Scaling(self.center, self.spread) if numbers else None

    @property
    def outputs(self) -> int:
        """How many numbers the head gives."""
        return outputs_of(self.task, len(self.classes), len(self.columns))

    def masked(self, prepared: Prepared) -> Prepared:
        """The same samples with a mask of every modality that the model asks for."""
        every = np.ones(len(prepared.stems), bool)
        masks = {m: prepared.masks.get(m, every) for m in self.incomplete}
        return replace(prepared, masks=masks)

    def write(self, folder: Path) -> None:
        """Write ``model/inputs.json`` into a run's folder, whole or not at all.

        Raises:
            UserError: the disk is full or the folder cannot be written.
        """
        file = folder / "model" / "inputs.json"
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            temporary.replace(file)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise UserError(
                f"{file} cannot be written: {error.strerror}.",
                "Free some space or make the folder writable, then train again.",
            ) from None

    @classmethod
    def read(cls, folder: Path) -> ModelInputs:
        """Read ``model/inputs.json`` of a run's folder.

        Raises:
            UserError: it is missing or damaged.
        """
        file = folder / "model" / "inputs.json"
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            raise UserError(f"{folder} holds no trained model.", "Train the run first.") from None
        except (OSError, ValidationError):
            raise UserError(f"{file} is damaged.", "Train the run again.") from None
