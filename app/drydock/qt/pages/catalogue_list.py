"""The whole catalogue, judged for this machine, with why not."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from drydock.qt.models.image_tables import CatalogueTable
from drydock.qt.models.images import VERDICT_WORDS, CatalogueRow, Verdict
from drydock.qt.pages.image_table import ImageTable
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button, label

# what each entry of the selection above the list keeps; nothing stands for everything
_KEPT: tuple[frozenset[Verdict], ...] = (
    frozenset(),
    frozenset(("recommended", "works")),
    frozenset(("not_wished",)),
    frozenset(("cannot_run", "cpu_only")),
    frozenset(("not_proven",)),
)


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
        self.search = QLineEdit(placeholderText=self.tr("Filter: 2.9 devel"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Filter the catalogue"))
        self.search.textChanged.connect(self._narrow)
        self.show_only = QComboBox()
        self.show_only.setAccessibleName(self.tr("Which images are listed"))
        self.show_only.addItems([self.tr("All images"), self.tr("Those that fit")])
        self.show_only.addItems([VERDICT_WORDS[verdict] for kept in _KEPT[2:] for verdict in kept])
        self.show_only.currentIndexChanged.connect(self._narrow)
        self._count = label("", "small", wrap=False)
        self.table = ImageTable(self.tr("Catalogue of images"), stretched=5)
        self.table.setModel(self.model)
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
        return self.model.rows[index.row()] if index.isValid() else None

    @property
    def reasons(self) -> str:
        """What is said of the selected row."""
        return self._reasons.text()

    def choose(self, reference: str) -> bool:
        """Select an image by name and say whether it is listed."""
        for number, row in enumerate(self.model.rows):
            if row.reference == reference:
                self.table.setCurrentIndex(self.model.index(number, 0))
                return True
        return False

    def show_rows(self, rows: tuple[CatalogueRow, ...]) -> None:
        """Show the catalogue."""
        before = self.chosen
        self.model.set_rows(rows)
        self._count_rows()
        kept = before is not None and self.choose(before.reference)
        self._tell(self.chosen if kept else None)

    def set_why_not(self, why: str) -> None:
        """Say why nothing can be pulled; empty when it can."""
        self._why_not = why
        self._tell(self.chosen)

    def _narrow(self) -> None:
        self.model.narrow(self.search.text(), _KEPT[self.show_only.currentIndex()])
        self._count_rows()
        self._tell(self.chosen)

    def _count_rows(self) -> None:
        words = self.tr("{shown} of {all}")
        self._count.setText(words.format(shown=len(self.model.rows), all=len(self.model.every)))

    def _choose(self, current: QModelIndex) -> None:
        self._tell(self.model.rows[current.row()] if current.isValid() else None)

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
