"""Shows a sample of a run's results, from the data that the run was made of."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from workbench.data.index import Index
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.run_index import RunIndex
from workbench.gui.widgets.sample import SampleView


class Preview(QObject):
    """Shows samples of the run whose results are looked at.

    Args:
        data: whose index serves where it is of the same folder.
        results: whose run it is.
        parent: its parent.
    """

    def __init__(
        self, data: DataPresenter, results: ResultsPresenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.view = SampleView("results_sample")
        # The screen itself names the sample above it.
        self.view.title.hide()
        self.view.target.hide()
        self.index = RunIndex(data, results, self)
        """Of the data of the run that is looked at."""
        self._results = results
        self._wanted = ""
        self.index.found.connect(self._have)
        self.index.failed.connect(self.view.clear)

    def forget(self) -> None:
        """Another run is shown, or other data are open."""
        self.index.forget()

    @Slot(str)
    def show_sample(self, stem: str) -> None:
        """Show the sample of that name; nothing where it is empty."""
        self._wanted = stem
        if not stem or self._results.state.folder is None:
            self.view.clear()
        else:
            self.index.ask()

    @Slot(object)
    def _have(self, index: Index) -> None:
        # Others ask for the index, too; the sample that is shown already stays as it is.
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self.view.show_stem(index, wanted)
