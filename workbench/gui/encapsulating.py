"""Capsules in the window: the dialog that opens one, the card that packs one, what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from workbench import places
from workbench.capsules.opening import is_capsule
from workbench.gui.presenters.capsule import CapsulePresenter
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.widgets.capsule import CapsuleCard, CapsuleDialog
from workbench.runs import store
from workbench.spec import RunSpec


class Encapsulating(QObject):
    """Brings capsules, runs and the window together.

    Args:
        window: over which the dialog stands.
        results: says which run can be packed.
        use: opens a run.
        begin: trains a recipe.
    """

    told = Signal(str)
    """Something good to know, in a sentence."""

    def __init__(
        self, window: QWidget, results: ResultsPresenter, use: Callable[[Path], None],
        begin: Callable[[RunSpec], None],
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._use, self._begin = use, begin
        self.presenter = CapsulePresenter(places.runs(), parent=self)
        self.view = CapsuleDialog(self.presenter, parent=window)
        self.card = CapsuleCard(self.presenter)
        results.changed.connect(self.presenter.follow)
        self.presenter.opened.connect(self._have)
        self.presenter.compared.connect(self.told)

    def takes(self, file: Path) -> bool:
        """Look into a file if it is a capsule; say whether it is.

        Args:
            file: any path.
        """
        if not (file.is_file() and is_capsule(file)):
            return False
        self.presenter.look(file)
        self.view.open()
        return True

    @Slot(object, bool)
    def _have(self, folder: Path, again: bool) -> None:
        """Show a run that came out of a capsule; train its recipe again where that is wished."""
        self._use(folder)
        if again:
            self._begin(store.find(folder).spec())
