"""A window of its own on what training may use of this machine."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.machine import MachinePresenter, MachineState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.labels import label
from workbench.machine import Share

_HOW = (
    "What training may use of this machine. It belongs to the machine, not to a recipe, and holds "
    "for runs that begin from now on."
)
_NO_GPU = "This machine has no NVIDIA GPU, or no driver for it."
_LOOKING = "Looking for GPUs…"
_LEAST_MEMORY = 256
_STEP_MEMORY = 512
_ROW = 24


class MachineDialog(QDialog):
    """Shows a ``MachineState`` and sends a choice to its presenter.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: MachinePresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("machine")
        self.setWindowTitle("This machine")
        self.setAccessibleName("This machine")
        self.setMinimumWidth(480)
        self._presenter = presenter
        self._cards: list[QCheckBox] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.MARGIN, theme.GAP_LARGE, theme.MARGIN, theme.GAP_LARGE)
        box.setSpacing(theme.GAP_LARGE)
        self.banner = Banner("machine_banner")
        box.addWidget(label("This machine", "screen-title"))
        box.addWidget(label(_HOW, "quiet", wrap=True))
        box.addWidget(self.banner)
        box.addLayout(self._form())
        box.addStretch(1)
        box.addLayout(self._buttons())
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(theme.GAP_LARGE)
        form.setVerticalSpacing(theme.GAP)
        self.threads = QSpinBox()
        self.threads.setObjectName("machine_threads")
        self.threads.setAccessibleName("Threads of the processor")
        self.threads.setSpecialValueText("All")
        self.threads.setFixedWidth(110)
        form.addRow("Processor threads", self.threads)
        self._gpu_column = QVBoxLayout()
        self.gpu_words = label("", "quiet", "machine_gpus", wrap=True)
        self._gpu_column.addWidget(self.gpu_words)
        form.addRow("GPUs", self._gpu_column)
        self.memory = QSpinBox()
        self.memory.setObjectName("machine_memory")
        self.memory.setAccessibleName("Most memory on each GPU")
        self.memory.setSpecialValueText("As much as needed")
        self.memory.setSuffix(" MB")
        self.memory.setSingleStep(_STEP_MEMORY)
        self.memory.setFixedWidth(170)
        form.addRow("GPU memory", self.memory)
        self._layout = form
        return form

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.use = Button("Use from now on", "machine_use", icon_name="check", primary=True)
        self.cancel = Button("Cancel", "machine_cancel")
        self.use.clicked.connect(self._use)
        self.cancel.clicked.connect(self.reject)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.use)
        return row

    @Slot(object)
    def show_state(self, state: MachineState) -> None:
        """Show a state."""
        self.threads.setRange(0, max(state.processors, state.share.threads or 0))
        self.threads.setValue(state.share.threads or 0)
        self._show_cards(state)
        largest = max((card.memory >> 20 for card in state.gpus or ()), default=0)
        # One step below what is least possible stands for no limit at all.
        self.memory.setRange(
            _LEAST_MEMORY - _STEP_MEMORY, max(largest, state.share.gpu_memory or 0, _LEAST_MEMORY)
        )
        self.memory.setValue(state.share.gpu_memory or self.memory.minimum())
        self._layout.setRowVisible(self.memory, bool(state.gpus))
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()

    def _show_cards(self, state: MachineState) -> None:
        cards = state.gpus or ()
        self.gpu_words.setText(_LOOKING if state.gpus is None else "" if cards else _NO_GPU)
        self.gpu_words.setVisible(not cards)
        while len(self._cards) < len(cards):
            made = QCheckBox()
            made.setObjectName(f"machine_gpu_{len(self._cards)}")
            made.setMinimumHeight(_ROW)
            self._gpu_column.addWidget(made)
            self._cards.append(made)
        for made, card in zip(self._cards, cards, strict=False):
            words = f"GPU {card.number} · {card.name} · {card.memory / 2**30:.0f} GB"
            made.setText(words)
            made.setAccessibleName(words)
            made.setChecked(state.share.gpus is None or card.number in state.share.gpus)
        self.adjustSize()

    @Slot()
    def _use(self) -> None:
        cards = self._presenter.state.gpus
        gpus = self._presenter.state.share.gpus
        if cards:
            on = [c.number for box, c in zip(self._cards, cards, strict=False) if box.isChecked()]
            gpus = None if len(on) == len(cards) else tuple(on)
        memory = self.memory.value()
        self._presenter.choose(
            Share(
                threads=self.threads.value() or None,
                gpus=gpus,
                gpu_memory=memory if memory >= _LEAST_MEMORY else None,
            )
        )
        if self._presenter.state.error is None:
            self.accept()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the machine anew each time."""
        super().showEvent(event)
        self._presenter.look()
