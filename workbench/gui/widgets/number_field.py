"""A field for one number that keeps what was typed, right or wrong."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QSizePolicy, QWidget

from workbench.errors import UserError
from workbench.options import Option

# Room for the arrows, the frame and the padding of the style sheet.
_AROUND = 44
# As high as the boxes beside it; Qt would add two frames.
_HEIGHT = 28


def number_text(value: float | None) -> str:
    """A number as a person writes it: ``0.001``, ``1e-5``, ``32``.

    Args:
        value: the number; None: nothing.
    """
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    mantissa, _, exponent = repr(float(value)).partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


class NumberField(QAbstractSpinBox):
    """A number of an option: typed, or stepped by the arrow keys within its limits.

    Unlike Qt's own boxes it never clamps: a value out of range stays visible, so that whoever
    typed it can be told what is wrong with it. Steps multiply where the option is logarithmic.

    Args:
        option: a whole or decimal number.
        name: its ``objectName``.
        parent: its parent.
    """

    typed = Signal(str)
    """The text changed by typing or stepping."""

    def __init__(self, option: Option, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(option.title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setKeyboardTracking(False)
        self._option = option
        self.setFixedHeight(_HEIGHT)
        self.lineEdit().textEdited.connect(self.typed)

    def value(self) -> float | None:
        """The number, whole or decimal as the option says.

        Raises:
            UserError: the text is no number or lies outside the limits.
        """
        number: float | None = self._option.parse(self.text())
        return number

    def setValue(self, value: float | None) -> None:
        """Show a number as if it had been typed."""
        if self.text() != number_text(value):
            self.show_value(value)
            self.typed.emit(self.text())

    def show_value(self, value: float | None) -> None:
        """Show a number without a word; text that reads as the same number stays as it is."""
        try:
            same = bool(self.text()) and self.value() == value
        except UserError:
            same = False
        if not same:
            self.lineEdit().setText(number_text(value))

    def stepBy(self, steps: int) -> None:
        """Go up or down by a sensible amount; stops at the limits."""
        try:
            now = self.value()
        except UserError:
            now = None
        start = float(self._option.default or 0 if now is None else now)
        self.lineEdit().setText(number_text(self._inside(self._stepped(start, steps))))
        self.selectAll()
        self.typed.emit(self.text())

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways; the limits end a step."""
        return (
            QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
            | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        )

    # PySide6 6.10 says that it returns an object, 6.11 a tuple; this fits both.
    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Every text may be typed; what is wrong with it is said beside the field."""
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll: a wheel that passes by must not change a number."""
        event.ignore()

    def sizeHint(self) -> QSize:
        """As wide as the longest value that fits the option."""
        option = self._option
        ends = [option.default, option.minimum, option.maximum]
        if option.log or (option.maximum or 0) > 1e5:
            ends = [option.default]
        texts = [number_text(end) for end in ends if end is not None]
        letters = min(max(4, *(len(text) for text in texts)) if texts else 4, 8)
        width = self.fontMetrics().horizontalAdvance("0" * letters) + _AROUND
        return QSize(width, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """As the size hint: a number cut off is a wrong number."""
        return self.sizeHint()

    def _stepped(self, start: float, steps: int) -> float:
        if self._option.log and start > 0:
            return _log_steps(start, steps)
        size = 10.0 ** (math.floor(math.log10(abs(start))) - 1) if start else 0.01
        if self._option.kind == "int":
            size = max(1.0, size)
        # Rounding to the step keeps 0.1 + 0.2 from showing as 0.30000000000000004.
        return round(start + steps * size, 12)

    def _inside(self, value: float) -> float:
        option = self._option
        ends = [
            e
            for e in (*option.extremes(), option.default)
            if isinstance(e, int | float) and not isinstance(e, bool)
        ]
        if option.minimum is not None:
            value = max(value, min(ends))
        if option.maximum is not None:
            value = min(value, max(ends))
        return int(value) if option.kind == "int" else float(value)


def _log_steps(start: float, steps: int) -> float:
    """Along 1, 2, 5, 10, 20, 50... from the nearest of them.

    Args:
        start: above 0.
        steps: how many, up or down.
    """
    ladder = (1.0, 2.0, 5.0)
    decade = math.floor(math.log10(start) + 1e-9)
    rung = max(i for i, foot in enumerate(ladder) if start / 10.0**decade >= foot * (1 - 1e-9))
    number = decade * 3 + rung + steps
    exact = math.isclose(start, ladder[rung] * 10.0**decade, rel_tol=1e-9)
    if steps < 0 and not exact:
        number += 1
    return float(f"{ladder[number % 3]:g}e{number // 3}")
