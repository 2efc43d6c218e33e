"""What of this machine an engine may use: processors, GPUs, GPU memory; the same for all runs.

It belongs to the machine and not to a recipe, so it lies in ``machine.json`` beside the runs.
Imports nothing heavy: an engine gets it by its environment, before TensorFlow looks at the devices.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench import places
from workbench.errors import UserError
from workbench.writing import write_atomic

LIMIT_VARIABLE = "WORKBENCH_GPU_MEMORY_MB"
"""The environment variable by which an engine hears of the limit of GPU memory."""

_FILE = "machine.json"


class Share(BaseModel):
    """What an engine may use.

    Args:
        threads: of the processor, for each of TensorFlow's two pools; None: as many as there are.
        gpus: numbers of the GPUs, as the driver counts them; None: all; empty: none.
        gpu_memory: most megabytes on each GPU; None: as much as is needed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    gpus: tuple[Annotated[int, Field(ge=0, le=63)], ...] | None = None
    gpu_memory: Annotated[int, Field(ge=256, le=1_000_000)] | None = None


@dataclass(frozen=True)
class Gpu:
    """A GPU of this machine.

    Args:
        number: as the driver counts them.
        name: as its maker calls it.
        memory: bytes.
    """

    number: int
    name: str
    memory: int


def read() -> Share:
    """What was chosen; everything where nothing was.

    Raises:
        UserError: the file is damaged.
    """
    file = _file()
    try:
        return Share.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Share()
    except (OSError, ValidationError) as error:
        raise UserError(
            f"{file} cannot be read: {error}.", "Delete it: everything of the machine is then used."
        ) from None


def write(share: Share) -> None:
    """Keep a choice; engines that start from now on follow it.

    Raises:
        UserError: it cannot be written.
    """
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_atomic(_file(), share.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise UserError(f"{_file()} cannot be written: {error.strerror}.", "") from None


def environment(share: Share, given: Mapping[str, str]) -> dict[str, str]:
    """The variables by which an engine follows a choice.

    Args:
        share: the choice.
        given: variables of this process; one that a person has set is left as it is.
    """
    chosen: dict[str, str] = {}
    if share.threads is not None:
        chosen["TF_NUM_INTRAOP_THREADS"] = chosen["TF_NUM_INTEROP_THREADS"] = str(share.threads)
    if share.gpus is not None:
        chosen["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, share.gpus)) or "-1"
        # Else CUDA counts the fastest first, and the driver by their slots.
        chosen["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    if share.gpu_memory is None:
        chosen["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    else:
        chosen[LIMIT_VARIABLE] = str(share.gpu_memory)
    return {name: value for name, value in chosen.items() if name not in given}


def gpus() -> tuple[Gpu, ...]:
    """The GPUs of this machine by the driver's word; none without an NVIDIA driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        found = []
        for number in range(pynvml.nvmlDeviceGetCount()):
            card = pynvml.nvmlDeviceGetHandleByIndex(number)
            name = str(pynvml.nvmlDeviceGetName(card))
            found.append(Gpu(number, name, int(pynvml.nvmlDeviceGetMemoryInfo(card).total)))
        return tuple(found)
    except pynvml.NVMLError:
        return ()
    finally:
        pynvml.nvmlShutdown()


def parse_gpus(words: str) -> tuple[int, ...] | None:
    """GPUs as a person names them: ``all``, ``none``, ``0`` or ``0,2``.

    Raises:
        UserError: it is none of these.
    """
    plain = words.strip().lower()
    if plain == "all":
        return None
    if plain == "none":
        return ()
    if not re.fullmatch(r"\d{1,2}(\s*,\s*\d{1,2})*", plain):
        raise UserError(f"'{words}' names no GPUs.", "Write all, none, 0 or 0,2.")
    return tuple(sorted({int(number) for number in plain.split(",")}))


def in_words(share: Share) -> str:
    """A choice in one sentence."""
    threads = "all threads" if share.threads is None else f"{share.threads} threads"
    if share.gpus is None:
        cards = "all GPUs"
    elif not share.gpus:
        return f"{threads} of the processor, no GPU"
    else:
        one = "GPU" if len(share.gpus) == 1 else "GPUs"
        cards = f"{one} {', '.join(map(str, share.gpus))}"
    memory = "" if share.gpu_memory is None else f" with {share.gpu_memory:,} MB each"
    return f"{threads} of the processor, {cards}{memory}"


def _file() -> Path:
    return places.home() / _FILE


def processors() -> int:
    """Processors that this process may use: in a container fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
