"""The live chart: lines that move with time, painted as rolling polygons under one transform."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QShowEvent,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from drydock.qt.theme import fonts, theme, tokens
from drydock.qt.widgets.chart_paint import axis_text, grid_values, paint_grid, paint_legend, paint_read_out, text_width
from drydock.qt.widgets.chart_series import Series, nice_step

_MOST_HZ = 10.0


class RollingChart(QWidget):
    """Several lines over the last seconds.

    Hover (or Left and Right with the focus) reads values out; ``table`` gives the same as text.

    Args:
        title: what is shown.
        unit: behind every value (``%``, ``GiB``, ``°C``).
        digits: digits behind the decimal point of read-outs.
    """

    def __init__(self, title: str = "", unit: str = "", digits: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self._unit, self._digits = title, unit, digits
        self._series: dict[str, Series] = {}
        self._window = 60.0
        self._fixed: tuple[float, float] | None = None
        self._pointed: float | None = None
        self._plot_key: tuple[float, ...] = ()
        self._plot_box = QRectF()
        self._backdrop_key: tuple[float, ...] = ()
        self._backdrop_drawn = QPixmap()
        self._legend_key: tuple[object, ...] = ()
        self._legend_drawn = QPixmap()
        self._since_paint = QElapsedTimer()
        self._update_asked = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.update)
        self._interval_ms = round(1000 / _MOST_HZ)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        theme().changed.connect(self.update)

    # what is shown

    def add_series(self, key: str, label: str, colour_role: str = "series.0") -> None:
        """Add a line; an existing key begins anew."""
        self._series[key] = Series(key, label, colour_role)
        self._ask_to_paint()

    def append(self, key: str, time: float, value: float | None) -> None:
        """Add a sample; None is a gap.

        Raises:
            KeyError: no line has that key.
            ValueError: the sample is older than the line's newest.
        """
        series = self._series[key]
        series.append(time, value)
        series.drop_before(time - self._window)
        self._ask_to_paint()

    def clear(self) -> None:
        """Forget all samples, keep the lines."""
        for key, series in list(self._series.items()):
            self._series[key] = Series(key, series.label, series.colour_role)
        self._pointed = None
        self._ask_to_paint()

    def set_window(self, seconds: float) -> None:
        """Set how many seconds the chart spans.

        Raises:
            ValueError: not above zero.
        """
        if not seconds > 0:
            raise ValueError(f"a chart's window must be above zero seconds, not {seconds}")
        self._window = seconds
        self._ask_to_paint()

    def set_range(self, low: float | None = None, high: float | None = None) -> None:
        """Fix the y range; without both bounds it follows the data (and always holds zero)."""
        self._fixed = None if low is None or high is None else (low, high)
        self._ask_to_paint()

    def set_most_paints(self, per_second: float) -> None:
        """Paint at most this often, however often samples come."""
        self._interval_ms = max(1, round(1000 / per_second))

    def series(self, key: str) -> Series:
        """Return the line of a key."""
        return self._series[key]

    @property
    def painting_due(self) -> bool:
        """Whether a painting is planned; never while hidden."""
        return self.isVisible() and (self._update_asked or self._timer.isActive())

    def y_range(self) -> tuple[float, float]:
        """Return the bounds of the y axis as painted."""
        if self._fixed is not None:
            return self._fixed
        boxes = [box for series in self._series.values() if (box := series.bounds()) is not None]
        low = min([0.0, *(box.top() for box in boxes)])
        high = max([0.0, *(box.bottom() for box in boxes)])
        if high <= low:
            return low, low + 1.0
        step = nice_step(high - low, 4)
        return math.floor(low / step) * step, math.ceil(high / step - 1e-9) * step

    def value_text(self, value: float | None) -> str:
        """Return a value as shown, with its unit."""
        if value is None:
            return "—"
        gap = "" if self._unit in ("%", "") else "\u202f"
        return f"{value:.{self._digits}f}{gap}{self._unit}"

    def table(self) -> str:
        """Return the window's samples as tab-separated lines, newest last."""
        now = self._now()
        if now is None:
            return self.tr("no samples yet")
        head = "\t".join([self.tr("seconds ago"), *(series.label for series in self._series.values())])
        times = sorted({time for series in self._series.values() for time, _ in series.since(now - self._window)})
        lines = [head]
        columns = [dict(series.since(now - self._window)) for series in self._series.values()]
        lines += ["\t".join([f"{now - time:.1f}", *(self.value_text(c.get(time)) for c in columns)]) for time in times]
        return "\n".join(lines)

    def sizeHint(self) -> QSize:
        return QSize(360, 160)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 96)

    # painting

    def _now(self) -> float | None:
        times = [series.last_time for series in self._series.values() if series.last_time is not None]
        return max(times, default=None)

    def _ask_to_paint(self) -> None:
        if not self.isVisible() or self.painting_due:
            return
        spent = self._since_paint.elapsed() if self._since_paint.isValid() else self._interval_ms
        left = self._interval_ms - int(spent)
        if left <= self._interval_ms // 10:
            # almost due: painted together with the other charts of this sample, the window is composed once
            self._update_asked = True
            self.update()
        else:
            self._timer.start(left)

    def _plot(self) -> QRectF:
        key = (self.width(), self.height(), *self.y_range())
        if key != self._plot_key:
            self._plot_key, self._plot_box = key, self._measure_plot()
        return self._plot_box

    def _measure_plot(self) -> QRectF:
        small = QFontMetricsF(fonts.font("small"))
        head = small.height() + tokens.S8
        height = self.height() - head - small.height() - tokens.S4
        values = grid_values(self.y_range(), height, small.height())
        axis = max((text_width(axis_text(value)) for value in values), default=0.0)
        return QRectF(0, head, self.width() - axis - tokens.S8, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._since_paint.restart()
        self._update_asked = False
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = self._plot()
        painter.drawPixmap(0, 0, self._legend(plot))
        now = self._now()
        if now is None:
            painter.setPen(QColor(theme().colours.muted))
            painter.setFont(fonts.font("small"))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, self.tr("Waiting for the first sample"))
        else:
            painter.drawPixmap(0, 0, self._backdrop(plot))
            self._paint_lines(painter, plot, now)
            self._paint_pointed(painter, plot, now)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme().colours.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(plot.adjusted(1, 1, -1, -1), tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        painter.end()

    def _legend(self, plot: QRectF) -> QPixmap:
        # a line moves with every sample, its value in words seldom
        entries = [(s.label, self.value_text(s.last_value), s.colour_role) for s in self._series.values()]
        key = (self.width(), plot.top(), self.devicePixelRatioF(), self.title, theme().colours.dark, *entries)
        if key != self._legend_key:
            self._legend_key = key
            self._legend_drawn = self._empty_pixmap(plot.top())
            painter = QPainter(self._legend_drawn)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_legend(painter, QRectF(0, 0, self.width(), plot.top()), self.title, entries)
            painter.end()
        return self._legend_drawn

    def _empty_pixmap(self, height: float) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = QPixmap(round(self.width() * ratio), round(height * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        return made

    def _backdrop(self, plot: QRectF) -> QPixmap:
        low, high = self.y_range()
        key = (self.width(), self.height(), self.devicePixelRatioF(), low, high, self._window, theme().colours.dark)
        if key != self._backdrop_key:
            self._backdrop_key = key
            self._backdrop_drawn = self._empty_pixmap(self.height())
            painter = QPainter(self._backdrop_drawn)
            start, end = self.tr("{0:g} s ago").format(self._window), self.tr("now")
            paint_grid(painter, plot, (low, high), (start, end))
            painter.end()
        return self._backdrop_drawn

    def _transform(self, plot: QRectF, now: float) -> QTransform:
        low, high = self.y_range()
        x_scale, y_scale = plot.width() / self._window, plot.height() / (high - low)
        left = plot.left() - (now - self._window) * x_scale
        return QTransform(x_scale, 0, 0, -y_scale, left, plot.bottom() + low * y_scale)

    def _paint_lines(self, painter: QPainter, plot: QRectF, now: float) -> None:
        painter.save()
        painter.setClipRect(plot.adjusted(0, -1, 0, 1))
        painter.setTransform(self._transform(plot, now), combine=True)
        floor = self.y_range()[0]
        for series in self._series.values():
            colour = QColor(theme().colours.role(series.colour_role))
            if len(self._series) == 1:
                _fill_below(painter, series.parts, colour, floor)
            pen = QPen(colour, 1.0)  # any wider, and Qt strokes outlines: sixteen times the cost
            pen.setCosmetic(True)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            for part in series.parts:
                if part.size() == 1:
                    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                    painter.setPen(pen)
                    painter.drawPoint(part.first())
                else:
                    painter.drawPolyline(part)
        painter.restore()

    def _paint_pointed(self, painter: QPainter, plot: QRectF, now: float) -> None:
        if self._pointed is None:
            return
        found = {series.key: sample for series in self._series.values() if (sample := series.at(self._pointed))}
        if not found:
            return
        when = min((sample[0] for sample in found.values()), key=lambda time: abs(time - (self._pointed or 0.0)))
        x = self._transform(plot, now).map(QPointF(when, 0)).x()
        lines = [
            (self._series[key].label, self.value_text(value), self._series[key].colour_role)
            for key, (_, value) in found.items()
        ]
        paint_read_out(painter, plot, x, self.tr("{0:.1f} s ago").format(now - when), lines)

    # reading out

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        now = self._now()
        plot = self._plot()
        inside = now is not None and plot.contains(event.position())
        share = (plot.right() - event.position().x()) / max(1.0, plot.width())
        self._pointed = now - share * self._window if inside and now is not None else None
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        now = self._now()
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or now is None:
            super().keyPressEvent(event)
            return
        moved = (self._pointed if self._pointed is not None else now) + step * self._window / 60
        self._pointed = min(now, max(now - self._window, moved))
        self.setAccessibleDescription(self.read_out())
        self.update()

    def read_out(self) -> str:
        """Return the values under the pointer (or the newest) as one line of text."""
        time = self._pointed if self._pointed is not None else self._now()
        if time is None:
            return self.tr("no samples yet")
        samples = [(series.label, series.at(time)) for series in self._series.values()]
        return ", ".join(f"{label} {self.value_text(sample[1])}" for label, sample in samples if sample)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.setAccessibleDescription(self.table())
        super().focusInEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.update()


def _fill_below(painter: QPainter, parts: list[QPolygonF], colour: QColor, floor: float) -> None:
    soft = QColor(colour)
    soft.setAlpha(34)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(soft)
    for part in parts:
        if part.size() > 1:
            closed = QPolygonF(part)
            closed.append(QPointF(part.last().x(), floor))
            closed.append(QPointF(part.first().x(), floor))
            painter.drawPolygon(closed)
    painter.setBrush(Qt.BrushStyle.NoBrush)
