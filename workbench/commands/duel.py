"""``workbench duel``: compare losses or other options, from the first run to the verdict."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench import places
from workbench.commands.arguments import JsonFlag, RunsFolder, Settings, answer, spec_of
from workbench.commands.working import carry_out
from workbench.errors import UserError

if TYPE_CHECKING:
    from workbench.duels.spec import Contestant, DuelSpec
    from workbench.duels.store import Duel
    from workbench.spec import RunSpec

What = Annotated[
    Path,
    typer.Argument(help="A folder or zip of data, a spec file, a run's folder, or that of a duel."),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary", help="PLACE=A,B: what is compared, such as objective.loss.name=huber,log_cosh."
    ),
]
Ablate = Annotated[
    str | None,
    typer.Option("--ablate", help="modalities: each alone, in pairs, all; fusions: each of them."),
]
Repeats = Annotated[
    int | None,
    typer.Option("--repeats", help="How often each is trained, by another seed.", min=1, max=20,
                 show_default="as many as a difference can be shown with"),
]  # fmt: skip
Rates = Annotated[
    str | None,
    typer.Option("--rates", help="What the learning rate is multiplied with in the search of a "
                 "fair one; 1: no search.", show_default="1/3,1,3"),
]  # fmt: skip
Metric = Annotated[
    str | None,
    typer.Option("--metric", help="What judges; -NAME where less is better and the name is not "
                 "known.", show_default="by the task"),
]  # fmt: skip
FirstSeed = Annotated[int, typer.Option("--first-seed", help="Of the first repeat.", min=1)]
Against = Annotated[bool, typer.Option("--against-first", help="Compare each with the first only.")]
AtOnce = Annotated[int | None, typer.Option("--at-once", help="Runs at once.", min=1, max=8)]
Plan = Annotated[bool, typer.Option("--plan", help="Say what would be trained, and train nothing.")]


def duel(
    what: What,
    vary: Vary = None,
    ablate: Ablate = None,
    repeats: Repeats = None,
    rates: Rates = None,
    metric: Metric = None,
    first_seed: FirstSeed = 1,
    against_first: Against = False,
    settings: Settings = None,
    runs: RunsFolder = None,
    at_once: AtOnce = None,
    plan: Plan = False,
    as_json: JsonFlag = False,
) -> None:
    """Compare losses or other options: same data, weights and batches, repeats, an exact test."""
    from workbench.duels import store

    folder = runs or places.runs()
    if (what / "duel.json").is_file():
        _refuse_changes(vary, ablate, settings)
        _work(store.find(what), at_once, plan=plan, as_json=as_json)
        return
    more: dict[str, Any] = {"first_seed": first_seed}
    if repeats is not None:
        more["repeats"] = repeats
    if rates is not None:
        more["rates"] = tuple(_rate(word) for word in rates.split(","))
    if metric is not None:
        more["metric"] = metric.removeprefix("-")
        if metric.startswith("-"):
            more["larger_is_better"] = False
    if against_first:
        more["against"] = "first"
    spec = _planned(spec_of(what, settings or []), vary or [], ablate, more)
    if plan:
        _tell(spec, None, as_json=as_json)
        return
    _work(store.create(folder, spec), at_once, plan=False, as_json=as_json)


def _planned(
    recipe: RunSpec, vary: list[str], ablate: str | None, more: dict[str, Any]
) -> DuelSpec:  # fmt: skip
    from workbench.duels import ablation
    from workbench.duels.spec import duel_between

    if ablate is not None:
        if vary:
            raise UserError("--ablate and --vary do not go together.", "Give one of both.")
        return ablation.ablate(recipe, ablate, **more)
    return duel_between(recipe, _contestants(vary), **more)


def _contestants(vary: Iterable[str]) -> tuple[Contestant, ...]:
    """The contestants of ``--vary``; given several times, all that go together."""
    from workbench.duels.spec import of_values

    given = list(vary)
    if not given:
        raise UserError(
            "A duel needs something to compare.",
            "Add --vary objective.loss.name=huber,squared_error, or --ablate modalities.",
        )
    if len(given) > 1:
        raise UserError(
            "--vary was given more than once: a duel changes one thing at a time.",
            "Make a duel of each.",
        )
    place, equals, values = given[0].partition("=")
    if not equals:
        raise UserError(f"--vary {given[0]} has no '='.", "Write --vary PLACE=A,B.")
    return of_values(place.strip(), [word.strip() for word in values.split(",") if word.strip()])


def _rate(word: str) -> float:
    found = re.fullmatch(r"\s*([\d.eE+-]+)\s*(?:/\s*([\d.eE+-]+))?\s*", word)
    try:
        value = float(found[1]) / float(found[2] or 1) if found else math.nan
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not 0 < value <= 1000:
        raise UserError(f"--rates has '{word}'.", "Write numbers over 0, such as 1/3,1,3.")
    return value


def _refuse_changes(*given: object) -> None:
    if any(given):
        raise UserError(
            "This duel is fixed already: it can be gone on with, not changed.",
            "Leave --vary, --ablate and --set out, or begin from its recipe.",
        )


def _work(found: Duel, at_once: int | None, *, plan: bool, as_json: bool) -> None:
    from workbench.duels.advance import advance, go_on, halt
    from workbench.duels.judging import judge
    from workbench.runs.queue import Queue

    spec = found.spec()
    if plan:
        _tell(spec, found, as_json=as_json)
        return

    def waiting() -> set[str]:
        return {each.run for each in advance(found).every if not each.over}

    carry_out(
        "duel", found.folder, Queue(found.runs), at_once,
        go_on=lambda: go_on(found), waiting=waiting, halt=lambda: halt(found),
    )  # fmt: skip
    _tell(spec, found, as_json=as_json)
    over = judge(spec, found.outcomes()).over
    raise typer.Exit(0 if over else 1)


def _tell(spec: DuelSpec, found: Duel | None, *, as_json: bool) -> None:
    from workbench.duels.judging import judge
    from workbench.duels.store import Outcomes
    from workbench.duels.telling import facts, table

    outcomes = found.outcomes() if found is not None else Outcomes()
    judgement = judge(spec, outcomes)
    told = facts(spec, judgement)
    if found is not None:
        told["duel"] = str(found.folder)
    answer(as_json, told, table(spec, judgement))
