"""What a person should know about the data, gravest first, with the files concerned."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.data.index import Finding
from workbench.gui import theme
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
    """A list of findings; each unfolds its files.

    Args:
        prefix: of the object names: ``<prefix>_<number>`` for a finding's words,
            ``<prefix>_<number>_files`` for the button that unfolds its files.
        parent: its parent.
    """

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(prefix)
        self.setAccessibleName("Findings")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_role(self, "plain")
        self._prefix = prefix
        self._shown: tuple[Finding, ...] | None = None

    def minimumSizeHint(self) -> QSize:
        """Room for one finding."""
        return QSize(200, 60)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show these findings.

        Args:
            findings: gravest first.
        """
        if findings == self._shown:
            return
        self._shown = findings
        inside = QWidget()
        set_role(inside, "panel")
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, theme.GAP, 0)
        box.setSpacing(12)
        for number, finding in enumerate(findings):
            box.addWidget(_FindingView(finding, f"{self._prefix}_{number}"))
        if not findings:
            box.addWidget(_nothing(self._prefix))
        box.addStretch(1)
        self.setWidget(inside)


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
        if finding.files:
            count = len(finding.files)
            fold = Fold(f"{count:,} {'file' if count == 1 else 'files'}", f"{name}_files")
            more = f"\n… and {count - _MOST_FILES:,} more" if count > _MOST_FILES else ""
            files = label(
                "\n".join(finding.files[:_MOST_FILES]) + more, "quiet", f"{name}_list", wrap=True
            )
            files.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            fold.body.addWidget(files)
            words.addWidget(fold)
        row.addLayout(words, 1)


def _nothing(prefix: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GAP)
    row.addWidget(IconLabel("check-circle", "good", 16))
    row.addWidget(label("Nothing to complain about.", "", f"{prefix}_none"), 1)
    return line
