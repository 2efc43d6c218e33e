"""Layers of ours taken apart into layers and operations that Keras brings along.

A file that needs our package to be opened would not be of much use elsewhere, and Keras opens no
foreign layer safely. So the ``call`` of each of our layers is run once more on symbolic tensors,
its inner layers are used as they are, and the file holds those and the operations between them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from workbench.errors import UserError
from workbench.lazy import Tensor, keras, ops

_OURS = "workbench."


@contextmanager
def taken_apart() -> Iterator[None]:
    """While this lasts, calling a layer of ours runs through it; all others stay whole.

    The layers are renamed, as inner ones of two parts may have one name: do this to a model of
    which nothing else is wanted.
    """
    whole = keras.layers.Layer.__call__
    apart = _Apart(whole)

    def call(layer: Any, *given: Any, **options: Any) -> Any:
        return apart(layer, given, options)

    keras.layers.Layer.__call__ = call
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = whole


class _Apart:
    """What calls layers meanwhile.

    Args:
        whole: what calls them otherwise.
    """

    def __init__(self, whole: Any) -> None:
        self._whole = whole
        self._within: list[str] = []
        self._renamed: dict[int, Any] = {}
        self._names: set[str] = set()
        self._replaced: dict[int, Any] = {}
        self._deep = 0

    def __call__(self, layer: Any, given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if self._deep:
            # Within a layer of Keras: its inside is no node of the graph.
            return self._whole(layer, *given, **options)
        if not _is_ours(layer):
            return self._as_a_whole(layer, given, options)
        if isinstance(layer, keras.layers.BatchNormalization):
            return self._as_a_whole(self._plain_normalization(layer), given, options)
        return self._run_through(layer, given, options)

    def _as_a_whole(self, layer: Any, given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        self._name(layer)
        self._deep += 1
        try:
            return self._whole(layer, *given, **options)
        finally:
            self._deep -= 1

    def _run_through(self, layer: Any, given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        self._within.append(layer.name)
        kind = layer.compute_dtype
        cast = [_cast(each, kind) if layer.autocast else each for each in given]
        options = {name: _cast(value, kind) for name, value in options.items()}
        if "training" not in inspect.signature(layer.call).parameters:
            options.pop("training", None)
        try:
            return layer.call(*cast, **options)
        except UserError:
            raise
        except Exception as error:
            said = str(error).strip().splitlines()
            raise UserError(
                f"The layer {type(layer).__name__} of '{self._within[0]}' cannot be taken apart "
                f"into layers of Keras: {said[0] if said else type(error).__name__}",
                "Choose another part, or report this.",
            ) from error
        finally:
            self._within.pop()

    def _plain_normalization(self, layer: Any) -> Any:
        """Batch normalisation of ours computes as that of Keras once training is over."""
        if id(layer) not in self._replaced:
            plain = keras.layers.BatchNormalization.from_config(layer.get_config())
            plain.build((*(None,) * 3, layer.gamma.shape[0]))
            plain.set_weights(layer.get_weights())
            self._replaced[id(layer)] = plain
        return self._replaced[id(layer)]

    def _name(self, layer: Any) -> None:
        """Give a layer a name that no other one has: where it stands, then its own."""
        if id(layer) in self._renamed or isinstance(layer, keras.layers.InputLayer):
            return
        wanted = name = "_".join([*self._within, layer.name])
        number = 1
        while name in self._names:
            number += 1
            name = f"{wanted}_{number}"
        layer.name = name
        self._names.add(name)
        # Kept, so that no other object gets its number.
        self._renamed[id(layer)] = layer


def _is_ours(layer: Any) -> bool:
    return type(layer).__module__.startswith(_OURS)


def _cast(given: Any, kind: str) -> Any:
    """Floating tensors, however nested, in the type that a layer computes in."""
    if isinstance(given, Mapping):
        return {name: _cast(value, kind) for name, value in given.items()}
    if isinstance(given, tuple | list):
        return type(given)(_cast(value, kind) for value in given)
    found = getattr(given, "dtype", None)
    floating = found is not None and "float" in keras.backend.standardize_dtype(found)
    if not floating or keras.backend.standardize_dtype(found) == kind:
        return given
    return ops.cast(given, kind)


def run(model: Any, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What a model of ours says of symbolic tensors, through layers of Keras alone.

    Args:
        model: as of ``training.model.Multimodal``; its layers are renamed.
        given: its inputs by name.
    """
    with taken_apart():
        found: dict[str, Tensor] = model.call(dict(given), training=False)
    return found
