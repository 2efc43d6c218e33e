"""The formats that a trained model can be handed over in; readable without TensorFlow."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Literal, get_args

from workbench.errors import UserError, nearest
from workbench.spec import RunSpec

Name = Literal["keras", "savedmodel", "litert", "onnx"]
NAMES: tuple[Name, ...] = get_args(Name)

HALF_PRECISION_BOUND = 2e-2
"""Of runs in half precision: two programs that round to 8 or 11 bits at other places."""


@dataclass(frozen=True)
class Format:
    """A format.

    Args:
        name: as commands call it.
        title: for people.
        caption: what it is for, one sentence.
        file: name of the model within the folder that is handed over.
        bound: the largest difference from the app that is let pass, in probabilities, or in
            spreads of a number.
        opens_with: packages that open it.
        writes_with: packages beyond TensorFlow that write it.
        strings: texts go in as they are where tokens are words; elsewhere as token numbers, which
            the reader makes.
    """

    name: Name
    title: str
    caption: str
    file: str
    bound: float
    opens_with: tuple[str, ...]
    writes_with: tuple[str, ...] = ()
    strings: bool = False


FORMATS: tuple[Format, ...] = (
    Format(
        "keras", "Keras", "To go on with in Keras: layers can be looked at and trained further.",
        "model.keras", 1e-5, ("tensorflow",),
    ),
    Format(
        "savedmodel", "SavedModel", "For servers: TensorFlow alone opens it, in any language.",
        "model", 1e-5, ("tensorflow",), strings=True,
    ),
    Format(
        "litert", "LiteRT (.tflite)", "For phones and small devices.", "model.tflite", 1e-3,
        ("ai-edge-litert",),
    ),
    Format(
        "onnx", "ONNX", "For programs without TensorFlow, in any language.", "model.onnx", 1e-5,
        ("onnxruntime",), ("tf2onnx", "onnx", "onnxruntime"),
    ),
)  # fmt: skip
"""All formats, the first the usual one."""


def find(name: str) -> Format:
    """The format of that name.

    Args:
        name: of ``NAMES``.

    Raises:
        UserError: there is none.
    """
    for each in FORMATS:
        if each.name == name:
            return each
    raise UserError(f"There is no format '{name}'.", nearest(name, NAMES))


def why_not(form: Format, spec: RunSpec) -> str:
    """Why a run cannot be written in a format on this machine; "" where nothing speaks against it.

    What only the conversion itself can tell is said by the export.

    Args:
        form: the format.
        spec: of the run.
    """
    absent = [name for name in form.writes_with if importlib.util.find_spec(name) is None]
    if absent:
        return (
            f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not installed. "
            "Run: pip install 'multimodal-workbench[export]'"
        )
    if form.name == "onnx" and spec.training.precision == "bfloat16":
        return "Programs that open ONNX files do not compute in bfloat16. Choose SavedModel."
    return ""


def bound(form: Format, spec: RunSpec) -> float:
    """The largest difference from the app that is let pass for a run.

    Args:
        form: the format.
        spec: of the run.
    """
    exact = spec.training.precision == "float32"
    return form.bound if exact else max(form.bound, HALF_PRECISION_BOUND)
