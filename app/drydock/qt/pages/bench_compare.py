"""Two runs of the benchmark compared, rung by rung."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from drydock.qt.models.bench_compare import CompareView
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.label_grid import ROLES, LabelGrid, Mark
from drydock.qt.widgets.labels import Glyph, label, tool_button

_NUMBERS = range(1, 5)


class CompareCard(Card):
    """Shows a comparison until it is closed; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title(self.tr("Two runs compared"))
        self.close_button = tool_button("close", self.tr("Close the comparison"))
        self.close_button.clicked.connect(self.hide)
        self.add_corner(self.close_button)
        self._glyph = Glyph("not_tested", "muted")
        self.sentence = label("", "strong", selectable=True)
        conclusion = QHBoxLayout()
        conclusion.setSpacing(tokens.S8)
        conclusion.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        conclusion.addWidget(self.sentence, 1)
        self.body.addLayout(conclusion)
        self.which = label("", "muted", selectable=True)
        self.rungs = LabelGrid(stretch=5, numbers=_NUMBERS)
        self._differs = label("", "strong")
        self.differences = LabelGrid(stretch=1)
        for widget in (self.which, self.rungs, self._differs, self.differences):
            self.body.addWidget(widget)
        self.hide()

    def show_view(self, view: CompareView) -> None:
        """Show a comparison."""
        self._glyph.show_icon(view.state, ROLES[view.state])
        self.sentence.setText(view.sentence)
        first = self.tr("First: {run}").format(run=view.before)
        second = self.tr("Second: {run}").format(run=view.after)
        self.which.setText(f"{first}\n{second}")
        heads = (
            self.tr("Rung"),
            self.tr("First, tokens/s"),
            self.tr("Second"),
            self.tr("Ratio"),
            self.tr("95% interval"),
            self.tr("Change"),
        )
        self.rungs.fill(
            heads,
            [
                (row.title, row.before, row.after, row.ratio, row.interval, Mark(row.state, row.word))
                for row in view.rows
            ],
        )
        same = self.tr("Nothing that is known differed between them.")
        self._differs.setText(self.tr("What differed") if view.differences else same)
        self.differences.fill((), view.differences)
        self.setAccessibleDescription(view.sentence)
        self.show()
