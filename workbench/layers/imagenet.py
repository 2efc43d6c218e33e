"""Networks of Keras Applications, and their ImageNet weights: downloaded once, checked, kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import pooch
import requests

from workbench.errors import UserError

Told = Callable[[int, int], None]
"""Told (bytes that have come, bytes in all; 0 where the server does not say)."""

_SITE = "https://storage.googleapis.com/tensorflow/keras-applications"
_CHUNK = 2**18
# Bytes between two words about the progress.
_SECONDS = 30
"""A server that is silent for so long is taken to be out of reach."""


@dataclass(frozen=True)
class Network:
    """A network and where its weights are to be had.

    Args:
        title: its name in words.
        make: from ``weights=``, ``include_top=``, ``input_shape=`` to the network.
        address: of the file of weights without head.
        digest: MD5 or SHA-256 of that file, as Keras knows it. It finds damage; https keeps
            strangers out.
        prepare: from pictures in 0..255 to what the network was trained on; None: its first layer
            does that.
    """

    title: str
    make: Callable[..., Any]
    address: str
    digest: str
    prepare: Callable[[Any], Any] | None = None

    @property
    def file_name(self) -> str:
        """Of the file of weights."""
        return self.address.rsplit("/", 1)[-1]


NETWORKS = {
    "mobilenet_small": Network(
        "MobileNetV3 Small",
        keras.applications.MobileNetV3Small,
        f"{_SITE}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    "mobilenet_large": Network(
        "MobileNetV3 Large",
        keras.applications.MobileNetV3Large,
        f"{_SITE}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        "07fb09a5933dd0c8eaafa16978110389",
    ),
    "efficientnet": Network(
        "EfficientNetV2 B0",
        keras.applications.EfficientNetV2B0,
        f"{_SITE}/efficientnet_v2/efficientnetv2-b0_notop.h5",
        "893217f2bb855e2983157299931e43ff",
    ),
    "convnext": Network(
        "ConvNeXt Tiny",
        keras.applications.ConvNeXtTiny,
        f"{_SITE}/convnext/convnext_tiny_notop.h5",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
    "resnet": Network(
        "ResNet 50",
        keras.applications.ResNet50,
        f"{_SITE}/resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "4d473c1dd8becc155b73f8504c6f6626",
        prepare=keras.applications.resnet.preprocess_input,
    ),
}


def folder() -> Path:
    """Where Keras keeps weights; what it has there already serves here, too."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"


def weights(network: Network, told: Told | None = None) -> Path:
    """The file of a network's ImageNet weights, downloaded unless it is there and sound.

    Args:
        network: whose.
        told: hears how far the download is, and may raise to end it; None: it is printed, a line
            for each tenth.

    Raises:
        UserError: it is not there and cannot be had, in words and with where to place it.
    """
    kept = folder() / network.file_name
    algorithm = "sha256" if len(network.digest) == 64 else "md5"
    download = pooch.HTTPDownloader(
        progressbar=_Progress(told or _Printed(network.title)), chunk_size=_CHUNK, timeout=_SECONDS
    )
    # Its own words are for programmers.
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            network.address, f"{algorithm}:{network.digest}", kept.name, kept.parent,
            downloader=download,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        damaged = "; the file that is there is damaged" if kept.is_file() else ""
        raise UserError(
            f"The ImageNet weights of {network.title} cannot be downloaded: "
            f"{_reason(error)}{damaged}.",
            f"Connect to the internet, or place the file {network.file_name} from "
            f"{network.address} in the folder {kept.parent}, or set weights to none.",
        ) from error
    return kept


def _reason(error: Exception) -> str:
    """Why a download failed, in few words; the log has the rest."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server does not answer"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached"
    if isinstance(error, ValueError):
        return "what came is not what Keras published"
    return getattr(error, "strerror", None) or str(error)


class _Progress:
    """What pooch takes for a bar.

    Args:
        told: hears how far it is.
    """

    total = 0

    def __init__(self, told: Told) -> None:
        self._told = told
        self._done = 0

    def update(self, more: int) -> None:
        """Count bytes; the last chunk may be counted as a whole one."""
        self._done += more
        self._told(min(self._done, self.total) if self.total else self._done, self.total)

    def reset(self) -> None:
        """Begin anew."""
        self._done = 0

    def close(self) -> None:
        """It is over."""


class _Printed:
    """Says how far a download is, a line for each tenth.

    Args:
        title: of what is downloaded.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._tenth = -1

    def __call__(self, done: int, total: int) -> None:
        tenth = 10 * done // total if total else done // 2**23
        if tenth == self._tenth:
            return
        self._tenth = tenth
        far = f"{10 * tenth} % of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
        # The engine sends this to the run's log, the command line shows it.
        sys.stderr.write(f"Downloading the weights of {self._title}: {far}\n")
        sys.stderr.flush()
