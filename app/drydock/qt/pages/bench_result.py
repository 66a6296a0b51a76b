"""A benchmark's result: the sentence, the verdict, the bars, the table, the promises, the remarks."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from drydock.qt.models.benchmark import RunView
from drydock.qt.models.benchmark_words import Note
from drydock.qt.pages.bench_verdict import TuningPanel, VerdictLine
from drydock.qt.theme import tokens
from drydock.qt.widgets.bar_chart import BarChart
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.label_grid import LabelGrid
from drydock.qt.widgets.labels import Glyph, label

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
        self.verdict = VerdictLine()
        self.tuning = TuningPanel()
        self.table = LabelGrid(stretch=5, numbers=_NUMBERS)
        self.plan = label("", "muted", selectable=True)
        self._notes: QWidget | None = None
        self.body.setSpacing(tokens.S12)
        for widget in (
            self.conclusion,
            self.device,
            self.verdict,
            self.chart,
            self.table,
            self.plan,
            self.tuning,
        ):
            self.body.addWidget(widget)

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
        self._fill_table(view)
        self.verdict.show_view(view.verdict)
        self.tuning.show_view(view.verdict)
        self._show_notes(view.notes)

    def _fill_table(self, view: RunView) -> None:
        heads = (
            self.tr("Rung"),
            self.tr("Tokens/s"),
            self.tr("TFLOP/s"),
            view.share_title,
            self.tr("Peak memory"),
            self.tr("Verdict"),
        )
        rows = [(row.title, row.rate, row.tflops, row.share, row.memory, row.verdict) for row in view.rows]
        wrong = [place for place, row in enumerate(view.rows) if row.wrong]
        self.table.fill(heads, rows, {3: self._share_tip(view.share_title)}, wrong)

    def _share_tip(self, title: str) -> str:
        if title == "MFU":
            return self.tr("Model FLOP/s as a share of the datasheet's dense half precision peak")
        return self.tr("Model FLOP/s as a share of the plain matrix product measured in this run")

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
