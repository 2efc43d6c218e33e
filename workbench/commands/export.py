"""``workbench export``: hand a trained model over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.commands.arguments import JsonFlag, answer
from workbench.commands.explain import studied
from workbench.engine import protocol
from workbench.exporting import formats
from workbench.runs import store


def export(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    to: Annotated[Path, typer.Option("--to", help="A new folder, or a file that ends in .zip.")],
    form: Annotated[
        str, typer.Option("--format", help=f"One of: {', '.join(formats.NAMES)}.")
    ] = formats.NAMES[0],
    as_json: JsonFlag = False,
) -> None:
    """Write the model as one file that takes pictures, sounds and texts as they are.

    Beside it lie a reader that needs nothing of this program, and what is to be known of inputs
    and outputs. It is asked of test samples at once: what does not say the same as the app is not
    written.
    """
    chosen = formats.find(form)
    request = protocol.Export(
        run=str(store.find(run).folder), format=chosen.name, to=str(to.absolute())
    )
    last = studied(request, f"Writing {chosen.title}", as_json=as_json)
    data = {"format": chosen.name, "place": last.file, "said": last.words}
    answer(as_json, data, f"{last.file}\n{last.words}")
