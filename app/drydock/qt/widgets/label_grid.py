"""A small table whose rows are all in sight: labels in a grid, which wrap and can be selected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from drydock.qt.theme import State, tokens
from drydock.qt.widgets.labels import Glyph, TextRole, label, rule

ROLES: dict[State, str] = {"ok": "ok", "attention": "attention", "broken": "broken", "not_tested": "muted"}
"""The colour of the theme for the icon of a state among texts."""


class Mark(NamedTuple):
    """A cell that tells a state: its icon and a word of the caller."""

    state: State
    word: str


Cell: TypeAlias = str | Mark


class LabelGrid(QWidget):
    """Shows rows of texts and states; for a few rows, of which none may be hidden.

    Args:
        stretch: the column that takes the free room, and wraps.
        numbers: columns that stand at the right.
    """

    def __init__(self, stretch: int, numbers: Collection[int] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stretch = stretch
        self._numbers = frozenset(numbers)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(tokens.S24)
        self._grid.setVerticalSpacing(tokens.S8)
        self._grid.setColumnStretch(stretch, 1)
        self._cells: list[QWidget] = []
        self._texts: tuple[tuple[str, ...], ...] = ()

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """What is on show, row by row, without the heads."""
        return self._texts

    def fill(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        tips: Mapping[int, str] | None = None,
        strong: Collection[int] = (),
    ) -> None:
        """Show other rows; without rows it takes no room.

        Args:
            heads: one for each column; none for a table without.
            rows: as many cells each.
            tips: explanations of heads, by column.
            strong: rows whose last cell shall be seen.
        """
        self._clear()
        self._texts = tuple(tuple(cell.word if isinstance(cell, Mark) else cell for cell in row) for row in rows)
        self.setVisible(bool(rows))
        if not rows:
            return
        for column, head in enumerate(heads):
            made = label(head, "small", wrap=False)
            made.setToolTip((tips or {}).get(column, ""))
            self._put(made, 0, column)
        if heads:
            line = rule()
            self._grid.addWidget(line, 1, 0, 1, len(heads))
            self._cells.append(line)
        for place, row in enumerate(rows):
            last = len(row) - 1
            for column, cell in enumerate(row):
                role: TextRole = "strong" if place in strong and column == last else "body"
                made = self._cell(cell, role, wrap=column == self._stretch)
                head = f", {heads[column]}" if heads else ""
                made.setAccessibleName(f"{self._texts[place][0]}{head}: {self._texts[place][column]}")
                self._put(made, place + 2, column)

    def _cell(self, cell: Cell, role: TextRole, *, wrap: bool) -> QWidget:
        if not isinstance(cell, Mark):
            return label(cell, role, wrap=wrap, selectable=True)
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S8)
        row.addWidget(Glyph(cell.state, ROLES[cell.state]), 0, Qt.AlignmentFlag.AlignTop)
        word = label(cell.word, role, wrap=wrap)
        word.setAlignment(Qt.AlignmentFlag.AlignTop)
        row.addWidget(word, 1)
        return made

    def _put(self, made: QWidget, row: int, column: int) -> None:
        if column in self._numbers:
            self._grid.addWidget(made, row, column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        elif isinstance(made, QLabel) and not made.wordWrap():
            self._grid.addWidget(made, row, column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        else:
            self._grid.addWidget(made, row, column)
        self._cells.append(made)

    def _clear(self) -> None:
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._cells = []
