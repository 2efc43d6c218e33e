"""Where icons, fonts, themes and help pages lie, in an installed and in an editable copy alike."""

from __future__ import annotations

from pathlib import Path


def path(*names: str) -> Path:
    """The file or folder of that name under ``resources/``.

    Args:
        names: folder and file names below ``resources/``.

    Raises:
        FileNotFoundError: when the installation lacks it.
    """
    package = Path(__file__).parent
    # A wheel carries them inside the package; a checkout has them beside it.
    for root in (package / "_resources", package.parent / "resources"):
        if root.is_dir():
            found = root.joinpath(*names)
            if found.exists():
                return found
    raise FileNotFoundError(f"resource {'/'.join(names)} is missing; reinstall the workbench")
