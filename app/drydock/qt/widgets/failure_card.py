"""What could not be done: why, what to do about it, and a way to try again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.theme import tokens
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.labels import Glyph, button, label, tool_button


class FailureCard(QFrame):
    """Shows one failure until it is closed or tried again; hidden while there is none.

    Signals:
        again_wanted: the person wants to try the same once more.
        closed: the person has read it.
    """

    again_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        outer = QHBoxLayout(self)
        outer.setContentsMargins(tokens.S16, tokens.S12, tokens.S8, tokens.S16)
        outer.setSpacing(tokens.S12)
        outer.addWidget(Glyph("broken", "broken", 20), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(tokens.S8)
        outer.addLayout(column, 1)
        self._title = label("", "heading")
        self._text = label("", "body", selectable=True)
        self._remedy = label("", "body", selectable=True)
        self._extra = QVBoxLayout()
        self._again = button(self.tr("Try again"), "plain", "refresh")
        self._again.clicked.connect(self._try_again)
        for widget in (self._title, self._text, self._remedy):
            column.addWidget(widget)
        column.addLayout(self._extra)
        # without an alignment the button's greatest width would be the whole column's
        column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        close = tool_button("close", self.tr("Close this note"))
        close.clicked.connect(self.dismiss)
        outer.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def words(self) -> str:
        """Everything it says, as one text."""
        return "\n".join(part.text() for part in (self._title, self._text, self._remedy) if part.text())

    def show_failure(
        self,
        title: str,
        text: str,
        remedy: str = "",
        *,
        commands: Sequence[str] = (),
        links: Sequence[str] = (),
        again: bool = True,
    ) -> None:
        """Show a failure.

        Args:
            title: what it is.
            text: why.
            remedy: what to do.
            commands: lines to type.
            links: where to read more.
            again: whether trying the same again is offered.
        """
        self._title.setText(title)
        self._text.setText(text)
        self._remedy.setText(remedy)
        self._remedy.setVisible(bool(remedy))
        self._clear_extra()
        if commands:
            self._extra.addWidget(CommandBox("\n".join(commands)))
        for address in links:
            go = button(address.removeprefix("https://"), "quiet", "external")
            go.clicked.connect(partial(QDesktopServices.openUrl, QUrl(address)))
            self._extra.addWidget(go, 0, Qt.AlignmentFlag.AlignLeft)
        self._again.setVisible(again)
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{text} {remedy}".strip())
        self.show()

    def dismiss(self) -> None:
        """Close it."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def _try_again(self) -> None:
        self.hide()
        self.again_wanted.emit()

    def _clear_extra(self) -> None:
        while (item := self._extra.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
