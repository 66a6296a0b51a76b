"""The list of activities: a panel above the pages, beside the item of the rail that opens it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from drydock.qt.activities import Activities
from drydock.qt.models.activities import in_order
from drydock.qt.theme import tokens
from drydock.qt.widgets.activity_row import ActivityRow
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.labels import button, label, rule, tool_button

WIDTH = 460
_EMPTY_HEIGHT = 220
_OFF_EDGE = tokens.S12
_BORDER = 1  # of the style sheet


class ActivityPanel(QFrame):
    """Lists what goes on; Escape, a click beside it, or the item that opened it close it.

    Signals:
        page_wanted: show a page (its name, and an argument or None).
        toggled: it was opened or closed.
    """

    page_wanted = Signal(str, object)
    toggled = Signal(bool)

    def __init__(self, activities: Activities, opener: QWidget, parent: QWidget) -> None:
        """Make it, closed.

        Args:
            activities: what is listed.
            opener: the widget that opens and closes it, so that a click on it is not a click beside.
            parent: the widget over which it lies.
        """
        super().__init__(parent)
        self.setObjectName("popover")
        self.setAccessibleName(self.tr("Activity"))
        self._activities = activities
        self._opener = opener
        self._before: QWidget | None = None
        self._rows: dict[int, ActivityRow] = {}
        self._left = 0
        self.clear = button(self.tr("Clear finished"), "quiet")
        self.clear.clicked.connect(activities.clear_ended)
        self.close_button = tool_button("close", self.tr("Close the list"))
        self.close_button.clicked.connect(self.close_list)
        self._empty = EmptyState(
            "list",
            self.tr("Nothing is going on"),
            self.tr("Pulls, imports and exports are listed here, and go on whatever page you look at."),
        )
        self._place()
        self.hide()
        activities.changed.connect(self._refresh)

    @property
    def rows(self) -> tuple[ActivityRow, ...]:
        """The rows, from top to bottom."""
        shown = [self._rows.get(activity.id) for activity in in_order(self._activities.items)]
        return tuple(row for row in shown if row)

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return not self.isHidden()

    def row(self, activity: int) -> ActivityRow:
        """Return the row of an activity, by its id.

        Raises:
            KeyError: it is not listed.
        """
        return self._rows[activity]

    def toggle(self) -> None:
        """Open it, or close it."""
        if self.is_open:
            self.close_list()
        else:
            self.open_list()

    def open_list(self) -> None:
        """Open it and give it the focus."""
        if self.is_open:
            return
        self._before = QApplication.focusWidget()
        self._refresh_all()
        self.show()
        self.raise_()
        self.close_button.setFocus(Qt.FocusReason.PopupFocusReason)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        self.toggled.emit(True)

    def close_list(self) -> None:
        """Close it and give the focus back."""
        if not self.is_open:
            return
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self._opener)
        self.hide()
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        if had_focus and self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None
        self.toggled.emit(False)

    def keep_in(self, left: int) -> None:
        """Lie at the foot of the parent, to the right of ``left``; as high as the list needs and the window allows."""
        self._left = left
        parent = self.parentWidget()
        if parent is None or not self.is_open:
            return
        room = parent.size()
        width = min(WIDTH, room.width() - left - 2 * _OFF_EDGE)
        height = min(self._wanted_height(width), room.height() - 2 * _OFF_EDGE)
        self.setGeometry(QRect(left + _OFF_EDGE, room.height() - height - _OFF_EDGE, width, height))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_list()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            place = event.globalPosition().toPoint()
            mine = isinstance(watched, QWidget) and watched.window() is self.window()
            if mine and not self._holds(self, place) and not self._holds(self._opener, place):
                self.close_list()
        return super().eventFilter(watched, event)

    @staticmethod
    def _holds(widget: QWidget, place: QPoint) -> bool:
        return widget.rect().contains(widget.mapFromGlobal(place))

    def _place(self) -> None:
        head = self._head = QHBoxLayout()
        head.setContentsMargins(tokens.S16, tokens.S8, tokens.S8, tokens.S8)
        head.setSpacing(tokens.S4)
        head.addWidget(label(self.tr("Activity"), "heading"), 1)
        head.addWidget(self.clear)
        head.addWidget(self.close_button)
        self._list = QWidget()
        self._list.setObjectName("popoverList")
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, tokens.S4, 0, tokens.S4)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._list)
        self._rule = rule()
        outer = QVBoxLayout(self)
        # the frame keeps its border free by itself
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(self._rule)
        outer.addWidget(self._empty, 1)
        outer.addWidget(self._scroll, 1)

    def _wanted_height(self, width: int) -> int:
        head = self._head.sizeHint().height() + self._rule.height() + 2 * _BORDER
        if not self._rows:
            return _EMPTY_HEIGHT + head
        # room for the scroll bar is not taken off: it is there only when the list is too long anyway
        # a layout in which no text wraps knows no height for a width
        wraps, inner = self._column.hasHeightForWidth(), width - 2 * _BORDER
        return head + (self._column.totalHeightForWidth(inner) if wraps else self._column.totalSizeHint().height())

    def _refresh(self, changed: int) -> None:
        if not self.is_open:
            return
        activity = self._activities.find(changed)
        row = self._rows.get(changed)
        if activity and row:
            row.show_activity(activity)
        self._refresh_all()

    def _refresh_all(self) -> None:
        listed = in_order(self._activities.items)
        for gone in self._rows.keys() - {activity.id for activity in listed}:
            row = self._rows.pop(gone)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, activity in enumerate(listed):
            row = self._rows.get(activity.id)
            if row is None:
                row = self._rows[activity.id] = self._make_row(activity.id)
            elif not row.isVisible():
                row.show_activity(activity)
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
                row.show()  # at once: a layout counts no row that it has yet to show
        self.clear.setVisible(any(activity.state in ("done", "stopped") for activity in listed))
        self._empty.setVisible(not listed)
        self._scroll.setVisible(bool(listed))
        self.keep_in(self._left)

    def _make_row(self, activity: int) -> ActivityRow:
        now = self._activities.find(activity)
        assert now is not None
        row = ActivityRow(now)
        row.pause_wanted.connect(self._activities.pause)
        row.resume_wanted.connect(self._activities.resume)
        row.cancel_wanted.connect(self._activities.cancel)
        row.dismiss_wanted.connect(self._activities.dismiss)
        row.page_wanted.connect(self._go)
        return row

    def _go(self, activity: int) -> None:
        now = self._activities.find(activity)
        if now:
            self.close_list()
            self.page_wanted.emit(now.page, now.argument)
