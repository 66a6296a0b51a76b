"""Line icons, drawn from SVG in whatever colour the theme asks for."""

from __future__ import annotations

import pkgutil
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from drydock.qt.theme import tokens

APP_ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)


def source(name: str, colour: str = "currentColor") -> str:
    """Return the SVG text of an icon, drawn in a colour (``#rrggbb``).

    Raises:
        KeyError: there is no icon of that name.
    """
    return _drawing(name).replace("currentColor", colour)


@cache
def _drawing(name: str) -> str:
    try:
        # loads faster than importlib.resources, which counts before the first paint
        drawing = pkgutil.get_data("drydock_resources.icons", f"{name}.svg")
    except OSError:
        drawing = None
    if drawing is None:
        raise KeyError(f"no icon named {name!r}")
    return drawing.decode()


def names() -> tuple[str, ...]:
    """Return the names of all line icons (the app's own mark is not one)."""
    from importlib.resources import files

    found = (entry.name for entry in files("drydock_resources.icons").iterdir())
    return tuple(sorted(name[:-4] for name in found if name.endswith(".svg") and name != "app.svg"))


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return the icon as a square pixmap.

    Args:
        name: the icon's name.
        colour: ``#rrggbb``.
        size: edge in device-independent pixels.
        ratio: device pixel ratio of the screen.
    """
    key = f"drydock/{name}/{colour}/{size}/{ratio}"
    cached = QPixmap()
    if QPixmapCache.find(key, cached):
        return cached
    edge = max(1, round(size * ratio))
    drawn = QPixmap(edge, edge)
    drawn.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(source(name, colour).encode()))
    painter = QPainter(drawn)
    renderer.render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, drawn)
    return drawn


def paint(painter: QPainter, name: str, colour: str, box: QRectF) -> None:
    """Draw the icon into ``box`` (logical pixels) of the painter's device."""
    ratio = painter.device().devicePixelRatioF()
    drawn = pixmap(name, colour, round(box.width()), ratio)
    painter.drawPixmap(box.topLeft(), drawn)


def icon(name: str, colour: str, disabled: str, *, gap: int = 0) -> QIcon:
    """Return a QIcon in one colour, and another while disabled.

    Args:
        name: the icon's name.
        colour: ``#rrggbb``.
        disabled: ``#rrggbb`` while its button is disabled.
        gap: room at its right, in device-independent pixels at the usual size (styles leave too little before a text);
            ask for it with an icon size that is wider by the same.
    """
    made = QIcon()
    screens = {screen.devicePixelRatio() for screen in QGuiApplication.screens()}
    for factor in sorted(screens | {1.0, 2.0}):  # one for a screen that is plugged in later
        size = round(tokens.ICON * factor)
        for ink, mode in ((colour, QIcon.Mode.Normal), (disabled, QIcon.Mode.Disabled)):
            made.addPixmap(_with_gap(pixmap(name, ink, size), round(gap * factor)), mode)
    return made


def _with_gap(drawn: QPixmap, gap: int) -> QPixmap:
    if not gap:
        return drawn
    wider = QPixmap(drawn.width() + gap, drawn.height())
    wider.fill(Qt.GlobalColor.transparent)
    painter = QPainter(wider)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    return wider


def app_icon() -> QIcon:
    """Return the app's own mark in every usual size."""
    made = QIcon()
    for size in APP_ICON_SIZES:
        made.addPixmap(pixmap("app", "#000000", size))
    return made
