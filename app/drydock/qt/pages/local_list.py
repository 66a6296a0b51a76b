"""What the engine holds, with size and removal."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.models.image_tables import LocalTable
from drydock.qt.models.images import LocalRow
from drydock.qt.pages.image_table import ImageTable
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button, label


class LocalList(QWidget):
    """What the engine holds, with size and removal.

    Signals:
        remove_wanted: carries the :class:`LocalRow`; ``launch_wanted`` carries a reference.
    """

    remove_wanted = Signal(object)
    launch_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._why_not = ""
        self.model = LocalTable(self)
        self.table = ImageTable(self.tr("Images that the engine has"), stretched=3)
        self.table.setModel(self.model)
        self.table.fit((400, 110, 100, 0))
        self.table.selectionModel().currentRowChanged.connect(self._settle)
        self.empty = label("", "muted")
        self._launch = button(self.tr("Launch with it"), "plain", "launch")
        self._launch.clicked.connect(self._do_launch)
        self._remove = button(self.tr("Remove…"), "danger", "trash")
        self._remove.clicked.connect(self._do_remove)
        self.table.delete_wanted.connect(self._do_remove)
        acts = QHBoxLayout()
        acts.setSpacing(tokens.S8)
        acts.addWidget(self._launch)
        acts.addWidget(self._remove)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        column.addWidget(self.empty)
        column.addWidget(self.table)
        column.addLayout(acts)
        self._settle()

    @property
    def chosen(self) -> LocalRow | None:
        """The row that is selected."""
        index = self.table.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None

    def choose(self, key: str) -> None:
        """Select a row by its key."""
        for number, row in enumerate(self.model.rows):
            if row.key == key:
                self.table.setCurrentIndex(self.model.index(number, 0))

    def set_why_not(self, why: str) -> None:
        """Say why none can be removed; empty when it can."""
        self._why_not = why
        self._settle()

    def show_rows(self, rows: tuple[LocalRow, ...], empty: str) -> None:
        """Show the images; ``empty`` says why there are none."""
        before = self.chosen
        self.model.set_rows(rows)
        if before is not None:
            self.choose(before.key)
        self.empty.setText(empty)
        self.empty.setVisible(not rows)
        self.table.setVisible(bool(rows))
        self.table.fit_height(len(rows))
        self._settle()

    def _settle(self) -> None:
        row = self.chosen
        self._launch.setVisible(bool(self.model.rows))
        self._remove.setVisible(bool(self.model.rows))
        self._launch.setEnabled(row is not None)
        self._remove.setEnabled(row is not None and not self._why_not)
        self._remove.setToolTip(self._why_not)

    def _do_launch(self) -> None:
        if row := self.chosen:
            self.launch_wanted.emit(row.key)

    def _do_remove(self) -> None:
        row = self.chosen
        if row is not None and not self._why_not:
            self.remove_wanted.emit(row)
