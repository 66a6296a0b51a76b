"""The top of a page: its title, one sentence, and its one main button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import TextRole, button, label


class PageHeader(QWidget):
    """Title and sentence at the left, the main button at the right.

    Args:
        title: the page's name, or on Home the verdict itself.
        sentence: one sentence below it.
        action: the text of the main button; empty for none.
        icon: the main button's icon.
        role: ``title``, or ``display`` for the Home page.
    """

    chosen = Signal()

    def __init__(
        self,
        title: str,
        sentence: str = "",
        action: str = "",
        icon: str = "",
        role: TextRole = "title",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, tokens.S8)
        row.setSpacing(tokens.S24)
        words = QVBoxLayout()
        words.setSpacing(tokens.S4)
        self._title = label(title, role)
        self._sentence = label(sentence, "lead")
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        row.addLayout(words, 1)
        self._beside = QHBoxLayout()
        self._beside.setSpacing(tokens.S8)
        row.addLayout(self._beside)
        self._button = button(action, "main", icon)
        self._button.clicked.connect(self.chosen)
        self._beside.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.say(title, sentence, action)

    @property
    def main_button(self) -> QPushButton:
        """The main button, to disable or to focus."""
        return self._button

    def say(self, title: str, sentence: str = "", action: str | None = None) -> None:
        """Change the words; ``action=None`` leaves the button as it is, an empty one hides it."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        if action is not None:
            self._button.setText(action)
            self._button.setAccessibleName(action)
            self._button.setVisible(bool(action))

    def add_beside(self, widget: QWidget) -> None:
        """Put a lesser button at the left of the main one."""
        self._beside.insertWidget(self._beside.count() - 1, widget, 0, Qt.AlignmentFlag.AlignVCenter)
