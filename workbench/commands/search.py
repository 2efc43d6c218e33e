"""``workbench search``: many trials of one recipe, chosen by what earlier ones have shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench import places
from workbench.commands.arguments import JsonFlag, RunsFolder, Settings, answer, spec_of
from workbench.commands.working import carry_out
from workbench.errors import UserError

if TYPE_CHECKING:
    from workbench.searching.store import Search

What = Annotated[
    Path, typer.Argument(help="Data, a spec, a run; or a search to go on with.", exists=True)
]
Over = Annotated[
    list[str] | None,
    typer.Option("--over", help="PLACE, PLACE=LOW..HIGH or PLACE=A,B: what is searched; "
                 "repeatable. Of a place alone the range follows from its limits."),
]  # fmt: skip
Trials = Annotated[int, typer.Option("--trials", help="How many at most.", min=2, max=500)]
Minutes = Annotated[
    float | None, typer.Option("--minutes", help="Begin no more after so long a training time.")
]
Sampler = Annotated[str, typer.Option("--sampler", help="tpe learns from trials; random does not.")]
NoPrune = Annotated[bool, typer.Option("--no-prune", help="Train hopeless trials to their end.")]
Seed = Annotated[int, typer.Option("--seed", help="Of what is tried.", min=0)]
AtOnce = Annotated[int | None, typer.Option("--at-once", help="Runs at once.", min=1, max=8)]
Plan = Annotated[bool, typer.Option("--plan", help="Say what would be searched; train nothing.")]


def search(
    what: What,
    over: Over = None,
    trials: Trials = 20,
    minutes: Minutes = None,
    sampler: Sampler = "tpe",
    no_prune: NoPrune = False,
    seed: Seed = 0,
    settings: Settings = None,
    runs: RunsFolder = None,
    at_once: AtOnce = None,
    plan: Plan = False,
    as_json: JsonFlag = False,
) -> None:
    """Search options of a recipe by many trials: learning rate, losses, sizes."""
    from workbench.searching import spec as search_spec
    from workbench.searching import store, telling
    from workbench.searching.judging import Standing
    from workbench.searching.space import parse

    if (what / "search.json").is_file():
        if over or settings:
            raise UserError(
                "This search is fixed already: it can be gone on with, not changed.",
                "Leave --over and --set out, or begin from its recipe.",
            )
        _work(store.find(what), at_once, as_json=as_json)
        return
    recipe = spec_of(what, settings or [])
    if not over:
        raise UserError(
            "A search needs something to try.", "Add --over training.learning_rate=1e-4..1e-2."
        )
    more: dict[str, Any] = {"trials": trials, "minutes": minutes, "sampler": sampler,
                            "prune": not no_prune, "seed": seed}  # fmt: skip
    made = search_spec.search_of(recipe, [parse(recipe, each) for each in over], **more)
    if plan:
        answer(as_json, telling.facts(made, Standing()), telling.plan(made))
        return
    _work(store.create(runs or places.runs(), made), at_once, as_json=as_json)


def _work(found: Search, at_once: int | None, *, as_json: bool) -> None:
    from workbench.runs.queue import Queue
    from workbench.searching import telling
    from workbench.searching.advance import advance, go_on, halt
    from workbench.searching.judging import stand

    def waiting() -> set[str]:
        return {each.run for each in advance(found) if each.fate == "running"}

    carry_out(
        "search", found.folder, Queue(found.runs), at_once,
        go_on=lambda: go_on(found), waiting=waiting, halt=lambda: halt(found),
    )  # fmt: skip
    spec = found.spec()
    standing = stand(found)
    told = telling.facts(spec, standing) | {"search": str(found.folder)}
    answer(as_json, told, telling.lines(spec, standing))
    raise typer.Exit(0 if standing.over else 1)
