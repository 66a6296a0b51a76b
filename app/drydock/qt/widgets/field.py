"""A field of a form: its name, the control, and a line below that says what is wrong with what stands there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from drydock.qt.theme import State, tokens
from drydock.qt.widgets.labels import Glyph, label

_GLYPH = 14


class Field(QWidget):
    """Name, control and note.

    Args:
        title: the field's name; also the control's for a screen reader. Empty for a control that names itself.
        control: what the person types into or chooses from.
        hint: what is shown below while there is nothing to say about the value.
        beside: a lesser control at the right, such as a button that opens a chooser.
    """

    def __init__(
        self,
        title: str,
        control: QWidget,
        hint: str = "",
        beside: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.control = control
        self._hint = hint
        self._state: State | None = None
        # beside a taller field in the same row it keeps its top where the others have theirs
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S4)
        name = label(title, "strong", wrap=False)
        name.setVisible(bool(title))
        if title:
            name.setBuddy(control)
            control.setAccessibleName(title)
        column.addWidget(name)
        row = QHBoxLayout()
        row.setSpacing(tokens.S8)
        row.addWidget(control, 1)
        if beside is not None:
            row.addWidget(beside)
        column.addLayout(row)
        self._glyph = Glyph("info", "muted", _GLYPH)
        self._note = label("", "small", selectable=True)
        note_row = QHBoxLayout()
        note_row.setSpacing(tokens.S8)
        note_row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        note_row.addWidget(self._note, 1)
        column.addLayout(note_row)
        self.say()

    @property
    def note(self) -> str:
        """The line below the control."""
        return self._note.text()

    @property
    def state(self) -> State | None:
        """How grave the note is; None for the hint."""
        return self._state

    def say(self, text: str = "", state: State | None = None) -> None:
        """Say something about the value; nothing brings the hint back."""
        self._state = state if text else None
        words = text or self._hint
        self._note.setText(words)
        self._note.setVisible(bool(words))
        self._glyph.setVisible(bool(words) and self._state is not None)
        if self._state is not None:
            self._glyph.show_icon(self._state, self._state)
        self.control.setAccessibleDescription(words)
