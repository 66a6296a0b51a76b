"""A row that unfolds: state, title and summary; below them whatever belongs to it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import State, fonts, icons, state_word, theme, tokens
from drydock.qt.widgets.focus import KeyboardButton
from drydock.qt.widgets.state_badge import badge_width, paint_badge

_ICON = 20
_INDENT = tokens.S16 + _ICON + tokens.S12


class _Head(KeyboardButton):
    """The part that is always there."""

    def __init__(self, state: State, title: str, summary: str) -> None:
        super().__init__()
        self.state: State = state
        self.word = ""
        self.title, self.summary = title, summary
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        title = QFontMetricsF(fonts.font("body", strong=True)).height()
        summary = QFontMetricsF(fonts.font("body")).height() + 2 if self.summary else 0
        return QSize(320, round(title + summary) + 2 * tokens.S12)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle()
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self.setChecked(event.key() == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme().colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(QPen(QColor(colours.focus), 2) if self.ring_wanted else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QColor(colours.hover) if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, tokens.RADIUS_CARD - 2, tokens.RADIUS_CARD - 2)
        middle = self.height() / 2
        icons.paint(painter, self.state, colours.role(self.state), QRectF(tokens.S16, middle - _ICON / 2, _ICON, _ICON))
        chevron = "chevron_down" if self.isChecked() else "chevron_right"
        icons.paint(painter, chevron, colours.muted, QRectF(self.width() - tokens.S16 - 18, middle - 9, 18, 18))
        word = self.word or state_word(self.state)
        width = badge_width(word, icon=False)
        right = self.width() - tokens.S16 - 18 - tokens.S8 - width
        if self.state != "ok":
            paint_badge(painter, QRectF(right, middle - 12, width, 24), self.state, word, icon=False)
        else:
            right += width
        self._paint_words(painter, right - tokens.S12 - _INDENT)
        painter.end()

    def _paint_words(self, painter: QPainter, room: float) -> None:
        colours = theme().colours
        top = float(tokens.S12)
        lines = [(self.title, fonts.font("body", strong=True), colours.ink)]
        if self.summary:
            lines.append((self.summary, fonts.font("body"), colours.muted))
        for text, text_font, ink in lines:
            metrics = QFontMetricsF(text_font)
            painter.setFont(text_font)
            painter.setPen(QColor(ink))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(_INDENT, top, room, metrics.height()), Qt.AlignmentFlag.AlignVCenter, shown)
            top += metrics.height() + 2


class FoldRow(QFrame):
    """A finding in one row; Enter, Space or a click unfolds it, Right opens and Left closes.

    Put widgets into ``body``.
    """

    folded = Signal(bool)  # whether it is open now

    def __init__(
        self, state: State, title: str, summary: str = "", word: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head = _Head(state, title, summary)
        self._head.toggled.connect(self._unfold)
        column.addWidget(self._head)
        self._inner = QWidget()
        self.body = QVBoxLayout(self._inner)
        self.body.setContentsMargins(_INDENT, tokens.S4, tokens.S16, tokens.S16)
        self.body.setSpacing(tokens.S12)
        self._inner.setVisible(False)
        column.addWidget(self._inner)
        self.setFocusProxy(self._head)
        self.say(state, title, summary, word)

    @property
    def open(self) -> bool:
        """Whether the body is shown."""
        return self._head.isChecked()

    @property
    def state(self) -> State:
        """The state on show."""
        return self._head.state

    def say(self, state: State, title: str, summary: str = "", word: str = "") -> None:
        """Show other words."""
        head = self._head
        head.state, head.title, head.summary, head.word = state, title, summary, word
        head.setAccessibleName(f"{word or state_word(state)}: {title}")
        head.setAccessibleDescription(summary)
        head.setToolTip(f"{title}\n{summary}" if summary else "")
        head.updateGeometry()
        head.update()

    def set_open(self, open_: bool) -> None:
        """Unfold or fold."""
        self._head.setChecked(open_)

    def _unfold(self, open_: bool) -> None:
        self._head.update()
        # who fills the body when it is first wanted does so now, before it is seen
        self.folded.emit(open_)
        self._inner.setVisible(open_ and self.body.count() > 0)
