"""The last word of a run whose process could not say it itself."""

from __future__ import annotations

from workbench.events import Ended, Failed, to_line
from workbench.runs.store import Run


def record(run: Run, last: Ended | Failed) -> None:
    """Write it behind what the run has said so far, and into its status.

    Args:
        run: whose process is gone.
        last: the word.

    Raises:
        OSError: the folder is gone or cannot be written.
        UserError: its status is damaged.
    """
    run.mend_events()
    with run.events_file.open("a", encoding="utf-8") as stream:
        stream.write(to_line(last) + "\n")
    failed = isinstance(last, Failed)
    changes = {
        "phase": "failed" if failed else "discarded",
        "message": last.problem if isinstance(last, Failed) else "",
    }
    run.write_status(run.status().model_copy(update=changes))
