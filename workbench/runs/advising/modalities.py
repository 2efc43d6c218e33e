"""Advice on modalities: one that carries all, and a model that cannot do without another."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.duels.spec import Value
from workbench.runs.advising.finding import Evidence, Finding, Known, proposal

LEADS = 0.75
"""Share of the gain that one modality carries from which on the others are spoken of."""
ABLE = 0.15
"""Share of the whole gain that a modality must reach alone to be called able."""
FALLS = 0.5
"""Share of the gain that is lost without a modality from which on a model is called fragile."""
_HONEST = (
    "Be prepared for nothing: in careful replications balanced learning gained little beyond the "
    "noise of seeds (Kaffeza et al., The Illusion of Balanced Multimodal Sentiment Analysis)."
)


def of_modalities(known: Known) -> Iterator[Finding]:
    """What the contributions of the modalities say.

    Args:
        known: of a run whose contributions were measured; others have no findings.
    """
    found = known.contribution
    if found is None or len(found.modalities) < 2 or found.gain <= 0:
        return
    yield from _leading(known)
    yield from _fragile(known)


def _leading(known: Known) -> Iterator[Finding]:
    found = known.contribution
    assert found is not None
    lead = max(found.modalities, key=lambda each: each.shapley)
    share = lead.shapley / found.gain
    able = [
        each.name for each in found.modalities
        if each is not lead and each.alone - found.nothing > ABLE * found.gain
    ]  # fmt: skip
    if share < LEADS or not able or known.spec.objective.heads:
        return
    changes: dict[str, dict[str, Value]] = {
        "Heads": {"objective.heads": True},
        "Heads and OGM-GE": {"objective.heads": True, "objective.balancer.name": "ogm_ge"},
    }
    duel = proposal(known, "Nobody behind", changes)
    if duel is None:
        return
    others = " and ".join(able)
    yield Finding(
        "leading", f"{lead.name.capitalize()} carries nearly all",
        f"{lead.name.capitalize()} carries {share:.0%} of what the model gained over guessing, "
        f"though {others} alone could do something.",
        f"A head for each modality keeps {others} learning. {_HONEST}",
        0.3 + 0.3 * (share - LEADS), duel,
        Evidence("Share of the gain", tuple(each.name for each in found.modalities),
                 tuple(each.shapley / found.gain for each in found.modalities),
                 tuple(each is lead for each in found.modalities), share=True),
    )  # fmt: skip


def _fragile(known: Known) -> Iterator[Finding]:
    found = known.contribution
    assert found is not None
    if known.spec.model.modality_dropout > 0:
        return
    lost = {each.name: (found.whole - each.without) / found.gain for each in found.modalities}
    worst = max(lost, key=lambda name: lost[name])
    rest = [each for each in found.modalities if each.name != worst]
    # Where the others know nothing by themselves, no training makes up for the one that is gone.
    if lost[worst] < FALLS or max(each.alone - found.nothing for each in rest) < ABLE * found.gain:
        return
    changes = {"Modality dropout": {"model.modality_dropout": 0.2}}
    duel = proposal(known, "Without a modality", changes)
    if duel is None:
        return
    yield Finding(
        "fragile", f"Helpless without {worst}",
        f"Without {worst} the model loses {lost[worst]:.0%} of what it gained over guessing.",
        "If a modality can be missing in use, hide it at times while training: of all remedies "
        "that were measured this one helped most there, and cost nothing where all is present. "
        "The duel shows the cost; the Modalities tab of its runs shows the gain.",
        0.3, duel,
        Evidence("Lost without it", tuple(lost), tuple(lost.values()),
                 tuple(name == worst for name in lost), share=True),
    )  # fmt: skip
