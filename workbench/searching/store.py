"""Searches on disk: ``searches/<stamp>-<name>/`` in the folder of runs.

``search.json`` is fixed before anything is trained; ``study.db`` is Optuna's SQLite study, which
holds every trial with its values, its course and the name of its run.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import UserError
from workbench.runs import experiments
from workbench.searching import spec as search_spec
from workbench.searching.spec import SearchSpec

FOLDER = "searches"


@dataclass(frozen=True)
class Search:
    """One search by its folder.

    Args:
        folder: absolute: ``<runs>/searches/<stamp>-<name>``.
    """

    folder: Path

    @property
    def runs(self) -> Path:
        """The folder of runs that its runs lie in."""
        return self.folder.parent.parent

    @property
    def database(self) -> Path:
        """Optuna's study."""
        return self.folder / "study.db"

    def spec(self) -> SearchSpec:
        """What it is.

        Raises:
            UserError: ``search.json`` is missing or damaged.
        """
        return search_spec.read(self.folder / "search.json")

    def held(self) -> AbstractContextManager[None]:
        """Hold the search, as of ``experiments.held``."""
        return experiments.held(self.folder)


def create(runs: Path, spec: SearchSpec) -> Search:
    """A new search; nothing is trained yet.

    Args:
        runs: the folder of all runs; made where it is missing.
        spec: what it is.

    Raises:
        UserError: the folder cannot be written.
    """
    return Search(experiments.create(runs / FOLDER, spec.name, "search.json", spec.to_json()))


def find(folder: Path) -> Search:
    """The search in a folder.

    Args:
        folder: of the search.

    Raises:
        UserError: it holds none.
    """
    if not (folder / "search.json").is_file():
        raise UserError(
            f"{folder} holds no search: search.json is missing.", "Choose the folder of a search."
        )
    return Search(folder.resolve())


def every(runs: Path) -> list[Search]:
    """All searches in a folder of runs, the newest first.

    Args:
        runs: the folder of all runs.
    """
    return [Search(folder) for folder in experiments.every(runs / FOLDER, "search.json")]
