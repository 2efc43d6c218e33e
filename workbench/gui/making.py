"""A sample project is made by a process of its own, with progress and a cancel."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal, Slot

from workbench.errors import UserError

Command = Callable[[str, Path], list[str]]
"""What to start for a sample's name and the folder to make: program and arguments."""

# How long a killed process may take to go, milliseconds.
_KILL = 3000


def sample_command(name: str, folder: Path) -> list[str]:
    """What a user could type to make a sample project.

    Args:
        name: of the sample.
        folder: the folder to make.
    """
    return [sys.executable, "-m", "workbench", "sample", name, str(folder), "--json"]


class SampleMaking(QObject):
    """Makes one sample project; a half-made folder never stands under its final name.

    The process writes into a folder of its own beside the final one, so that all that it leaves
    behind when it is killed goes with that folder; what is whole is renamed.

    Args:
        name: of the sample.
        folder: where it shall lie.
        command: what to start.
        parent: its parent.
    """

    progressed = Signal(int, int)
    """Files made, files to make."""

    made = Signal(object)
    """The ``Path`` of the folder."""

    failed = Signal(object)
    """The ``UserError`` that says why there is none."""

    def __init__(
        self,
        name: str,
        folder: Path,
        command: Command = sample_command,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._name, self._folder, self._command = name, folder, command
        self._half = folder.with_name(f".{folder.name}.half")
        self._answer: dict[str, object] = {}
        self._rest = b""
        self._over = False
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._trouble)

    def start(self) -> None:
        """Begin."""
        try:
            self._clear()
            self._half.mkdir(parents=True)
        except OSError as error:
            self._end(_refused(self._folder, error))
            return
        program, *arguments = self._command(self._name, self._half / self._folder.name)
        self._process.start(program, arguments)

    def cancel(self) -> None:
        """Give it up and remove what was made; returns when the process has gone."""
        if self._over:
            return
        self._over = True
        self._process.kill()
        # A killed process is gone within milliseconds; its folder must not outlive it.
        self._process.waitForFinished(_KILL)
        shutil.rmtree(self._half, ignore_errors=True)

    @Slot()
    def _read(self) -> None:
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return  # what libraries print is no word of the command
        if not isinstance(said, dict):
            return
        if isinstance(said.get("done"), int) and isinstance(said.get("total"), int):
            self.progressed.emit(said["done"], said["total"])
        else:
            self._answer |= said

    @Slot(int, QProcess.ExitStatus)
    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        if self._over:
            return
        self._read()
        self._hear(self._rest)
        if code == 0 and status is QProcess.ExitStatus.NormalExit and "folder" in self._answer:
            self._keep()
            return
        log = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        last = log.splitlines()[-1] if log else f"exit code {code}"
        problem = self._answer.get("problem") or f"'{self._name}' could not be made: {last}."
        self._end(UserError(str(problem), str(self._answer.get("remedy") or "Try it again.")))

    @Slot(QProcess.ProcessError)
    def _trouble(self, error: QProcess.ProcessError) -> None:
        # Every other trouble ends in ``finished``.
        if error is QProcess.ProcessError.FailedToStart and not self._over:
            words = f"'{self._name}' could not be made: {self._process.errorString()}."
            self._end(UserError(words, "Reinstall the workbench."))

    def _keep(self) -> None:
        try:
            (self._half / self._folder.name).rename(self._folder)
        except OSError as error:
            self._end(_refused(self._folder, error))
            return
        self._over = True
        shutil.rmtree(self._half, ignore_errors=True)
        self.made.emit(self._folder)

    def _end(self, error: UserError) -> None:
        self._over = True
        shutil.rmtree(self._half, ignore_errors=True)
        self.failed.emit(error)

    def _clear(self) -> None:
        if self._half.exists():
            shutil.rmtree(self._half)


def _refused(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"The sample cannot be written to {folder}: {error.strerror or error}.",
        "Free some space or choose another place for samples with WORKBENCH_HOME.",
    )
