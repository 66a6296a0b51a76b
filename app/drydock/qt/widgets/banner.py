"""A banner: a note across the page, either permanent or to be closed."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import Glyph, button, label, set_property, tool_button

Tone: TypeAlias = Literal["accent", "ok", "attention", "broken"]
_ICONS = {"accent": "info", "ok": "ok", "attention": "attention", "broken": "broken"}


class Banner(QFrame):
    """A sentence with an icon, at most one action, and (unless permanent) a close button.

    Args:
        text: the sentence.
        tone: what colours and icon it has.
        action: the text of its button; empty for none.
        permanent: cannot be closed, and spans the window's whole width.
        icon: another icon than the tone's.
    """

    chosen = Signal()
    closed = Signal()

    def __init__(
        self,
        text: str = "",
        tone: Tone = "accent",
        *,
        action: str = "",
        permanent: bool = False,
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("note")
        self.setProperty("permanent", permanent)
        self._permanent = permanent
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.S16, tokens.S8, tokens.S8, tokens.S8)
        row.setSpacing(tokens.S12)
        self._glyph = Glyph("info", "accent")
        self._text = label("", "body")
        self._action = button("", "quiet")
        self._action.clicked.connect(self.chosen)
        self._close = tool_button("close", self.tr("Close this note"))
        self._close.clicked.connect(self.dismiss)
        self._close.setVisible(not permanent)
        row.addWidget(self._glyph)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        row.addWidget(self._close)
        self.say(text, tone, action=action, icon=icon)

    @property
    def text(self) -> str:
        """The sentence on show."""
        return self._text.text()

    def say(self, text: str, tone: Tone = "accent", *, action: str = "", icon: str = "") -> None:
        """Show another sentence (and be visible again if it had been closed)."""
        self._text.setText(text)
        self._action.setText(action)
        self._action.setAccessibleName(action)
        self._action.setVisible(bool(action))
        self._glyph.show_icon(icon or _ICONS[tone], tone)
        set_property(self, "tone", tone)
        self.setAccessibleName(text)
        if self.isHidden() and self.parentWidget() is not None:
            self.show()

    def dismiss(self) -> None:
        """Close the note; a permanent one stays."""
        if not self._permanent and not self.isHidden():
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self._permanent:
            self.dismiss()
            return
        super().keyPressEvent(event)
