"""The lists of the Images page: the whole catalogue with why not, and what the engine holds."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from drydock.qt.models.image_tables import CatalogueFilter, CatalogueTable, LocalTable
from drydock.qt.models.images import VERDICT_WORDS, CatalogueRow, LocalRow
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button, label

_HEIGHT = 340
_FITS = frozenset(("recommended", "works"))


class _Table(QTableView):
    """A quiet table of whole rows."""

    def __init__(self, name: str, stretched: int) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(tokens.CONTROL_HEIGHT)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._stretched = stretched
        self.setMinimumHeight(_HEIGHT)

    def fit(self, widths: tuple[int, ...]) -> None:
        """Give the columns their widths; the stretched one takes the rest."""
        head = self.horizontalHeader()
        for column, width in enumerate(widths):
            if column == self._stretched:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
            else:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                head.resizeSection(column, width)


class CatalogueList(QWidget):
    """All images of the catalogue, judged, with a filter; the chosen one's reasons below.

    Signals:
        pull_wanted: carries a reference; ``launch_wanted`` likewise.
    """

    pull_wanted = Signal(str)
    launch_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._why_not = ""
        self.model = CatalogueTable(self)
        self.kept = CatalogueFilter(self.model, self)
        self.search = QLineEdit(placeholderText=self.tr("Filter: 2.9 devel"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Filter the catalogue"))
        self.search.textChanged.connect(self._narrow)
        self.show_only = QComboBox()
        self.show_only.setAccessibleName(self.tr("Which images are listed"))
        self.show_only.addItem(self.tr("All images"), "")
        self.show_only.addItem(self.tr("Those that fit"), "fits")
        for verdict in ("not_wished", "cannot_run", "not_proven"):
            self.show_only.addItem(VERDICT_WORDS[verdict], verdict)
        self.show_only.currentIndexChanged.connect(self._narrow)
        self._count = label("", "small", wrap=False)
        self.table = _Table(self.tr("Catalogue of images"), stretched=5)
        self.table.setModel(self.kept)
        self.table.fit((160, 250, 70, 60, 76, 0))
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self._title = label("", "strong", selectable=True)
        self._reasons = label("", "body", selectable=True)
        self._act = button(self.tr("Pull"), "plain", "download")
        self._act.clicked.connect(self._do)
        self._place()
        self._tell(None)

    def _place(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(tokens.S8)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.show_only)
        bar.addWidget(self._count)
        below = QHBoxLayout()
        below.setSpacing(tokens.S16)
        words = QVBoxLayout()
        words.setSpacing(tokens.S4)
        words.addWidget(self._title)
        words.addWidget(self._reasons)
        below.addLayout(words, 1)
        below.addWidget(self._act, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        column.addLayout(bar)
        column.addWidget(self.table)
        column.addLayout(below)

    @property
    def chosen(self) -> CatalogueRow | None:
        """The row that is selected."""
        index = self.table.currentIndex()
        return self.kept.row(index) if index.isValid() else None

    @property
    def reasons(self) -> str:
        """What is said of the selected row."""
        return self._reasons.text()

    def choose(self, reference: str) -> bool:
        """Select an image by name and say whether it is listed."""
        for number in range(self.kept.rowCount()):
            index = self.kept.index(number, 0)
            if self.kept.row(index).reference == reference:
                self.table.setCurrentIndex(index)
                return True
        return False

    def show_rows(self, rows: tuple[CatalogueRow, ...], why_not: str) -> None:
        """Show the catalogue; ``why_not`` says why nothing can be pulled, empty when it can."""
        before = self.chosen
        self._why_not = why_not
        self.model.set_rows(rows)
        self._count_rows()
        if before is None or not self.choose(before.reference):
            self._tell(None)
        else:
            self._tell(self.chosen)

    def _narrow(self) -> None:
        wanted = self.show_only.currentData()
        verdicts = _FITS if wanted == "fits" else frozenset((wanted,)) if wanted else frozenset[str]()
        self.kept.narrow(self.search.text(), verdicts)  # pyright: ignore[reportArgumentType]
        self._count_rows()
        self._tell(self.chosen)

    def _count_rows(self) -> None:
        words = self.tr("{shown} of {all}")
        self._count.setText(words.format(shown=self.kept.rowCount(), all=self.model.rowCount()))

    def _choose(self, current: QModelIndex) -> None:
        self._tell(self.kept.row(current) if current.isValid() else None)

    def _tell(self, row: CatalogueRow | None) -> None:
        self._title.setText(row.reference if row else "")
        self._title.setVisible(row is not None)
        if row is None:
            self._reasons.setText(self.tr("Choose an image to read every reason."))
        else:
            warning = self.tr("It can be pulled by hand all the same.") if row.verdict == "cannot_run" else ""
            texts = [*row.why, warning] if row.why else [self.tr("This is the recommended image.")]
            self._reasons.setText("\n".join(text for text in texts if text))
        self._act.setVisible(row is not None)
        if row is not None:
            self._act.setText(self.tr("Launch with it") if row.here else self.tr("Pull"))
            self._act.setAccessibleName(f"{self._act.text()}: {row.reference}")
            self._act.setEnabled(row.here or not self._why_not)
            self._act.setToolTip("" if row.here else self._why_not)

    def _do(self) -> None:
        row = self.chosen
        if row is None:
            return
        (self.launch_wanted if row.here else self.pull_wanted).emit(row.reference)


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
        self.table = _Table(self.tr("Images that the engine has"), stretched=3)
        self.table.setModel(self.model)
        self.table.fit((400, 110, 100, 0))
        self.table.selectionModel().currentRowChanged.connect(self._settle)
        self.empty = label("", "muted")
        self._launch = button(self.tr("Launch with it"), "plain", "launch")
        self._launch.clicked.connect(self._do_launch)
        self._remove = button(self.tr("Remove…"), "danger", "trash")
        self._remove.clicked.connect(self._do_remove)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._do_remove)
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

    def show_rows(self, rows: tuple[LocalRow, ...], why_not: str, empty: str) -> None:
        """Show the images; ``why_not`` says why none can be removed, ``empty`` why there are none."""
        before = self.chosen
        self._why_not = why_not
        self.model.set_rows(rows)
        if before is not None:
            self.choose(before.key)
        self.empty.setText(empty)
        self.empty.setVisible(not rows)
        self.table.setVisible(bool(rows))
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
