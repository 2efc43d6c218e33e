"""What a run is, as frozen data: ``spec.json`` holds one ``RunSpec``, every default written out.

A spec is read strictly: an unknown key, a wrong type or a value out of range is refused with the
place and the nearest name, never repaired in silence.
"""

from workbench.spec.augmentation import (
    AudioAugmentation,
    Augmentation,
    ImageAugmentation,
    TextAugmentation,
)
from workbench.spec.base import OptionValue, PartSpec, Spec
from workbench.spec.change import change, change_all, from_data, options_at, places, read
from workbench.spec.data import (
    COLUMN_ROLES,
    DIVISIONS,
    LAYOUTS,
    AudioInput,
    ColumnRole,
    DataSpec,
    Division,
    ImageInput,
    Layout,
    Reading,
    TextInput,
)
from workbench.spec.objective import (
    PAIRS,
    AlignmentSpec,
    ObjectiveSpec,
    balancer_conflict,
    fusion_conflict,
    loss_conflict,
    output_kind,
)
from workbench.spec.run import (
    PART_PLACES,
    VERSION,
    ModelSpec,
    RunSpec,
    TrainSpec,
)

__all__ = [
    "COLUMN_ROLES",
    "DIVISIONS",
    "LAYOUTS",
    "PAIRS",
    "PART_PLACES",
    "VERSION",
    "AlignmentSpec",
    "AudioAugmentation",
    "AudioInput",
    "Augmentation",
    "ColumnRole",
    "DataSpec",
    "Division",
    "ImageAugmentation",
    "ImageInput",
    "Layout",
    "ModelSpec",
    "ObjectiveSpec",
    "OptionValue",
    "PartSpec",
    "Reading",
    "RunSpec",
    "Spec",
    "TextAugmentation",
    "TextInput",
    "TrainSpec",
    "balancer_conflict",
    "change",
    "change_all",
    "from_data",
    "fusion_conflict",
    "loss_conflict",
    "options_at",
    "output_kind",
    "places",
    "read",
]
