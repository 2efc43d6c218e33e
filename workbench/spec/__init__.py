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
from workbench.spec.change import change, from_data, options_at, places, read
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
from workbench.spec.run import (
    PART_PLACES,
    VERSION,
    ModelSpec,
    ObjectiveSpec,
    RunSpec,
    TrainSpec,
)

__all__ = [
    "COLUMN_ROLES",
    "DIVISIONS",
    "LAYOUTS",
    "PART_PLACES",
    "VERSION",
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
    "change",
    "from_data",
    "options_at",
    "places",
    "read",
]
