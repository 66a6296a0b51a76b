"""The log view with what one does to a log: search, leave out, follow, copy, have it explained."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from drydock.core.symptoms.severity import Severity
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button, label, rule, tool_button
from drydock.qt.widgets.log_view import LogView


class LogPanel(QFrame):
    """A card with a search field, a choice of severity, a follow switch, a copy button and the log.

    ``view`` takes the lines. A button and a menu for explanations are there once ``offer_explanation`` was called.

    Signals:
        explain_wanted: the number of a line that is to be explained, or None for the whole log.
    """

    explain_wanted = Signal(object)

    def __init__(self, title: str = "", capacity: int = 100_000, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.view = LogView(capacity)
        self._title = label(title, "heading", wrap=False)
        self._count = label("", "small", wrap=False)
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search the log"))
        self._search.setAccessibleName(self.tr("Search the log"))
        self._search.setClearButtonEnabled(False)
        self._search.setMaximumWidth(240)
        self._search.textChanged.connect(self._searched)
        self._search.returnPressed.connect(self.find_next)
        self._least = QComboBox()
        self._least.setAccessibleName(self.tr("Which lines are shown"))
        choices: tuple[tuple[str, Severity | None], ...] = (
            (self.tr("All lines"), None),
            (self.tr("Warnings"), "warning"),
            (self.tr("Errors"), "error"),
        )
        for words, least in choices:
            self._least.addItem(words, least)
        self._least.activated.connect(self._choose_least)
        self._explain = button(self.tr("Explain"), "plain", "search")
        self._explain.setToolTip(self.tr("Say what is known of the lines of this log"))
        self._explain.clicked.connect(lambda: self.explain_wanted.emit(None))
        self._explain.hide()
        self.view.explain_wanted.connect(self.explain_wanted.emit)
        self._follow = tool_button("follow", self.tr("Follow the newest line"))
        self._follow.setCheckable(True)
        self._follow.setChecked(True)
        self._follow.clicked.connect(self.view.set_following)
        self._copy = tool_button("copy", self.tr("Copy the selection, or everything"))
        self._copy.clicked.connect(self.view.copy)
        self._build()
        self.view.following_changed.connect(self._follow.setChecked)
        self.view.lines_shown.connect(self._show_count)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._search.setFocus)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, tokens.S4)
        column.setSpacing(0)
        bar = QHBoxLayout()
        bar.setContentsMargins(tokens.S16, tokens.S8, tokens.S8, tokens.S8)
        bar.setSpacing(tokens.S8)
        bar.addWidget(self._title)
        bar.addWidget(self._count)
        bar.addStretch(1)
        bar.addWidget(self._search, 2)
        bar.addWidget(self._least)
        bar.addWidget(self._explain)
        bar.addWidget(self._follow)
        bar.addWidget(self._copy)
        column.addLayout(bar)
        column.addWidget(rule())
        column.addWidget(self.view, 1)

    def offer_explanation(self) -> None:
        """Show the ways to an explanation."""
        self.view.explains = True
        self._explain.show()

    def show_all(self) -> None:
        """Leave no lines out."""
        self._least.setCurrentIndex(0)
        self.view.show_from(None)

    def find_next(self) -> None:
        """Go to the next place of the searched text."""
        self.view.find_text(self._search.text())

    def _choose_least(self, place: int) -> None:
        self.view.show_from(self._least.itemData(place))

    def _searched(self, text: str) -> None:
        self.view.highlight(text)
        self._count.setText("")
        if text and not self.view.find_text(text):
            self._count.setText(self.tr("not found"))

    def _show_count(self, lines: int) -> None:
        words = self.tr("1 line") if lines == 1 else self.tr("{0} lines").format(f"{lines:,}")
        if self._least.currentData() is not None:
            words = self.tr("{shown} of {lines}").format(shown=f"{self.view.shown_count:,}", lines=words)
        self._count.setText(words)
