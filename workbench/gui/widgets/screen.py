"""The frame that every screen shares: title, one quiet line, actions at the right, a banner."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.labels import ElidedLabel, set_role


class Screen(QWidget):
    """Base of all screens; content goes into ``body``, buttons into ``tools``.

    Args:
        title: its title.
        name: its ``objectName``; banner ``<name>_banner``, subtitle ``<name>_subtitle``.
        scrolls: put the body into a scroll area, for content higher than a small window.
        parent: its parent.
    """

    def __init__(
        self, title: str, name: str, *, scrolls: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        set_role(self, "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.MARGIN, theme.GAP_LARGE, theme.MARGIN, theme.GAP_LARGE)
        outer.setSpacing(12)
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = ElidedLabel(title, "screen-title", f"{name}_title")
        self.subtitle = ElidedLabel("", "quiet", f"{name}_subtitle")
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        head.addLayout(words, 1)
        self.tools = QHBoxLayout()
        self.tools.setSpacing(theme.GAP)
        head.addLayout(self.tools)
        outer.addLayout(head)
        self.banner = Banner(f"{name}_banner")
        outer.addWidget(self.banner)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.GAP_LARGE)
        if scrolls:
            self.body.setContentsMargins(0, 0, 0, 0)
            inside = QWidget()
            set_role(inside, "ground")
            inside.setLayout(self.body)
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setWidget(inside)
            outer.addWidget(area, 1)
        else:
            outer.addLayout(self.body, 1)
