"""What a model says when it may not know some modalities.

A model that was trained with samples that lack a modality is told that it is lacking, as in
training. Any other is asked with that modality of other samples in its place, and its answers are
averaged (the marginal expectation of Lundberg and Lee 2017, arXiv:1705.07874).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.insight.background import background
from workbench.insight.halves import Encoded, Halves
from workbench.insight.trained import Arrays, Trained
from workbench.parts import Modality

Removal = Literal["trained", "others"]
"""As in training; or by the same modality of other samples."""
DRAWS = 16
"""Others that stand in for each sample where the model knows no lack."""


@dataclass(frozen=True)
class Remover:
    """Takes modalities away from samples of one model.

    Args:
        halves: of the model.
        others: what the encoders make of ordinary samples; empty where none are needed.
    """

    halves: Halves
    others: Encoded

    @classmethod
    def of(cls, trained: Trained) -> Remover:
        """For a trained run, with the ordinary samples that it keeps.

        Raises:
            UserError: it keeps none although they are needed.
        """
        halves = Halves.of(trained)
        if all(m in trained.inputs.incomplete for m in trained.spec.modalities):
            return cls(halves, {})
        return cls(halves, halves.encode(background(trained.folder)))

    def removal(self, modality: Modality) -> Removal:
        """How that modality is taken away."""
        return "trained" if modality in self.halves.trained.inputs.incomplete else "others"

    def outputs(
        self, encoded: Encoded, kept: Collection[Modality], present: Arrays | None = None,
        draws: int = DRAWS,
    ) -> NDArray[np.float32]:  # fmt: skip
        """What the fused head says of samples of which it knows only some modalities.

        Args:
            encoded: as of ``Halves.encode``; of a modality that is not kept it is not looked at,
                and may be any row, such as zeros.
            kept: the modalities that it knows.
            present: for each incomplete modality which samples have it; all when left out.
            draws: how many others stand in for each sample; each is another one.

        Returns:
            Logits or numbers, [samples, outputs]; averaged over the others.
        """
        count = len(next(iter(next(iter(encoded.values())).values())))
        gone = [m for m in encoded if m not in kept]
        has = dict(present or {})
        for modality in gone:
            if self.removal(modality) == "trained":
                has[modality] = np.zeros(count, bool)
        swapped = [m for m in gone if self.removal(m) == "others"]
        if not swapped:
            return self.halves.decide(encoded, has)
        if not kept and not has:
            # Whatever the sample, nothing of it is left: all get the same answer.
            said = self.halves.decide(self.others).mean(axis=0, keepdims=True)
            return np.repeat(said, count, axis=0)
        many = len(next(iter(self.others[swapped[0]].values())))
        draws = min(draws, many)
        total = np.zeros(0)
        for draw in range(draws):
            # Every draw takes the next other, spread evenly, so that each sample meets all kinds.
            rows = (np.arange(count) + draw * max(many // draws, 1)) % many
            said = self.halves.decide(self._swapped(encoded, swapped, rows), has)
            total = said / draws if not total.size else total + said / draws
        return total.astype(np.float32)

    def _swapped(
        self, encoded: Encoded, swapped: Collection[Modality], rows: NDArray[np.int64]
    ) -> dict[Modality, Mapping[str, NDArray[Any]]]:
        found = dict(encoded)
        for modality in swapped:
            found[modality] = {n: v[rows] for n, v in self.others[modality].items()}
        return found
