"""Writing a raw-input model in a format, and opening what was written."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.exporting.formats import Format
from workbench.exporting.words import Words
from workbench.lazy import keras, tf

Arrays = Mapping[str, NDArray[Any]]
Says = Callable[[Arrays], dict[str, NDArray[Any]]]

OPSET = 18
SIGNATURE = "serving_default"


def write(form: Format, model: Any, file: Path, words: Words | None = None) -> None:
    """Write a model.

    Args:
        form: in which format.
        model: as of ``raw.model_of``.
        file: where to; a folder of a SavedModel.
        words: of a format that knows strings: what makes token numbers of ``text``.

    Raises:
        UserError: the format does not know something that the model needs; says what.
    """
    if form.name == "savedmodel":
        _savedmodel(model, file, words)
    else:
        {"keras": _keras, "litert": _litert, "onnx": _onnx}[form.name](model, file)


def opened(form: Format, file: Path) -> Says:
    """What a written file says of inputs by name, asked as anybody else would ask it.

    Args:
        form: its format.
        file: as of ``write``.
    """
    return {
        "keras": _open_keras, "savedmodel": _open_savedmodel, "litert": _open_litert,
        "onnx": _open_onnx,
    }[form.name](file)  # fmt: skip


def _keras(model: Any, file: Path) -> None:
    model.save(file)
    with zipfile.ZipFile(file) as archive:
        config = json.loads(archive.read("config.json"))
    foreign = sorted(set(_foreign(config)))
    if foreign:
        raise UserError(
            f"The layer {foreign[0]} is not one of Keras' own: others could not open the file.",
            "Choose SavedModel, which needs no layers to be opened.",
        )


def _foreign(config: Any) -> Iterator[str]:
    """Names of layers that Keras does not bring along."""
    if isinstance(config, dict):
        module = config.get("module")
        if isinstance(module, str) and not module.startswith(("keras", "builtins")):
            yield str(config.get("class_name"))
        if config.get("registered_name") and ">" in str(config["registered_name"]):
            yield str(config["class_name"])
        for value in config.values():
            yield from _foreign(value)
    elif isinstance(config, list):
        for value in config:
            yield from _foreign(value)


def _specs(model: Any, batch: int | None = None) -> dict[str, Any]:
    return {
        each.name: tf.TensorSpec((batch, *each.shape[1:]), each.dtype, name=each.name)
        for each in model.inputs
    }


def _served(model: Any, specs: Mapping[str, Any], words: Words | None = None) -> Any:
    """The model as a function of TensorFlow of its inputs in order."""
    specs = dict(specs)
    if words is not None:
        specs["text"] = tf.TensorSpec((None,), tf.string, name="text")

    def serve(*given: Any) -> dict[str, Any]:
        by_name = dict(zip(specs, given, strict=True))
        if words is not None:
            by_name["text"] = words(by_name["text"])
        answers: dict[str, Any] = model(by_name, training=False)
        return answers

    return tf.function(serve, input_signature=list(specs.values()))


def _frozen(model: Any, specs: Mapping[str, Any], *, lowered: bool) -> Any:
    """The same with all weights as constants: the converters leave them out else.

    Args:
        model: the model.
        specs: of its inputs.
        lowered: loops are taken apart into their oldest operations.
    """
    freeze = importlib.import_module("tensorflow.python.framework.convert_to_constants")
    whole = _served(model, specs).get_concrete_function()
    constant = freeze.convert_variables_to_constants_v2(whole, lower_control_flow=lowered)
    names = [each.name.partition(":")[0] for each in constant.inputs]

    def serve(*given: Any) -> dict[str, Any]:
        by_name = dict(zip(specs, given, strict=True))
        answers = constant(*(by_name[name] for name in names))
        return dict(zip(sorted(model.output), tf.nest.flatten(answers), strict=True))

    return tf.function(serve, input_signature=list(specs.values()))


def _savedmodel(model: Any, file: Path, words: Words | None) -> None:
    held = [model, *(words.tables if words is not None else ())]
    _save(_served(model, _specs(model), words), file, held)


def _save(serve: Any, file: Path, held: Any = None) -> None:
    served = tf.Module()
    # What is not held by name is not written.
    served.held, served.serve = held, serve
    tf.saved_model.save(served, str(file), signatures={SIGNATURE: serve})


def _litert(model: Any, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # One sample at a time: memories that read word by word want to know how many there are.
        _save(_frozen(model, _specs(model, batch=1), lowered=True), Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[SIGNATURE])
        # What the format lacks would have to come from TensorFlow, which small devices lack.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        try:
            file.write_bytes(converter.convert())
        except Exception as error:
            raise _not_converted("LiteRT", error) from error


def _onnx(model: Any, file: Path) -> None:
    convert = importlib.import_module("tf2onnx").convert
    onnx = importlib.import_module("onnx")
    specs = _specs(model)
    try:
        made, _ = convert.from_function(
            _frozen(model, specs, lowered=False),
            input_signature=list(specs.values()),
            opset=OPSET,
            custom_op_handlers={"Erfc": (_complement_of_erf, [])},
        )
        _mend_logarithms(made, onnx.TensorProto)
        onnx.checker.check_model(made)
    except Exception as error:
        raise _not_converted("ONNX", error) from error
    onnx.save(made, str(file))


def _complement_of_erf(context: Any, node: Any, name: str, args: Any) -> None:
    """Erfc, which ONNX does not know: 1 - Erf. GELU is made of it."""
    kind = context.get_dtype(node.output[0])
    numbers = importlib.import_module("tf2onnx").utils.map_onnx_to_numpy_type(kind)
    one = context.make_const(f"{name}_one", np.array(1, numbers))
    shape = context.get_shape(node.output[0])
    node.type = "Erf"
    rest = context.make_node(
        "Sub", [one.output[0], node.output[0]], shapes=[shape], dtypes=[kind], name=f"{name}_rest"
    )
    context.replace_all_inputs(node.output[0], rest.output[0], ops=_others(context, rest))


def _others(context: Any, node: Any) -> list[Any]:
    return [each for each in context.get_nodes() if each is not node]


def _mend_logarithms(made: Any, types: Any) -> None:
    """Take logarithms of float64 in float64: the converter goes through float32 and back."""
    by_output = {name: node for node in made.graph.node for name in node.output}

    def to(node: Any) -> int | None:
        if node is None or node.op_type != "Cast":
            return None
        return next((each.i for each in node.attribute if each.name == "to"), None)

    for node in made.graph.node:
        inner = by_output.get(node.input[0]) if to(node) == types.DOUBLE else None
        narrowed = by_output.get(inner.input[0]) if inner and inner.op_type == "Log" else None
        if inner is not None and narrowed is not None and to(narrowed) == types.FLOAT:
            inner.input[0] = narrowed.input[0]


_OPERATIONS = (
    re.compile(r"'tf\.(?P<operation>\w+)' op is neither"),
    re.compile(r"\[(?P<part>[^\]:]+): (?P<operation>\w+)\] is not supported"),
    re.compile(r"No Op registered for (?P<operation>\w+) "),
    re.compile(r"\"(?P<operation>\w+):\", \"multimodal"),
)


def _not_converted(title: str, error: Exception) -> UserError:
    """Which operation it is that a format does not know, as far as the converter says it."""
    said = str(error)
    for pattern in _OPERATIONS:
        if found := pattern.search(said):
            place = found.groupdict().get("part") or _part_in(said)
            where = f" of '{place}'" if place else ""
            return UserError(
                f"{title} does not know the operation {found['operation']}{where}.",
                "Choose another format, or train with another part.",
            )
    first = next((line.strip() for line in said.splitlines() if line.strip()), "")
    return UserError(
        f"The model cannot be converted to {title}: {(first or type(error).__name__)[:300]}",
        "Choose another format.",
    )


def _part_in(said: str) -> str:
    """The layer that the places in a converter's report name."""
    found = re.search(r"multimodal\w*/(?P<part>\w+)", said)
    return found["part"] if found else ""


def _open_keras(file: Path) -> Says:
    model = keras.saving.load_model(file, compile=False, safe_mode=True)

    def says(given: Arrays) -> dict[str, NDArray[Any]]:
        return {name: np.asarray(v) for name, v in model(dict(given), training=False).items()}

    return says


def _open_savedmodel(file: Path) -> Says:
    loaded = tf.saved_model.load(str(file))
    serve = loaded.signatures[SIGNATURE]

    def says(given: Arrays) -> dict[str, NDArray[Any]]:
        answers = serve(**{name: tf.constant(values) for name, values in given.items()})
        return {name: value.numpy() for name, value in answers.items()}

    says.kept = loaded  # type: ignore[attr-defined]  # its variables live as long as it does
    return says


def _open_litert(file: Path) -> Says:
    # The package of its own where it is installed; that of TensorFlow is on its way out.
    if importlib.util.find_spec("ai_edge_litert") is not None:
        interpreter = importlib.import_module("ai_edge_litert.interpreter").Interpreter
    else:
        interpreter = tf.lite.Interpreter
    runner = interpreter(str(file)).get_signature_runner()
    return lambda given: dict(runner(**given))


def _open_onnx(file: Path) -> Says:
    session = importlib.import_module("onnxruntime").InferenceSession(
        str(file), providers=["CPUExecutionProvider"]
    )
    names = [each.name for each in session.get_outputs()]

    def says(given: Arrays) -> dict[str, NDArray[Any]]:
        return dict(zip(names, session.run(names, dict(given)), strict=True))

    return says
