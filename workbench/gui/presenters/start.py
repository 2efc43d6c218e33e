"""What the start screen shows and decides: sample projects and recent folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal, Slot

from workbench import places
from workbench.errors import UserError
from workbench.gui.making import Command, SampleMaking, sample_command
from workbench.gui.presenters.runs import RunsPresenter
from workbench.gui.recent import RecentFolders


class SampleProject(Protocol):
    """What the start screen needs of an entry of ``workbench.data.samples.SAMPLES``."""

    @property
    def title(self) -> str:
        """Its name in words."""
        ...

    @property
    def description(self) -> str:
        """What it is about, one sentence."""
        ...

    @property
    def modalities(self) -> tuple[str, ...]:
        """What a sample consists of."""
        ...

    @property
    def lacks(self) -> str:
        """Why it cannot be made on this machine; "" when it can."""
        ...


@dataclass(frozen=True)
class SampleCard:
    """A sample project.

    Args:
        name: as the program names it.
        title: its name in words.
        description: what it is about, one sentence.
        modalities: what a sample consists of.
        made: it lies on disk already.
        making: it is being made.
        done: files made.
        total: files to make; 0: not known.
        lacks: why it cannot be made on this machine; "" when it can.
    """

    name: str
    title: str
    description: str
    modalities: tuple[str, ...]
    made: bool = False
    making: bool = False
    done: int = 0
    total: int = 0
    lacks: str = ""


@dataclass(frozen=True)
class StartState:
    """All that the start screen shows.

    Args:
        samples: sample projects.
        folders: folders that were opened lately, newest first.
        error: what went wrong with a sample or a folder.
    """

    samples: tuple[SampleCard, ...] = ()
    folders: tuple[Path, ...] = ()
    error: UserError | None = field(default=None)


class StartPresenter(QObject):
    """Opens samples, folders and runs; makes a sample that is not there yet.

    Args:
        samples: sample projects by name; ``workbench.data.samples.SAMPLES``.
        recent: folders opened lately.
        command: what makes a sample.
        samples_folder: where samples lie; the user's own place when left out.
        runs_folder: where runs lie; the user's own place when left out.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``StartState`` after a change."""

    folder_wished = Signal(object)
    """The ``Path`` of data to open."""

    run_wished = Signal(object)
    """The ``Path`` of a run to open."""

    resume_wished = Signal(object)
    """The ``Path`` of a run to go on with."""

    def __init__(
        self,
        samples: Mapping[str, SampleProject],
        recent: RecentFolders,
        command: Command = sample_command,
        samples_folder: Path | None = None,
        runs_folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._recent, self._command = recent, command
        self._samples_folder = samples_folder or places.samples()
        self.runs = RunsPresenter(runs_folder or places.runs(), parent=self)
        self.runs.open_wished.connect(self.run_wished)
        self.runs.resume_wished.connect(self.resume_wished)
        self._making: dict[str, SampleMaking] = {}
        cards = tuple(
            SampleCard(name, each.title, each.description, tuple(each.modalities), lacks=each.lacks)
            for name, each in samples.items()
        )
        self.state = StartState(samples=cards)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look at the disk again: samples, folders, runs."""
        self.runs.refresh()
        self._become(
            replace(
                self.state,
                samples=tuple(
                    replace(card, made=self._folder(card.name).is_dir())
                    for card in self.state.samples
                ),
                folders=tuple(self._recent.all()),
            )
        )

    @Slot(str)
    def open_sample(self, name: str) -> None:
        """Open a sample project; it is made first when it is not there.

        Args:
            name: of the sample.
        """
        folder = self._folder(name)
        if folder.is_dir():
            self.open_folder(folder)
        elif name not in self._making:
            making = SampleMaking(name, folder, self._command, self)
            self._making[name] = making
            making.progressed.connect(lambda done, total: self._progress(name, done, total))
            making.made.connect(lambda made: self._made(name, made))
            making.failed.connect(lambda error: self._failed(name, error))
            self._card(name, making=True, done=0, total=0)
            making.start()

    @Slot(str)
    def cancel_sample(self, name: str) -> None:
        """Give the making of a sample up; nothing of it stays.

        Args:
            name: of the sample.
        """
        if name in self._making:
            self._making[name].cancel()
            self._let_go(name)
            self._card(name, making=False)

    @Slot(object)
    def open_folder(self, folder: Path) -> None:
        """Open a folder of data.

        Args:
            folder: the folder.
        """
        self._recent.add(folder)
        self._become(replace(self.state, folders=tuple(self._recent.all()), error=None))
        self.folder_wished.emit(folder)

    def close(self) -> None:
        """End every process; returns when they have gone."""
        for name in list(self._making):
            self.cancel_sample(name)

    def _folder(self, name: str) -> Path:
        return self._samples_folder / name

    def _progress(self, name: str, done: int, total: int) -> None:
        if name in self._making:
            self._card(name, done=done, total=total)

    def _made(self, name: str, folder: Path) -> None:
        self._let_go(name)
        self._card(name, making=False, made=True)
        self.open_folder(folder)

    def _failed(self, name: str, error: UserError) -> None:
        self._let_go(name)
        self._card(name, making=False)
        self._become(replace(self.state, error=error))

    def _let_go(self, name: str) -> None:
        self._making.pop(name).deleteLater()

    def _card(self, name: str, **changes: Any) -> None:
        cards = tuple(
            replace(card, **changes) if card.name == name else card for card in self.state.samples
        )
        self._become(replace(self.state, samples=cards, error=None))

    def _become(self, state: StartState) -> None:
        self.state = state
        self.changed.emit(state)
