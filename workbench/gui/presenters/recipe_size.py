"""How large the model of a recipe is: asked of the engine, known until the model is another."""

from __future__ import annotations

from collections.abc import Mapping

from workbench import events
from workbench.engine import protocol
from workbench.gui.outline import short
from workbench.spec import RunSpec


class ModelSize:
    """Holds what the engine said of the model at hand."""

    def __init__(self) -> None:
        self._told: events.ModelDescribed | None = None
        self._asked_about: tuple[object, ...] = ()
        self._number = 0

    @property
    def parts(self) -> Mapping[str, events.DescribedPart]:
        """How large each part is; empty while that is not known."""
        return self._told.parts if self._told is not None else {}

    @property
    def problem(self) -> str:
        """Why the model cannot be built; "" where it can, or where that is not known."""
        return self._told.problem if self._told is not None else ""

    @property
    def known(self) -> bool:
        """The engine has spoken of the model at hand."""
        return self._told is not None

    def question(self, run_spec: RunSpec, many: int) -> protocol.Describe | None:
        """What to ask about a recipe; None where it was asked already.

        Args:
            run_spec: the recipe.
            many: classes or numbers of the target.
        """
        about = (run_spec.model, run_spec.objective, run_spec.data, many)
        if about == self._asked_about:
            return None
        self._asked_about, self._told = about, None
        self._number += 1
        outputs = 1 if run_spec.data.task in ("number", "yes_no", "none") else many
        return protocol.Describe(number=self._number, spec=run_spec, outputs=outputs)

    def answer(self, event: events.ModelDescribed) -> bool:
        """Take an answer; False where it is about an older recipe.

        Args:
            event: what the engine said.
        """
        if event.number != self._number:
            return False
        self._told = event
        return True

    def forget(self) -> None:
        """Ask again at the next occasion."""
        self._told, self._asked_about = None, ()


def phases(part: events.DescribedPart | None) -> str:
    """Which numbers of an encoder are trained when, in one sentence; "" where always all are.

    Args:
        part: what the engine said of it; None where it said nothing.
    """
    if part is None or not part.held:
        return ""
    few, all_of_them = short(part.parameters - part.held), short(part.parameters)
    if part.thaws_after is None:
        return f"Frozen: {few} of its {all_of_them} numbers are trained."
    epochs = "epoch 1" if part.thaws_after == 1 else f"epochs 1 to {part.thaws_after}"
    return f"Frozen in {epochs}: {few} of its {all_of_them} numbers are trained, then all."
