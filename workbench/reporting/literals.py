"""Values and calls written as Python, in double quotes and on lines that are not too long."""

from __future__ import annotations

from collections.abc import Mapping

_WIDTH = 88


def literal(value: object) -> str:
    """A value as Python; whatever a text holds, it stays a text.

    Args:
        value: text, number, truth value, None, or a list or tuple of these.
    """
    if isinstance(value, str):
        plain = repr(value)
        return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain else plain
    if isinstance(value, list | tuple):
        return _bracketed("[]" if isinstance(value, list) else "()", [literal(v) for v in value])
    return repr(value)


def call(name: str, /, *first: str, **options: str) -> str:
    """A call.

    Args:
        name: of the function.
        first: arguments without a name, as Python.
        options: those with one, as Python.
    """
    return _bracketed("()", [*first, *(f"{n}={v}" for n, v in options.items())], name)


def namespace(options: Mapping[str, object]) -> str:
    """Options that are read by a dot."""
    return call("SimpleNamespace", **{name: literal(value) for name, value in options.items()})


def _bracketed(brackets: str, inner: list[str], before: str = "") -> str:
    opened, closed = brackets[0], brackets[1]
    alone = "," if brackets == "()" and len(inner) == 1 and not before else ""
    line = f"{before}{opened}{', '.join(inner)}{alone}{closed}"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    lines = "".join(f"    {each},\n" for one in inner for each in [one.replace("\n", "\n    ")])
    return f"{before}{opened}\n{lines}{closed}"
