"""Networks of Keras Applications as encoders of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from keras import ops

from workbench.errors import UserError

Shape = tuple[int | None, ...]

LEAST = 32
"""Pixels on a side that these networks want at least; smaller pictures are enlarged."""

_MAKERS = {
    "mobilenet_small": keras.applications.MobileNetV3Small,
    "mobilenet_large": keras.applications.MobileNetV3Large,
    "efficientnet": keras.applications.EfficientNetV2B0,
    "convnext": keras.applications.ConvNeXtTiny,
}


@keras.saving.register_keras_serializable(package="workbench")
class Pretrained(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A network that may know ImageNet, and a projection of the mean of its last map.

    Its normalisation always works as in use, never as in training: batches are too few to learn
    their statistics anew.

    Args:
        network: ``mobilenet_small``, ``mobilenet_large``, ``efficientnet`` or ``convnext``.
        size: numbers in the embedding.
        weights: ``none``, ``imagenet`` (downloaded once, then kept by Keras), or a file.
        thaw: ``never``, ``later`` or ``at_once``: when the network itself is trained.
        thaws_after: epochs until then; only of ``later``.
    """

    def __init__(
        self, network: str, size: int, weights: str, thaw: str, thaws_after: int, **options: Any
    ) -> None:
        super().__init__(**options)
        self.network, self.size, self.weights_from = network, size, weights
        self.thaw, self.epochs = thaw, thaws_after
        self.projection = keras.layers.Dense(size, activation="relu", name="projection")

    @property
    def frozen_layers(self) -> tuple[Any, ...]:
        """What is not trained at first."""
        return () if self.thaw == "at_once" else (self.base,)

    @property
    def thaws_after(self) -> int | None:
        """Epochs after which it is trained, too; None: never."""
        return self.epochs if self.thaw == "later" else None

    def build(self, shape: Shape) -> None:
        """Make the network for pictures [batch, height, width, 3].

        Raises:
            UserError: the weights cannot be had, or do not fit.
        """
        side = [max(LEAST, int(n or LEAST)) for n in shape[1:3]]
        self.side = (side[0], side[1])
        self.base = _network(self.network, (*self.side, 3), self.weights_from)
        _, down, across, channels = self.base.output.shape
        self.last = (int(down), int(across), int(channels))
        self.projection.build((shape[0], self.last[2]))
        self.built = True

    def call(self, pictures: Any, training: bool = False) -> dict[str, Any]:
        """From pictures in 0..1 to ``vector`` and ``sequence``."""
        if pictures.shape[1:3] != self.side:
            pictures = ops.image.resize(pictures, self.side, antialias=True)
        maps = self.base(255.0 * pictures, training=False)
        places = self.last[0] * self.last[1]
        return {
            "vector": self.projection(ops.mean(maps, axis=(1, 2))),
            "sequence": ops.reshape(maps, (-1, places, self.last[2])),
        }

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Of vector and sequence."""
        down, across, channels = self.last
        return {
            "vector": (shape[0], self.size),
            "sequence": (shape[0], down * across, channels),
        }

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again; its weights come from elsewhere then."""
        return {
            **super().get_config(),
            "network": self.network,
            "size": self.size,
            "weights": "none",
            "thaw": self.thaw,
            "thaws_after": self.epochs,
        }


def _network(name: str, shape: tuple[int, ...], weights: str) -> Any:
    """The network without its head, with its weights."""
    known = "imagenet" if weights == "imagenet" else None
    try:
        made = _MAKERS[name](
            include_top=False, weights=known, input_shape=shape, include_preprocessing=True
        )
    except Exception as error:
        if known is None:
            raise
        raise UserError(
            f"The ImageNet weights of {name} cannot be downloaded: {error}",
            "Connect to the internet once, name a file with them, or set weights to none.",
        ) from None
    if weights not in ("none", "imagenet"):
        _fill(made, Path(weights))
    return made


def _fill(network: Any, file: Path) -> None:
    """Fill a network from a file of weights, which holds arrays and nothing that runs."""
    if not file.name.endswith(".weights.h5"):
        raise UserError(
            f"{file.name} is no file of weights.", "Choose a file that ends in .weights.h5."
        )
    if not file.is_file():
        raise UserError(f"There is no file {file}.", "Check the path of the weights.")
    try:
        network.load_weights(file)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(
            f"The weights in {file.name} do not fit: {first}",
            "They must be those of the same network without its head.",
        ) from None
