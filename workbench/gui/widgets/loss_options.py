"""Options of a loss as sliders with a number beside each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.forms import OptionField
from workbench.options import Option

_STEPS = 400
_AROUND = 100.0
"""A limit far from the default is not on the slider: it spans so many times the default."""


class OptionSlider(QWidget):
    """One option: its field, and for a number a slider beneath it.

    Args:
        option: what it sets.
        name: ``objectName`` of the field; the slider is ``<name>_slider``.
        parent: its parent.
    """

    edited = Signal(str, object)
    """The option's name and a value that it takes."""

    def __init__(self, option: Option, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.option = option
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP_SMALL)
        self.field = OptionField(option, name)
        self.field.edited.connect(lambda value: self.edited.emit(option.name, value))
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.field)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName(f"{name}_slider")
        self.slider.setAccessibleName(option.title)
        self.slider.setToolTip(option.help)
        self.slider.setRange(0, _STEPS)
        self._low, self._high = reach(option)
        self.slider.setVisible(self._high > self._low)
        self.slider.valueChanged.connect(self._slide)
        row.addWidget(self.slider, 1, Qt.AlignmentFlag.AlignBottom)
        box.addLayout(row)

    def show_value(self, value: Any) -> None:
        """Show a value that came from elsewhere."""
        if self.field.value() != value:
            self.field.show_value(value)
        self.slider.setEnabled(value is not None)
        if isinstance(value, int | float) and self._high > self._low:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._place(float(value)))

    def _place(self, value: float) -> int:
        inside = min(max(value, self._low), self._high)
        if self.option.log:
            share = math.log(inside / self._low) / math.log(self._high / self._low)
        else:
            share = (inside - self._low) / (self._high - self._low)
        return round(share * _STEPS)

    def _slide(self, place: int) -> None:
        share = place / _STEPS
        if self.option.log:
            value = self._low * (self._high / self._low) ** share
        else:
            value = self._low + share * (self._high - self._low)
        rounded: Any = float(f"{value:.3g}")
        if self.option.kind == "int":
            rounded = round(value)
        rounded = min(max(rounded, self._low), self._high)
        self.field.show_value(rounded)
        self.edited.emit(self.option.name, rounded)


def reach(option: Option) -> tuple[float, float]:
    """Where the slider of a number begins and ends; both 0 of anything else.

    Args:
        option: any option.
    """
    if option.kind not in ("int", "float"):
        return 0.0, 0.0
    ends = [float(v) for v in option.extremes() if isinstance(v, int | float)]
    default = float(option.default) if option.default is not None else 0.5
    low, high = min(ends), max(ends)
    if option.log:
        low = max(low, default / _AROUND, 1e-6)
        high = min(high, default * _AROUND)
    return low, high


class LossOptions(QWidget):
    """The options of one loss.

    Args:
        name: what the ``objectName`` of each field begins with, before that of its option.
        parent: its parent.
    """

    edited = Signal(str, object)
    """An option's name and a value that it takes."""

    def __init__(self, name: str = "losses_option", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.GAP)
        self._shown: tuple[Option, ...] = ()
        self._rows: dict[str, OptionSlider] = {}

    def show_options(self, options: tuple[Option, ...], values: Mapping[str, Any]) -> None:
        """Show these options with these values."""
        if options != self._shown:
            self._shown = options
            for row in self._rows.values():
                self._box.removeWidget(row)
                row.deleteLater()
            self._rows = {}
            for option in options:
                made = OptionSlider(option, f"{self._name}_{option.name}")
                made.edited.connect(self.edited)
                self._rows[option.name] = made
                self._box.addWidget(made)
        for name, row in self._rows.items():
            row.show_value(values[name])
