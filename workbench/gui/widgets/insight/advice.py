"""The advice after training: what stands out, why, and one experiment to try."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.duels.words import contestant_words
from workbench.gui import theme
from workbench.gui.plots.insight.evidence import EvidencePlot
from workbench.gui.presenters.insight.advice import NOTHING, AdvicePresenter, AdviceState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card, EmptyState
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.seen import SeenPage
from workbench.runs.advising import Finding

_WIDTH = 280


class AdviceView(SeenPage):
    """Shows an ``AdviceState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: AdvicePresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "advice", "Advice", parent)
        self._presenter = presenter
        self._findings: tuple[Finding, ...] = ()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("advice_banner")
        outer.addWidget(self.banner)
        self._pages = QWidget()
        self._stack = QStackedLayout(self._pages)
        nothing = Card(name="advice_nothing_card")
        nothing.body.addWidget(
            EmptyState("check-circle", "Nothing to mend", NOTHING, name="advice_nothing")
        )
        waiting = label("Looking at the run…", "quiet", "advice_reading")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for each in (nothing, waiting, self._shown()):
            self._stack.addWidget(each)
        outer.addWidget(self._pages, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: AdviceState) -> None:
        """Show the state."""
        finding = state.finding
        self._stack.setCurrentIndex(1 if state.phase == "reading" else 0 if finding is None else 2)
        self._pages.setVisible(state.error is None)
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        if state.findings != self._findings:
            self._findings = state.findings
            self._fill()
        if finding is not None:
            with QSignalBlocker(self.list):
                self.list.setCurrentRow(state.chosen)
            self._show_finding(finding)

    def _fill(self) -> None:
        with QSignalBlocker(self.list):
            self.list.clear()
            for place, each in enumerate(self._findings):
                item = QListWidgetItem(each.title)
                item.setToolTip(each.sentence)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{place + 1}. {each.title}")
                self.list.addItem(item)

    def _show_finding(self, finding: Finding) -> None:
        self.title.setText(finding.title)
        self.sentence.setText(finding.sentence)
        self.proposal.setText(finding.proposal)
        self.plot.setVisible(finding.evidence is not None)
        if finding.evidence is not None:
            self.plot.show_evidence(finding.evidence)
        duel = finding.duel
        self.duel.setVisible(duel is not None)
        self.contestants.setVisible(duel is not None)
        if duel is not None:
            lines = [f"{each.name}: {contestant_words(duel, each)}" for each in duel.contestants]
            self.contestants.setText("\n".join(lines))

    def _shown(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        side = Card("What stands out", "", "advice_list_card")
        side.setFixedWidth(_WIDTH)
        side.body.addWidget(
            label("The best supported comes first. One change at a time.", "quiet", wrap=True)
        )
        self.list = QListWidget()
        self.list.setObjectName("advice_list")
        self.list.setAccessibleName("Findings")
        self.list.setSpacing(2)
        self.list.setWordWrap(True)
        self.list.currentRowChanged.connect(self._presenter.choose)
        side.body.addWidget(self.list, 1)
        row.addWidget(side)
        card = Card("", "", "advice_card")
        self.title = label("", "figure", "advice_title", wrap=True)
        self.sentence = label("", "", "advice_sentence", wrap=True)
        self.proposal = label("", "", "advice_proposal", wrap=True)
        self.contestants = label("", "quiet", "advice_contestants", wrap=True)
        self.plot = EvidencePlot("advice_evidence")
        self.plot.setMaximumHeight(320)
        self.duel = Button("Try as a duel", "advice_duel", icon_name="scales", primary=True)
        self.duel.setToolTip("Fill the form on the Compare screen with this experiment")
        self.duel.clicked.connect(self._presenter.try_as_duel)
        card.body.addWidget(self.title)
        card.body.addWidget(self.sentence)
        card.body.addWidget(self.plot, 1)
        card.body.addWidget(self.proposal)
        card.body.addSpacing(theme.GAP_SMALL)
        card.body.addWidget(self.contestants)
        card.body.addWidget(self.duel, 0, Qt.AlignmentFlag.AlignLeft)
        card.body.addStretch(1)
        row.addWidget(card, 1)
        return page
