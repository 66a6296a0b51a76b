"""A state as a small pill: icon, word and colour, never colour alone."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from drydock.qt.theme import State, fonts, icons, state_word, theme

_ICON = 15
_GAP = 5
_PAD = 9


def badge_width(word: str, *, icon: bool = True) -> float:
    """Return how wide a badge with this word is, in device-independent pixels."""
    text = QFontMetricsF(fonts.font("small", strong=True)).horizontalAdvance(word)
    return text + 2 * _PAD + 2 + (_ICON + _GAP if icon else 0)


def paint_badge(
    painter: QPainter, box: QRectF, state: State, word: str, *, filled: bool = True, icon: bool = True
) -> None:
    """Draw a badge into ``box``; leave ``icon`` out only where the state's icon stands beside it already."""
    colours = theme().colours
    if filled:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.role(f"{state}_soft")))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    ink = colours.role(state)
    if icon:
        icons.paint(painter, state, ink, QRectF(box.x() + _PAD, box.center().y() - _ICON / 2, _ICON, _ICON))
    painter.setPen(QColor(ink))
    painter.setFont(fonts.font("small", strong=True))
    text = box.adjusted(_PAD + (_ICON + _GAP if icon else 1), 0, -_PAD + 2, 0)
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)


class StateBadge(QWidget):
    """Shows one of the four states; the word may be the caller's (``Proven 12:04``)."""

    def __init__(self, state: State = "not_tested", word: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: State = state
        self._word = word
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        self.show_state(state, word)

    @property
    def state(self) -> State:
        """The state on show."""
        return self._state

    @property
    def word(self) -> str:
        """The word on show."""
        return self._word or state_word(self._state)

    def show_state(self, state: State, word: str = "") -> None:
        """Show a state; an empty word means the state's own."""
        self._state, self._word = state, word
        self.setAccessibleName(self.word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        height = QFontMetricsF(fonts.font("small", strong=True)).height() + 8
        return QSize(round(badge_width(self.word)), round(height))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_badge(painter, QRectF(self.rect()), self._state, self.word)
        painter.end()
