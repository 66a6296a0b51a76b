"""The left rail: where one is, and where one can go."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import State, fonts, icons, theme, tokens
from drydock.qt.widgets.focus import KeyboardButton

WIDE, NARROW = 184, 60
COMPACT_BELOW = 860  # window width under which only the icons stay
_ITEM = 38
_ICON = 20


class NavItem(KeyboardButton):
    """One place of the rail."""

    def __init__(self, key: str, text: str, icon: str) -> None:
        super().__init__()
        self.key = key
        self._icon = icon
        self._count = 0
        self._state: State | Literal["accent"] = "attention"
        self.compact = False
        self.setText(text)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(text)
        theme().changed.connect(self.update)

    @property
    def badge(self) -> int:
        """The number on show; 0 for none."""
        return self._count

    def set_badge(self, count: int, state: State | Literal["accent"]) -> None:
        """Show a number beside the label; ``accent`` colours a count that asks for nothing."""
        self._count, self._state = count, state
        self.setAccessibleDescription(str(count) if count else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(NARROW - 2 * tokens.S8 if self.compact else WIDE - 2 * tokens.S8, _ITEM)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme().colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ground = colours.accent_soft if self.isChecked() else (colours.hover if self.underMouse() else "")
        painter.setPen(QPen(QColor(colours.focus), 2) if self.ring_wanted else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QColor(ground) if ground else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, tokens.RADIUS_CONTROL, tokens.RADIUS_CONTROL)
        left = (self.width() - _ICON) / 2 if self.compact else float(tokens.S12)
        self.paint_icon(painter, QRectF(round(left), (self.height() - _ICON) // 2, _ICON, _ICON))
        if not self.compact:
            painter.setFont(fonts.font("body", strong=self.isChecked()))
            painter.setPen(QColor(colours.accent if self.isChecked() else colours.ink))
            start = tokens.S12 + _ICON + tokens.S12
            text = QFontMetricsF(painter.font()).elidedText(
                self.text(), Qt.TextElideMode.ElideRight, self.width() - start - (34 if self._count else tokens.S8)
            )
            painter.drawText(QRectF(start, 0, self.width() - start, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if self._count:
            self._paint_badge(painter)
        painter.end()

    def paint_icon(self, painter: QPainter, box: QRectF) -> None:
        """Draw the icon."""
        colours = theme().colours
        icons.paint(painter, self._icon, colours.accent if self.isChecked() else colours.muted, box)

    def _paint_badge(self, painter: QPainter) -> None:
        colours = theme().colours
        text = str(self._count) if self._count < 100 else "99+"
        painter.setFont(fonts.font("small", strong=True))
        width = max(18.0, QFontMetricsF(painter.font()).horizontalAdvance(text) + 10)
        top = 1.0 if self.compact else (self.height() - 18) / 2
        right = self.width() - (2 if self.compact else tokens.S8)
        box = QRectF(right - width, top, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.role(f"{self._state}_soft")))
        painter.drawRoundedRect(box, 9, 9)
        painter.setPen(QColor(colours.role(self._state)))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class NavRail(QWidget):
    """Places to go; arrow keys, Home and End move, Tab leaves. Narrow windows keep only the icons."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Pages"))
        self._items: list[NavItem] = []
        self._current = ""
        self._compact = False
        self._watched: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(tokens.S8, tokens.S12, tokens.S8, tokens.S12)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        self._above = 0
        self._acts: list[NavItem] = []
        self.setFixedWidth(WIDE)

    @property
    def compact(self) -> bool:
        """Whether only the icons are shown."""
        return self._compact

    @property
    def current(self) -> str:
        """The key of the place one is at; empty before the first choice."""
        return self._current

    def add_item(self, key: str, text: str, icon: str, *, bottom: bool = False) -> NavItem:
        """Add a place, at the top or at the rail's foot."""
        item = NavItem(key, text, icon)
        item.clicked.connect(lambda: self._choose(item))
        item.installEventFilter(self)
        item.compact = self._compact
        if bottom:
            self._column.addWidget(item)
            self._items.append(item)
        else:
            self._column.insertWidget(self._above, item)
            self._items.insert(self._above, item)
            self._above += 1
        return item

    def add_act(self, item: NavItem) -> None:
        """Put an item at the foot that is not a place: it is pressed, never current, and a stop for Tab of its own."""
        item.compact = self._compact
        item.setCheckable(False)
        item.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._column.addWidget(item)
        self._acts.append(item)

    def set_current(self, key: str) -> None:
        """Mark a place without announcing it.

        Raises:
            KeyError: the rail has no such place.
        """
        wanted = self._find(key)
        self._current = key
        for item in self._items:
            item.setChecked(item is wanted)
            # one stop for Tab, as in a tab bar
            item.setFocusPolicy(Qt.FocusPolicy.StrongFocus if item is wanted else Qt.FocusPolicy.ClickFocus)

    def set_badge(self, key: str, count: int, state: State = "attention") -> None:
        """Show a number beside a place; 0 takes it away."""
        self._find(key).set_badge(count, state)

    def set_compact(self, compact: bool) -> None:
        """Show only the icons, or icons and labels."""
        self._compact = compact
        self.setFixedWidth(NARROW if compact else WIDE)
        for item in (*self._items, *self._acts):
            item.compact = compact
            item.setToolTip(item.text() if compact else "")
            item.updateGeometry()
            item.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        window = self.window()
        if window is not self._watched:
            self._watched = window
            window.installEventFilter(self)
            self.set_compact(window.width() < COMPACT_BELOW)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._watched and event.type() == QEvent.Type.Resize:
            compact = self.window().width() < COMPACT_BELOW
            if compact != self._compact:
                self.set_compact(compact)
        if event.type() == QEvent.Type.KeyPress and isinstance(watched, NavItem) and isinstance(event, QKeyEvent):
            return self._key(watched, event.key())
        return super().eventFilter(watched, event)

    def _key(self, item: NavItem, key: int) -> bool:
        here = self._items.index(item)
        last = len(self._items) - 1
        keys = Qt.Key
        places = {
            keys.Key_Up: max(0, here - 1),
            keys.Key_Down: min(last, here + 1),
            keys.Key_Home: 0,
            keys.Key_End: last,
        }
        if key in (keys.Key_Return, keys.Key_Enter):
            self._choose(item)
        elif key in places:
            target = self._items[places[keys(key)]]
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            self._choose(target)
        else:
            return False
        return True

    def _choose(self, item: NavItem) -> None:
        before = self._current
        self.set_current(item.key)
        if before != item.key:
            self.chosen.emit(item.key)

    def _find(self, key: str) -> NavItem:
        for item in self._items:
            if item.key == key:
                return item
        raise KeyError(key)
