"""A thin bar with its value in words: how much of something is used."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from drydock.qt.theme import fonts, theme, tokens

_BAR = 6


class Meter(QWidget):
    """Label at the left, value text at the right, the bar below.

    Args:
        label: what is measured.
        colour_role: the bar's colour in the theme.
    """

    def __init__(self, label: str, colour_role: str = "accent", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._role = colour_role
        self._share: float | None = None
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        self.set_value(None, "—")

    @property
    def share(self) -> float | None:
        """The share on show (0 to 1), or None when it is not known."""
        return self._share

    def set_value(self, share: float | None, text: str, colour_role: str | None = None) -> None:
        """Show a share (clamped to 0 to 1; None: not known, the bar stays empty) and its text."""
        share = None if share is None else min(1.0, max(0.0, share))
        if self._looks_same(share, text, colour_role or self._role):
            return
        self._share, self._text, self._role = share, text, colour_role or self._role
        self.setAccessibleName(f"{self._label}: {text}")
        self.update()

    def _looks_same(self, share: float | None, text: str, role: str) -> bool:
        """Whether painting would change nothing that can be seen: live values move by less than a pixel."""
        if (text, role) != (self._text, self._role) or (share is None) != (self._share is None):
            return False
        return share is None or abs(share - (self._share or 0.0)) * self.width() < 0.5

    def sizeHint(self) -> QSize:
        return QSize(200, round(QFontMetricsF(fonts.font("small")).height()) + tokens.S4 + _BAR)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme().colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text_font = fonts.font("small")
        metrics = QFontMetricsF(text_font)
        painter.setFont(text_font)
        line = QRectF(0, 0, self.width(), metrics.height())
        painter.setPen(QColor(colours.ink))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, self._text)
        room = self.width() - metrics.horizontalAdvance(self._text) - tokens.S8
        painter.setPen(QColor(colours.muted))
        painter.drawText(
            line, Qt.AlignmentFlag.AlignLeft, metrics.elidedText(self._label, Qt.TextElideMode.ElideRight, room)
        )
        track = QRectF(0, self.height() - _BAR, self.width(), _BAR)
        paint_bar(painter, track, self._share, colours.role(self._role), colours.pressed)
        painter.end()


def paint_bar(painter: QPainter, track: QRectF, share: float | None, colour: str, ground: str) -> None:
    """Draw a rounded track and, when the share is known, its filled part."""
    radius = track.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    painter.drawRoundedRect(track, radius, radius)
    if share:
        filled = QRectF(track)
        filled.setWidth(max(track.height(), track.width() * share))
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(filled, radius, radius)
