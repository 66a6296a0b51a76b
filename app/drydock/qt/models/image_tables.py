"""The two lists of the Images page as Qt item models."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from drydock.qt.models.image_rows import VERDICT_STATES, VERDICT_WORDS, CatalogueRow, Verdict
from drydock.qt.models.local_rows import LocalRow, age_text
from drydock.qt.theme import icons, theme

R = TypeVar("R")

Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_ROLE = Qt.ItemDataRole
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of the catalogue; what is empty keeps everything.

    Attributes:
        text: words that must all occur.
        series: major and minor of torch.
    """

    text: str = ""
    verdicts: frozenset[Verdict] = frozenset()
    flavour: str = ""
    series: str = ""
    cuda: str = ""


class _Rows(QAbstractTableModel, Generic[R]):
    """Rows that are replaced as a whole."""

    def __init__(self, parent: QObject | None, key: Callable[[R], str], *, right: int | None = None) -> None:
        """Have no rows.

        Args:
            parent: the owner.
            key: what tells a row from the others.
            right: the column that is aligned to the right.
        """
        super().__init__(parent)
        self.rows: tuple[R, ...] = ()
        self._key = key
        self._right = right
        self._titles: tuple[str, ...] = ()

    def _show(self, rows: tuple[R, ...]) -> None:
        # the same images in the same order keep selection and place
        same = list(map(self._key, rows)) == list(map(self._key, self.rows))
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
        if role == _ROLE.TextAlignmentRole and section == self._right:
            return _RIGHT
        return None


class CatalogueTable(_Rows[CatalogueRow]):
    """Images of the catalogue: verdict, tag, torch, CUDA, flavour, first reason.

    Attributes:
        every: all rows; ``rows`` are those that are shown.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent, lambda row: row.reference)
        self.every: tuple[CatalogueRow, ...] = ()
        self._filter = Filter()
        self._words: tuple[tuple[str, re.Pattern[str]], ...] = ()
        self._held: dict[str, str] = {}
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
        self._held = {}
        self._show(self._kept(rows))

    def narrow(self, wanted: Filter) -> None:
        """Show only what is wanted."""
        # 2.9 is meant as a version, and not as the end of 12.9
        self._words = tuple(
            (word, re.compile((r"(?<![\d.])" if word[0].isdigit() else "") + re.escape(word)))
            for word in wanted.text.casefold().split()
        )
        self._filter = wanted
        self._show(self._kept(self.every))

    def _kept(self, rows: tuple[CatalogueRow, ...]) -> tuple[CatalogueRow, ...]:
        if self._filter == Filter():
            return rows
        if self._words and not self._held:
            self._held = {row.reference: _searched(row) for row in rows}
        return tuple(filter(self._keeps, rows))

    def _keeps(self, row: CatalogueRow) -> bool:
        wanted = self._filter
        if wanted.verdicts and row.verdict not in wanted.verdicts:
            return False
        if wanted.flavour not in ("", row.flavour) or wanted.series not in ("", row.series):
            return False
        if wanted.cuda not in ("", row.cuda):
            return False
        if not self._words:
            return True
        held = self._held[row.reference]
        # looking for the plain word first is many times cheaper
        return all(word in held and pattern.search(held) for word, pattern in self._words)

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role in (_ROLE.DisplayRole, _ROLE.AccessibleTextRole):
            return self._cell(row, index.column())
        if role == _ROLE.DecorationRole and index.column() == 0:
            state, colours = VERDICT_STATES[row.verdict], theme().colours
            return icons.icon(state, colours.role(state), colours.disabled)
        if role == _ROLE.ToolTipRole:
            return "\n".join((row.reference, *row.why))
        return None

    def _cell(self, row: CatalogueRow, column: int) -> str:
        if column == 0 and row.here:
            return self.tr("{verdict} · here").format(verdict=VERDICT_WORDS[row.verdict])
        if column == len(self._titles) - 1:
            return row.first
        return (VERDICT_WORDS[row.verdict], row.name, row.torch, row.cuda, row.flavour)[column]


def _searched(row: CatalogueRow) -> str:
    return f"{row.reference} torch {row.torch} cuda {row.cuda}".casefold()


class LocalTable(_Rows[LocalRow]):
    """Names of the images that the engine has: name, size, age, what it is, and which session uses it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent, lambda row: row.key, right=1)
        self._titles = (
            self.tr("Name"),
            self.tr("Unpacked"),
            self.tr("Age"),
            self.tr("What it is"),
            self.tr("Used by"),
        )

    def set_rows(self, rows: tuple[LocalRow, ...]) -> None:
        """Show other rows."""
        if rows != self.rows:
            self._show(rows)

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role in (_ROLE.DisplayRole, _ROLE.AccessibleTextRole):
            cells = (row.name, row.size_text, age_text(row.made, datetime.now(UTC)), row.what, row.used_by)
            return cells[index.column()]
        if role == _ROLE.ToolTipRole:
            used = self.tr("Used by {sessions}").format(sessions=row.used_by) if row.sessions else ""
            return "\n".join(part for part in (row.name, row.what, used) if part)
        if role == _ROLE.TextAlignmentRole and index.column() == self._right:
            return _RIGHT
        return None
