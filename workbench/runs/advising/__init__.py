"""Advice after training: what a run's own figures say, and one experiment to try next."""

from __future__ import annotations

from workbench.runs.advising.classes import of_classes
from workbench.runs.advising.finding import Evidence, Finding, Known
from workbench.runs.advising.modalities import of_modalities
from workbench.runs.advising.numbers import of_numbers
from workbench.runs.advising.training import of_training
from workbench.runs.store import Run

__all__ = ["Evidence", "Finding", "Known", "advise_run"]

_RULES = (of_numbers, of_classes, of_modalities, of_training)


def advise_run(run: Run) -> tuple[Finding, ...]:
    """What another recipe may mend, the best supported first; empty where nothing stands out.

    Args:
        run: trained and evaluated on its test samples.

    Raises:
        UserError: it was not evaluated, or one of its files is damaged.
    """
    known = Known(run)
    found = [finding for rule in _RULES for finding in rule(known)]
    return tuple(sorted(found, key=lambda each: -each.weight))
