"""What is wrong with data, found by opening every file once."""

from __future__ import annotations

from collections.abc import Callable

from workbench.data.index import Index
from workbench.spec import DataSpec


def examine(
    index: Index,
    data: DataSpec | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Index:
    """Open every file, and say what will hurt.

    Args:
        index: the data.
        data: what is learned and how samples are divided; left out: the first target.
        progress: told (files opened, files in all).
        stop: asked often; true ends it.

    Returns:
        The Index with its findings and facts; samples with a file that cannot be read lack it.

    Raises:
        UserError: no file can be read.
        Stopped: the wish to stop was heard.
    """
    # The window opens without SciPy; who examines data waits for it.
    from workbench.data.health import examination

    return examination.examine(index, data, progress=progress, stop=stop)
