"""The progress of one job: what it does, how far it is, how long it still takes, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.meter import paint_bar

_HEIGHT = 8
_FRAME_MS = 40
_SWEEP_FRAMES = 45


class ProgressLine(QWidget):
    """The bar itself: a share, or a quiet moving part while the share is not known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share: float | None = 0.0
        self._role = "accent"
        self._frame = _SWEEP_FRAMES // 3
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._step)
        theme().changed.connect(self.update)

    @property
    def share(self) -> float | None:
        """The share on show (0 to 1), None while it is not known."""
        return self._share

    @property
    def moving(self) -> bool:
        """Whether the bar is being animated now."""
        return self._timer.isActive()

    def set_share(self, share: float | None) -> None:
        """Show a share, clamped to 0 to 1; None for not known."""
        self._share = None if share is None else min(1.0, max(0.0, share))
        self._run()
        self.update()

    def set_colour(self, role: str) -> None:
        """Fill it in another colour of the theme: a quiet one for what does not move now."""
        self._role = role
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme().colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect())
        paint_bar(painter, track, self._share, colours.role(self._role), colours.pressed)
        if self._share is None:
            part = track.width() * 0.28
            place = (self._frame / _SWEEP_FRAMES) * (track.width() + part) - part
            moving = QRectF(place, 0, part, track.height()).intersected(track)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(moving, track.height() / 2, track.height() / 2)
        painter.end()

    def _run(self) -> None:
        if self._share is None and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def _step(self) -> None:
        self._frame = (self._frame + 1) % (_SWEEP_FRAMES + 1)
        self.update()


class ProgressPanel(QFrame):
    """Title and cancel button, the bar, figures below it, and one line of detail."""

    cancel_wanted = Signal()

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S16, tokens.S12, tokens.S12, tokens.S16)
        column.setSpacing(tokens.S8)
        head = QHBoxLayout()
        head.setSpacing(tokens.S8)
        self._title = label(title, "heading")
        self._cancel = button(self.tr("Cancel"), "plain", "stop")
        self._cancel.clicked.connect(self._ask_to_stop)
        head.addWidget(self._title, 1)
        head.addWidget(self._cancel)
        column.addLayout(head)
        self.line = ProgressLine()
        bar_row = QHBoxLayout()
        bar_row.setContentsMargins(0, 0, tokens.S4, 0)
        bar_row.addWidget(self.line)
        column.addLayout(bar_row)
        figures = QHBoxLayout()
        figures.setContentsMargins(0, 0, tokens.S4, 0)
        figures.setSpacing(tokens.S16)
        self._left = label("", "body", wrap=False)
        self._right = label("", "muted", wrap=False)
        figures.addWidget(self._left)
        figures.addStretch(1)
        figures.addWidget(self._right)
        column.addLayout(figures)
        self._detail = label("", "muted")
        self._detail.setVisible(False)
        column.addWidget(self._detail)
        self.start(title)

    def start(self, title: str) -> None:
        """Begin anew: the bar moves without a share, the cancel button works."""
        self.set_title(title)
        self._cancel.setEnabled(True)
        self._cancel.setVisible(True)
        self._cancel.setText(self.tr("Cancel"))
        self.set_progress(None)
        self.set_detail("")

    def set_title(self, title: str) -> None:
        """Name the stage that goes on now; bar and cancel button stay as they are."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def set_progress(self, share: float | None, done: str = "", left: str = "") -> None:
        """Show how far it is.

        Args:
            share: 0 to 1; None while it is not known.
            done: what is done, as text (``3.1 of 8.4 GB``).
            left: speed and time left, as text (``62 MB/s · about 1 min left``).
        """
        self.line.set_share(share)
        self._left.setText(done)
        self._left.setVisible(bool(done))
        self._right.setText(left)
        self._right.setVisible(bool(left))
        percent = self.tr("in progress") if share is None else f"{share:.0%}"
        self.line.setAccessibleName(percent)
        self.setAccessibleDescription(", ".join(part for part in (percent, done, left) if part))

    def set_detail(self, text: str) -> None:
        """Show one line on what is being done now; an empty one takes no room."""
        self._detail.setText(text)
        self._detail.setVisible(bool(text))

    def finish(self, done: str = "") -> None:
        """Fill the bar and take the cancel button away."""
        self.set_progress(1.0, done)
        self.set_detail("")
        self._cancel.setVisible(False)

    def _ask_to_stop(self) -> None:
        self._cancel.setEnabled(False)
        self._cancel.setText(self.tr("Stopping…"))
        self.cancel_wanted.emit()
