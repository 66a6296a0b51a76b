"""A unified diff: what comes and what goes in colour and with its sign, long ones folded."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import fonts, theme, tokens
from drydock.qt.widgets.labels import button

_FOLDED, _MOST = 14, 24
"""Lines on show while it is folded, and at most when it is not; the rest is scrolled to."""

_SLACK = 4
_HEADING = 2
"""Lines that name the file as it was and as it will be."""


class _Lines(QPlainTextEdit):
    """The lines; as high as they are, up to a limit."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("diff")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFont(fonts.mono("small"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(0)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, super().minimumSizeHint().height())

    def fit(self) -> None:
        """Take the height of the lines, up to the limit."""
        shown = max(1, min(self.blockCount(), _MOST))
        line = QFontMetricsF(self.font()).lineSpacing()
        bar = self.horizontalScrollBar()
        room = bar.sizeHint().height() if bar.maximum() > 0 else 0
        # without the slack the last line would not count as seen
        needed = math.ceil(shown * line) + _SLACK + self.height() - self.viewport().height()
        # a bar takes its room also while nothing of it is to be seen
        holder = bar.parentWidget()
        taken = holder.height() if holder is not None and not holder.isHidden() else 0
        needed += room - taken
        if needed != self.height():
            self.setFixedHeight(needed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


class DiffView(QWidget):
    """Shows a diff; it can be selected and copied as it is.

    Args:
        text: the diff.
        name: what was changed; where it is given, the lines of the diff that name it are left out.
    """

    def __init__(self, text: str = "", name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole: list[str] = []
        self._open = False
        self._heading = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S4)
        self._lines = _Lines()
        self._fold = button("", "quiet")
        self._fold.clicked.connect(self.toggle)
        column.addWidget(self._lines)
        column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        theme().changed.connect(self._paint)
        self.show_diff(text, name)

    @property
    def text(self) -> str:
        """The lines on show."""
        return self._lines.toPlainText()

    @property
    def folded(self) -> bool:
        """Whether lines are left out."""
        return len(self._whole) > _FOLDED + 2 and not self._open

    def show_diff(self, text: str, name: str = "") -> None:
        """Show another diff."""
        lines = text.split("\n")
        named = len(lines) > _HEADING and lines[0].startswith("--- ") and lines[1].startswith("+++ ")
        self._heading = _HEADING if named and not name else 0
        self._whole = lines[_HEADING:] if named and name else lines
        self._open = False
        self._lines.setAccessibleName(self.tr("Changes to {name}").format(name=name) if name else self.tr("Changes"))
        self._paint()

    def toggle(self) -> None:
        """Show all lines, or the first ones alone."""
        self._open = not self._open
        self._paint()

    def _paint(self) -> None:
        lines = self._whole[:_FOLDED] if self.folded else self._whole
        self._lines.clear()
        cursor = QTextCursor(self._lines.document())
        for number, line in enumerate(lines):
            block, ink = _formats(line, heading=number < self._heading)
            if number:
                cursor.insertBlock(block, ink)
            else:
                cursor.setBlockFormat(block)
                cursor.setBlockCharFormat(ink)
            cursor.insertText(line, ink)
        self._lines.moveCursor(QTextCursor.MoveOperation.Start)
        self._lines.fit()
        self._fold.setVisible(len(self._whole) > _FOLDED + 2)
        words = self.tr("Show all {count} lines") if self.folded else self.tr("Show fewer lines")
        self._fold.setText(words.format(count=len(self._whole)))
        self._fold.setAccessibleName(self._fold.text())


def _formats(line: str, *, heading: bool) -> tuple[QTextBlockFormat, QTextCharFormat]:
    colours = theme().colours
    block, ink = QTextBlockFormat(), QTextCharFormat()
    if heading or line.startswith("@@"):
        ink.setForeground(QColor(colours.muted))
    elif line.startswith("+"):
        block.setBackground(QColor(colours.ok_soft))
        ink.setForeground(QColor(colours.ok))
    elif line.startswith("-"):
        block.setBackground(QColor(colours.broken_soft))
        ink.setForeground(QColor(colours.broken))
    else:
        ink.setForeground(QColor(colours.ink))
    return block, ink
