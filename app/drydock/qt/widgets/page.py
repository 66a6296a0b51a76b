"""The base of every page: one column that scrolls, so that nothing is ever cut off."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from drydock.qt.theme import tokens

_NARROW = 760


class Page(QScrollArea):
    """A vertical scroll area with a column of limited width; add widgets to ``body``.

    Args:
        wide: use the whole width (tables, logs) instead of a readable column.
    """

    def __init__(self, *, wide: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pageScroll")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas = QWidget()
        canvas.setObjectName("page")
        self._row = QHBoxLayout(canvas)
        self._row.setContentsMargins(tokens.S32, tokens.S24, tokens.S32, tokens.S24)
        column = QWidget()
        column.setObjectName("pageColumn")
        if not wide:
            column.setMaximumWidth(tokens.PAGE_WIDTH)
        self._row.addStretch(1)
        self._row.addWidget(column, 1000)
        self._row.addStretch(1)
        self.body = QVBoxLayout(column)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(tokens.S16)
        self.setWidget(canvas)

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = tokens.S16 if self.width() < _NARROW else tokens.S32
        self._row.setContentsMargins(side, tokens.S24, side, tokens.S24)
        super().resizeEvent(event)

    def reveal(self, widget: QWidget) -> None:
        """Scroll until ``widget`` can be seen."""
        self.ensureWidgetVisible(widget, 0, tokens.S24)
