"""The cards of the start screen: a sample project, and rows that open a folder or a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.start import SampleCard
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, ClickableCard
from workbench.gui.widgets.labels import ElidedLabel, IconLabel, label, set_role
from workbench.gui.widgets.sample_pictures import SamplePicture


class SampleProjectCard(ClickableCard):
    """A sample project: picture, title, a sentence; a click opens it.

    Args:
        card: what it shows.
        parent: its parent.
    """

    opened = Signal(str)
    """The person wants to open the sample of that name."""

    cancelled = Signal(str)
    """The person no longer wants the sample of that name to be made."""

    def __init__(self, card: SampleCard, parent: QWidget | None = None) -> None:
        super().__init__("", "", f"start_sample_{card.name}", parent)
        self.setAccessibleName(f"Sample project {card.title}")
        self.setAccessibleDescription(card.description)
        self.body.addWidget(SamplePicture(card.name, card.modalities), 100)
        head = QHBoxLayout()
        head.addWidget(label(card.title, "card-title"))
        head.addStretch(1)
        head.addWidget(label(" + ".join(card.modalities), "quiet"))
        self.body.addLayout(head)
        self.body.addWidget(label(card.description, "quiet", wrap=True))
        foot = QHBoxLayout()
        self.bar = QProgressBar()
        self.bar.setObjectName(f"start_progress_{card.name}")
        self.bar.setAccessibleName(f"Making {card.title}")
        self.bar.setTextVisible(False)
        self.words = ElidedLabel("", "quiet", f"start_state_{card.name}")
        self.cancel = Button("Cancel", f"start_cancel_{card.name}", flat=True)
        self.cancel.setProperty("link", True)
        self.cancel.setAccessibleName(f"Stop making {card.title}")
        foot.addWidget(self.words, 2)
        foot.addWidget(self.bar, 3)
        foot.addWidget(self.cancel)
        self.body.addLayout(foot)
        # Takes what the picture leaves, so that the words stay together.
        self.body.addStretch(1)
        self.clicked.connect(lambda: self.opened.emit(card.name))
        self.cancel.clicked.connect(lambda: self.cancelled.emit(card.name))
        self.show_card(card)

    def show_card(self, card: SampleCard) -> None:
        """Show how far it is."""
        self.bar.setVisible(card.making)
        self.cancel.setVisible(card.making)
        self.bar.setRange(0, card.total)
        self.bar.setValue(card.done)
        if card.making:
            self.words.setText(
                f"Making file {card.done:,} of {card.total:,}" if card.total else "Making it…"
            )
        elif card.lacks and not card.made:
            self.words.setText(card.lacks)
        else:
            self.words.setText("Ready" if card.made else "Made when you open it")
        self.setEnabled(card.made or not card.lacks)
        self.setToolTip("" if card.made else card.lacks)


class Row(ClickableCard):
    """One line of a list that opens something.

    Args:
        icon_name: name of an icon.
        title: its first line.
        note: its second line.
        name: its ``objectName``.
        parent: its parent.
        note_elided: where its second line is shortened.
    """

    def __init__(
        self, icon_name: str, title: str, note: str, name: str, parent: QWidget | None = None,
        note_elided: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
    ) -> None:  # fmt: skip
        super().__init__("", "", name, parent)
        set_role(self, "row")
        self.setAccessibleName(f"{title}, {note}")
        outer = self.layout()
        assert outer is not None
        outer.setContentsMargins(8, 6, 8, 6)
        self.line = line = QHBoxLayout()
        line.setSpacing(10)
        self.icon = IconLabel(icon_name, "quiet", 18)
        line.addWidget(self.icon)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(title, "strong", mode=Qt.TextElideMode.ElideMiddle))
        words.addWidget(ElidedLabel(note, "quiet", mode=note_elided))
        line.addLayout(words, 1)
        self.right = QVBoxLayout()
        self.right.setSpacing(0)
        line.addLayout(self.right)
        self.body.addLayout(line)


def folder_row(folder: Path, number: int) -> Row:
    """A folder that was opened lately.

    Args:
        folder: the folder.
        number: its place in the list.
    """
    row = Row("folder", folder.name, str(folder.parent), f"start_folder_{number}")
    row.setToolTip(str(folder))
    return row


class RowsCard(Card):
    """A card with a list of rows; says what will stand there while it is empty.

    Args:
        title: what it lists.
        nothing: what to say when there is nothing.
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, title: str, nothing: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(title, "", name, parent)
        self._nothing = label(nothing, "quiet", f"{name}_nothing", wrap=True)
        self.body.addWidget(self._nothing)
        self._area = _Rows()
        self.body.addWidget(self._area, 1)
        self.body.addStretch(0)

    def say_nothing(self, words: str) -> None:
        """Say something else when there is nothing."""
        self._nothing.setText(words)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self._nothing.setVisible(not rows)
        inside = QWidget()
        set_role(inside, "panel")
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, theme.GAP_SMALL, 0)
        box.setSpacing(2)
        for row in rows:
            box.addWidget(row)
        box.addStretch(1)
        self._area.setWidget(inside)


class _Rows(QScrollArea):
    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_role(self, "plain")

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 60)
