"""What a benchmark says about the machine, on its result: the verdict, the promises, the setting to use."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.models.bench_verdict import VerdictView
from drydock.qt.theme import tokens
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.label_grid import LabelGrid, Mark
from drydock.qt.widgets.labels import label
from drydock.qt.widgets.state_badge import StateBadge


class VerdictLine(QWidget):
    """Whether the machine does what it should: a badge, the reason, and where the expected ranges are published."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(tokens.S12)
        self.badge = StateBadge()
        row.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(tokens.S4)
        self.sentence = label("", "body", selectable=True)
        self.sources = label("", "small", selectable=True)
        column.addWidget(self.sentence)
        column.addWidget(self.sources)
        row.addLayout(column, 1)

    def show_view(self, view: VerdictView) -> None:
        """Show a verdict; without a sentence it takes no room."""
        self.badge.show_state(view.state, view.word)
        self.sentence.setText(view.sentence)
        self.sources.setText(self.tr("Expected ranges: {sources}").format(sources="; ".join(view.sources)))
        self.sources.setVisible(bool(view.sources))
        self.setAccessibleName(f"{view.word}: {view.sentence}")
        self.setVisible(bool(view.sentence))


class TuningPanel(QWidget):
    """The promises about tuning against what was measured, and the recommended setting as code."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, tokens.S8, 0, 0)
        column.setSpacing(tokens.S8)
        self._claims_title = label(self.tr("What tuning is promised to bring, and what it brings here"), "strong")
        self.claims = LabelGrid(stretch=1)
        self._code_title = label(self.tr("The recommended setting, to paste into your training"), "strong")
        self._code_title.setContentsMargins(0, tokens.S8, 0, 0)
        self.code = CommandBox(name=self.tr("PyTorch code of the recommended setting"))
        for widget in (self._claims_title, self.claims, self._code_title, self.code):
            column.addWidget(widget)

    def show_view(self, view: VerdictView) -> None:
        """Show promises and setting; what there is nothing of takes no room."""
        heads = (self.tr("Promise"), self.tr("Measured"), self.tr("Here"))
        rows = [(claim.promise, claim.measured, Mark(claim.state, claim.word)) for claim in view.claims]
        self.claims.fill(heads, rows)
        self._claims_title.setVisible(bool(rows))
        self.code.set_text(view.snippet.rstrip("\n"))
        for widget in (self._code_title, self.code):
            widget.setVisible(bool(view.snippet))
        self.setVisible(bool(rows or view.snippet))
