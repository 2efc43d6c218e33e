"""Every plot and table can be saved: a picture as PNG, SVG or PDF, its figures as CSV.

One menu for all of them, on the right button or the menu key. A saved picture bears a line above it
that says of which run it is and how that was made.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMarginsF,
    QObject,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageLayout,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QMenu, QTableView, QWidget

from workbench.errors import UserError
from workbench.gui import theme
from workbench.gui.asking import file_to_write
from workbench.gui.exported import draw_legend, entries, named, smooth
from workbench.writing import write_atomic

_HEAD, _ROW = 40, 18
# Room above a picture for the words about it, and for the names of its curves, in pixels.
_SHARP = 2
# Pixels of a saved picture for each of the window.
_KINDS = {"png": "PNG picture", "svg": "SVG drawing", "pdf": "PDF drawing", "csv": "Table as CSV"}

AskKind = Callable[[QWidget, str, str, Callable[[Path], None]], None]
"""Asks for a file of a kind to write, without blocking."""


def ask_file(parent: QWidget, name: str, kind: str, then: Callable[[Path], None]) -> None:
    """Show the desktop's dialog for a file to write; returns at once.

    Args:
        parent: the widget that it belongs to.
        name: what the file is called at first.
        kind: its suffix.
        then: called with the file; not called when the dialog is dismissed.
    """
    file_to_write("Save", _KINDS[kind], kind)(parent, name, then)


def saveable(widget: QWidget | None) -> QWidget | None:
    """The plot or table that a widget is, or is part of; None: neither."""
    while widget is not None:
        if isinstance(widget, QTableView) or type(widget).__module__.startswith(
            "workbench.gui.plots."
        ):
            return widget
        widget = widget.parentWidget()
    return None


class Saving(QObject):
    """Offers to save what is pointed at.

    Args:
        about: words about the run that is looked at, for the head of a picture.
        ask: asks for a file.
        parent: its parent.
    """

    saved = Signal(object)
    """The ``Path`` of a file that was written."""

    failed = Signal(object)
    """The ``UserError`` why one was not."""

    def __init__(
        self, about: Callable[[], str], ask: AskKind = ask_file, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._about, self._ask = about, ask

    @Slot(object, QPoint)
    def offer(self, pointed: QWidget, place: QPoint) -> None:
        """Open the menu of what is pointed at, if it can be saved.

        Args:
            pointed: any widget.
            place: where, on the screen.
        """
        found = saveable(pointed)
        if found is not None:
            self.menu(found).popup(place)

    def menu(self, found: QWidget) -> QMenu:
        """What can be done with a plot or table.

        Args:
            found: as of ``saveable``.
        """
        own = getattr(found, "menu", None)
        menu: QMenu = own() if own is not None else QMenu(found)
        if own is not None:
            menu.addSeparator()
        menu.setObjectName("save_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if not isinstance(found, QTableView):
            menu.addAction("Copy picture").triggered.connect(partial(self._copy, found))
        for kind, words in _KINDS.items():
            if kind == "csv":
                offered = next(rows(found), None) is not None
            else:
                offered = not isinstance(found, QTableView)
            if offered:
                action = menu.addAction(f"Save as {words}…")
                action.setObjectName(f"save_{kind}")
                action.triggered.connect(partial(self._save, found, kind))
        return menu

    def _copy(self, found: QWidget) -> None:
        QGuiApplication.clipboard().setImage(as_image(found, self._about()))

    def _save(self, found: QWidget, kind: str) -> None:
        name = (found.accessibleName() or found.objectName()).replace("/", "-").lower()
        self._ask(found, f"{name}.{kind}", kind, partial(self.write, found))

    def write(self, found: QWidget, file: Path) -> None:
        """Write a plot or a table.

        Args:
            found: as of ``saveable``.
            file: its suffix says as what.
        """
        content = _CONTENTS.get(file.suffix.lower().lstrip("."))
        if content is None:
            known = ", ".join(f".{kind}" for kind in _KINDS)
            self.failed.emit(UserError(f"{file.name} is no kind of file.", f"Use {known}."))
            return
        try:
            write_atomic(file, content(found, self._about()))
        except OSError as error:
            problem = f"{file} cannot be written: {error.strerror}."
            self.failed.emit(UserError(problem, "Choose another place."))
        else:
            self.saved.emit(file)


def as_image(found: QWidget, about: str) -> QImage:
    """A plot as a picture, twice as fine as on the screen.

    Args:
        found: the plot.
        about: the line above it.
    """
    size = found.size() + QSize(0, _head(found))
    image = QImage(size * _SHARP, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(_SHARP)
    painter = QPainter(image)
    _draw(found, about, painter)
    painter.end()
    return image


def rows(found: QWidget) -> Iterator[list[str]]:
    """The figures of a plot or table, the first row naming them; none where it has none.

    Args:
        found: as of ``saveable``.
    """
    if isinstance(found, QTableView):
        yield from _table(found)
    else:
        yield from _curves(found)


def _table(table: QTableView) -> Iterator[list[str]]:
    model = table.model()
    columns = range(model.columnCount())
    level = Qt.Orientation.Horizontal
    yield [str(model.headerData(column, level) or "") for column in columns]
    for row in range(model.rowCount()):
        yield [str(model.index(row, column).data() or "") for column in columns]


def _curves(plot: QWidget) -> Iterator[list[str]]:
    """A line for each point: of which curve, where, and how high."""
    inner: Any = getattr(plot, "_plot", None)
    if inner is None:
        return
    whole: dict[str, Any] = getattr(plot, "series", dict)()
    if whole:
        # All points, and not in the logarithms that a plot may draw.
        yield ["curve", *_axes(inner)]
        for name, (x, y) in whole.items():
            for place, value in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True):
                yield [name, repr(place), repr(value)]
        return
    items = [item for item in inner.plotItem.items if hasattr(item, "getData")]
    drawn = [(item, *item.getData()) for item in items]
    known = [(item, x, y) for item, x, y in drawn if x is not None and len(x)]
    if not known:
        return
    names = {id(item): name for name, item in named(plot).items()}
    yield ["curve", *_axes(inner)]
    for number, (item, x, y) in enumerate(known):
        known_as = names.get(id(item), str(number + 1))
        for place, value in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True):
            yield [known_as, repr(place), repr(value)]


def _axes(inner: Any) -> list[str]:
    return [inner.plotItem.getAxis(side).labelText or side for side in ("bottom", "left")]


def _head(found: QWidget) -> int:
    """Height of what stands above a picture."""
    return _HEAD + (_ROW if entries(found) else 0)


def _draw(found: QWidget, about: str, painter: QPainter) -> None:
    """The plot with its head, in the window's own measures."""
    worn = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    whole = QRect(QPoint(), found.size() + QSize(0, _head(found)))
    painter.fillRect(whole, QColor(worn.panel))
    font = QFont(found.font())
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(worn.text))
    room = QRectF(8, 4, found.width() - 16, 16)
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft, found.accessibleName())
    font.setBold(False)
    font.setPixelSize(theme.QUIET - 1)
    painter.setFont(font)
    painter.setPen(QColor(worn.quiet))
    painter.drawText(room.translated(0, 17), Qt.AlignmentFlag.AlignLeft, about)
    draw_legend(entries(found), painter, _HEAD + _ROW / 2 - 4, found.width())
    with smooth(found):
        found.render(painter, QPoint(0, _head(found)))


def _as_png(found: QWidget, about: str) -> bytes:
    buffer = _opened()
    QImageWriter(buffer, QByteArray(b"png")).write(as_image(found, about))
    return bytes(buffer.data().data())


def _as_svg(found: QWidget, about: str) -> bytes:
    size = found.size() + QSize(0, _head(found))
    buffer = _opened()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(), size))
    generator.setTitle(found.accessibleName())
    generator.setDescription(about)
    _paint(generator, found, about, 1.0)
    return bytes(buffer.data().data())


def _as_pdf(found: QWidget, about: str) -> bytes:
    size = found.size() + QSize(0, _head(found))
    buffer = _opened()
    writer = QPdfWriter(buffer)
    writer.setResolution(72 * _SHARP)
    writer.setPageSize(QPageSize(size.toSizeF(), QPageSize.Unit.Point))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Point)
    writer.setTitle(found.accessibleName())
    _paint(writer, found, about, float(_SHARP))
    return bytes(buffer.data().data())


def _opened() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _paint(device: QPaintDevice, found: QWidget, about: str, scale: float) -> None:
    painter = QPainter(device)
    painter.scale(scale, scale)
    _draw(found, about, painter)
    painter.end()


def _as_csv(found: QWidget, about: str) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows(found))
    return stream.getvalue().encode()


_CONTENTS: dict[str, Callable[[QWidget, str], bytes]] = {
    "png": _as_png, "svg": _as_svg, "pdf": _as_pdf, "csv": _as_csv,
}  # fmt: skip
