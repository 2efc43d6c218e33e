"""Shows a sample of a run's results, from the data that the run was made of."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from workbench.data.index import Index
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.run_index import RunIndex
from workbench.gui.widgets.sample import SampleView


class Preview(QObject):
    """Shows samples of the run whose results are looked at.

    Args:
        index: finds the data of the run.
        results: whose run it is.
        name: prefix of the object names of its view.
        parent: its parent.
    """

    def __init__(
        self, index: RunIndex, results: ResultsPresenter, name: str = "results_sample",
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.view = SampleView(name)
        # The screen itself names the sample above it.
        self.view.title.hide()
        self.view.target.hide()
        self._index, self._results = index, results
        self._wanted = ""
        index.found.connect(self._have)
        index.failed.connect(self._fail)

    @Slot(str)
    def show_sample(self, stem: str) -> None:
        """Show the sample of that name; nothing where it is empty."""
        self._wanted = stem
        if not stem or self._results.state.folder is None:
            self.view.clear()
        else:
            self._index.ask()

    @Slot(object)
    def _have(self, index: Index) -> None:
        # Others ask for the index, too; the sample that is shown already stays as it is.
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self.view.show_stem(index, wanted)

    @Slot(object)
    def _fail(self, error: object) -> None:
        if self._wanted:
            self.view.clear()
