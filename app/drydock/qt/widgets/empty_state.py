"""What a list shows when there is nothing in it yet: why, and the one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import Glyph, button, label


class EmptyState(QWidget):
    """An icon, a heading, one sentence and at most one button, in the middle of the free room."""

    chosen = Signal()

    def __init__(
        self, icon: str, title: str, sentence: str = "", action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(f"{title}. {sentence}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        centre = Qt.AlignmentFlag.AlignHCenter
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S24, tokens.S24, tokens.S24, tokens.S24)
        column.setSpacing(tokens.S8)
        column.addStretch(1)
        self._glyph = Glyph(icon, "muted", 40)
        column.addWidget(self._glyph, 0, centre)
        column.addSpacing(tokens.S4)
        self._title = label(title, "heading")
        self._title.setAlignment(centre)
        column.addWidget(self._title)
        self._sentence = label(sentence, "muted")
        self._sentence.setAlignment(centre)
        self._sentence.setVisible(bool(sentence))
        column.addWidget(self._sentence)
        self._button = button(action, "plain")
        self._button.setVisible(bool(action))
        self._button.clicked.connect(self.chosen)
        column.addSpacing(tokens.S8)
        column.addWidget(self._button, 0, centre)
        column.addStretch(2)

    def say(self, icon: str, title: str, sentence: str = "", action: str = "") -> None:
        """Show another reason."""
        self._glyph.show_icon(icon, "muted")
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(f"{title}. {sentence}")
