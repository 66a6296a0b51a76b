"""The item at the foot of the rail that shows how far the activities are, and opens their list."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPen, QShowEvent

from drydock.qt.theme import theme
from drydock.qt.widgets.nav_rail import NavItem

_STROKE = 3.0
_TURN_MS = 80
_TURN_STEP = 24  # degrees a step while the share is not known
_SWEEP = 80  # degrees of the part that turns


class ActivityItem(NavItem):
    """An icon while nothing runs, else a ring with the share, or a part that turns while it is not known."""

    def __init__(self, text: str, icon: str) -> None:
        super().__init__("activities", text, icon)
        self._running = False
        self._share: float | None = None
        self._angle = 90
        self._turner = QTimer(self, interval=_TURN_MS)
        self._turner.timeout.connect(self._turn)

    @property
    def share(self) -> float | None:
        """The share on show."""
        return self._share

    @property
    def running(self) -> bool:
        """Whether the ring is shown."""
        return self._running

    def show_share(self, share: float | None, *, running: bool) -> None:
        """Show a share (0 to 1; None: not known), or the icon while nothing runs."""
        share = None if share is None else min(1.0, max(0.0, share))
        # a hundred steps are all that can be seen of so small a ring
        if running == self._running and _percent(share) == _percent(self._share):
            return
        self._running, self._share = running, share
        self._run()
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._turner.stop()

    def paint_icon(self, painter: QPainter, box: QRectF) -> None:
        """Draw the ring or the icon."""
        if not self._running:
            super().paint_icon(painter, box)
            return
        colours = theme().colours
        circle = box.adjusted(_STROKE / 2, _STROKE / 2, -_STROKE / 2, -_STROKE / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.pressed), _STROKE))
        painter.drawEllipse(circle)
        pen = QPen(QColor(colours.accent), _STROKE)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        # Qt counts sixteenths of a degree, against the clock
        if self._share is None:
            painter.drawArc(circle, self._angle * 16, -_SWEEP * 16)
        elif self._share > 0:
            painter.drawArc(circle, 90 * 16, -round(self._share * 360) * 16)

    def _run(self) -> None:
        if self._running and self._share is None and self.isVisible():
            self._turner.start()
        else:
            self._turner.stop()

    def _turn(self) -> None:
        self._angle = (self._angle - _TURN_STEP) % 360
        self.update()


def _percent(share: float | None) -> int | None:
    return None if share is None else round(share * 100)
