"""A card: one subject with a title, a body and the acts that belong to it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import label


class Card(QFrame):
    """A quiet surface. Put widgets into ``body``; buttons through ``add_action``."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(tokens.S16, tokens.S16, tokens.S16, tokens.S16)
        outer.setSpacing(tokens.S12)
        self._head = QHBoxLayout()
        self._head.setSpacing(tokens.S8)
        self._title = label(title, "heading")
        self._head.addWidget(self._title, 1)
        outer.addLayout(self._head)
        self.body = QVBoxLayout()
        self.body.setSpacing(tokens.S8)
        outer.addLayout(self.body, 1)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(tokens.S8)
        self._actions.addStretch(1)
        outer.addLayout(self._actions)
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Set the title; an empty one takes no room."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self.setAccessibleName(title)

    def add_corner(self, widget: QWidget) -> None:
        """Put something small (a badge, a tool button) at the end of the title line."""
        self._head.addWidget(widget)

    def add_action(self, widget: QWidget) -> None:
        """Put a button into the row below the body."""
        self._actions.insertWidget(self._actions.count() - 1, widget)
