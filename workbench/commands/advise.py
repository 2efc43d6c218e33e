"""``workbench advise``: which loss the data ask for, or what a trained run's own figures say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.commands.arguments import JsonFlag, answer, spec_of
from workbench.runs import store


def advise(
    what: Annotated[
        Path, typer.Argument(help="A folder or zip of data, a spec file, or a run's folder.")
    ],
    as_json: JsonFlag = False,
) -> None:
    """Say what to try: before training from the data, after training from the run."""
    if (what / "spec.json").is_file():
        _of_run(store.find(what), as_json=as_json)
    else:
        _of_data(what, as_json=as_json)


def _of_run(run: store.Run, *, as_json: bool) -> None:
    from workbench.runs.advising import advise_run

    found = advise_run(run)
    facts: list[dict[str, Any]] = [
        {
            "finding": each.name,
            "title": each.title,
            "sentence": each.sentence,
            "proposal": each.proposal,
            "weight": round(each.weight, 3),
            "contestants": {
                side.name: side.changes for side in (each.duel.contestants if each.duel else ())
            },
        }
        for each in found
    ]
    words = [f"{each.title}. {each.sentence}\n  {each.proposal}" for each in found]
    answer(as_json, facts, "\n\n".join(words) or "Nothing stands out that another recipe mends.")


def _of_data(what: Path, *, as_json: bool) -> None:
    from workbench import advice, parts
    from workbench.data.folder import scan

    spec = spec_of(what, [])
    found = advice.advise(scan(spec.data.folder, reading=spec.data.reading), spec)
    if found is None:
        answer(as_json, None, "Nothing in the data speaks for another loss than the suggested one.")
        return
    facts = {"loss": found.part, "options": dict(found.options), "sentence": found.sentence}
    title = parts.find("loss", found.part).title
    answer(as_json, facts, f"{title}: {found.sentence}")
