"""The whole catalogue, judged for this machine: why not, and what would make it possible."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.models.image_confirm import Line
from drydock.qt.models.image_reasons import reason_lines
from drydock.qt.models.image_rows import CatalogueRow, filter_choices
from drydock.qt.models.image_tables import CatalogueTable
from drydock.qt.pages.image_facts import Lines
from drydock.qt.pages.image_filters import FilterBar
from drydock.qt.pages.image_table import ImageTable
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import button, label


class CatalogueList(QWidget):
    """All images of the catalogue, judged, with filters; the chosen one's reasons below.

    Signals:
        pull_wanted, launch_wanted, inspect_wanted: carry a reference.
        tags_wanted: the registry's list of tags is to be read.
    """

    pull_wanted = Signal(str)
    launch_wanted = Signal(str)
    inspect_wanted = Signal(str)
    tags_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._why_not = ""
        self.model = CatalogueTable(self)
        self.filters = FilterBar()
        self.filters.changed.connect(self._narrow)
        self.table = ImageTable(self.tr("Catalogue of images"), stretched=5)
        self.table.setModel(self.model)
        self.table.fit((186, 226, 60, 54, 74, 0))
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self._title = label("", "strong", selectable=True)
        self._words = label("", "muted", selectable=True)
        self._lines = Lines()
        self._act = button(self.tr("Pull"), "plain", "download")
        self._act.clicked.connect(self._do)
        self._inspect = button(self.tr("Inspect"), "plain", "search")
        self._inspect.clicked.connect(self._do_inspect)
        self.tags = button(self.tr("Read the registry's list of tags"), "quiet", "refresh")
        self.tags.clicked.connect(self.tags_wanted)
        self._tags_note = label("", "small", selectable=True)
        self._place()
        self._tell(None)

    def _place(self) -> None:
        below = QHBoxLayout()
        below.setSpacing(tokens.S16)
        words = QVBoxLayout()
        words.setSpacing(tokens.S8)
        for widget in (self._title, self._words, self._lines):
            words.addWidget(widget)
        below.addLayout(words, 1)
        for act in (self._inspect, self._act):
            below.addWidget(act, 0, Qt.AlignmentFlag.AlignTop)
        live = QHBoxLayout()
        live.setSpacing(tokens.S8)
        live.addWidget(self._tags_note, 1)
        live.addWidget(self.tags)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S12)
        column.addWidget(self.filters)
        column.addWidget(self.table)
        column.addLayout(below)
        column.addLayout(live)

    @property
    def chosen(self) -> CatalogueRow | None:
        """The row that is selected."""
        index = self.table.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None

    @property
    def reasons(self) -> str:
        """What is said of the selected row."""
        return "\n".join(part for part in (self._words.text(), self._lines.text) if part)

    @property
    def tags_note(self) -> str:
        """What is said of the registry's list."""
        return self._tags_note.text()

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
        self.filters.offer(filter_choices(rows))
        self.model.set_rows(rows)
        self.filters.count(len(self.model.rows), len(self.model.every))
        # an empty table with filters would look like a catalogue without images
        self.filters.setVisible(bool(rows))
        self.table.setVisible(bool(rows))
        kept = before is not None and self.choose(before.reference)
        self._tell(self.chosen if kept else None)

    def set_why_not(self, why: str) -> None:
        """Say why nothing can be pulled; empty when it can."""
        if why != self._why_not:
            self._why_not = why
            self._tell(self.chosen)

    def say_tags(self, note: str, *, reading: bool, why_not: str) -> None:
        """Say when the registry's list of tags was read, and whether it can be read now."""
        self._tags_note.setText(note)
        self.tags.setText(self.tr("Reading…") if reading else self.tr("Read the registry's list of tags"))
        self.tags.setAccessibleName(self.tags.text())
        self.tags.setEnabled(not reading and not why_not)
        self.tags.setToolTip(why_not)

    def _narrow(self) -> None:
        self.model.narrow(self.filters.wanted)
        self.filters.count(len(self.model.rows), len(self.model.every))
        self._tell(self.chosen)

    def _choose(self, current: QModelIndex) -> None:
        self._tell(self.model.rows[current.row()] if current.isValid() else None)

    def _tell(self, row: CatalogueRow | None) -> None:
        self._title.setText(row.reference if row else "")
        self._title.setVisible(row is not None)
        self._act.setVisible(row is not None)
        self._inspect.setVisible(row is not None)
        if row is None:
            self._say(self._nothing_chosen(), ())
            return
        words = self.tr("It can be pulled by hand all the same.") if row.verdict == "cannot_run" else ""
        self._say("" if row.reasons else self.tr("This is the recommended image."), reason_lines(row), words)
        self._act.setText(self.tr("Launch with it") if row.here else self.tr("Pull"))
        self._act.setAccessibleName(f"{self._act.text()}: {row.reference}")
        why = "" if row.here else self._why_not
        self._act.setEnabled(not why)
        self._act.setToolTip(why)

    def _nothing_chosen(self) -> str:
        if not self.model.every:
            return self.tr("The catalogue is judged as soon as driver and GPUs are known.")
        if not self.model.rows:
            return self.tr("No image of the catalogue is kept by these filters.")
        return self.tr("Choose an image to read every reason.")

    def _say(self, words: str, lines: tuple[Line, ...], after: str = "") -> None:
        extra = (Line("not_tested", after),) if after else ()
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._lines.show_lines((*lines, *extra))

    def _do(self) -> None:
        row = self.chosen
        if row is not None:
            (self.launch_wanted if row.here else self.pull_wanted).emit(row.reference)

    def _do_inspect(self) -> None:
        if row := self.chosen:
            self.inspect_wanted.emit(row.reference)
