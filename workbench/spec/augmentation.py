"""How training samples are varied at random, so that the model sees more than there is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.spec.base import Spec


class ImageAugmentation(Spec):
    """How pictures are varied; every amount is the most that chance may choose.

    Args:
        flip: mirror half of the pictures, where left and right (or up and down) do not matter.
        crop: share of a side that is cut away; the rest is enlarged to the full size.
        rotate: turn to either side.
        brightness: share of full white by which a picture becomes lighter or darker.
        contrast: share by which differences from the mean grow or shrink.
        cutout: side of a square that is painted grey, as a share of the picture's side (DeVries
            and Taylor 2017, arXiv:1708.04552).
    """

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    crop: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    rotate: Annotated[float, Field(ge=0, le=180, json_schema_extra={"unit": "°"})] = 0.0
    brightness: Annotated[float, Field(ge=0, le=0.8)] = 0.0
    contrast: Annotated[float, Field(ge=0, le=0.8)] = 0.0
    cutout: Annotated[float, Field(ge=0, le=0.75)] = 0.0


class AudioAugmentation(Spec):
    """How sounds are varied on their spectrogram; every amount is the most that chance may choose.

    Args:
        gain: louder or quieter.
        noise: noise that is alike in every band, as loud as this below full scale at most; none: no
            noise.
        shift: earlier or later, as a share of the length; what falls off is silence.
        masks: bands and spans of time that are silenced, each as many times (SpecAugment, Park et
            al. 2019, arXiv:1904.08779).
        mask_size: widest mask, as a share of the bands or of the length.
    """

    gain: Annotated[float, Field(ge=0, le=24, json_schema_extra={"unit": "dB"})] = 0.0
    noise: Annotated[float | None, Field(ge=-80, le=0, json_schema_extra={"unit": "dB"})] = None
    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    masks: Annotated[int, Field(ge=0, le=4)] = 0
    mask_size: Annotated[float, Field(gt=0, le=0.5, json_schema_extra={"advanced": True})] = 0.15


class TextAugmentation(Spec):
    """How texts are varied.

    Args:
        drop: share of the tokens that become the "unknown" token.
    """

    drop: Annotated[float, Field(ge=0, le=0.5)] = 0.0


class Augmentation(Spec):
    """Random variation of training samples; validation and test samples stay as they are.

    Args:
        image: of pictures.
        audio: of sounds.
        text: of texts.
    """

    image: ImageAugmentation = ImageAugmentation()
    audio: AudioAugmentation = AudioAugmentation()
    text: TextAugmentation = TextAugmentation()
