"""Which findings are listed: by state, and by words that occur in them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from drydock.qt.models.doctor import Show
from drydock.qt.theme import tokens

_SHOWS: tuple[Show, ...] = ("all", "problems", "not_tested")


class FilterRow(QWidget):
    """A box for the states and a field for the words; Ctrl+F goes to the field, Esc clears it."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, tokens.S8, 0)
        row.setSpacing(tokens.S8)
        self.states = QComboBox()
        self.states.setAccessibleName(self.tr("Which checks are listed"))
        for words in (self.tr("All checks"), self.tr("Problems"), self.tr("Not tested")):
            self.states.addItem(words)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find in the checks"))
        self.field.setAccessibleName(self.tr("Find in the checks"))
        self.field.setClearButtonEnabled(True)
        row.addWidget(self.states)
        row.addWidget(self.field, 1)
        self.states.currentIndexChanged.connect(self._tell)
        self.field.textChanged.connect(self._tell)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WindowShortcut)
        find.activated.connect(self._focus)

    @property
    def show_states(self) -> Show:
        """Which states are listed."""
        return _SHOWS[self.states.currentIndex()]

    @property
    def words(self) -> str:
        """What is looked for."""
        return self.field.text().strip()

    def clear(self) -> None:
        """List everything again."""
        if self.field.text() or self.states.currentIndex():
            self.blockSignals(True)
            self.field.clear()
            self.states.setCurrentIndex(0)
            self.blockSignals(False)
            self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.field.text():
            self.field.clear()
        else:
            super().keyPressEvent(event)

    def _focus(self) -> None:
        if self.isVisible():
            self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.field.selectAll()

    def _tell(self, _changed: object) -> None:
        self.changed.emit()
