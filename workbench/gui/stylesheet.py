"""The style sheet, written from a theme's colours; no colour stands here."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from workbench import resources

if TYPE_CHECKING:
    from workbench.gui.theme import Theme


def stylesheet(theme: Theme) -> str:
    """The application's style sheet in that theme's colours.

    Args:
        theme: the colours.
    """
    template = Template(resources.path("workbench.qss").read_text(encoding="utf-8"))
    icons = resources.path("icons").as_posix()
    words = {name: value for name, value in vars(theme).items() if isinstance(value, str)}
    words |= {f"series_{number}": colour for number, colour in enumerate(theme.series)}
    return template.substitute(words, icons=f"{icons}/{theme.scheme}")
