"""Colours of points and of values from low to high."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from workbench.gui import theme
from workbench.gui.presenters.insight.map_points import Colouring


def colour_named(name: int | str, worn: theme.Theme) -> QColor:
    """The colour of a group.

    Args:
        name: number of a series; ``good``, ``bad`` or ``quiet``; or a modality.
        worn: the theme.
    """
    if isinstance(name, str):
        if name in ("good", "bad"):
            return QColor(getattr(worn, name))
        if name == "quiet":
            return mixed(QColor(worn.quiet), QColor(worn.panel), 0.55)
        return QColor(worn.colour_of(name))
    plain = QColor(worn.colour_of(name))
    if name < len(worn.series):
        return plain
    # The second round of colours is nearer to the ink, so that none comes twice.
    return mixed(plain, QColor(worn.text), 0.5)


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Two colours mixed.

    Args:
        one: of this so much as ``share`` says.
        other: the rest.
        share: 0..1.
    """
    return QColor.fromRgbF(
        share * one.redF() + (1 - share) * other.redF(),
        share * one.greenF() + (1 - share) * other.greenF(),
        share * one.blueF() + (1 - share) * other.blueF(),
    )


def ramp(worn: theme.Theme) -> NDArray[np.uint8]:
    """Colours from low to high, [256, 3]: from near the ground over the accent to the warm one."""
    stops = (mixed(QColor(worn.accent), QColor(worn.panel), 0.3), QColor(worn.accent),
             QColor(worn.colour_of("validation")))  # fmt: skip
    parts = np.array([[c.red(), c.green(), c.blue()] for c in stops], float)
    at = np.linspace(0, 2, 256)
    columns = [np.interp(at, np.arange(3), parts[:, n]) for n in range(3)]
    return np.stack(columns, axis=1).round().astype(np.uint8)


def colours_of(colours: Colouring, lit: int, worn: theme.Theme) -> NDArray[np.uint8]:
    """Red, green and blue of each point.

    Args:
        colours: what they mean.
        lit: the one group that is not dimmed; -1: none is.
        worn: the theme.
    """
    dim = mixed(QColor(worn.quiet), QColor(worn.panel), 0.22)
    grey = np.array([dim.red(), dim.green(), dim.blue()], np.uint8)
    if not colours.groups:
        known = np.isfinite(colours.level)
        place = (np.where(known, colours.level, 0) * 255).astype(np.int64)
        return np.where(known[:, None], ramp(worn)[place], grey)
    table = np.empty((len(colours.groups), 3), np.uint8)
    for number, group in enumerate(colours.groups):
        found = colour_named(group.colour, worn)
        table[number] = found.red(), found.green(), found.blue()
        if lit not in (-1, number):
            table[number] = grey
    return table[colours.group]
