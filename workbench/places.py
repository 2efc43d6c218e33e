"""Where the program keeps what it makes: runs, sample projects, decoded samples.

``WORKBENCH_HOME`` moves all of them into one folder, ``WORKBENCH_CACHE`` the decoded samples alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder of runs and samples; not created here."""
    chosen = os.environ.get("WORKBENCH_HOME")
    return (
        Path(chosen) if chosen else Path(platformdirs.user_data_dir("workbench", appauthor=False))
    )


def runs() -> Path:
    """The folder that holds a folder for each run."""
    return home() / "runs"


def samples() -> Path:
    """The folder that holds the sample projects."""
    return home() / "samples"


def captures() -> Path:
    """The folder that holds the datasets recorded by microphone and camera."""
    return home() / "recorded"


def cache() -> Path:
    """The folder of decoded samples; it may be deleted at any time between runs."""
    chosen = os.environ.get("WORKBENCH_CACHE")
    if chosen:
        return Path(chosen)
    if os.environ.get("WORKBENCH_HOME"):
        return home() / "cache"
    return Path(platformdirs.user_cache_dir("workbench", appauthor=False))
