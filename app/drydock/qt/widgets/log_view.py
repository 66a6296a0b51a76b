"""A log of any speed: lines go into a ring, and only the rows that can be seen are painted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
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
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QMenu, QWidget

from drydock.core.symptoms.severity import Severity, severity_of
from drydock.qt.theme import fonts, theme, tokens
from drydock.qt.widgets.log_filter import LogFilter
from drydock.qt.widgets.log_ring import LogRing

_DRAIN_MS = 33
_LEFT = tokens.S16 - 1
_INKS: dict[Severity, str] = {"debug": "muted", "info": "ink", "warning": "attention", "error": "broken"}

Place = tuple[int, int]  # line number, column


class LogView(QAbstractScrollArea):
    """Shows the last lines of a log.

    ``post`` may be called from any thread; the lines are shown at most 30 times a second. While ``following`` the
    newest line stays in sight; scrolling up lets go, the End key takes hold again. With ``show_from`` only lines that
    are grave enough are in sight; ``ring`` keeps them all.
    """

    following_changed = Signal(bool)
    lines_shown = Signal(int)  # how many lines ever came
    explain_wanted = Signal(int)  # the number of a line
    _posted = Signal()

    def __init__(self, capacity: int = 100_000, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ring = LogRing(capacity)
        self._filter = LogFilter(self.ring)
        self._shown_first = 0
        self.explains = False
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
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(0)
        self._reading.timeout.connect(self._read_on)
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
        if self._filter.least is None:
            self._sync()
            self.lines_shown.emit(self.ring.end)
        else:
            self._reading.start()

    def clear(self) -> None:
        """Forget all lines."""
        self._incoming.clear()
        self.ring.clear()
        self.show_from(self._filter.least)

    # only grave lines

    @property
    def _shown(self) -> LogRing:
        return self._filter.shown

    @property
    def shown_count(self) -> int:
        """How many lines can be seen."""
        return len(self._shown)

    def show_from(self, least: Severity | None) -> None:
        """Leave out lines that are less grave; None shows all of them."""
        self._filter.show_from(least)
        self._anchor = self._head = None
        self._shown_first = self._shown.first
        if least is not None:
            self._reading.start()
        self._sync()
        self.lines_shown.emit(self.ring.end)

    def _read_on(self) -> None:
        if self._filter.read_on():
            self._reading.start()  # events have their turn before the next lines
        self._sync()
        self.lines_shown.emit(self.ring.end)

    def current_line(self) -> int | None:
        """Return the number of the line with the caret or the selection; None where there is none."""
        return None if self._head is None else self._filter.number_of(self._head[0])

    def go_to(self, number: int) -> bool:
        """Select a line by its number and bring it into sight; False where it cannot be seen."""
        place = self._filter.place_of(number)
        if place is None:
            return False
        self._anchor, self._head = (place, 0), (place, len(self._shown.slice(place, place + 1)[0]))
        self.set_following(False)
        self.verticalScrollBar().setValue(place - self._shown.first - self._rows() // 2)
        self.viewport().update()
        return True

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
        here = self._head[0] if self._head is not None else (self._shown.end if backwards else self._shown.first - 1)
        found = self._shown.find(text, here + (-1 if backwards else 1), backwards=backwards)
        if found is None:
            found = self._shown.find(text, self._shown.end if backwards else self._shown.first, backwards=backwards)
        if found is None:
            return False
        column = self._shown.slice(found, found + 1)[0].casefold().find(text.casefold())
        self._anchor, self._head = (found, column), (found, column + len(text))
        self.set_following(False)
        self.verticalScrollBar().setValue(found - self._shown.first - self._rows() // 2)
        self.viewport().update()
        return True

    def selected_text(self) -> str:
        """Return the selected text as far as its lines are still kept."""
        span = self._span()
        if span is None:
            return ""
        (first, start), (last, end) = span
        lines = list(self._shown.slice(first, last + 1))
        if not lines:
            return ""
        if last < self._shown.end:
            lines[-1] = lines[-1][:end]
        if first >= self._shown.first:
            lines[0] = lines[0][start:]
        return "\n".join(lines)

    def copy(self) -> None:
        """Put the selection (without one: all lines) on the clipboard."""
        text = self.selected_text() or "\n".join(self._shown.slice(self._shown.first, self._shown.end))
        QGuiApplication.clipboard().setText(text)

    def select_all(self) -> None:
        """Select every line kept."""
        last = self._shown.end - 1
        if last >= self._shown.first:
            self._anchor = (self._shown.first, 0)
            self._head = (last, len(self._shown.slice(last, last + 1)[0]))
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
        dropped = max(0, self._shown.first - self._shown_first)
        self._shown_first = self._shown.first
        following, place = self._following, bar.value() - dropped
        bar.blockSignals(True)  # moving the bar here is not the person's scrolling
        bar.setPageStep(self._rows())
        bar.setRange(0, max(0, len(self._shown) - self._rows()))
        bar.setValue(bar.maximum() if following else place)
        bar.blockSignals(False)
        width = round(self._shown.longest * self._char) + 2 * _LEFT
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
        number = self._shown.first + self.verticalScrollBar().value() + (point.y() - tokens.S4) // self._row
        number = max(self._shown.first, min(self._shown.end - 1, number))
        lines = self._shown.slice(number, number + 1)
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
        top = self._shown.first + self.verticalScrollBar().value()
        left = _LEFT - self.horizontalScrollBar().value()
        span = self._span()
        for index, text in enumerate(self._shown.slice(top, top + self._rows() + 2)):
            row = QRectF(left, tokens.S4 + index * self._row, max(self.viewport().width(), 1), self._row)
            self._paint_marks(painter, row, text, top + index, span)
            painter.setPen(QColor(colours.role(_INKS[severity_of(text)])))
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
        if event.button() == Qt.MouseButton.LeftButton and len(self._shown):
            self._anchor = self._head = self._place(event.position().toPoint())
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None and len(self._shown):
            self._head = self._place(event.position().toPoint())
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if len(self._shown):
            number, _ = self._place(event.position().toPoint())
            text = self._shown.slice(number, number + 1)
            self._anchor, self._head = (number, 0), (number, len(text[0]) if text else 0)
            self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse and len(self._shown) and self._span() is None:
            self._anchor = self._head = self._place(event.pos())
        menu = self.make_menu()
        menu.exec(event.globalPos())
        menu.deleteLater()

    def make_menu(self) -> QMenu:
        """Return the menu of what can be done with a line."""
        menu = QMenu(self)
        number = self.current_line()
        if self.explains:
            explain = menu.addAction(self.tr("Explain this line"))
            explain.setEnabled(number is not None)
            explain.triggered.connect(lambda: number is not None and self.explain_wanted.emit(number))
            menu.addSeparator()
        menu.addAction(self.tr("Copy"), self.copy)
        menu.addAction(self.tr("Select all"), self.select_all)
        return menu

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
