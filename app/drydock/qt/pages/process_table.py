"""The table of processes on the GPUs."""

from collections.abc import Mapping

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from drydock.core.facts import GpuProcesses
from drydock.qt.models.processes import (
    CONTAINER,
    GPU,
    MEMORY,
    NAME,
    PID,
    SORT_ROLE,
    ProcessModel,
    process_rows,
    why_none,
)
from drydock.qt.widgets.labels import label

_ROW = 34
_MOST_ROWS = 12
_LEAST_WIDTHS = {PID: 90, GPU: 190, MEMORY: 110, CONTAINER: 180}


class ProcessTable(QWidget):
    """Sortable; as high as its rows up to a dozen, then it scrolls. Says why when it is empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[GpuProcesses, ...] | None = None
        self.model = ProcessModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        self.view = QTableView()
        self._dress()
        self.view.setModel(self._sorted)
        self.view.sortByColumn(MEMORY, Qt.SortOrder.DescendingOrder)
        self._size_columns()
        self.empty = label(self.tr("Asking which processes use the GPUs…"), "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        column.addWidget(self.empty)
        self.view.hide()

    def show_processes(
        self, groups: tuple[GpuProcesses, ...], titles: Mapping[str, tuple[int, str]], sessions: frozenset[str]
    ) -> None:
        """Show what a sample told; ``titles`` name the GPUs, ``sessions`` the containers to highlight."""
        rows = process_rows(groups, titles, sessions)
        self.model.set_rows(rows)
        self.view.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        if not rows:
            self.empty.setText(why_none(groups))
        height = self.view.horizontalHeader().sizeHint().height() + _ROW * min(len(rows), _MOST_ROWS) + 4
        if self.view.height() != height:
            self.view.setFixedHeight(height)

    def forget(self) -> None:
        """Show nothing until the next answer."""
        self.model.set_rows(())
        self.view.hide()
        self.empty.setText(self.tr("Asking which processes use the GPUs…"))
        self.empty.show()

    def _dress(self) -> None:
        view = self.view
        view.setAccessibleName(self.tr("Processes on the GPUs"))
        view.setSortingEnabled(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setTabKeyNavigation(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(_ROW)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.horizontalHeader().setHighlightSections(False)

    def _size_columns(self) -> None:
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in _LEAST_WIDTHS.items():
            header.resizeSection(column, width)
