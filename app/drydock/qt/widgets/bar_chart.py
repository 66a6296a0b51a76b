"""Horizontal bars with intervals: measured values side by side."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from drydock.qt.theme import fonts, theme, tokens

_ROW = 40
_BAR = 16


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row.

    Attributes:
        key: identifies the row.
        label: what was measured.
        value: the middle value; None while it is not measured (``note`` says why).
        low: lower end of its interval.
        high: upper end of its interval.
        value_text: the value as shown, with unit.
        ratio_text: the ratio to the first row (``2.4×``); may be empty.
        note: shown in place of a bar (``running``, ``waiting``, ``out of memory``).
        best: draws the eye.
    """

    key: str
    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    value_text: str = ""
    ratio_text: str = ""
    note: str = ""
    best: bool = False


class BarChart(QWidget):
    """Bars from zero; rows may come one by one. Grows in height with its rows."""

    def __init__(self, empty_text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = empty_text
        self._bars: dict[str, Bar] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        self._changed()

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The rows on show, top to bottom."""
        return tuple(self._bars.values())

    def set_bars(self, bars: tuple[Bar, ...]) -> None:
        """Show these rows."""
        self._bars = {bar.key: bar for bar in bars}
        self._changed()

    def put_bar(self, bar: Bar) -> None:
        """Replace the row of that key, or add it below."""
        self._bars[bar.key] = bar
        self._changed()

    def clear(self) -> None:
        """Take all rows away."""
        self.set_bars(())

    def table(self) -> str:
        """Return the rows as lines of text."""
        return "\n".join(
            ", ".join(part for part in (bar.label, bar.value_text, bar.ratio_text, bar.note) if part)
            for bar in self.bars
        )

    def sizeHint(self) -> QSize:
        return QSize(520, max(2, len(self._bars)) * _ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.sizeHint().height())

    def _changed(self) -> None:
        self.setAccessibleDescription(self.table() or self._empty)
        self.updateGeometry()
        self.update()

    def largest(self) -> float:
        """Return the value at the right end of the scale."""
        ends = [max(bar.value, bar.high or bar.value) for bar in self.bars if bar.value is not None]
        return max(ends, default=0.0) or 1.0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body, strong = QFontMetricsF(fonts.font("body")), QFontMetricsF(fonts.font("body", strong=True))
        if not self._bars:
            painter.setPen(QColor(theme().colours.muted))
            painter.setFont(fonts.font("body"))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self._empty)
            painter.end()
            return
        names = [(strong if bar.best else body).horizontalAdvance(bar.label) for bar in self.bars]
        name = min(max(names) + 2, self.width() * 0.34)
        ratio = max(strong.horizontalAdvance(bar.ratio_text) for bar in self.bars)
        value = max(strong.horizontalAdvance(bar.value_text) for bar in self.bars)
        left = name + tokens.S16
        right = self.width() - value - ratio - (tokens.S16 if ratio else 0) - tokens.S16
        for index, bar in enumerate(self.bars):
            row = QRectF(0, index * _ROW, self.width(), _ROW)
            self._paint_words(painter, row, bar, name, ratio)
            self._paint_bar(painter, QRectF(left, row.center().y() - _BAR / 2, max(20.0, right - left), _BAR), bar)
        painter.end()

    def _paint_words(self, painter: QPainter, row: QRectF, bar: Bar, name: float, ratio: float) -> None:
        colours = theme().colours
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(fonts.font("body", strong=bar.best))
        painter.setPen(QColor(colours.ink if bar.value is not None else colours.muted))
        shown = QFontMetricsF(painter.font()).elidedText(bar.label, Qt.TextElideMode.ElideRight, name + 2)
        painter.drawText(row, middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setFont(fonts.font("body", strong=True))
        painter.setPen(QColor(colours.ink))
        gap = ratio + tokens.S16 if ratio else 0
        painter.drawText(row.adjusted(0, 0, -gap, 0), middle | Qt.AlignmentFlag.AlignRight, bar.value_text)
        painter.setPen(QColor(colours.accent if bar.best else colours.muted))
        painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, bar.ratio_text)

    def _paint_bar(self, painter: QPainter, track: QRectF, bar: Bar) -> None:
        colours = theme().colours
        if bar.value is None:
            painter.setFont(fonts.font("small"))
            painter.setPen(QColor(colours.muted))
            painter.drawText(track, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, bar.note)
            return
        scale = track.width() / self.largest()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent if bar.best else colours.handle))
        length = max(3.0, bar.value * scale)
        painter.drawRoundedRect(QRectF(track.x(), track.y(), length, track.height()), 3, 3)
        if bar.low is not None and bar.high is not None:
            low, high = track.x() + bar.low * scale, track.x() + bar.high * scale
            # a halo first: the whisker must be seen on the bar and beside it
            for pen in (QPen(QColor(colours.surface), 4.5), QPen(QColor(colours.ink), 1.4)):
                painter.setPen(pen)
                _paint_whisker(painter, low, high, track.center().y())


def _paint_whisker(painter: QPainter, low: float, high: float, middle: float) -> None:
    painter.drawLine(QPointF(low, middle), QPointF(high, middle))
    for end in (low, high):
        painter.drawLine(QPointF(end, middle - 4), QPointF(end, middle + 4))
