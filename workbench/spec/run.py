"""What a run is: data, model, objective, training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from workbench import parts
from workbench.errors import UserError, nearest
from workbench.spec.augmentation import Augmentation
from workbench.spec.base import PartSpec, Spec
from workbench.spec.data import DataSpec
from workbench.spec.objective import (
    PAIRS,
    ObjectiveSpec,
    balancer_conflict,
    fusion_conflict,
    loss_conflict,
)

VERSION: Literal[1] = 1

# Where parts stand in a spec, and of which kind they are.
PART_PLACES: Mapping[str, parts.Kind] = {
    "model.fusion": "fusion",
    "objective.loss": "loss",
    "objective.balancer": "balancer",
    **{f"objective.alignments.{pair}.loss": "alignment" for pair in PAIRS},
    "training.optimizer": "optimizer",
    "training.schedule": "schedule",
    **{f"model.encoders.{modality}": "encoder" for modality in parts.MODALITIES},
}


def _default(kind: parts.Kind, name: str) -> PartSpec:
    return PartSpec(name=name, options=parts.find(kind, name).check({}))


class ModelSpec(Spec):
    """Encoders of the modalities in use, the fusion and the head.

    Args:
        encoders: an encoder for each modality in use; a modality left out is not looked at.
        fusion: how the embeddings of the modalities become one.
        head_dropout: share of the fused embedding that is silenced while training.
        modality_dropout: chance that a whole modality of a training sample is hidden, never all of
            them, so that the model also works where one is missing.
    """

    encoders: dict[parts.Modality, PartSpec]
    fusion: PartSpec = Field(default_factory=lambda: _default("fusion", "concat"))
    head_dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.1
    modality_dropout: Annotated[float, Field(ge=0, le=0.7)] = 0.0


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
        augmentation: how training samples are varied at random.
        plateau: epochs without a better validation loss before the learning rate is reduced;
            none: never.
        plateau_factor: what the learning rate is multiplied with then.
        longest_minutes: training stops after so much time and keeps the best; none: no limit.
        accumulated: a batch is taken in so many parts, one after another, and their gradients are
            summed: it needs less memory and more time.
        precision: of what is computed in the model; weights stay float32. Half as long is faster on
            GPUs, and slower on processors.
        compiled: whether steps are compiled by XLA; auto: on one GPU, where a trial shows that it
            is faster.
        deterministic: the same numbers each time on the same machine, to the last bit; steps take
            about 6 % longer on a processor (measured), and more on a GPU.
        seed: start of all chance: weights, order of samples, dropout, augmentation.
        checkpoint_epochs: a place to go on from is saved after every so many epochs.
        checkpoint_minutes: and within an epoch after so much time; none: not.
        checkpoint_steps: and after so many steps; none: not.
        checkpoints_kept: how many of these places are kept, beside the best weights.
        record_samples: what each sample did in each epoch is kept with the run, to find hard,
            forgotten and wrongly labelled ones; 12 bytes a training sample and epoch, up to
            20 million of these.
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
    augmentation: Augmentation = Augmentation()
    plateau: Annotated[
        int | None, Field(ge=1, le=1000, json_schema_extra={"unit": "epochs", "advanced": True})
    ] = None
    plateau_factor: Annotated[float, Field(gt=0, lt=1, json_schema_extra={"advanced": True})] = 0.5
    longest_minutes: Annotated[
        float | None,
        Field(
            gt=0,
            le=1e6,
            json_schema_extra={"label": "longest time", "unit": "minutes", "advanced": True},
        ),
    ] = None
    accumulated: Annotated[
        int,
        Field(
            ge=1,
            le=256,
            json_schema_extra={"label": "gradient accumulation", "unit": "parts", "advanced": True},
        ),
    ] = 1
    precision: Annotated[
        Literal["float32", "bfloat16", "float16"], Field(json_schema_extra={"advanced": True})
    ] = "float32"
    compiled: Annotated[
        Literal["auto", "on", "off"], Field(json_schema_extra={"advanced": True})
    ] = "auto"
    deterministic: Annotated[bool, Field(json_schema_extra={"advanced": True})] = False
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, json_schema_extra={"advanced": True})] = 0
    checkpoint_epochs: Annotated[
        int, Field(ge=1, le=10_000, json_schema_extra={"unit": "epochs", "advanced": True})
    ] = 1
    checkpoint_minutes: Annotated[
        float | None, Field(ge=0, le=1e6, json_schema_extra={"unit": "minutes", "advanced": True})
    ] = 5.0
    checkpoint_steps: Annotated[
        int | None, Field(ge=1, le=1e9, json_schema_extra={"unit": "steps", "advanced": True})
    ] = None
    checkpoints_kept: Annotated[int, Field(ge=1, le=100, json_schema_extra={"advanced": True})] = 2
    record_samples: Annotated[bool, Field(json_schema_extra={"advanced": True})] = True


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
            encoder, form = parts.find("encoder", chosen.name), self.data.form(modality)
            _refuse(encoder.fits(modality=modality, form=form), chosen.name)
        self._objective_fits()
        return self

    def _objective_fits(self) -> None:
        """Refuse a loss, an alignment, a fusion or a balancer that does not fit the rest."""
        objective, task = self.objective, self.data.task
        fusion = parts.find("fusion", self.model.fusion.name)
        if objective.loss is None:
            if task != "none":
                raise UserError("objective.loss is missing.", "Choose a loss for the target.")
            if not objective.alignments:
                raise UserError(
                    "There is nothing to train towards: these data have no target.",
                    "Add an alignment of two modalities, or choose a column as the target.",
                )
            _refuse(fusion_conflict(fusion, None, task), fusion.name)
        elif task == "none":
            raise UserError(
                "objective.loss has nothing to train towards: these data have no target.",
                "Choose a column as the target, or set the loss to none and add an alignment.",
            )
        else:
            loss = parts.find("loss", objective.loss.name)
            _refuse(fusion.fits(task=task), fusion.name)
            _refuse(loss_conflict(loss, fusion, task), loss.name)
        for pair in objective.alignments:
            for modality in _pair(pair):
                if modality not in self.model.encoders:
                    raise UserError(
                        f"objective.alignments.{pair} needs {modality}, which is switched off.",
                        f"Switch {modality} on, or remove the alignment.",
                    )
        if objective.heads and len(self.model.encoders) < 2:
            raise UserError(
                "objective.heads needs two modalities.",
                "With one, the fused head is the head of that modality: switch heads off.",
            )
        balancer = parts.find("balancer", objective.balancer.name)
        _refuse(balancer_conflict(balancer, objective, self.modalities, task), balancer.name)

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

    def holds(self, place: str) -> bool:
        """Whether there is a part at a dotted place; a modality can be off, an alignment absent."""
        found: Any = self
        for key in place.split("."):
            found = found.get(key) if isinstance(found, dict) else getattr(found, key)
            if found is None:
                return False
        return True

    def to_json(self) -> str:
        """The text of ``spec.json``: every default written out, keys in order of declaration."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"

    def fingerprint(self) -> str:
        """The same for two runs that are the same but for their names."""
        same = self.model_copy(update={"name": ""}).to_json()
        return hashlib.sha256(same.encode()).hexdigest()[:24]


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


def _pair(name: str) -> tuple[parts.Modality, parts.Modality]:
    if name not in PAIRS:
        raise UserError(f"There is no pair of modalities '{name}'.", nearest(name, PAIRS))
    return PAIRS[name]


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"a spec cannot hold {value!r}")


def _refuse(reason: str, name: str) -> None:
    if reason:
        raise UserError(f"'{name}' does not fit.", reason)
