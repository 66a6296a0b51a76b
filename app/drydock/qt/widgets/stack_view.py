"""The stack as plates laid on each other: from the GPU at the bottom to the user's work on top.

A proven plate is solid; one nothing is known about is only an outline; the one that is broken draws the eye.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import State, fonts, icons, state_word, theme, tokens
from drydock.qt.widgets.focus import KeyboardButton
from drydock.qt.widgets.state_badge import badge_width, paint_badge

_LIP = 4  # the visible edge that gives a plate its thickness
_TILE = 36
_GLYPH = 22
_LOWEST = 56
_HIGHEST = 104


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of the stack.

    Attributes:
        id: given back by ``layer_chosen``.
        title: what it is (``Driver``).
        line: the one fact that matters (``580.65.06 · CUDA up to 13.0``).
        state: its state.
        state_word: the word for it; empty for the state's own.
        icon: its icon; empty for the icon named like its id.
    """

    id: str
    title: str
    line: str
    state: State
    state_word: str = ""
    icon: str = ""


class LayerPlate(KeyboardButton):
    """One plate."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(_HIGHEST)
        theme().changed.connect(self.update)
        self.show_layer(layer)

    def show_layer(self, layer: Layer) -> None:
        """Show other words and another state."""
        self.layer = layer
        self.setText(layer.title)
        self.setAccessibleName(f"{layer.title}: {layer.state_word or state_word(layer.state)}")
        self.setAccessibleDescription(layer.line)
        self.setToolTip(layer.line)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 70)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, _LOWEST)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5 - _LIP)
        self._paint_plate(painter, face)
        self._paint_words(painter, face)
        if self.ring_wanted:
            painter.setPen(QPen(QColor(theme().colours.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(face.adjusted(0, 0, 0, _LIP), tokens.RADIUS_CARD, tokens.RADIUS_CARD)
        painter.end()

    def _paint_plate(self, painter: QPainter, face: QRectF) -> None:
        colours, state, radius = theme().colours, self.layer.state, float(tokens.RADIUS_CARD)
        hover = self.underMouse() or self.isDown()
        if state == "not_tested":
            painter.setPen(QPen(QColor(colours.control_line), 1.2, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(colours.hover) if hover else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(face.adjusted(0, 0, 0, _LIP), radius, radius)
            return
        edge = {"ok": colours.line, "attention": colours.line, "broken": colours.broken}[state]
        lip = {"ok": colours.control_line, "attention": colours.attention, "broken": colours.broken}[state]
        ground = {"ok": colours.surface, "attention": colours.surface, "broken": colours.broken_soft}[state]
        if hover and state != "broken":
            ground = colours.hover
        painter.setPen(QPen(QColor(edge), 1))
        painter.setBrush(QColor(lip))
        painter.drawRoundedRect(face.adjusted(0, _LIP, 0, _LIP), radius, radius)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(face, radius, radius)

    def _paint_words(self, painter: QPainter, face: QRectF) -> None:
        colours, layer = theme().colours, self.layer
        middle = face.center().y() + (_LIP / 2 if layer.state == "not_tested" else 0)
        tile = QRectF(face.x() + tokens.S16, middle - _TILE / 2, _TILE, _TILE)
        known = layer.state != "not_tested"
        if known:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.surface if layer.state == "broken" else colours.inset))
            painter.drawRoundedRect(tile, 8, 8)
        inset = (_TILE - _GLYPH) / 2
        glyph = tile.adjusted(inset, inset, -inset, -inset)
        icons.paint(painter, layer.icon or layer.id, colours.ink if known else colours.muted, glyph)
        word = layer.state_word or state_word(layer.state)
        width = badge_width(word)
        badge = QRectF(face.right() - tokens.S16 - width, middle - 13, width, 26)
        paint_badge(painter, badge, layer.state, word, filled=layer.state != "broken" and known)
        left = tile.right() + tokens.S16
        room = badge.left() - tokens.S16 - left
        title_font, line_font = fonts.font("heading", strong=True), fonts.font("body")
        title, line = QFontMetricsF(title_font), QFontMetricsF(line_font)
        top = middle - (title.height() + line.height() + 1) / 2
        for text, text_font, metrics, ink in (
            (layer.title, title_font, title, colours.ink if known else colours.muted),
            (layer.line, line_font, line, colours.muted),
        ):
            painter.setFont(text_font)
            painter.setPen(QColor(ink))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(left, top, room, metrics.height()), Qt.AlignmentFlag.AlignVCenter, shown)
            top += metrics.height() + 1


class StackView(QWidget):
    """Draws the layers, the first at the bottom; Up and Down move, Enter or a click chooses."""

    layer_chosen = Signal(str)

    def __init__(self, layers: tuple[Layer, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("The stack, from your work down to the GPU"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(tokens.S4)
        self._column.addStretch(1)  # free room goes below: a stack does not come apart
        self._plates: list[LayerPlate] = []  # top to bottom
        self.set_layers(layers)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers on show, the bottom one first."""
        return tuple(plate.layer for plate in reversed(self._plates))

    @property
    def plates(self) -> tuple[LayerPlate, ...]:
        """The plates, top to bottom."""
        return tuple(self._plates)

    def set_layers(self, layers: tuple[Layer, ...]) -> None:
        """Show these layers, the bottom one first; plates of known ids keep their focus."""
        if [layer.id for layer in layers] != [layer.id for layer in self.layers]:
            for plate in self._plates:
                self._column.removeWidget(plate)
                plate.deleteLater()
            self._plates = [self._plate(layer) for layer in reversed(layers)]
        for plate, layer in zip(self._plates, reversed(layers), strict=True):
            if plate.layer != layer:
                plate.show_layer(layer)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and isinstance(watched, LayerPlate):
            here = self._plates.index(watched)
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                watched.click()
                return True
            if step is not None:
                there = min(len(self._plates) - 1, max(0, here + step))
                self._plates[there].setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _plate(self, layer: Layer) -> LayerPlate:
        plate = LayerPlate(layer)
        plate.clicked.connect(lambda: self.layer_chosen.emit(plate.layer.id))
        plate.installEventFilter(self)
        self._column.insertWidget(self._column.count() - 1, plate, 100)
        return plate
