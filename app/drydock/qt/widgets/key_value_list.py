"""Facts as label and value; what could not be read says so instead of showing a value."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import label


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the list.

    Attributes:
        label: what it is.
        value: the value as text; for a missing one, the short reason (``no permission``).
        missing: the value could not be read.
        why: for a missing value, the whole story, shown as a tooltip.
        mono: show the value in the fixed-width font (ids, paths).
    """

    label: str
    value: str
    missing: bool = False
    why: str = ""
    mono: bool = False


class KeyValueList(QWidget):
    """Rows of facts; values can be selected, Ctrl+C without a selection copies all rows."""

    def __init__(self, rows: tuple[Row, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(tokens.S24)
        self._grid.setVerticalSpacing(tokens.S8)
        self._grid.setColumnStretch(1, 1)
        self._rows: tuple[Row, ...] = ()
        self._labels: list[tuple[QLabel, QLabel]] = []
        self.set_rows(rows)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows on show."""
        return self._rows

    def set_rows(self, rows: tuple[Row, ...]) -> None:
        """Show other rows; labels that stay the same are only refilled."""
        same = tuple((row.label, row.mono) for row in rows) == tuple((row.label, row.mono) for row in self._rows)
        self._rows = rows
        if not same or len(rows) != len(self._labels):
            self._rebuild()
        for row, (_, value) in zip(rows, self._labels, strict=True):
            _fill(value, row)
        self.setAccessibleName(self.text())

    def text(self) -> str:
        """Return all rows as lines of text."""
        return "\n".join(f"{row.label}: {row.value}" for row in self._rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text())
            return
        super().keyPressEvent(event)

    def _rebuild(self) -> None:
        for pair in self._labels:
            for widget in pair:
                self._grid.removeWidget(widget)
                widget.deleteLater()
        self._labels = []
        for index, row in enumerate(self._rows):
            name = label(row.label, "muted", wrap=False)
            value = label("", "mono" if row.mono else "body", selectable=True)
            name.setBuddy(value)
            self._grid.addWidget(name, index, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, index, 1)
            self._labels.append((name, value))


def _fill(value: QLabel, row: Row) -> None:
    value.setText(f"— {row.value}" if row.missing else row.value)
    value.setToolTip(row.why if row.missing else "")
    value.setAccessibleName(f"{row.label}: {row.value}")
    value.setAccessibleDescription(row.why if row.missing else "")
    role = "muted" if row.missing else ("mono" if row.mono else "body")
    if value.property("role") != role:
        value.setProperty("role", role)
        value.style().unpolish(value)
        value.style().polish(value)
