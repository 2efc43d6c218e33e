"""Findings that need no file to be opened, and the order in which findings are told."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from workbench.data.index import Finding, Index, Remedy

_SEVERITIES = ("error", "warning", "info")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings, the gravest first, otherwise as they came.

    Args:
        findings: any.
    """
    return tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity)))


def lacking(index: Index) -> list[Finding]:
    """Samples that lack a modality, one finding for each modality.

    Args:
        index: the data.
    """
    findings = []
    for modality in index.modalities:
        rows = np.flatnonzero(~index.has(modality))
        if len(rows):
            have = "sample has" if len(rows) == 1 else "samples have"
            findings.append(
                Finding(
                    "warning",
                    f"{len(rows):,} {have} no {modality}",
                    "They are kept, and the model is told what is missing.",
                    tuple(index.stems[rows].tolist()),
                    "missing_modality",
                    tuple(rows.tolist()),
                    Remedy("Leave them out", {"incomplete": "leave_out"}),
                )
            )
    return findings
