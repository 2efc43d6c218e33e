"""``workbench what-if``: how another loss judges past epochs, on stored answers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.commands.arguments import JsonFlag, answer
from workbench.errors import UserError, nearest
from workbench.runs import store


def what_if(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    loss: Annotated[
        str | None, typer.Option("--loss", help="Another loss.", show_default="the run's own")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="OPTION=VALUE of the loss, such as gamma=3.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Recompute the validation loss of all epochs by another loss or option, without training."""
    from workbench import parts
    from workbench.engine import protocol

    chosen = store.find(run).spec().objective.loss
    if chosen is None:
        raise UserError("This run has no target.", "Look at another run.")
    part = parts.find("loss", loss or chosen.name)
    options: dict[str, Any] = dict(chosen.options) if part.name == chosen.name else {}
    known = {option.name: option for option in part.options}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals or name.strip() not in known:
            raise UserError(
                f"{part.title} has no option '{name}'.", nearest(name, known) or "Write gamma=3."
            )
        options[name.strip()] = known[name.strip()].parse(value)
    os.environ.update(protocol.environment())
    from workbench.insight.what_if import Answers

    found = Answers(store.find(run).folder).by(part.name, options)
    facts = {
        "trained_with": chosen.name,
        "loss": part.name,
        "options": part.check(options),
        "samples": found.samples,
        "epochs": list(found.epochs),
        "recorded": found.recorded.tolist(),
        "recomputed": found.loss.tolist(),
        "worst_share": [None if math.isnan(each) else each for each in found.worst.tolist()],
    }
    words = [
        f"Recomputed on the stored answers of {found.samples:,} validation samples; the model was "
        f"trained with {chosen.name} all the same.",
        "epoch  recorded  recomputed",
    ]
    for epoch, recorded, other in zip(found.epochs, found.recorded, found.loss, strict=True):
        words.append(f"{epoch:>5}  {recorded:>8.4f}  {other:>10.4f}")
    answer(as_json, facts, "\n".join(words))
