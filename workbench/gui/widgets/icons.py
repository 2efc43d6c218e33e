"""Icons of one set (Phosphor, by qtawesome), in the colours of the theme."""

from __future__ import annotations

import qtawesome
from PySide6.QtGui import QIcon

from workbench.gui import theme


def icon(name: str, role: str = "text") -> QIcon:
    """An icon in a colour of the theme worn now.

    Args:
        name: a name of the Phosphor set, without its prefix: ``folder-open``.
        role: a colour of the theme: ``text``, ``quiet``, ``accent``, ``on_accent``, ``warn``...

    Raises:
        Exception: the set has no such icon (qtawesome says which).
    """
    worn = theme.current()
    colour = getattr(worn, role)
    made: QIcon = qtawesome.icon(f"ph.{name}", color=colour, color_disabled=worn.quiet)
    return made
