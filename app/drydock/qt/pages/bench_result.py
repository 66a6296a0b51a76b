"""A benchmark's result: the sentence, the bars, the table, the remarks."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from drydock.qt.models.benchmark import RunView
from drydock.qt.models.benchmark_words import Note
from drydock.qt.theme import tokens
from drydock.qt.widgets.bar_chart import BarChart
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.labels import Glyph, label, rule

_TONES = {"plain": ("info", "muted"), "attention": ("attention", "attention"), "broken": ("broken", "broken")}
_NUMBERS = range(1, 5)


class ResultCard(Card):
    """Shows a :class:`RunView`, again and again while it grows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._view: RunView | None = None
        self._when = ""
        self.conclusion = label("", "heading", selectable=True)
        self.device = label("", "muted", selectable=True)
        self.chart = BarChart(self.tr("The first rung is not measured yet"))
        self.chart.setAccessibleName(self.tr("Tokens a second, rung by rung"))
        self.table = _Table()
        self.plan = label("", "muted", selectable=True)
        self._notes: QWidget | None = None
        self.body.setSpacing(tokens.S12)
        for widget in (self.conclusion, self.device, self.chart, self.table, self.plan):
            self.body.addWidget(widget)
        self.body.setSpacing(tokens.S12)

    @property
    def view(self) -> RunView | None:
        """What is on show."""
        return self._view

    def show_view(self, view: RunView, title: str = "") -> None:
        """Show a run; ``title`` says when and where it was."""
        if (view, title) == (self._view, self._when):
            return
        self._view, self._when = view, title
        device = "  ·  ".join(part for part in (title, view.device) if part)
        for target, text in ((self.conclusion, view.conclusion), (self.device, device), (self.plan, view.plan)):
            target.setText(text)
            target.setVisible(bool(text))
        self.chart.set_bars(view.bars)
        self.chart.setVisible(bool(view.bars))
        self.table.fill(view)
        self._show_notes(view.notes)

    def _show_notes(self, notes: tuple[Note, ...]) -> None:
        if self._notes is not None:
            self.body.removeWidget(self._notes)
            self._notes.hide()
            self._notes.deleteLater()
            self._notes = None
        if not notes:
            return
        self._notes = QWidget()
        column = QVBoxLayout(self._notes)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S8)
        for note in notes:
            row = QHBoxLayout()
            row.setSpacing(tokens.S8)
            row.addWidget(Glyph(*_TONES[note.tone]), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(label(note.text, "muted" if note.tone == "plain" else "body", selectable=True), 1)
            column.addLayout(row)
        self.body.addWidget(self._notes)


class _Table(QWidget):
    """A few rows, all of them always in sight, so labels in a grid are enough."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(tokens.S24)
        self._grid.setVerticalSpacing(tokens.S8)
        self._grid.setColumnStretch(5, 1)
        self._cells: list[QWidget] = []

    def fill(self, view: RunView) -> None:
        """Show the rows of a run."""
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._cells = []
        self.setVisible(bool(view.rows))
        if not view.rows:
            return
        heads = (
            self.tr("Rung"),
            self.tr("Tokens/s"),
            self.tr("TFLOP/s"),
            view.share_title,
            self.tr("Peak memory"),
            self.tr("Verdict"),
        )
        tips = {3: self._share_tip(view.share_title)}
        for column, head in enumerate(heads):
            made = label(head, "small", wrap=False)
            made.setToolTip(tips.get(column, ""))
            self._put(made, 0, column)
        line = rule()
        self._grid.addWidget(line, 1, 0, 1, len(heads))
        self._cells.append(line)
        for place, row in enumerate(view.rows, start=2):
            texts = (row.title, row.rate, row.tflops, row.share, row.memory, row.verdict)
            for column, (head, text) in enumerate(zip(heads, texts, strict=True)):
                last = column == len(texts) - 1
                made = label(text, "strong" if row.wrong and last else "body", wrap=last, selectable=True)
                made.setAccessibleName(f"{row.title}, {head}: {text}")
                self._put(made, place, column)

    def _put(self, made: QLabel, row: int, column: int) -> None:
        if column in _NUMBERS:
            self._grid.addWidget(made, row, column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        else:
            self._grid.addWidget(made, row, column)
        self._cells.append(made)

    def _share_tip(self, title: str) -> str:
        if title == "MFU":
            return self.tr("Model FLOP/s as a share of the datasheet's dense half precision peak")
        return self.tr("Model FLOP/s as a share of the plain matrix product measured in this run")
