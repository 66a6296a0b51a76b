"""The two lists of the Images page as Qt item models."""

import re

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from drydock.qt.models.images import VERDICT_STATES, VERDICT_WORDS, CatalogueRow, LocalRow, Verdict
from drydock.qt.theme import icons, theme

Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_ROLE = Qt.ItemDataRole


class CatalogueTable(QAbstractTableModel):
    """Images of the catalogue: verdict, tag, torch, CUDA, flavour, first reason.

    Attributes:
        every: all rows; ``rows`` are those that are shown.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.every: tuple[CatalogueRow, ...] = ()
        self.rows: tuple[CatalogueRow, ...] = ()
        self._words: tuple[re.Pattern[str], ...] = ()
        self._verdicts: frozenset[Verdict] = frozenset()
        self._titles = (
            self.tr("Verdict"),
            self.tr("Image"),
            self.tr("torch"),
            self.tr("CUDA"),
            self.tr("Flavour"),
            self.tr("Why not"),
        )

    def set_rows(self, rows: tuple[CatalogueRow, ...]) -> None:
        """Take other rows."""
        self.every = rows
        self._show(tuple(filter(self._keeps, rows)))

    def narrow(self, text: str, verdicts: frozenset[Verdict]) -> None:
        """Show only what holds every word of ``text`` and has one of the verdicts (none means any)."""
        # 2.9 is meant as a version, and not as the end of 12.9
        self._words = tuple(
            re.compile((r"(?<![\d.])" if word[0].isdigit() else "") + re.escape(word), re.IGNORECASE)
            for word in text.split()
        )
        self._verdicts = verdicts
        self._show(tuple(filter(self._keeps, self.every)))

    def _keeps(self, row: CatalogueRow) -> bool:
        if self._verdicts and row.verdict not in self._verdicts:
            return False
        held = f"{row.reference} torch {row.torch} cuda {row.cuda}"
        return all(word.search(held) for word in self._words)

    def _show(self, rows: tuple[CatalogueRow, ...]) -> None:
        # the same images in the same order keep selection and place
        same = [row.reference for row in rows] == [row.reference for row in self.rows]
        if not same:
            self.beginResetModel()
        self.rows = rows
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self._titles) - 1))

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == _ROLE.DisplayRole:
            return self._titles[section]
        return None

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == _ROLE.DisplayRole:
            return self._cells(row)[index.column()]
        if role == _ROLE.DecorationRole and index.column() == 0:
            state, colours = VERDICT_STATES[row.verdict], theme().colours
            return icons.icon(state, colours.role(state), colours.disabled)
        if role == _ROLE.ToolTipRole:
            return "\n".join((row.reference, *row.why))
        if role == _ROLE.AccessibleTextRole:
            return f"{self._cells(row)[index.column()]}"
        return None

    def _cells(self, row: CatalogueRow) -> tuple[str, ...]:
        here = self.tr("{name}  ·  here").format(name=row.name) if row.here else row.name
        first = row.why[0] if row.why and row.verdict != "works" else ""
        return (VERDICT_WORDS[row.verdict], here, row.torch, row.cuda, row.flavour, first)


class LocalTable(QAbstractTableModel):
    """Names of the images that the engine has: name, size, date, what it is."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[LocalRow, ...] = ()
        self._titles = (self.tr("Name"), self.tr("Unpacked size"), self.tr("Made"), self.tr("What it is"))

    def set_rows(self, rows: tuple[LocalRow, ...]) -> None:
        """Show other rows."""
        if rows == self.rows:
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == _ROLE.DisplayRole:
            return self._titles[section]
        if role == _ROLE.TextAlignmentRole and section == 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role in (_ROLE.DisplayRole, _ROLE.AccessibleTextRole):
            return (row.name, row.size_text, row.made, row.kind)[index.column()]
        if role == _ROLE.ToolTipRole:
            return f"{row.name}\n{row.kind}".strip()
        if role == _ROLE.TextAlignmentRole and index.column() == 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None
