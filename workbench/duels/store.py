"""Duels on disk: ``duels/<stamp>-<name>/`` in the folder of runs, with the plan and what came out.

``duel.json`` is fixed before anything is trained. ``outcomes.json`` says which run stands for which
place of the plan and keeps its figures, so that a verdict outlives runs that are thrown away.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.duels import spec as duel_spec
from workbench.duels.spec import DuelSpec
from workbench.errors import UserError
from workbench.runs import experiments
from workbench.writing import write_atomic

FOLDER = "duels"

Fate = Literal["waiting", "running", "done", "failed"]


class Place(BaseModel):
    """A place in the plan of a duel.

    Args:
        contestant: whose run it is.
        seed: of the run.
        rate: what the learning rate is multiplied with.
        searching: it belongs to the search of a learning rate, and is no repeat.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    contestant: str
    seed: int
    rate: float = 1.0
    searching: bool = False


class Outcome(BaseModel):
    """What became of a place.

    Args:
        place: of the plan.
        run: name of the run's folder.
        fate: it waits, trains, is done, or is lost: a failure, or a stop by hand.
        metrics: figures of its evaluation by name; empty before.
        split: on which they were measured.
        searched: validation metric of its best epoch, by which learning rates are chosen; None
            where there is none.
        seconds: how long it trained.
        epochs: how many it trained.
        message: why it is lost.
        tries: how often it was put into the queue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    place: Place
    run: str
    fate: Fate = "waiting"
    metrics: dict[str, float] = {}
    split: str = ""
    searched: float | None = None
    seconds: float = 0.0
    epochs: int = 0
    message: str = ""
    tries: int = 0

    @property
    def over(self) -> bool:
        """Nothing more comes of it."""
        return self.fate in ("done", "failed")


class Outcomes(BaseModel):
    """What has come out of a duel so far; ``outcomes.json``.

    Args:
        on: it goes on by itself; off: somebody halted it.
        every: one of each run that was made, in the order in which they were made.
        version: of this format.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: bool = True
    every: tuple[Outcome, ...] = ()
    version: Literal[1] = 1

    def at(self, place: Place) -> Outcome | None:
        """What became of a place; None before it was begun.

        Args:
            place: of the plan.
        """
        return next((each for each in self.every if each.place == place), None)


@dataclass(frozen=True)
class Duel:
    """One duel by its folder.

    Args:
        folder: the folder, absolute: ``<runs>/duels/<stamp>-<name>``.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def runs(self) -> Path:
        """The folder of runs that its runs lie in."""
        return self.folder.parent.parent

    def spec(self) -> DuelSpec:
        """What it is.

        Raises:
            UserError: ``duel.json`` is missing or damaged.
        """
        return duel_spec.read(self.folder / "duel.json")

    def outcomes(self) -> Outcomes:
        """What has come out so far.

        Raises:
            UserError: ``outcomes.json`` is damaged.
        """
        file = self.folder / "outcomes.json"
        try:
            return Outcomes.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return Outcomes()
        except (OSError, ValidationError) as error:
            words = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise UserError(
                f"{file} cannot be read: {words}.",
                "Delete that file: what was trained is found again in the runs of the duel.",
            ) from None

    def write(self, outcomes: Outcomes) -> None:
        """Replace ``outcomes.json`` as a whole.

        Args:
            outcomes: what it is to hold.
        """
        write_atomic(self.folder / "outcomes.json", outcomes.model_dump_json(indent=1) + "\n")

    def held(self) -> AbstractContextManager[None]:
        """Hold the duel, as of ``experiments.held``."""
        return experiments.held(self.folder)


def create(runs: Path, spec: DuelSpec) -> Duel:
    """A new duel; nothing is trained yet.

    Args:
        runs: the folder of all runs; made where it is missing.
        spec: what it is.

    Raises:
        UserError: the folder cannot be written.
    """
    return Duel(experiments.create(runs / FOLDER, spec.name, "duel.json", spec.to_json()))


def find(folder: Path) -> Duel:
    """The duel in a folder.

    Args:
        folder: of the duel.

    Raises:
        UserError: it holds none.
    """
    if not (folder / "duel.json").is_file():
        raise UserError(
            f"{folder} holds no duel: duel.json is missing.", "Choose the folder of a duel."
        )
    return Duel(folder.resolve())


def every(runs: Path) -> list[Duel]:
    """All duels in a folder of runs, the newest first.

    Args:
        runs: the folder of all runs.
    """
    return [Duel(folder) for folder in experiments.every(runs / FOLDER, "duel.json")]
