"""Cards on a quiet ground: the frame, the figure tile, the empty state and the banner."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.errors import UserError
from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel, IconLabel, label, set_role


class Card(QFrame):
    """A panel with a title; its content goes into ``body``.

    Args:
        title: what it shows; "" for no title row.
        hint: a few quiet words at the right of the title.
        name: its ``objectName``.
        parent: its parent.
        dense: a little less margin, for screens with many cards.
    """

    def __init__(
        self,
        title: str = "",
        hint: str = "",
        name: str = "",
        parent: QWidget | None = None,
        *,
        dense: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        set_role(self, "card")
        outer = QVBoxLayout(self)
        edge = (10, 12) if dense else (12, theme.GAP_LARGE)
        outer.setContentsMargins(theme.GAP_LARGE, edge[0], theme.GAP_LARGE, edge[1])
        outer.setSpacing(theme.GAP)
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.GAP)
        self.title = label(title, "card-title")
        self.hint = ElidedLabel(hint, "quiet")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if title:
            self.head.addWidget(self.title)
            self.head.addWidget(self.hint, 1)
            outer.addLayout(self.head)
            self.setAccessibleName(title)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.GAP)
        outer.addLayout(self.body, 1)


class ClickableCard(Card):
    """A card that is one large button, by mouse and by keyboard."""

    clicked = Signal()

    def __init__(
        self, title: str = "", hint: str = "", name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(title, hint, name, parent)
        self.setProperty("clickable", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click inside is a wish."""
        if (
            event.button() == Qt.MouseButton.LeftButton
            and self.isEnabled()
            and self.rect().contains(event.position().toPoint())
        ):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space click."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


class Figure(QFrame):
    """A tile with one large figure: what it is, the figure, one quiet line.

    Args:
        caption: what the figure is.
        name: its ``objectName``; the figure itself is ``<name>_value``, the line ``<name>_note``.
        parent: its parent.
    """

    def __init__(self, caption: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(caption)
        set_role(self, "card")
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP_LARGE, 12, theme.GAP_LARGE, 12)
        box.setSpacing(2)
        self.caption = ElidedLabel(caption, "quiet")
        self.value = ElidedLabel("–", "figure", f"{name}_value")
        self.note = ElidedLabel("", "quiet", f"{name}_note")
        for part in (self.caption, self.value, self.note):
            box.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_figure(self, value: str, note: str = "") -> None:
        """Show a figure and the line beneath it."""
        self.value.setText(value)
        self.note.setText(note)


class EmptyState(QWidget):
    """What a screen shows before there is anything: an icon, a title, a sentence, an action.

    Args:
        icon_name: name of an icon.
        title: what is missing.
        sentence: what to do.
        action: words of its button; "" for none.
        name: its ``objectName``; the button is ``<name>_action``.
        parent: its parent.
    """

    acted = Signal()

    def __init__(
        self,
        icon_name: str,
        title: str,
        sentence: str,
        action: str = "",
        name: str = "empty",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        box = QVBoxLayout(self)
        box.setSpacing(theme.GAP)
        box.addStretch(2)
        box.addWidget(IconLabel(icon_name, "quiet", 48), 0, Qt.AlignmentFlag.AlignHCenter)
        self._title = label("", "card-title", f"{name}_title")
        box.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        self._words = label("", "quiet", f"{name}_sentence", wrap=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._words.setFixedWidth(460)
        box.addWidget(self._words, 0, Qt.AlignmentFlag.AlignHCenter)
        if action:
            button = Button(action, f"{name}_action", primary=True)
            button.clicked.connect(self.acted)
            box.addSpacing(theme.GAP)
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(3)
        self.show_words(title, sentence)

    def show_words(self, title: str, sentence: str) -> None:
        """Say something else.

        Args:
            title: what is missing.
            sentence: what to do.
        """
        self._title.setText(title)
        self._words.setText(sentence)
        # A wrapped label that is centred gets the height of one line unless it is told its own.
        self._words.setMinimumHeight(self._words.heightForWidth(460))

    def hold(self, widget: QWidget) -> None:
        """Put a widget beneath the sentence, such as a bar that begins longer work."""
        box = self.layout()
        assert isinstance(box, QVBoxLayout)
        box.insertWidget(box.count() - 1, widget, 0, Qt.AlignmentFlag.AlignHCenter)


class Banner(QFrame):
    """A sentence that stays until it is dismissed or what it says no longer holds.

    Args:
        name: its ``objectName``; its words are ``<name>_text``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(theme.GAP)
        self._icon = IconLabel("warning-circle", "bad", 18)
        row.addWidget(self._icon, 0)
        self.text = label("", name=f"{name}_text", wrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self.text, 1)
        close = Button("", f"{name}_close", icon_name="x", flat=True, name_for_readers="Dismiss")
        close.setToolTip("Dismiss")
        close.clicked.connect(self.hide)
        row.addWidget(close, 0)
        self.hide()

    def show_error(self, error: UserError) -> None:
        """Say what is wrong and what to do."""
        self._show(f"{error.problem} {error.remedy}".strip(), "bad", "warning-circle")

    def show_warning(self, sentence: str) -> None:
        """Say what needs attention."""
        self._show(sentence, "warn", "warning")

    def show_info(self, sentence: str) -> None:
        """Say something good to know."""
        self._show(sentence, "info", "info")

    def _show(self, sentence: str, tone: str, icon_name: str) -> None:
        self.text.setText(sentence)
        self.setAccessibleName(sentence)
        self._icon.show_icon(icon_name, "accent" if tone == "info" else tone)
        set_role(self, f"banner-{tone}")
        self.show()
