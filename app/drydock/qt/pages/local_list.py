"""What the engine holds: size, age, what it is, who uses it; launched, inspected, exported, removed, imported."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.app import App
from drydock.qt.models.image_tables import LocalTable
from drydock.qt.models.local_rows import LocalRow, total_size
from drydock.qt.models.pull import size_text
from drydock.qt.pages.image_table import ImageTable
from drydock.qt.pages.local_detail import LocalDetail
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button, label


class LocalList(QWidget):
    """What the engine holds.

    Signals:
        remove_wanted: carries a tuple of :class:`LocalRow`.
        launch_wanted, inspect_wanted, export_wanted: carry a reference.
        import_wanted: a file is to be chosen and imported.
    """

    remove_wanted = Signal(object)
    launch_wanted = Signal(str)
    inspect_wanted = Signal(str)
    export_wanted = Signal(str)
    import_wanted = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._why_not = ""
        self.model = LocalTable(self)
        self.table = ImageTable(self.tr("Images that the engine has"), stretched=3)
        self.table.setModel(self.model)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.fit((290, 86, 88, 0, 96))
        self.table.selectionModel().selectionChanged.connect(self._settle)
        self.table.delete_wanted.connect(self._do_remove)
        self.empty = label("", "muted")
        self._total = label("", "small")
        self.detail = LocalDetail(app)
        self._launch = button(self.tr("Launch with it"), "plain", "launch")
        self._launch.clicked.connect(self._do_launch)
        self._inspect = button(self.tr("Inspect"), "plain", "search")
        self._inspect.clicked.connect(self._do_inspect)
        self._export = button(self.tr("Export…"), "plain", "upload")
        self._export.clicked.connect(self._do_export)
        self._remove = button(self.tr("Remove…"), "danger", "trash")
        self._remove.clicked.connect(self._do_remove)
        self.import_ = button(self.tr("Import a file…"), "plain", "folder")
        self.import_.clicked.connect(self.import_wanted)
        self._place()
        self._settle()

    def _place(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(tokens.S8)
        head.addWidget(self._total, 1)
        head.addWidget(self.import_)
        acts = QHBoxLayout()
        acts.setSpacing(tokens.S8)
        for act in (self._launch, self._inspect, self._export, self._remove):
            acts.addWidget(act)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        column.addLayout(head)
        column.addWidget(self.empty)
        column.addWidget(self.table)
        column.addLayout(acts)
        column.addWidget(self.detail)

    @property
    def chosen(self) -> tuple[LocalRow, ...]:
        """The rows that are selected, from above."""
        numbers = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return tuple(self.model.rows[number] for number in numbers)

    def choose(self, *keys: str) -> None:
        """Select rows by their keys."""
        model = self.table.selectionModel()
        model.clear()
        for number, row in enumerate(self.model.rows):
            if row.key in keys:
                index = self.model.index(number, 0)
                model.setCurrentIndex(index, model.SelectionFlag.Select | model.SelectionFlag.Rows)

    def set_why_not(self, why: str) -> None:
        """Say why nothing can be done with them; empty when it can."""
        if why != self._why_not:
            self._why_not = why
            self._settle()

    def show_rows(self, rows: tuple[LocalRow, ...], empty: str) -> None:
        """Show the images; ``empty`` says why there are none."""
        before = [row.key for row in self.chosen]
        if rows != self.model.rows:
            self.model.set_rows(rows)
            if before:
                self.choose(*before)
        self.empty.setText(empty)
        self.empty.setVisible(not rows)
        self.table.setVisible(bool(rows))
        self.table.fit_height(len(rows))
        count = len({row.id for row in rows})
        words = self.tr("{count} images, {size} unpacked; layers that images share are counted with each.")
        one = self.tr("One image, {size} unpacked.")
        text = (words if count > 1 else one).format(count=count, size=size_text(total_size(rows)))
        self._total.setText(text if rows else "")
        self._settle()

    def _settle(self) -> None:
        rows = self.chosen
        one = rows[0] if len(rows) == 1 else None
        for act in (self._launch, self._inspect, self._export, self._remove):
            act.setVisible(bool(self.model.rows))
        self._launch.setEnabled(one is not None)
        self._inspect.setEnabled(one is not None and one.kind != "leftover")
        self._export.setEnabled(one is not None and not self._why_not)
        self._export.setToolTip(self._why_not)
        self._remove.setText(
            self.tr("Remove {count}…").format(count=len(rows)) if len(rows) > 1 else self.tr("Remove…")
        )
        self._remove.setEnabled(bool(rows) and not self._why_not)
        self._remove.setToolTip(self._why_not)
        self.import_.setEnabled(not self._why_not)
        self.import_.setToolTip(self._why_not)
        self.detail.show_row(one)

    def _do_launch(self) -> None:
        for row in self.chosen[:1]:
            self.launch_wanted.emit(row.key)

    def _do_inspect(self) -> None:
        for row in self.chosen[:1]:
            self.inspect_wanted.emit(row.key)

    def _do_export(self) -> None:
        for row in self.chosen[:1]:
            self.export_wanted.emit(row.key)

    def _do_remove(self) -> None:
        rows = self.chosen
        if rows and not self._why_not:
            self.remove_wanted.emit(rows)
