"""A run that can be packed, without any training."""

import numpy as np

from workbench import spec
from workbench.runs import store
from workbench.runs.store import Status


def trained(runs, data, metrics, **training):
    """A run on the texts of a folder that is done, with weights of a few numbers."""
    chosen = spec.from_data(
        {
            "name": "cats",
            "data": {"folder": str(data), "target": "label", "task": "category"},
            "model": {"encoders": {"text": {"name": "text_average"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": training,
        }
    )
    made = store.create(runs, chosen)
    (made.folder / "checkpoints").mkdir()
    np.savez(made.folder / "checkpoints" / "best.npz", a=np.arange(3))
    made.write_status(Status(phase="done", metrics=metrics))
    return made
