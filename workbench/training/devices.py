"""What is computed on: devices of this machine, the strategy over them, and warming up."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import numpy as np

from workbench.lazy import keras, tf
from workbench.machine import LIMIT_VARIABLE, processors
from workbench.training.cluster import Accord, Cluster

_SETTLED: set[str] = set()
"""What was chosen for this process for good."""
_JOINED: list[tuple[Cluster, Any]] = []
"""The cluster that this process has joined, and its strategy."""


def describe() -> str:
    """The device in words: ``CPU · 8 threads`` or ``GPU 0 · NVIDIA H100 · 80 GB``.

    The memory is left out where the driver does not tell it.
    """
    cards = tf.config.list_physical_devices("GPU")
    if not cards:
        threads = int(os.environ.get("TF_NUM_INTRAOP_THREADS") or processors())
        return f"CPU · {threads} thread{'' if threads == 1 else 's'}"
    which = f"{len(cards)} GPUs" if len(cards) > 1 else "GPU 0"
    return " · ".join(word for word in (which, _name(cards[0]), _memory(0)) if word)


def why_no_gpu() -> str:
    """Why TensorFlow computes on the processor, in words; empty when it uses a GPU."""
    if tf.config.list_physical_devices("GPU"):
        return ""
    if sys.platform == "win32":
        return "No GPU: TensorFlow uses GPUs on Windows through WSL2 only."
    if sys.platform == "darwin":
        return "No GPU: TensorFlow has no GPU support of its own on macOS."
    if not tf.test.is_built_with_cuda():
        return "No GPU: this TensorFlow was built without CUDA."
    if os.environ.get("CUDA_VISIBLE_DEVICES") in {"", "-1"}:
        return "No GPU: CUDA_VISIBLE_DEVICES hides it."
    if not os.path.exists("/proc/driver/nvidia/version"):  # noqa: PTH110 - a device, not a file
        return "No GPU: no NVIDIA driver is loaded on this machine."
    return (
        "No GPU: a driver is loaded, but CUDA's libraries are missing. "
        "Run: pip install 'multimodal-workbench[gpu]'"
    )


def join(cluster: Cluster) -> None:
    """Train together with other processes from now on; waits until all are there.

    Args:
        cluster: who they are.
    """
    _JOINED.append((cluster, cluster.join()))


def accord() -> Accord:
    """What brings the processes that train together to one mind."""
    if _JOINED:
        cluster, joined = _JOINED[-1]
        return Accord(joined, cluster)
    return Accord(tf.distribute.get_strategy(), None)


def strategy() -> Any:
    """How a step is spread: over a cluster, over all GPUs, or on the one device."""
    if _JOINED:
        return _JOINED[-1][1]
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def set_up() -> None:
    """Keep to what this process may use; once, before anything is computed.

    CPU threads and visible GPUs are set by variables that TensorFlow reads itself.
    """
    if "set up" in _SETTLED:
        return
    _SETTLED.add("set up")
    limit = os.environ.get(LIMIT_VARIABLE, "")
    for card in tf.config.list_physical_devices("GPU"):
        if limit.isdecimal():
            given = tf.config.LogicalDeviceConfiguration(memory_limit=int(limit))
            tf.config.set_logical_device_configuration(card, [given])
        else:
            tf.config.experimental.set_memory_growth(card, enable=True)


def determine() -> None:
    """Compute the same numbers each time, from now until this process ends."""
    tf.config.experimental.enable_op_determinism()
    _SETTLED.add("determined")


def determined() -> bool:
    """Whether the same numbers come out each time; TensorFlow itself does not tell."""
    return "determined" in _SETTLED


def one_gpu() -> bool:
    """There is just one GPU to compute on."""
    return len(tf.config.list_logical_devices("GPU")) == 1


def warm() -> None:
    """Load TensorFlow and Keras and use what they load late, so that the first real step is quick.

    Trains a tiny model for one step: a convolution, an embedding, dropout, Adam, a traced function
    that reads from ``tf.data``.
    """
    set_up()
    picture = keras.Input((8, 8, 3), dtype="uint8")
    words = keras.Input((4,), dtype="int32")
    seen = keras.layers.Rescaling(1 / 255)(picture)
    seen = keras.layers.Conv2D(2, 3, strides=2, padding="same")(seen)
    seen = keras.layers.BatchNormalization()(seen)
    seen = keras.layers.GlobalAveragePooling2D()(keras.layers.MaxPooling2D()(seen))
    read = keras.layers.Embedding(4, 2)(words)
    read = keras.layers.GlobalAveragePooling1D()(read)
    both = keras.layers.LayerNormalization()(keras.layers.Concatenate()([seen, read]))
    both = keras.layers.Dropout(0.1)(keras.layers.Dense(4, activation="relu")(both))
    model = keras.Model([picture, words], keras.layers.Dense(2)(both))
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)

    def batch(number: Any) -> list[Any]:
        return [np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 4), np.int32)]

    def element(number: Any) -> Any:
        read = tf.numpy_function(batch, [number], [tf.uint8, tf.int32], stateful=False)
        read[0].set_shape((2, 8, 8, 3))
        read[1].set_shape((2, 4))
        return read

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def step(iterator: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(next(iterator), training=True) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    step(iter(tf.data.Dataset.range(2).map(element).prefetch(1)))
    keras.backend.clear_session()


def _memory(ordinal: int) -> str:
    """Memory of a GPU, ``80 GB``, from CUDA's driver; TensorFlow tells only what it has taken.

    Args:
        ordinal: as CUDA counts those that ``CUDA_VISIBLE_DEVICES`` leaves, like TensorFlow.
    """
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return ""
    device, size = ctypes.c_int(), ctypes.c_size_t()
    refused = (
        cuda.cuInit(0)
        or cuda.cuDeviceGet(ctypes.byref(device), ordinal)
        or cuda.cuDeviceTotalMem_v2(ctypes.byref(size), device)
    )
    return "" if refused else f"{size.value / 2**30:.0f} GB"


def _name(card: Any) -> str:
    details = tf.config.experimental.get_device_details(card)
    return str(details.get("device_name", "GPU"))
