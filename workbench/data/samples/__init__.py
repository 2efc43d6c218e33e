"""Sample projects that make themselves, as ordinary files that a person can open."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench import resources
from workbench.errors import UserError

if TYPE_CHECKING:
    from workbench.parts import Modality

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sample:
    """A sample project.

    Args:
        name: its name; its files are drawn by the module of that name.
        title: its name for people.
        description: one sentence: what it holds and what one learns from it.
        modalities: what it has.
        samples: how many samples it has unless told otherwise.
        needs: the library that it is made with besides those of the workbench; "": none.
        hint: what to do where that library is not installed.
    """

    name: str
    title: str
    description: str
    modalities: tuple[Modality, ...]
    samples: int
    needs: str = ""
    hint: str = ""

    @property
    def lacks(self) -> str:
        """Why it cannot be made on this machine, two sentences; "" when it can."""
        if not self.needs or importlib.util.find_spec(self.needs) is not None:
            return ""
        return self.hint

    def make(
        self,
        folder: Path,
        *,
        samples: int | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Path:
        """Make it; the folder appears when it is whole.

        Args:
            folder: where to; missing or empty.
            samples: how many; its own number when left out.
            seed: another seed, other samples; the same seed gives the same files.
            progress: told (samples made, samples in all).

        Returns:
            The folder.

        Raises:
            UserError: the folder holds something, or cannot be written.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is there already and not empty.", "Name another folder.")
        drawer = importlib.import_module(f"workbench.data.samples.{self.name}")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as made:
                whole = Path(made) / "whole"
                drawer.draw(whole, samples or self.samples, seed, progress or _silent)
                shutil.copy(resources.path("samples", f"{self.name}.md"), whole / "README.md")
                if folder.exists():
                    folder.rmdir()
                shutil.move(whole, folder)
        except OSError as error:
            raise UserError(
                f"The sample project cannot be written to {folder}: {error.strerror}.",
                "Choose another folder or free some space.",
            ) from None
        return folder


def _silent(done: int, total: int) -> None:
    """Show nothing."""


SAMPLES: Mapping[str, Sample] = {
    "shapes": Sample(
        "shapes",
        "Shapes",
        "Which shape, and how high is its tone? No single modality can tell: see fusion pay.",
        ("image", "audio", "text"),
        900,
    ),
    "gauges": Sample(
        "gauges",
        "Gauges",
        "Read a gauge from its picture and a note; some targets are mistyped: see Huber win.",
        ("image", "text"),
        900,
    ),
    "digits": Sample(
        "digits",
        "Digits",
        "Handwriting and a spoken word, each spoiled at times: where the eye fails, the ear helps.",
        ("image", "audio", "text"),
        1200,
        "espeakng_loader",
        "Its voices are not installed. Install them with: pip install "
        "'multimodal-workbench[samples]'",
    ),
}
