"""When and where a run is saved: the last few places to go on from, and the best weights."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import UserError
from workbench.spec import RunSpec
from workbench.training import checkpoints
from workbench.training.position import Position

BEST = "best.npz"
_PLACE = re.compile(r"step-\d{9}\.npz")


class Saving:
    """Saves one run into ``checkpoints/`` of its folder, and finds where it can go on.

    Args:
        folder: of the run.
        spec: of the run.
        data_key: hash of its data.
        best: variables of the best weights, by group.
        every: all variables, by group.
    """

    def __init__(
        self, folder: Path, spec: RunSpec, data_key: str, best: Mapping[str, Iterable[Any]],
        every: Mapping[str, Iterable[Any]],
    ) -> None:  # fmt: skip
        self._folder = folder / "checkpoints"
        self._training = spec.training
        self._identity = {"spec": _digest(spec), "data": data_key}
        self._best, self._every = best, every
        self._saved_at = time.monotonic()
        self._saved_step = 0
        self.seconds = 0.0

    @property
    def identity(self) -> str:
        """Hashes of the spec and of the data: where they differ, nothing can go on together."""
        return f"{self._identity['spec']} {self._identity['data']}"

    def due(self, step: int) -> bool:
        """Whether it is time within an epoch, by minutes or by steps."""
        minutes, steps = self._training.checkpoint_minutes, self._training.checkpoint_steps
        if steps is not None and step - self._saved_step >= steps:
            return True
        return minutes is not None and time.monotonic() - self._saved_at >= 60 * minutes

    def due_after(self, epoch: int) -> bool:
        """Whether it is time at the end of this epoch."""
        each = self._training.checkpoint_epochs
        return epoch % each == 0 or epoch == self._training.epochs

    def keep(self, position: Position) -> None:
        """Save a place to go on from; older ones than the last few are removed.

        Raises:
            DiskFull: there is no space.
            UserError: the folder cannot be written.
        """
        begun = time.monotonic()
        file = self._folder / f"step-{position.step:09d}.npz"
        checkpoints.save(file, self._every, self._identity | position.to_state())
        for old in places(self._folder)[self._training.checkpoints_kept :]:
            old.unlink(missing_ok=True)
        self._saved_at, self._saved_step = time.monotonic(), position.step
        self.seconds += self._saved_at - begun

    def keep_best(self, position: Position) -> None:
        """Save the weights at hand as the best.

        Raises:
            DiskFull: there is no space.
            UserError: the folder cannot be written.
        """
        begun = time.monotonic()
        state = self._identity | {"epoch": position.epoch, "step": position.step}
        checkpoints.save(self._folder / BEST, self._best, state)
        self.seconds += time.monotonic() - begun

    @property
    def has_best(self) -> bool:
        """There are best weights on disk."""
        return (self._folder / BEST).is_file()

    def restore(self) -> tuple[Position | None, str]:
        """Fill all variables from the last sound place.

        Returns:
            The position, None where there is no place to go on from; and which damaged places were
            passed over, in words.

        Raises:
            UserError: the run's data or spec are others than they were.
        """
        skipped = []
        for file in places(self._folder):
            try:
                state = checkpoints.state_of(file)
                self._refuse_others(state)
                checkpoints.load(file, self._every)
            except checkpoints.Damaged:
                skipped.append(file.name)
                file.rename(file.with_name(f"damaged-{file.name}"))
                continue
            self._saved_step = state["step"]
            return Position.from_state(state), _in_words(skipped)
        return None, _in_words(skipped)

    def _refuse_others(self, state: Mapping[str, Any]) -> None:
        if state.get("spec") != self._identity["spec"]:
            raise UserError(
                f"The checkpoints in {self._folder} belong to another spec.",
                "spec.json was changed since: put it back, or train anew.",
            )
        if state.get("data") != self._identity["data"]:
            raise UserError(
                "The data are not the same any more as when this run began.",
                "Put the files back as they were, or train anew.",
            )


def places(folder: Path) -> list[Path]:
    """Files that a run can go on from, the newest first.

    Args:
        folder: ``checkpoints/`` of a run.
    """
    try:
        found = [file for file in folder.iterdir() if _PLACE.fullmatch(file.name)]
    except FileNotFoundError:
        return []
    return sorted(found, reverse=True)


def keep_trying(save: Callable[[], None], wait: Callable[[UserError], bool]) -> bool:
    """Save, and where the disk is full, again after each wait.

    Args:
        save: saves.
        wait: told why it failed; false gives up.

    Returns:
        Whether it was saved.
    """
    while True:
        try:
            save()
            return True
        except checkpoints.DiskFull as error:
            if not wait(error):
                return False


def _digest(spec: RunSpec) -> str:
    """Of all that decides how a run goes; its name does not, nor how often it is saved."""
    # Runs of before have no word on what is recorded.
    left_out = {"training": {"record_samples"}}
    plain = _decisive(spec).model_dump(mode="json", exclude=left_out)
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _decisive(spec: RunSpec) -> RunSpec:
    """The spec with all that changes no weight as it is by default."""
    free = {
        name: type(spec.training).model_fields[name].default
        for name in (
            "checkpoint_minutes", "checkpoint_steps", "checkpoint_epochs", "checkpoints_kept",
            "longest_minutes",
        )
    }  # fmt: skip
    # The data have a hash of their own: they may lie elsewhere by now.
    return spec.model_copy(
        update={
            "name": "run",
            "training": spec.training.model_copy(update=free),
            "data": spec.data.model_copy(update={"folder": ""}),
        }
    )


def _in_words(skipped: list[str]) -> str:
    if not skipped:
        return ""
    return f"{', '.join(skipped)} {'was' if len(skipped) == 1 else 'were'} damaged"
