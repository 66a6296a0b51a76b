"""A ladder: rungs one below the other, each with icon, name and words; arrow keys walk along it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import State, fonts, icons, state_word, theme, tokens
from drydock.qt.widgets.focus import KeyboardButton

WIDTH = 216
_ICON = 18
_LEFT = tokens.S12
_TEXT = _LEFT + _ICON + tokens.S12
_WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One rung as it is drawn.

    Attributes:
        words: the short line below the title.
        share: how much of it was looked at, 0 to 1, while it is being looked at; None otherwise.
        marked: it is what matters now, and stands out.
        faint: nothing is known of it.
    """

    id: str
    title: str
    state: State
    words: str
    share: float | None = None
    marked: bool = False
    faint: bool = False


class _Rung(KeyboardButton):
    def __init__(self, step: Step, *, first: bool, last: bool) -> None:
        super().__init__()
        self.step = step
        self._first, self._last = first, last
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMaximumHeight(60)
        theme().changed.connect(self.update)
        self.say(step)

    def say(self, step: Step) -> None:
        self.step = step
        state = "" if step.share is not None else f"{state_word(step.state)}. "
        self.setAccessibleName(f"{step.title}: {state}{step.words}")
        self.setToolTip(f"{step.title}: {step.words}")
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if Qt.Key(event.key()) in _WALKING:
            event.ignore()  # the ladder walks; a button of its own would move the focus otherwise
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 52)

    def minimumSizeHint(self) -> QSize:
        lines = QFontMetricsF(fonts.font("body", strong=True)).height() + QFontMetricsF(fonts.font("small")).height()
        return QSize(120, round(lines) + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, step = theme().colours, self.step
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(QColor(colours.focus), 2) if self.ring_wanted else QPen(Qt.PenStyle.NoPen))
        ground = colours.role(f"{step.state}_soft") if step.marked else colours.hover if self.underMouse() else ""
        painter.setBrush(QColor(ground) if ground else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, tokens.RADIUS_CONTROL, tokens.RADIUS_CONTROL)
        self._paint_sign(painter)
        self._paint_words(painter)
        painter.end()

    def _paint_sign(self, painter: QPainter) -> None:
        colours, step, middle = theme().colours, self.step, self.height() / 2
        x = _LEFT + _ICON / 2
        painter.setPen(QPen(QColor(colours.control_line), 1.5))
        if not self._first:
            painter.drawLine(QPointF(x, 0), QPointF(x, middle - _ICON / 2 - 3))
        if not self._last:
            painter.drawLine(QPointF(x, middle + _ICON / 2 + 3), QPointF(x, self.height()))
        sign = QRectF(_LEFT, middle - _ICON / 2, _ICON, _ICON)
        if step.share is None:
            icons.paint(painter, step.state, colours.role(step.state), sign)
            return
        ring = sign.adjusted(2, 2, -2, -2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.control_line), 2.5))
        painter.drawEllipse(ring)
        painter.setPen(QPen(QColor(colours.accent), 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(ring, 90 * 16, -round(max(0.06, step.share) * 360 * 16))

    def _paint_words(self, painter: QPainter) -> None:
        colours, step = theme().colours, self.step
        room = self.width() - _TEXT - tokens.S8
        ink = colours.muted if step.faint else colours.ink
        told = (
            colours.role(step.state) if step.state in ("broken", "attention") and step.share is None else colours.muted
        )
        lines = (
            (step.title, fonts.font("body", strong=not step.faint), ink),
            (step.words, fonts.font("small", strong=step.marked), told),
        )
        heights = [QFontMetricsF(font).height() for _, font, _ in lines]
        top = (self.height() - sum(heights)) / 2
        for (text, font, colour), height in zip(lines, heights, strict=True):
            painter.setFont(font)
            painter.setPen(QColor(colour))
            shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(_TEXT, top, room, height), Qt.AlignmentFlag.AlignVCenter, shown)
            top += height


class Ladder(QScrollArea):
    """Shows the rungs; scrolls only where the window is too low for all.

    Signals:
        chosen: the id of a rung that was clicked, or on which Enter was pressed.
    """

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedWidth(WIDTH)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._rungs: list[_Rung] = []
        self.setWidget(inner)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The rungs on show."""
        return tuple(rung.step for rung in self._rungs)

    def set_steps(self, steps: tuple[Step, ...]) -> None:
        """Show rungs; those with the same ids stay and only change their words."""
        if [step.id for step in steps] != [rung.step.id for rung in self._rungs]:
            self._rebuild(steps)
        for rung, step in zip(self._rungs, steps, strict=True):
            if rung.step != step:
                rung.say(step)

    def choose(self, step: str) -> None:
        """Do as if a rung was clicked."""
        self.chosen.emit(step)

    def focus_rung(self, step: str) -> None:
        """Give a rung the keyboard."""
        for rung in self._rungs:
            if rung.step.id == step:
                rung.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk along the rungs; Enter chooses the one with the focus."""
        place = next((index for index, rung in enumerate(self._rungs) if rung.hasFocus()), None)
        if place is None:
            super().keyPressEvent(event)
            return
        key, last = event.key(), len(self._rungs) - 1
        ways = {Qt.Key.Key_Up: place - 1, Qt.Key.Key_Down: place + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        if key in ways:
            rung = self._rungs[min(max(ways[Qt.Key(key)], 0), last)]
            rung.setFocus(Qt.FocusReason.TabFocusReason)
            self.ensureWidgetVisible(rung, 0, 0)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._rungs[place].click()
        else:
            super().keyPressEvent(event)

    def _rebuild(self, steps: tuple[Step, ...]) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._rungs = []
        for index, step in enumerate(steps):
            rung = _Rung(step, first=index == 0, last=index == len(steps) - 1)
            rung.clicked.connect(self._click)
            self._rungs.append(rung)
            self._column.addWidget(rung, 1)
        self._column.addStretch(1)

    def _click(self) -> None:
        rung = self.sender()
        if isinstance(rung, _Rung):
            self.chosen.emit(rung.step.id)
