"""Who runs a sentence model: onnxruntime or Keras, from named arrays to named arrays."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.data.readers import keras_contents
from workbench.errors import UserError
from workbench.lazy import keras, tf

Arrays = dict[str, NDArray[Any]]

_KINDS = {"tensor(int64)": "int64", "tensor(int32)": "int32"}


class Runner(Protocol):
    """Runs one model; may be asked by several threads at once.

    Args:
        inputs: type of each input by its name: ``int64``, ``int32``, or ``string``.
        words: tokens that it must be given, no more and no fewer; None: any number.
    """

    inputs: dict[str, str]
    words: int | None

    def run(self, given: Arrays) -> Arrays:
        """Outputs by name of inputs by name, one text at a time.

        Args:
            given: [1, words] each, or one text.

        Raises:
            UserError: the model fails.
        """


class OnnxRunner:
    """An ONNX model, run by onnxruntime on the processor.

    Args:
        path: the model; what it asks for was looked at before.

    Raises:
        UserError: onnxruntime is missing, or does not take the model.
    """

    def __init__(self, path: Path) -> None:
        try:
            runtime = importlib.import_module("onnxruntime")
        except ImportError:
            raise UserError(
                "ONNX models need onnxruntime, which is not installed.",
                'Install it with pip install "multimodal-workbench[sentences]".',
            ) from None
        options = runtime.SessionOptions()
        # Texts are read by all cores already, each its own.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._name = path.name
        try:
            self._session = runtime.InferenceSession(
                os.fspath(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001 - its exceptions share no narrower base
            raise UserError(f"{path.name} cannot be opened: {_first_line(error)}") from None
        given = self._session.get_inputs()
        self.inputs = {each.name: _KINDS.get(each.type, each.type) for each in given}
        self.words = _fixed(each.shape for each in given)
        self._outputs = [each.name for each in self._session.get_outputs()]

    def run(self, given: Arrays) -> Arrays:
        """As of ``Runner``."""
        try:
            answers = self._session.run(self._outputs, given)
        except Exception as error:  # noqa: BLE001 - its exceptions share no narrower base
            raise UserError(f"{self._name} fails: {_first_line(error)}") from None
        return dict(zip(self._outputs, map(np.asarray, answers), strict=True))


class KerasRunner:
    """A ``.keras`` model; nothing of it is executed but the layers that Keras brings.

    Args:
        path: the model.

    Raises:
        UserError: it cannot be opened safely, or has no inputs of its own.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        keras_contents.refuse_unsafe(path)
        try:
            self._model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # noqa: BLE001 - a strange file may end in any exception
            raise UserError(
                f"{path.name} cannot be opened: {_first_line(error)}",
                "It must be a Keras model of Keras' own layers, without Lambda layers.",
            ) from None
        if not getattr(self._model, "inputs", None):
            raise UserError(f"{path.name} does not say what it is given.")
        self.inputs = {each.name: str(each.dtype) for each in self._model.inputs}
        texts = "string" in self.inputs.values()
        self.words = None if texts else _fixed(each.shape for each in self._model.inputs)
        self._ranks = {each.name: len(each.shape) for each in self._model.inputs}
        # Traced once for all lengths.
        self._traced = tf.function(self._call, reduce_retracing=True)

    def _call(self, given: dict[str, Any]) -> Any:
        arranged = keras.tree.map_structure(lambda each: given[each.name], self._model.input)
        return self._model(arranged, training=False)

    def run(self, given: Arrays) -> Arrays:
        """As of ``Runner``."""
        try:
            answers = self._traced(
                {
                    name: tf.reshape(tf.constant(values), (1, -1)[: self._ranks[name]])
                    for name, values in given.items()
                }
            )
        except Exception as error:  # noqa: BLE001 - TensorFlow's exceptions share no base
            raise UserError(f"{self._name} fails: {_first_line(error)}") from None
        if isinstance(answers, dict):
            return {str(name): np.asarray(values) for name, values in answers.items()}
        several = answers if isinstance(answers, list | tuple) else [answers]
        return {f"output_{place}": np.asarray(values) for place, values in enumerate(several)}


def _fixed(shapes: Any) -> int | None:
    """The number of tokens that the shapes of all inputs state; None where they leave it open."""
    lengths = [shape[-1] for shape in shapes if len(shape) == 2]
    return next((length for length in lengths if isinstance(length, int) and length > 0), None)


def _first_line(error: Exception) -> str:
    said = str(error).strip() or type(error).__name__
    return said.splitlines()[0][:300].rstrip(".") + "."
