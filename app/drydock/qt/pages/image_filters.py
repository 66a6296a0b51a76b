"""The filters above the catalogue: text, verdict, flavour, torch series, CUDA."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from drydock.qt.models.image_rows import VERDICT_WORDS, Choices, Verdict
from drydock.qt.models.image_tables import Filter
from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import label, tool_button

# what each entry of the verdict filter keeps; nothing stands for everything
_KEPT: tuple[frozenset[Verdict], ...] = (
    frozenset(),
    frozenset(("recommended", "works")),
    frozenset(("newer",)),
    frozenset(("not_wished",)),
    frozenset(("cannot_run", "cpu_only")),
    frozenset(("not_proven", "not_listed")),
)


class FilterBar(QWidget):
    """What is kept of the catalogue.

    Signals:
        changed: something else is to be kept.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(placeholderText=self.tr("Filter: 2.9 devel"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Filter the catalogue"))
        self.verdict = self._combo(self.tr("Which images are listed"), 20)
        self.verdict.addItems([self.tr("All images"), self.tr("Those that fit")])
        self.verdict.addItems([VERDICT_WORDS[next(iter(kept))] for kept in _KEPT[2:4]])
        self.verdict.addItems([self.tr("Cannot run here"), self.tr("May not exist")])
        self.flavour = self._combo(self.tr("Flavour"))
        for text, data in ((self.tr("Any flavour"), ""), ("runtime", "runtime"), ("devel", "devel")):
            self.flavour.addItem(text, data)
        self.series = self._combo(self.tr("torch series"))
        self.cuda = self._combo(self.tr("CUDA version"))
        self._clear = tool_button("undo", self.tr("Clear the filters"))
        self._clear.clicked.connect(self.clear)
        self._count = label("", "small", wrap=False)
        first = QHBoxLayout()
        first.setSpacing(tokens.S8)
        first.addWidget(self.search, 1)
        first.addWidget(self.verdict)
        first.addWidget(self._count)
        second = QHBoxLayout()
        second.setSpacing(tokens.S8)
        for widget in (self.series, self.cuda, self.flavour, self._clear):
            second.addWidget(widget)
        second.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        column.addLayout(first)
        column.addLayout(second)
        self.offer(Choices())
        self._clear.setEnabled(False)
        self.search.textChanged.connect(self._say_changed)
        for combo in (self.verdict, self.flavour, self.series, self.cuda):
            combo.currentIndexChanged.connect(self._say_changed)

    @property
    def wanted(self) -> Filter:
        """What the filters say."""
        return Filter(
            text=self.search.text(),
            verdicts=_KEPT[self.verdict.currentIndex()],
            flavour=self.flavour.currentData() or "",
            series=self.series.currentData() or "",
            cuda=self.cuda.currentData() or "",
        )

    def offer(self, choices: Choices) -> None:
        """Offer other torch series and CUDA versions; what was chosen stays, where it is still there."""
        offers = (
            (self.series, self.tr("Any torch"), "torch {}", choices.series),
            (self.cuda, self.tr("Any CUDA"), "CUDA {}", choices.cuda),
        )
        for combo, anything, words, values in offers:
            if [combo.itemData(index) for index in range(combo.count())] == ["", *values]:
                continue
            before = combo.currentData()
            with QSignalBlocker(combo):
                combo.clear()
                combo.addItem(anything, "")
                for value in values:
                    combo.addItem(words.format(value), value)
                combo.setCurrentIndex(max(0, combo.findData(before)))

    def clear(self) -> None:
        """Keep everything."""
        widgets = (self.search, self.verdict, self.flavour, self.series, self.cuda)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.search.clear()
        for combo in (self.verdict, self.flavour, self.series, self.cuda):
            combo.setCurrentIndex(0)
        del blockers
        self._say_changed()

    def count(self, shown: int, every: int) -> None:
        """Say how many are kept."""
        self._count.setText(self.tr("{shown} of {all}").format(shown=shown, all=every))

    def _combo(self, name: str, letters: int = 10) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(name)
        made.setMinimumContentsLength(letters)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return made

    def _say_changed(self) -> None:
        self._clear.setEnabled(self.wanted != Filter())
        self.changed.emit()
