"""What people say of a run: name, note, tags, star, archive; ``labels.json`` in its folder."""

from __future__ import annotations

from typing import Annotated

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from workbench.errors import UserError
from workbench.runs.store import Run
from workbench.writing import write_atomic

FILE = "labels.json"
MOST_TAGS = 20
_LOCK = ".labels.lock"
_LOCK_SECONDS = 10

Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^,\n]+$")
]


class Labels(BaseModel):
    """What people say of a run.

    Args:
        name: what it is called; "": as its folder.
        note: any words.
        tags: words to find it by, each once.
        star: it matters.
        archived: it is kept, and not listed with the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    note: Annotated[str, StringConstraints(max_length=10_000)] = ""
    tags: Annotated[tuple[Tag, ...], Field(max_length=MOST_TAGS)] = ()
    star: bool = False
    archived: bool = False


def read(run: Run) -> Labels:
    """What was said of a run; nothing where nobody did.

    Raises:
        UserError: the file is damaged.
    """
    file = run.folder / FILE
    try:
        return Labels.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Labels()
    except (OSError, ValidationError) as error:
        raise UserError(
            f"{file} cannot be read: {_first(error)}.",
            "Mend or delete it; the run is not affected.",
        ) from None


def change(run: Run, **changes: object) -> Labels:
    """Change what is said of a run.

    Args:
        run: the run.
        changes: values by the names of ``Labels``.

    Returns:
        What is said now.

    Raises:
        UserError: a value is too long or of the wrong kind, or the folder is gone or cannot be
            written.
    """
    if not run.folder.is_dir():
        raise UserError(f"{run.folder} is gone.", "It was moved, renamed or deleted.")
    if "tags" in changes and isinstance(changes["tags"], (list, tuple)):
        changes["tags"] = tuple(dict.fromkeys(str(tag).strip() for tag in changes["tags"]))
    try:
        # Two windows may change different things of one run at once.
        with FileLock(run.folder / _LOCK, timeout=_LOCK_SECONDS):
            labels = Labels.model_validate(read(run).model_dump() | changes)
            write_atomic(run.folder / FILE, labels.model_dump_json(indent=2) + "\n")
    except ValidationError as error:
        raise UserError(f"This cannot be said of a run: {_first(error)}.", _LIMITS) from None
    except Timeout:
        raise UserError(
            f"{run.name} is being changed elsewhere for {_LOCK_SECONDS} seconds.", "Try again."
        ) from None
    except OSError as error:
        raise UserError(
            f"{run.folder} cannot be written: {error.strerror}.", "Make the folder writable."
        ) from None
    return labels


def parse_tags(words: str) -> tuple[str, ...]:
    """Tags as a person writes them, with commas between them."""
    return tuple(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))


_LIMITS = (
    "A name has up to 120 letters, a note 10,000; a tag up to 40 and no comma, and there are up to "
    f"{MOST_TAGS}."
)


def _first(error: OSError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        found = error.errors()[0]
        return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
    return error.strerror or str(error)
