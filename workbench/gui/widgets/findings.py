"""What a person should know about the data, gravest first: examples, files, and one-click help."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.data.index import Finding
from workbench.gui import theme
from workbench.gui.presenters.remedies import Applied
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fold import Fold
from workbench.gui.widgets.labels import IconLabel, label, set_role

_LOOKS = {
    "error": ("warning-circle", "bad"),
    "warning": ("warning", "warn"),
    "info": ("info", "quiet"),
}
# More names than this help nobody in a window; the command line prints them all.
_MOST_FILES = 200


class FindingsView(QScrollArea):
    """A list of findings; each unfolds its files, shows its samples, and offers its remedy.

    Args:
        prefix: of the object names: ``<prefix>_<number>`` for a finding's words,
            ``<prefix>_<number>_files``, ``<prefix>_<number>_show``, ``<prefix>_<number>_apply`` for
            its buttons, ``<prefix>_undo_<number>`` for those that take a remedy back.
        parent: its parent.
    """

    rows_wished = Signal(object, str)
    """Rows of the samples to show, int64, and what they are."""

    apply_wished = Signal(int)
    """Apply the remedy of the finding at this place."""

    undo_wished = Signal(int)
    """Undo the remedy at this place among those applied."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(prefix)
        self.setAccessibleName("Findings")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_role(self, "plain")
        self._prefix = prefix
        self._shown: tuple[object, ...] | None = None

    def minimumSizeHint(self) -> QSize:
        """Room for one finding."""
        return QSize(200, 60)

    def show_findings(
        self,
        findings: tuple[Finding, ...],
        applied: tuple[Applied, ...] = (),
        nothing: str = "Nothing to complain about.",
    ) -> None:
        """Show these findings.

        Args:
            findings: gravest first.
            applied: remedies that were applied and can be undone.
            nothing: what is said where there is no finding; "" while files are still looked at.
        """
        wanted = (findings, applied, nothing)
        if wanted == self._shown:
            return
        self._shown = wanted
        place = self.verticalScrollBar().value()
        inside = QWidget()
        set_role(inside, "panel")
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, theme.GAP, 0)
        box.setSpacing(12)
        for number, done in enumerate(applied):
            box.addWidget(self._applied(number, done))
        titles = {done.title for done in applied}
        for number, finding in enumerate(findings):
            box.addWidget(self._finding(number, finding, finding.title not in titles))
        if not findings and nothing:
            box.addWidget(_nothing(self._prefix, nothing))
        box.addStretch(1)
        self.setWidget(inside)
        self.verticalScrollBar().setValue(place)

    def _finding(self, number: int, finding: Finding, offers: bool) -> QWidget:
        name = f"{self._prefix}_{number}"
        made = _FindingView(finding, name)
        if finding.rows:
            count = len(finding.rows)
            words = "Show it" if count == 1 else "Show examples" if count > 12 else "Show them"
            show = _link(words, f"{name}_show", f"{words}: {finding.title}")
            show.clicked.connect(lambda: self.rows_wished.emit(finding.rows, finding.title))
            made.buttons.addWidget(show)
        if finding.remedy is not None and offers:
            apply = _link(
                finding.remedy.words, f"{name}_apply", f"{finding.remedy.words}: {finding.title}"
            )
            apply.clicked.connect(lambda: self.apply_wished.emit(number))
            made.buttons.addWidget(apply)
        made.buttons.addStretch(1)
        return made

    def _applied(self, number: int, done: Applied) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(IconLabel("check-circle", "good", 16), 0, Qt.AlignmentFlag.AlignTop)
        words = label(f"Applied: {done.words}", "", f"{self._prefix}_applied_{number}", wrap=True)
        words.setToolTip(done.title)
        row.addWidget(words, 1)
        undo = _link("Undo", f"{self._prefix}_undo_{number}", f"Undo: {done.words}")
        undo.clicked.connect(lambda: self.undo_wished.emit(number))
        row.addWidget(undo, 0, Qt.AlignmentFlag.AlignTop)
        return line


class _FindingView(QWidget):
    def __init__(self, finding: Finding, name: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        icon, role = _LOOKS[finding.severity]
        mark = IconLabel(icon, role, 16)
        mark.setAccessibleName(finding.severity)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(finding.title, "strong", name, wrap=True))
        words.addWidget(label(finding.detail, "quiet", f"{name}_detail", wrap=True))
        self.buttons = QHBoxLayout()
        # The words of the buttons stand in line with those above.
        self.buttons.setContentsMargins(-4, 0, 0, 0)
        self.buttons.setSpacing(theme.GAP)
        words.addLayout(self.buttons)
        if finding.files:
            words.addWidget(_files(finding, name))
        row.addLayout(words, 1)


def _files(finding: Finding, name: str) -> Fold:
    """The names of the files, made when they are unfolded."""
    count = len(finding.files)
    noun = "sample" if finding.rows and len(finding.rows) == count else "file"
    fold = Fold(f"{count:,} {noun}{'' if count == 1 else 's'}", f"{name}_files")
    more = f"\n… and {count - _MOST_FILES:,} more" if count > _MOST_FILES else ""
    files = label("\n".join(finding.files[:_MOST_FILES]) + more, "quiet", f"{name}_list", wrap=True)
    files.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    fold.body.addWidget(files)
    return fold


def _link(words: str, name: str, name_for_readers: str) -> Button:
    made = Button(words, name, flat=True, name_for_readers=name_for_readers)
    made.setProperty("link", True)
    return made


def _nothing(prefix: str, words: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GAP)
    row.addWidget(IconLabel("check-circle", "good", 16))
    row.addWidget(label(words, "", f"{prefix}_none"), 1)
    return line
