"""Keras and TensorFlow by name, imported when first used.

The window and the command line read every part's name, options and documentation without paying
for TensorFlow (2-6 s and 600 MB); only a call that computes something loads it.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

Tensor = Any
"""A tensor of the backend. Its shape and type stand in the docstring of whoever takes it."""

Layer = Any
"""A Keras layer or model."""

Optimizer = Any
"""A Keras optimiser."""


class LazyModule(ModuleType):
    """A module that is imported at the first look at one of its attributes.

    Args:
        name: the full name of the module.
    """

    def __getattr__(self, attribute: str) -> Any:
        """Import the real module and look there."""
        return getattr(importlib.import_module(self.__name__), attribute)


if TYPE_CHECKING:
    keras: Any
    ops: Any
    tf: Any
    layers: Any
else:
    keras = LazyModule("keras")
    ops = LazyModule("keras.ops")
    tf = LazyModule("tensorflow")
    layers = LazyModule("workbench.layers")
