"""Shows a sample of a run's results, from the data that the run was made of."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from workbench.data.folder import scan
from workbench.data.index import Index
from workbench.gui.background import Latest
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.widgets.sample import SampleView
from workbench.runs import store


class Preview(QObject):
    """Finds the index of a run's data: the one that is open, or one that is scanned for it.

    Args:
        data: whose index serves where it is of the same folder.
        results: whose run it is.
        name: prefix of the object names of its view.
        parent: its parent.
    """

    def __init__(
        self, data: DataPresenter, results: ResultsPresenter, name: str = "results_sample",
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.view = SampleView(name)
        # The screen itself names the sample above it.
        self.view.title.hide()
        self.view.target.hide()
        self._data, self._results = data, results
        self._index: Index | None = None
        self._of: Path | None = None
        self._wanted = ""
        self._scan = Latest(self)
        self._scan.answered.connect(self._have)

    def forget(self) -> None:
        """Another run is shown, or other data are open."""
        self._index = None

    @Slot(str)
    def show_sample(self, stem: str) -> None:
        """Show the sample of that name; nothing where it is empty."""
        folder = self._results.state.folder
        if not stem or folder is None:
            self.view.clear()
            return
        if self._index is not None and self._of == folder:
            self.view.show_stem(self._index, stem)
            return
        self._wanted, self._of = stem, folder
        known, shown = self._data.state.index, self._data.state.data
        data = store.find(folder).spec().data
        if (
            known is not None
            and shown is not None
            and (shown.folder, shown.reading) == (data.folder, data.reading)
        ):
            self._have(known)
        else:
            self._scan.ask(lambda: scan(data.folder, reading=data.reading, check=False))

    @Slot(object)
    def _have(self, index: Index) -> None:
        self._index = index
        self.view.show_stem(index, self._wanted)
