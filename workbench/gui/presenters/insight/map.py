"""Decides what the map of embeddings shows. Knows no widget."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters.insight.map_points import (
    Colouring,
    Points,
    choices,
    colouring,
    points_of,
)
from workbench.gui.presenters.insight.map_words import (
    NO_UMAP,
    SPACES,
    Fact,
    axes_of,
    facts_of,
    note_of,
)
from workbench.gui.presenters.results import ResultsState
from workbench.gui.presenters.study import Begin, StudyPresenter
from workbench.runs import maps, store
from workbench.runs.maps import EmbeddingMap, Method, Space, Split
from workbench.runs.results import Results, Samples

MOST_JOINED = 2000
"""Pairs that are joined by lines; of more nothing would be seen."""


@dataclass(frozen=True)
class MapState:
    """All that the map shows.

    Args:
        phase: no run is looked at; it is read; its map is not drawn yet; it is shown.
        folder: of the run.
        split: which samples.
        results: figures of the evaluation.
        samples: its rows.
        spaces: what can be mapped.
        space: what is.
        methods: how.
        method: the chosen one.
        colourings: what colours can mean.
        coloured: what they do.
        points: of the map.
        colours: of the points.
        lit: number of the one group that is not dimmed; -1: none is.
        joined: partners are joined by lines.
        can_join: there are partners, and few enough.
        axes: what the two directions are.
        note: how to read it.
        facts: figures of the space.
        chosen: number of the sample that is chosen; -1: none.
        error: what went wrong.
    """

    phase: Literal["empty", "reading", "needed", "shown"] = "empty"
    folder: Path | None = None
    split: str = ""
    results: Results | None = None
    samples: Samples | None = None
    spaces: tuple[Choice, ...] = ()
    space: str = ""
    methods: tuple[Choice, ...] = ()
    method: str = "pca"
    colourings: tuple[Choice, ...] = ()
    coloured: str = ""
    points: Points | None = None
    colours: Colouring | None = None
    lit: int = -1
    joined: bool = True
    can_join: bool = False
    axes: tuple[str, str] = ("", "")
    note: str = ""
    facts: tuple[Fact, ...] = ()
    chosen: int = -1
    error: UserError | None = None


@dataclass(frozen=True)
class _Looked:
    spaces: tuple[Choice, ...]
    space: str
    found: EmbeddingMap | None
    points: Points | None
    error: UserError | None = None


class MapPresenter(QObject):
    """Reads maps of the run that is looked at, and has them drawn.

    Args:
        begin: hands longer work to an engine.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``MapState`` after a change."""

    sample_chosen = Signal(str)
    """Name of the sample whose point was clicked."""

    def __init__(self, begin: Begin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = MapState()
        self.study = StudyPresenter(begin, self)
        self.study.finished.connect(self._look)
        self._found: EmbeddingMap | None = None
        self._visible = self._due = False
        self._latest = Latest(self)
        self._latest.answered.connect(self._show)
        self._latest.failed.connect(self._fail)

    @Slot(object)
    def show_results(self, results: ResultsState) -> None:
        """Another run, split or number is looked at; nothing is read before it is seen."""
        now = self.state
        if results.phase != "shown":
            if now.phase != "empty" and results.phase != "reading":
                self.close()
                self._become(MapState())
            return
        if results.samples is now.samples and results.folder == now.folder:
            return
        if (results.folder, results.split) != (now.folder, now.split):
            self.study.stop()
        kept = now if results.folder == now.folder else MapState()
        self._latest.forget()
        self._due = True
        self._become(
            MapState(
                phase="reading", folder=results.folder, split=results.split,
                results=results.results, samples=results.samples, spaces=kept.spaces,
                space=kept.space, methods=_methods(len(results.samples or ())),
                method=kept.method, coloured=kept.coloured, joined=kept.joined,
            )
        )  # fmt: skip
        self._look_if_seen()

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """The map is seen, or no longer is."""
        self._visible = seen
        self._look_if_seen()

    @Slot(str)
    def choose_space(self, name: str) -> None:
        """Map another embedding."""
        if name != self.state.space:
            self._become(replace(self.state, space=name, coloured=""))
            self._look()

    @Slot(str)
    def choose_method(self, name: str) -> None:
        """Map by another method."""
        if name != self.state.method:
            self._become(replace(self.state, method=name))
            self._look()

    @Slot(str)
    def choose_colouring(self, name: str) -> None:
        """Let the colours mean something else."""
        if name != self.state.coloured:
            self._become(self._coloured(replace(self.state, coloured=name)))

    @Slot(int)
    def light(self, group: int) -> None:
        """Dim all but one group; the same once more, and none is dimmed."""
        self._become(replace(self.state, lit=-1 if group == self.state.lit else group))

    @Slot(bool)
    def join(self, joined: bool) -> None:
        """Join partners by lines, or not."""
        self._become(replace(self.state, joined=joined))

    @Slot(int)
    def choose_sample(self, row: int) -> None:
        """Choose the sample of that number."""
        samples = self.state.samples
        if samples is not None and 0 <= row < len(samples):
            self._become(replace(self.state, chosen=row))
            self.sample_chosen.emit(str(samples.stem[row]))

    @Slot()
    def draw(self) -> None:
        """Have the map drawn that is wished."""
        now = self.state
        if now.folder is not None and now.space:
            self.study.start(
                protocol.Project.model_validate(
                    {"run": str(now.folder), "split": now.split, "method": now.method,
                     "space": now.space}
                )
            )  # fmt: skip

    def close(self) -> None:
        """End all work that is under way."""
        self._latest.forget()
        self._due = False
        self.study.stop()

    def _look_if_seen(self) -> None:
        if self._visible and self._due:
            self._look()

    @Slot()
    def _look(self) -> None:
        """Read what is known of the wished map."""
        now = self.state
        self._due = False
        if now.folder is not None and now.samples is not None:
            self._latest.ask(_reader(now))

    @Slot(object)
    def _show(self, looked: _Looked) -> None:
        self._found = found = looked.found
        now = replace(
            self.state, spaces=looked.spaces, space=looked.space, error=looked.error, lit=-1,
            points=looked.points,
        )  # fmt: skip
        if found is None or looked.points is None or now.results is None:
            words = note_of(None, now.method)
            self._become(replace(now, phase="needed", colours=None, facts=(), note=words))
            return
        offered = choices(now.results, found)
        known = any(choice.name == now.coloured for choice in offered)
        now = replace(
            now,
            phase="shown",
            colourings=offered,
            coloured=now.coloured if known else offered[0].name,
            axes=axes_of(found),
            note=note_of(found, now.method, looked.points.unknown),
            facts=facts_of(found),
            can_join=0 < int(looked.points.second.sum()) <= MOST_JOINED,
        )
        self._become(self._coloured(now))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, phase="needed", points=None, colours=None, error=error))

    def _coloured(self, state: MapState) -> MapState:
        if self._found is None or None in (state.points, state.results, state.samples):
            return state
        assert state.points is not None
        assert state.results is not None
        assert state.samples is not None
        made = colouring(state.coloured, state.points, state.results, state.samples, self._found)
        return replace(state, colours=made, lit=-1)

    def _become(self, state: MapState) -> None:
        self.state = state
        self.changed.emit(state)


def _reader(state: MapState) -> Callable[[], _Looked]:
    """Reads in a worker thread what is known of the wished map."""
    folder, samples = state.folder, state.samples
    split: Split = state.split  # type: ignore[assignment]  # an evaluation has no other splits
    method: Method = state.method  # type: ignore[assignment]  # one of the choices

    def read() -> _Looked:
        assert folder is not None
        assert samples is not None
        spec = store.find(folder).spec()
        known = maps.spaces_of(spec)
        offered = tuple(Choice(name, SPACES[name]) for name in known)
        why = maps.why_no_fused(spec)
        if why:
            offered += (Choice(maps.FUSED, SPACES[maps.FUSED], reason=why),)
        best: Space = maps.FUSED if maps.FUSED in known else known[-1]
        space: Space = next((name for name in known if name == state.space), best)
        try:
            found = maps.read(folder, split, space, method)
        except UserError as error:
            return _Looked(offered, space, None, None, error)
        points = points_of(found, samples) if found is not None else None
        return _Looked(offered, space, found, points)

    return read


def _methods(count: int) -> tuple[Choice, ...]:
    no_umap = NO_UMAP if importlib.util.find_spec("umap") is None else ""
    slow = count >= maps.MOST_TSNE
    return (
        Choice("pca", "PCA", "The two directions of the largest variance."),
        Choice("umap", "UMAP", "Keeps neighbours together.", reason=no_umap),
        Choice(
            "tsne", "t-SNE", "Keeps neighbours together.",
            reason=f"Too slow from {maps.MOST_TSNE:,} samples on." if slow else "",
        ),
    )  # fmt: skip
