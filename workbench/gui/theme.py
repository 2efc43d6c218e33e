"""The look: colours, type and spacing from ``resources/theme.json``, light and dark.

Every colour that the window shows comes from a ``Theme``; widgets redraw on ``PaletteChange``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from workbench import resources
from workbench.gui.stylesheet import stylesheet

Scheme = Literal["light", "dark"]

GAP_SMALL, GAP, GAP_LARGE, MARGIN = 4, 8, 16, 24
"""The spacing scale in device-independent pixels."""

BODY, QUIET, CARD_TITLE, SCREEN_TITLE, FIGURE = 13, 12, 14, 20, 26
"""Type sizes in device-independent pixels."""

_SERIES_OF = {"image": 0, "audio": 1, "text": 2, "fused": 3, "train": 0, "validation": 1}
_DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
    Qt.PenStyle.SolidLine,
)


@dataclass(frozen=True)
class Theme:
    """The colours of one scheme, as ``#RRGGBB``.

    Args:
        scheme: light or dark.
        ground: behind the cards.
        panel: of the cards.
        line: borders and grid lines.
        hover: under the pointer.
        text: what is read.
        quiet: what explains.
        accent: the one colour that calls for action.
        accent_hover: the accent under the pointer.
        on_accent: text on the accent.
        soft_accent: a chosen row.
        good: success.
        warn: needs attention.
        bad: failure.
        soft_bad: ground of a failure's words.
        soft_warn: ground of a warning's words.
        series: colours of curves.
    """

    scheme: Scheme
    ground: str
    panel: str
    line: str
    hover: str
    text: str
    quiet: str
    accent: str
    accent_hover: str
    on_accent: str
    soft_accent: str
    good: str
    warn: str
    bad: str
    soft_bad: str
    soft_warn: str
    series: tuple[str, ...]

    def colour_of(self, series: str | int) -> str:
        """Colour of a series by number, or by the name that keeps its colour everywhere.

        Args:
            series: a number, or one of image, audio, text, fused, train, validation.
        """
        number = _SERIES_OF[series] if isinstance(series, str) else series
        return self.series[number % len(self.series)]

    @staticmethod
    def dash_of(series: str | int) -> Qt.PenStyle:
        """Line style of a series, so that colour is never alone."""
        number = _SERIES_OF[series] if isinstance(series, str) else series
        return _DASHES[number % len(_DASHES)]


def theme(scheme: Scheme) -> Theme:
    """The theme of that name."""
    colours = json.loads(resources.path("theme.json").read_text(encoding="utf-8"))[scheme]
    colours["series"] = tuple(colours["series"])
    return Theme(scheme=scheme, **colours)


def current() -> Theme:
    """The theme that the application wears."""
    app = QApplication.instance()
    worn = app.property("workbench_theme") if app is not None else None
    return worn if isinstance(worn, Theme) else theme("light")


def system_scheme(app: QApplication) -> Scheme:
    """What the desktop asks for; light where it does not say."""
    dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def wear(app: QApplication, scheme: Scheme) -> Theme:
    """Dress the application: Fusion style, palette, font, style sheet.

    Args:
        app: the application.
        scheme: light or dark.

    Returns:
        The theme now worn.
    """
    chosen = theme(scheme)
    app.setProperty("workbench_theme", chosen)
    app.setStyle("Fusion")
    app.setFont(_font())
    app.setPalette(_palette(chosen))
    app.setStyleSheet(stylesheet(chosen))
    return chosen


def _font() -> QFont:
    families = QFontDatabase.families()
    if "Inter" not in families:
        for file in sorted(resources.path("fonts").glob("*.otf")):
            QFontDatabase.addApplicationFont(str(file))
    font = QFont()
    font.setFamilies(["Inter", "Noto Sans CJK SC", "Noto Sans", "Segoe UI", "DejaVu Sans"])
    font.setPixelSize(BODY)
    return font


def _palette(colours: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for key, colour in {
        role.Window: colours.ground,
        role.Base: colours.panel,
        role.AlternateBase: colours.ground,
        role.Button: colours.panel,
        role.ToolTipBase: colours.panel,
        role.WindowText: colours.text,
        role.Text: colours.text,
        role.ButtonText: colours.text,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.quiet,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.Mid: colours.line,
        role.Dark: colours.line,
        role.Accent: colours.accent,
    }.items():
        palette.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.quiet))
    return palette
