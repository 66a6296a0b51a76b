"""A command to read and to take along: fixed-width, wrapped, with a copy button that answers."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTextEdit, QWidget

from drydock.qt.theme import fonts, theme, tokens
from drydock.qt.widgets.labels import tool_button

_FEEDBACK_MS = 1600


class _Text(QTextEdit):
    """Read-only text, as high as its lines need at the width it has."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bare")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAcceptRichText(False)
        self.setFont(fonts.mono("small"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(tokens.S4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Take the height that the text needs now."""
        frame = 2 * self.frameWidth() + self.height() - self.viewport().height()
        needed = round(self.document().size().height()) + max(0, frame)
        if needed != self.height():
            self.setFixedHeight(needed)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, super().minimumSizeHint().height())


class CommandBox(QFrame):
    """Shows a command line that wraps and can be selected; what is copied is always the exact command.

    Args:
        text: the command.
        name: what it is where it is no command, for the screen reader and the copy button.
    """

    copied = Signal(str)

    def __init__(self, text: str = "", parent: QWidget | None = None, *, name: str = "") -> None:
        super().__init__(parent)
        self._name = name
        self.setObjectName("inset")
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.S8, tokens.S4, tokens.S4, tokens.S4)
        row.setSpacing(tokens.S4)
        self._text = _Text()
        row.addWidget(self._text, 1, Qt.AlignmentFlag.AlignVCenter)
        self._button = tool_button("copy", "")
        self._button.clicked.connect(self.copy)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FEEDBACK_MS)
        self._timer.timeout.connect(self._rest)
        self.set_text(text)

    @property
    def text(self) -> str:
        """The command."""
        return self._text.toPlainText()

    def set_text(self, text: str) -> None:
        """Show another command."""
        if text != self._text.toPlainText():
            self._text.setPlainText(text)
        self._text.setAccessibleName(self._name or self.tr("Command"))
        self._text.fit()
        self._rest()

    def copy(self) -> None:
        """Put the command on the clipboard and say so for a moment."""
        QGuiApplication.clipboard().setText(self.text)
        theme().bind_icon(self._button, "check", "ok")
        self._name_button(self.tr("Copied"))
        self._timer.start()
        self.copied.emit(self.text)

    def _rest(self) -> None:
        theme().bind_icon(self._button, "copy", "muted")
        words = self.tr("Copy: {name}").format(name=self._name) if self._name else self.tr("Copy the command")
        self._name_button(words)

    def _name_button(self, name: str) -> None:
        self._button.setToolTip(name)
        self._button.setAccessibleName(name)
