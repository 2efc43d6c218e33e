"""Networks of Keras Applications as encoders of pictures."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import keras
from keras import ops

from workbench.errors import UserError
from workbench.layers import imagenet
from workbench.layers.convolution import MOMENTUM

Shape = tuple[int | None, ...]

LEAST = 32
"""Pixels on a side that these networks want at least; smaller pictures are enlarged."""

SUFFIXES = (".weights.h5", ".keras", ".h5")
"""Of files of weights: arrays, of which nothing runs. Of a .keras file no more is read."""


@keras.saving.register_keras_serializable(package="workbench")
class Pretrained(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A network that may know something, and a projection of the mean of its last map.

    The normalisation of a network that knows something always works as in use, never as in
    training: batches are too few to learn their statistics anew. One that starts at chance learns
    them, and is trained from the first epoch: a projection of what a random network sees is
    nothing to wait for.

    Args:
        network: a name of ``imagenet.NETWORKS``.
        size: numbers in the embedding.
        weights: ``none``, ``imagenet`` (downloaded once, then kept by Keras), or a file.
        thaw: ``never``, ``later`` or ``at_once``: when a network that knows something is trained.
        thaws_after: epochs until then; only of ``later``.
        fresh: fetch the weights; not where all weights come from elsewhere.
    """

    told: imagenet.Told | None = None
    """Who hears how far a download is, to be set before the layer is built; None: the log."""

    def __init__(
        self, network: str, size: int, weights: str, thaw: str, thaws_after: int,
        fresh: bool = True, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.network, self.size, self.weights_from = network, size, weights
        self.thaw, self.epochs, self.fresh = thaw, thaws_after, fresh
        self.knows = weights != "none"
        self.base: Any = None
        self.projection = keras.layers.Dense(size, activation="relu", name="projection")

    @property
    def frozen_layers(self) -> tuple[Any, ...]:
        """What is not trained at first; empty before the layer is built."""
        held = self.knows and self.thaw != "at_once" and self.base is not None
        return (self.base,) if held else ()

    @property
    def thaws_after(self) -> int | None:
        """Epochs after which it is trained, too; None: never."""
        return self.epochs if self.thaw == "later" else None

    def build(self, shape: Shape) -> None:
        """Make the network for pictures [batch, height, width, 3].

        Raises:
            UserError: the weights cannot be had, or do not fit.
        """
        high, wide = (int(n or LEAST) for n in shape[1:3])
        self.side = (max(LEAST, high), max(LEAST, wide))
        self.enlarges = self.side != (high, wide)
        self.base = self._made()
        _, down, across, channels = self.base.output.shape
        self.last = (int(down), int(across), int(channels))
        self.projection.build((shape[0], self.last[2]))
        self.built = True

    def _made(self) -> Any:
        """The network without its head, with its weights."""
        known = imagenet.NETWORKS[self.network]
        # First the file: a network is not made in vain where it cannot be had.
        file = None
        if self.fresh and self.weights_from == "imagenet":
            file = imagenet.weights(known, self.told)
        elif self.fresh and self.knows:
            file = _sound(self.weights_from)
        base = known.make(include_top=False, weights=None, input_shape=(*self.side, 3))
        if file is not None:
            _fill(base, file, known.title)
        if not self.knows:
            for layer in base.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.momentum = MOMENTUM
        return base

    def call(self, pictures: Any, training: bool = False) -> dict[str, Any]:
        """From pictures in 0..1 to ``vector`` and ``sequence``."""
        if self.enlarges:
            pictures = ops.image.resize(pictures, self.side)
        pictures = 255.0 * pictures
        prepare = imagenet.NETWORKS[self.network].prepare
        if prepare is not None:
            pictures = prepare(pictures)
        maps = self.base(pictures, training=training and not self.knows)
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
            "weights": self.weights_from,
            "thaw": self.thaw,
            "thaws_after": self.epochs,
            "fresh": False,
        }


def _sound(named: str) -> Path:
    """The file of weights that a person has named."""
    endings = ", ".join(SUFFIXES[:-1]) + " or " + SUFFIXES[-1]
    if not named:
        raise UserError(
            "No file of weights is named.", f"Choose one that ends in {endings}, or other weights."
        )
    file = Path(named).expanduser()
    if not file.name.endswith(SUFFIXES):
        raise UserError(
            f"{file.name} is no file of weights.", f"Choose a file that ends in {endings}."
        )
    if not file.is_file():
        raise UserError(f"There is no file {file}.", "Check the path of the weights.")
    return file


def _fill(network: Any, file: Path, title: str) -> None:
    """Fill a network from a file of weights; Keras reads arrays only and follows no links."""
    try:
        network.load_weights(file)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"The weights in {file.name} do not fit: {first}",
            f"They must be those of {title} without its head.",
        ) from None
