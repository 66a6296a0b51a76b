"""A log of any speed: lines go into a ring, and only the rows that can be seen are painted."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from drydock.qt.theme import fonts, theme, tokens
from drydock.qt.widgets.log_ring import LogRing

_DRAIN_MS = 33
_LEFT = tokens.S16 - 1
_BAD = re.compile(r"\b(?:error|fatal|critical|traceback|exception|failed|panic|killed)\b|out of memory", re.IGNORECASE)
_WARN = re.compile(r"\bwarn(?:ing)?\b|\bdeprecated\b", re.IGNORECASE)

Place = tuple[int, int]  # line number, column


class LogView(QAbstractScrollArea):
    """Shows the last lines of a log.

    ``post`` may be called from any thread; the lines are shown at most 30 times a second. While ``following`` the
    newest line stays in sight; scrolling up lets go, the End key takes hold again.
    """

    following_changed = Signal(bool)
    lines_shown = Signal(int)  # how many lines ever came
    _posted = Signal()

    def __init__(self, capacity: int = 100_000, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ring = LogRing(capacity)
        self._incoming: deque[str] = deque()
        self._awake = False
        self._following = True
        self._needle = ""
        self._anchor: Place | None = None
        self._head: Place | None = None
        self._font = fonts.mono("small")
        metrics = QFontMetricsF(self._font)
        self._row = round(metrics.height() * 1.15)
        self._char = metrics.horizontalAdvance("0")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DRAIN_MS)
        self._timer.timeout.connect(self.drain)
        self._posted.connect(self._timer.start)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setObjectName("logView")
        self.setAccessibleName(self.tr("Log"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme().changed.connect(self.viewport().update)

    # lines in

    def post(self, lines: Iterable[str]) -> None:
        """Hand over lines, from any thread."""
        self._incoming.extend(lines)
        if not self._awake:
            self._awake = True
            self._posted.emit()

    def drain(self) -> None:
        """Take over what was posted, now (otherwise a timer does)."""
        self._awake = False  # before the emptying, so that a line posted meanwhile wakes the timer again
        incoming = self._incoming
        fresh: list[str] = []
        for _ in range(len(incoming)):
            fresh.append(incoming.popleft())
        if not fresh:
            return
        self.ring.extend(fresh)
        self._sync()
        self.lines_shown.emit(self.ring.end)

    def clear(self) -> None:
        """Forget all lines."""
        self._incoming.clear()
        self.ring.clear()
        self._anchor = self._head = None
        self._sync()

    # following, searching, copying

    @property
    def following(self) -> bool:
        """Whether the newest line is kept in sight."""
        return self._following

    def set_following(self, following: bool) -> None:
        """Keep the newest line in sight, or stay where one is."""
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)
        if following:
            self._sync()

    def highlight(self, text: str) -> None:
        """Mark a text wherever it is seen; empty for none."""
        self._needle = text
        self.viewport().update()

    def find_text(self, text: str, *, backwards: bool = False) -> bool:
        """Go to the next line with ``text``, around the end if need be; False when there is none."""
        self.highlight(text)
        here = self._head[0] if self._head is not None else (self.ring.end if backwards else self.ring.first - 1)
        found = self.ring.find(text, here + (-1 if backwards else 1), backwards=backwards)
        if found is None:
            found = self.ring.find(text, self.ring.end if backwards else self.ring.first, backwards=backwards)
        if found is None:
            return False
        column = self.ring.slice(found, found + 1)[0].casefold().find(text.casefold())
        self._anchor, self._head = (found, column), (found, column + len(text))
        self.set_following(False)
        self.verticalScrollBar().setValue(found - self.ring.first - self._rows() // 2)
        self.viewport().update()
        return True

    def selected_text(self) -> str:
        """Return the selected text as far as its lines are still kept."""
        span = self._span()
        if span is None:
            return ""
        (first, start), (last, end) = span
        lines = list(self.ring.slice(first, last + 1))
        if not lines:
            return ""
        if last < self.ring.end:
            lines[-1] = lines[-1][:end]
        if first >= self.ring.first:
            lines[0] = lines[0][start:]
        return "\n".join(lines)

    def copy(self) -> None:
        """Put the selection (without one: all lines) on the clipboard."""
        text = self.selected_text() or "\n".join(self.ring.slice(self.ring.first, self.ring.end))
        QGuiApplication.clipboard().setText(text)

    def select_all(self) -> None:
        """Select every line kept."""
        last = self.ring.end - 1
        if last >= self.ring.first:
            self._anchor = (self.ring.first, 0)
            self._head = (last, len(self.ring.slice(last, last + 1)[0]))
            self.viewport().update()

    # geometry

    def sizeHint(self) -> QSize:
        return QSize(640, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 96)

    def _rows(self) -> int:
        return max(1, (self.viewport().height() - tokens.S8) // self._row)

    def _sync(self) -> None:
        bar, across = self.verticalScrollBar(), self.horizontalScrollBar()
        dropped = max(0, self.ring.first - self._shown_first) if hasattr(self, "_shown_first") else 0
        self._shown_first = self.ring.first
        following, place = self._following, bar.value() - dropped
        bar.blockSignals(True)  # moving the bar here is not the person's scrolling
        bar.setPageStep(self._rows())
        bar.setRange(0, max(0, len(self.ring) - self._rows()))
        bar.setValue(bar.maximum() if following else place)
        bar.blockSignals(False)
        width = round(self.ring.longest * self._char) + 2 * _LEFT
        across.setPageStep(self.viewport().width())
        across.setSingleStep(round(self._char) * 4)
        across.setRange(0, max(0, width - self.viewport().width()))
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._sync()

    def _scrolled(self, value: int) -> None:
        self.set_following(value >= self.verticalScrollBar().maximum())
        self.viewport().update()

    def _place(self, point: QPoint) -> Place:
        number = self.ring.first + self.verticalScrollBar().value() + (point.y() - tokens.S4) // self._row
        number = max(self.ring.first, min(self.ring.end - 1, number))
        lines = self.ring.slice(number, number + 1)
        text = lines[0] if lines else ""
        x = point.x() + self.horizontalScrollBar().value() - _LEFT
        return number, max(0, min(len(text), self._column(text, x)))

    def _column(self, text: str, x: float) -> int:
        if text.isascii():
            return round(x / self._char)
        metrics = QFontMetricsF(self._font)
        return min(range(len(text) + 1), key=lambda column: abs(metrics.horizontalAdvance(text[:column]) - x))

    def _x(self, text: str, column: int) -> float:
        return column * self._char if text.isascii() else QFontMetricsF(self._font).horizontalAdvance(text[:column])

    def _span(self) -> tuple[Place, Place] | None:
        if self._anchor is None or self._head is None or self._anchor == self._head:
            return None
        return min(self._anchor, self._head), max(self._anchor, self._head)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme().colours
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(colours.surface))
        painter.setFont(self._font)
        top = self.ring.first + self.verticalScrollBar().value()
        left = _LEFT - self.horizontalScrollBar().value()
        span = self._span()
        for index, text in enumerate(self.ring.slice(top, top + self._rows() + 2)):
            row = QRectF(left, tokens.S4 + index * self._row, max(self.viewport().width(), 1), self._row)
            self._paint_marks(painter, row, text, top + index, span)
            ink = colours.broken if _BAD.search(text) else colours.attention if _WARN.search(text) else colours.ink
            painter.setPen(QColor(ink))
            painter.drawText(row.toRect().adjusted(0, 0, 100_000, 0), Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.focus), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_marks(
        self, painter: QPainter, row: QRectF, text: str, number: int, span: tuple[Place, Place] | None
    ) -> None:
        colours = theme().colours
        if self._needle:
            folded, wanted = text.casefold(), self._needle.casefold()
            at = folded.find(wanted)
            while at >= 0:
                start, end = self._x(text, at), self._x(text, at + len(wanted))
                painter.fillRect(
                    QRectF(row.x() + start, row.y(), end - start, row.height()), QColor(colours.attention_soft)
                )
                at = folded.find(wanted, at + len(wanted))
        if span is not None and span[0][0] <= number <= span[1][0]:
            start = self._x(text, span[0][1]) if number == span[0][0] else 0.0
            end = self._x(text, span[1][1]) if number == span[1][0] else self._x(text, len(text)) + self._char
            painter.fillRect(QRectF(row.x() + start, row.y(), end - start, row.height()), QColor(colours.accent_soft))

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and len(self.ring):
            self._anchor = self._head = self._place(event.position().toPoint())
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None and len(self.ring):
            self._head = self._place(event.position().toPoint())
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if len(self.ring):
            number, _ = self._place(event.position().toPoint())
            text = self.ring.slice(number, number + 1)
            self._anchor, self._head = (number, 0), (number, len(text[0]) if text else 0)
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar, key = self.verticalScrollBar(), event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif key == Qt.Key.Key_Home:
            bar.setValue(0)
        elif key == Qt.Key.Key_End:
            self.set_following(True)
        elif key == Qt.Key.Key_Escape and self._span() is not None:
            self._anchor = self._head = None
            self.viewport().update()
        else:
            super().keyPressEvent(event)
