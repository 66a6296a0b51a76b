"""What is known of a log or of one of its lines, in words."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from drydock.core.symptoms import Symptom
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.data.symptoms import SymptomArticle
from drydock.jobs.explain import Explained
from drydock.qt.theme import tokens
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.labels import button, label, tool_button

_OTHERS = 6  # further symptoms that are listed
_LINK_LENGTH = 70


class ExplanationBox(QFrame):
    """Says what is known of a log or of one of its lines.

    Signals:
        line_wanted: the number of a line that the person wants to see.
        doctor_wanted: the person wants the doctor.
        closed: it was put away.
    """

    line_wanted = Signal(int)
    doctor_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S16, tokens.S12, tokens.S8, tokens.S12)
        column.setSpacing(tokens.S8)
        head = QHBoxLayout()
        self._title = label("", "heading")
        close = tool_button("close", self.tr("Close the explanation"))
        close.clicked.connect(self.dismiss)
        head.addWidget(self._title, 1)
        head.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, tokens.S8, 0)
        self._body.setSpacing(tokens.S8)
        column.addLayout(self._body)
        escape = QShortcut(QKeySequence(QKeySequence.StandardKey.Cancel), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.dismiss)

    @property
    def title(self) -> str:
        """What it says in one line."""
        return self._title.text()

    def show_waiting(self) -> None:
        """Say that the log is being read."""
        self._begin(self.tr("Reading the log…"))
        self.show()

    def show_failure(self, trouble: Trouble) -> None:
        """Say why there is no explanation."""
        article = trouble_article(trouble)
        self._begin(article.title)
        self._say(article.text, article.remedy)

    def show_nothing(self, words: str, *, whole: QPushButton | None = None) -> None:
        """Say honestly that nothing is known, and where to look next."""
        self._begin(self.tr("Nothing known was found"))
        self._say(words)
        row = QHBoxLayout()
        if whole is not None:
            row.addWidget(whole)
        doctor = button(self.tr("Open the doctor"), "plain", "doctor")
        doctor.clicked.connect(self.doctor_wanted)
        row.addWidget(doctor)
        row.addStretch(1)
        self._body.addLayout(row)

    def show_symptom(self, explained: Explained, symptom: Symptom, first: int) -> None:
        """Show one symptom at length, and the others as places to go to.

        Args:
            explained: what was found.
            symptom: the one to show.
            first: number of the first line that was read.
        """
        article = explained.articles[symptom.id]
        self._begin(article.title)
        self._body.addWidget(self._go(self._place(symptom), symptom, first), 0, Qt.AlignmentFlag.AlignLeft)
        self._body.addWidget(label(symptom.evidence, "mono", selectable=True))
        self._say(article.text, article.consequence)
        if article.remedy:
            self._body.addWidget(label(self.tr("What to do"), "strong"))
            self._say(article.remedy)
        if article.commands:
            self._body.addWidget(CommandBox("\n".join(article.commands)))
        self._others(explained, symptom, first)
        self._links(article)

    def dismiss(self) -> None:
        """Put it away."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def _begin(self, title: str) -> None:
        _empty(self._body)
        self._title.setText(title)
        self.setAccessibleName(title)

    def _say(self, *texts: str) -> None:
        for text in texts:
            if text:
                self._body.addWidget(label(text, "body", selectable=True))

    def _place(self, symptom: Symptom) -> str:
        if symptom.under:
            where = self.tr("A consequence")
        elif symptom.rank == "note":
            where = self.tr("Worth knowing")
        else:
            where = self.tr("Most likely the cause")
        if symptom.count == 1:
            return where
        return self.tr("{where}, {count} lines").format(where=where, count=f"{symptom.count:,}")

    def _go(self, words: str, symptom: Symptom, first: int) -> QPushButton:
        number = symptom.lines[0] + first - 1
        go = button(self.tr("{words}: line {line}").format(words=words, line=f"{number + 1:,}"), "quiet", "follow")
        go.clicked.connect(partial(self.line_wanted.emit, number))
        return go

    def _others(self, explained: Explained, shown: Symptom, first: int) -> None:
        others = [one for one in explained.explanation.symptoms if one.id != shown.id]
        if others:
            self._body.addWidget(label(self.tr("Also in this log"), "strong"))
        for one in others[:_OTHERS]:
            title = explained.articles[one.id].title
            words = self.tr("follows: {title}").format(title=title) if one.under else title
            self._body.addWidget(self._go(words, one, first), 0, Qt.AlignmentFlag.AlignLeft)

    def _links(self, article: SymptomArticle) -> None:
        row = QVBoxLayout()
        row.setSpacing(0)
        if article.checks:
            doctor = button(self.tr("The doctor looks at this on this computer"), "quiet", "doctor")
            doctor.clicked.connect(self.doctor_wanted)
            row.addWidget(doctor, 0, Qt.AlignmentFlag.AlignLeft)
        for address in article.links:
            words = address.removeprefix("https://")
            shown = words if len(words) <= _LINK_LENGTH else f"{words[: _LINK_LENGTH - 1]}…"
            go = button(shown, "quiet", "external")
            go.setAccessibleName(address)
            go.clicked.connect(partial(QDesktopServices.openUrl, QUrl(address)))
            row.addWidget(go, 0, Qt.AlignmentFlag.AlignLeft)
        self._body.addLayout(row)


def _empty(column: QVBoxLayout | QHBoxLayout) -> None:
    while (item := column.takeAt(0)) is not None:
        widget, layout = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(layout, QVBoxLayout | QHBoxLayout):
            _empty(layout)
