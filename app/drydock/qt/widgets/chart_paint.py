"""The parts of a chart that are words: its legend and its read-out."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from drydock.qt.theme import fonts, theme, tokens
from drydock.qt.widgets.chart_series import nice_step

Entry = tuple[str, str, str]  # label, value, colour role
_DOT = 8.0


@lru_cache(maxsize=2048)
def text_width(text: str, *, strong: bool = False) -> float:
    """Return how wide a small text is; live charts ask for the same few texts many times a second."""
    return QFontMetricsF(fonts.font("small", strong=strong)).horizontalAdvance(text)


def axis_text(value: float) -> str:
    """Return a value as written beside the axis."""
    return f"{value:g}"


def grid_values(bounds: tuple[float, float], height: float, line: float) -> list[float]:
    """Return the round values that get a hairline on a plot of this height, with text lines of height ``line``."""
    low, high = bounds
    step = nice_step(high - low, max(1, min(4, int(height / (1.6 * line)))))
    first = math.ceil(low / step)
    last = math.floor((high + step * 1e-6) / step)
    return [place * step for place in range(first, last + 1)]


def paint_grid(painter: QPainter, plot: QRectF, bounds: tuple[float, float], ends: tuple[str, str]) -> None:
    """Draw hairlines at round values with the values at the right, and the ends of time below."""
    colours = theme().colours
    painter.setFont(fonts.font("small"))
    metrics = QFontMetricsF(painter.font())
    low, high = bounds
    for value in grid_values(bounds, plot.height(), metrics.height()):
        y = plot.bottom() - (value - low) / (high - low) * plot.height()
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(QPointF(plot.left(), round(y)), QPointF(plot.right(), round(y)))
        painter.setPen(QColor(colours.muted))
        box = QRectF(plot.right() + tokens.S8, y - metrics.height() / 2, plot.width(), metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, axis_text(value))
    foot = QRectF(plot.left(), plot.bottom() + tokens.S4, plot.width(), metrics.height())
    painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, ends[0])
    painter.drawText(foot, Qt.AlignmentFlag.AlignRight, ends[1])


def paint_legend(painter: QPainter, box: QRectF, title: str, entries: list[Entry]) -> None:
    """Draw the title at the left and, at the right, each line's dot, label and value now.

    Labels go when there is no room for them; values stay.
    """
    colours = theme().colours
    small, strong = fonts.font("small"), fonts.font("small", strong=True)
    metrics, bold = QFontMetricsF(small), QFontMetricsF(strong)
    height = metrics.height()
    title_width = text_width(title, strong=True)
    labels = len(entries) > 1 or not title
    wanted = sum(
        text_width(value, strong=True) + (text_width(label) + tokens.S4 if labels else 0) + _DOT + tokens.S16
        for label, value, _ in entries
    )
    labels = labels and title_width + wanted <= box.width()
    right = box.right()
    align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    for label, value, role in reversed(entries):
        right -= text_width(value, strong=True)
        painter.setFont(strong)
        painter.setPen(QColor(colours.ink))
        painter.drawText(QRectF(right, 0, box.width(), height), align, value)
        if labels:
            right -= text_width(label) + tokens.S4
            painter.setFont(small)
            painter.setPen(QColor(colours.muted))
            painter.drawText(QRectF(right, 0, box.width(), height), align, label)
        right -= _DOT + tokens.S4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.role(role)))
        painter.drawEllipse(QRectF(right, (height - _DOT) / 2, _DOT, _DOT))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        right -= tokens.S12
    if not title:
        return
    painter.setFont(strong)
    painter.setPen(QColor(colours.ink))
    shown = bold.elidedText(title, Qt.TextElideMode.ElideRight, max(0.0, right))
    painter.drawText(QRectF(0, 0, box.width(), height), align, shown)


def paint_read_out(painter: QPainter, plot: QRectF, x: float, head: str, entries: list[Entry]) -> None:
    """Draw a vertical hairline at ``x`` and a small box with the values there."""
    colours = theme().colours
    small = fonts.font("small")
    metrics = QFontMetricsF(small)
    painter.setFont(small)
    painter.setPen(QPen(QColor(colours.muted), 1))
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    texts = [f"{label}  {value}" for label, value, _ in entries]
    width = max(metrics.horizontalAdvance(text) for text in [head, *(f"{text}" for text in texts)]) + 2 * tokens.S8 + 14
    height = metrics.height() * (len(texts) + 1) + tokens.S8
    left = x + tokens.S8 if x + tokens.S8 + width <= plot.right() else x - tokens.S8 - width
    box = QRectF(max(plot.left(), left), plot.top() + tokens.S4, width, height)
    painter.setPen(QPen(QColor(colours.line), 1))
    painter.setBrush(QColor(colours.raised))
    painter.drawRoundedRect(box, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
    line = QRectF(box.x() + tokens.S8, box.y() + tokens.S4, width, metrics.height())
    painter.setPen(QColor(colours.muted))
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, head)
    for text, (_, _, role) in zip(texts, entries, strict=True):
        line.translate(0, metrics.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.role(role)))
        painter.drawEllipse(QRectF(line.x(), line.center().y() - _DOT / 2, _DOT, _DOT))
        painter.setPen(QColor(colours.ink))
        painter.drawText(line.adjusted(14, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
    painter.setBrush(Qt.BrushStyle.NoBrush)
