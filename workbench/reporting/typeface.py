"""The font of the window for paper: outlines that every reader of PDF files takes.

Fonts of cubic outlines are embedded by fpdf2 under a type that strict readers refuse; quadratic
ones are embedded as they should be.
"""

from __future__ import annotations

import io
from functools import cache

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

from workbench import resources

_OFF = 1.0
# How far an outline may lie off, in thousandths of the letter's size or less.


@cache
def quadratic(file: str) -> bytes:
    """A font with quadratic outlines, as the bytes of a TTF file; takes half a second.

    Args:
        file: its name in the folder of fonts.
    """
    font = TTFont(resources.path("fonts", file))
    names, drawn = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for name in names:
        pen = TTGlyphPen(drawn)
        drawn[name].draw(Cu2QuPen(pen, _OFF, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = outlines = newTable("glyf")
    outlines.glyphOrder, outlines.glyphs = names, glyphs
    del font["CFF "]
    most = font["maxp"]
    most.tableVersion = 0x00010000
    most.maxZones = 1
    for what in (
        "TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements",
        "SizeOfInstructions", "ComponentElements",
    ):  # fmt: skip
        setattr(most, f"max{what}", 0)
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()
