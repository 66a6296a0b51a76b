"""The steps of a plan: exactly what is run and written; while it is carried out, how far each of them is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.models.mend import StepView, breakable, state_words
from drydock.qt.models.mend_progress import Phase, StepLine
from drydock.qt.theme import tokens
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.diff_view import DiffView
from drydock.qt.widgets.labels import Glyph, label, rule

_INDENT = tokens.ICON + tokens.S12
_GLYPHS = {
    "waiting": ("clock", "muted"),
    "running": ("play", "accent"),
    "done": ("ok", "ok"),
    "failed": ("broken", "broken"),
    "left": ("attention", "attention"),
    "taken_back": ("undo", "muted"),
}


class StepRow(QWidget):
    """One step; its number becomes its state when the plan is carried out."""

    def __init__(self, view: StepView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._number = label(str(view.number), "muted", wrap=False)
        self._number.setFixedWidth(tokens.ICON)
        self._number.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._glyph = Glyph("clock", "muted")
        self._glyph.hide()
        self._state = label("", "small", wrap=False)
        self._state.hide()
        self._output = CommandBox()
        self._said = label(self.tr("It said:"), "small")
        self._last = _LastLine()
        for widget in (self._said, self._output, self._last):
            widget.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S16, tokens.S8, tokens.S16, tokens.S8)
        column.setSpacing(tokens.S8)
        column.addLayout(self._head(view))
        self._body = QVBoxLayout()
        self._body.setContentsMargins(_INDENT, 0, 0, 0)
        self._body.setSpacing(tokens.S8)
        column.addLayout(self._body)
        self._fill(view)
        self.setAccessibleName(self.words)

    @property
    def last_line(self) -> str:
        """What the step said last, while it runs."""
        return self._last.line

    @property
    def words(self) -> str:
        """What it says, as one text."""
        view = self._view
        parts = (f"{view.number}. {view.title}", view.command or view.path, view.fate, view.size, self._state.text())
        return "\n".join(part for part in parts if part)

    @property
    def output(self) -> str:
        """What the step said."""
        return self._output.text

    def show_line(self, line: StepLine, phase: Phase) -> None:
        """Show how far it is."""
        icon, role = _GLYPHS[line.state]
        if line.state == "waiting" and phase not in ("steps", "checking"):
            icon, role = "not_tested", "muted"
        self._number.hide()
        self._glyph.show_icon(icon, role)
        self._glyph.show()
        self._state.setText(state_words(line.state, phase))
        self._state.show()
        if line.text != self._output.text:
            self._output.set_text(line.text)
        for widget in (self._said, self._output):
            widget.setVisible(bool(line.text))
        self._last.show_line(line.said)
        self.setAccessibleName(self.words)

    def _head(self, view: StepView) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(tokens.S12)
        row.addWidget(self._number, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(breakable(view.title), "strong"), 1)
        if view.fate:
            row.addLayout(_mark("file", "muted", view.fate))
        if view.lasting:
            row.addLayout(_mark("attention", "attention", self.tr("cannot be taken back")))
        if view.privileged:
            row.addLayout(_mark("key", "muted", self.tr("as root")))
        if view.size:
            row.addWidget(label(view.size, "muted", wrap=False), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._state, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _fill(self, view: StepView) -> None:
        if view.command:
            self._body.addWidget(CommandBox(view.command))
        if view.path:
            self._body.addWidget(CommandBox(view.path))
            self._body.addWidget(DiffView(view.diff, view.path))
        self._body.addWidget(self._last)
        self._body.addWidget(self._said)
        self._body.addWidget(self._output)


def _mark(icon: str, role: str, words: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(tokens.S4)
    row.addWidget(Glyph(icon, role, 15), 0, Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(label(words, "small", wrap=False), 0, Qt.AlignmentFlag.AlignVCenter)
    return row


class _LastLine(QLabel):
    """The last line that a program printed, cut to the width there is, so that nothing below it moves."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "mono")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.line = ""

    def show_line(self, line: str) -> None:
        """Show a line; an empty one takes it away."""
        if line == self.line:
            return
        self.line = line
        self.setAccessibleName(self.tr("Last line: {line}").format(line=line))
        self.setToolTip(line)
        self._cut()
        self.setVisible(bool(line))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        # tabs and the like have no width that could be reckoned with
        plain = " ".join(self.line.split())
        self.setText(self.fontMetrics().elidedText(plain, Qt.TextElideMode.ElideRight, self.width()))


class StepList(QFrame):
    """All steps of a plan on one card, and what they free together."""

    def __init__(self, views: Sequence[StepView], total: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, tokens.S4, 0, tokens.S4)
        column.setSpacing(0)
        self.rows: list[StepRow] = []
        for view in views:
            if self.rows:
                column.addWidget(rule())
            row = StepRow(view)
            self.rows.append(row)
            column.addWidget(row)
        if total:
            column.addWidget(rule())
            column.addWidget(self._total(total))

    def show_lines(self, lines: Sequence[StepLine], phase: Phase) -> None:
        """Show how far each step is."""
        for row, line in zip(self.rows, lines, strict=True):
            row.show_line(line, phase)

    def _total(self, total: str) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(tokens.S16 + _INDENT, tokens.S8, tokens.S16, tokens.S8)
        words: QLabel = label(self.tr("All of it together"), "strong")
        row.addWidget(words, 1)
        row.addWidget(label(total, "strong", wrap=False))
        return made
