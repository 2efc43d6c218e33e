"""Tokens of a text for the eye."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from workbench.gui import theme
from workbench.gui.model_eyes import Token


def tokens_in_html(tokens: Iterable[Token]) -> str:
    """Each token on a ground of its own; unknown and dropped ones look different.

    Args:
        tokens: of a text.
    """
    worn = theme.current()
    parts = []
    for token in tokens:
        ground = worn.soft_accent if token.known else worn.soft_warn
        style = f"background-color: {ground}; color: {worn.text};"
        words = escape(token.text.strip()) or "␣"
        if token.dropped:
            style = f"background-color: {worn.soft_warn}; color: {worn.quiet};"
            words = f"<s>{words}</s>"
        parts.append(f'<span style="{style}">&nbsp;{words}&nbsp;</span>')
    return " ".join(parts)
