"""What came of a plan, or why there is none: in a few words, with the answers of the checks and what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.models.mend import breakable
from drydock.qt.models.mend_verdict import Answer, Verdict
from drydock.qt.theme import tokens
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.diff_view import DiffView
from drydock.qt.widgets.labels import Glyph, TextRole, label, set_property


class VerdictCard(QFrame):
    """Shows a verdict; hidden until there is one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("note")
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.S16, tokens.S12, tokens.S16, tokens.S16)
        row.setSpacing(tokens.S12)
        self._glyph = Glyph("info", "accent", 20)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout()
        self._column.setSpacing(tokens.S8)
        row.addLayout(self._column, 1)
        self._inner: QWidget | None = None
        self.words = ""
        self.hide()

    def show_verdict(self, verdict: Verdict, entry: str = "") -> None:
        """Show one; ``entry`` is its id in the log."""
        set_property(self, "tone", verdict.tone)
        self._glyph.show_icon(verdict.tone, verdict.tone)
        if self._inner is not None:
            self._inner.hide()
            self._inner.deleteLater()
        self._inner = QWidget()
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        said: list[str] = []

        def say(text: str, role: TextRole = "body") -> None:
            if text:
                said.append(text)
                column.addWidget(label(breakable(text), role, selectable=True))

        say(verdict.title, "heading")
        say(verdict.text)
        for answer in verdict.answers:
            said.append(f"{answer.title}: {answer.text}")
            column.addLayout(_answer(answer))
        if verdict.fine:
            one = self.tr("1 other check that was asked again is fine.")
            many = self.tr("{count} other checks that were asked again are fine.").format(count=verdict.fine)
            say(one if verdict.fine == 1 else many, "small")
        if verdict.output:
            say(self.tr("The step said:"), "small")
            said.append(verdict.output)
            column.addWidget(CommandBox(verdict.output))
        if verdict.diff:
            column.addWidget(DiffView(verdict.diff, self.tr("the file since it was looked at")))
        say(verdict.next)
        if verdict.commands:
            say(self.tr("By hand:"), "small")
            column.addWidget(CommandBox("\n".join(verdict.commands)))
        if entry:
            say(self.tr("In the log of changes: {entry}").format(entry=entry), "small")
        self._column.addWidget(self._inner)
        self.words = "\n".join(said)
        self.setAccessibleName(verdict.title)
        self.setAccessibleDescription(self.words)
        self.show()


def _answer(answer: Answer) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(tokens.S8)
    row.addWidget(Glyph(answer.state, answer.state, 18), 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(label(answer.title, "strong"))
    words.addWidget(label(breakable(answer.text), "body", selectable=True))
    row.addLayout(words, 1)
    return row
