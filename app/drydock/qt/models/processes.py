"""The processes on the GPUs as a table model that sorts by value, not by text."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from drydock.core.facts import GpuProcess, GpuProcesses, Known, Missing, known_or, missing_text
from drydock.qt.theme import fonts, theme

GIB = 1 << 30
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
PID, NAME, GPU, MEMORY, CONTAINER = range(5)
_NUMBERS = (PID, MEMORY)


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One process on one GPU. ``session``: its container is one that Drydock launched."""

    pid: int
    name: str
    gpu: str
    gpu_index: int
    memory: int | None
    container: str
    session: bool
    why_no_memory: str = ""
    why_no_container: str = ""


def process_rows(
    groups: Sequence[GpuProcesses], titles: Mapping[str, tuple[int, str]], sessions: frozenset[str]
) -> tuple[ProcessRow, ...]:
    """Return the rows of all GPUs.

    Args:
        groups: the processes of each GPU.
        titles: key of a GPU → its index and what it is called.
        sessions: names of the containers that Drydock launched.
    """
    rows: list[ProcessRow] = []
    for place, group in enumerate(groups):
        index, title = titles.get(group.key, (place, f"GPU {place}"))
        if isinstance(group.processes, Known):
            rows += [_row(process, index, title, sessions) for process in group.processes.value]
    return tuple(rows)


def why_none(groups: Sequence[GpuProcesses]) -> str:
    """Return why no process is listed: none is there, or the lists could not be read."""
    missing = [group.processes for group in groups if isinstance(group.processes, Missing)]
    if not missing:
        return "No process uses a GPU."
    detail = missing[0].detail or missing_text(missing[0])
    if len(missing) < len(groups):
        return f"No process is known; {len(missing)} of {len(groups)} GPUs cannot list theirs: {detail}."
    return f"The processes cannot be listed: {detail}."


def _row(process: GpuProcess, index: int, title: str, sessions: frozenset[str]) -> ProcessRow:
    memory, container = process.memory_used, process.container
    name = known_or(container, "")
    unknown = isinstance(container, Missing) and container.why != "absent"
    return ProcessRow(
        pid=process.pid,
        name=known_or(process.name, "—"),
        gpu=title,
        gpu_index=index,
        memory=known_or(memory, None),
        container=name or ("—" if unknown else ""),
        session=name in sessions,
        why_no_memory=missing_text(memory) if isinstance(memory, Missing) else "",
        why_no_container=container.detail if isinstance(container, Missing) else "",
    )


_Index = QModelIndex | QPersistentModelIndex


class ProcessModel(QAbstractTableModel):
    """Shows rows; keeps what it can, so that a selection and the scroll place survive the next sample."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ProcessRow, ...] = ()
        theme().changed.connect(self._redraw)

    @property
    def rows(self) -> tuple[ProcessRow, ...]:
        """The rows, unsorted."""
        return self._rows

    def set_rows(self, rows: tuple[ProcessRow, ...]) -> None:
        """Show other rows."""
        if rows == self._rows:
            return
        if [(row.pid, row.gpu) for row in rows] == [(row.pid, row.gpu) for row in self._rows]:
            self._rows = rows
            self._redraw()
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (self.tr("PID"), self.tr("Process"), self.tr("GPU"), self.tr("Memory"), self.tr("Container"))
        return titles[section]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._texts(row)[column]
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._alignment(column)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(row, column)
            case Qt.ItemDataRole.FontRole:
                return self._font(row, column)
            case Qt.ItemDataRole.ForegroundRole:
                return QColor(theme().colours.accent) if row.session and column == CONTAINER else None
            case _:
                return self._sort_value(row, column) if role == SORT_ROLE else None

    @staticmethod
    def _alignment(column: int) -> int:
        side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    @staticmethod
    def _texts(row: ProcessRow) -> tuple[str, str, str, str, str]:
        memory = "—" if row.memory is None else f"{row.memory / GIB:.1f}\u202fGiB"
        return str(row.pid), row.name, row.gpu, memory, row.container

    @staticmethod
    def _sort_value(row: ProcessRow, column: int) -> Any:
        # Python's whole numbers may be too large for Qt's, so bytes are compared as floats
        memory = -1.0 if row.memory is None else float(row.memory)
        return (row.pid, row.name.lower(), row.gpu_index, memory, row.container.lower())[column]

    def _tip(self, row: ProcessRow, column: int) -> str | None:
        if column == MEMORY and row.why_no_memory:
            return row.why_no_memory
        if column == CONTAINER:
            return self.tr("A session of Drydock") if row.session else row.why_no_container or None
        return None

    @staticmethod
    def _font(row: ProcessRow, column: int) -> QFont | None:
        return fonts.font("body", strong=True) if row.session and column in (NAME, CONTAINER) else None

    def _redraw(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 4))
