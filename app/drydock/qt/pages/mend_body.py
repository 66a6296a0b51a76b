"""What stands in the dialog of a remedy: what it means, its steps, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from drydock.core.remedies.plan import Plan
from drydock.jobs.mend_preview import Preview
from drydock.qt.models import mend as words
from drydock.qt.models.mend_progress import Progress
from drydock.qt.models.mend_verdict import Verdict
from drydock.qt.models.pull import size_text
from drydock.qt.pages.mend_steps import StepList
from drydock.qt.pages.mend_verdict import VerdictCard
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.key_value_list import KeyValueList, Row


class MendBody(QScrollArea):
    """A column that scrolls: verdict, what stands against it, what is lasting, the facts, the steps, the same by hand.

    Attributes:
        verdict: what came of it, or why there is no preview; hidden before.
        blocked: why it cannot be done now; hidden where it can.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pageScroll")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verdict = VerdictCard()
        self.blocked = VerdictCard()
        self._lasting = VerdictCard()
        self._facts = KeyValueList()
        self._facts_card = Card()
        self._facts_card.body.addWidget(self._facts)
        self._hand = CommandBox()
        self._hand_card = Card(self.tr("The same by hand"))
        self._hand_card.body.addWidget(self._hand)
        self._steps: StepList | None = None
        self._shown = 0
        self._sizes: tuple[tuple[str, bool], ...] = ()
        inner = QWidget()
        inner.setObjectName("page")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(tokens.S24, tokens.S4, tokens.S24, tokens.S16)
        self._column.setSpacing(tokens.S12)
        for widget in (self.verdict, self.blocked, self._lasting, self._facts_card, self._hand_card):
            self._column.addWidget(widget)
            widget.hide()
        self._column.addStretch(1)
        self.setWidget(inner)

    def clear(self) -> None:
        """Show nothing."""
        self.verdict.hide()
        self.hide_preview()
        if self._steps:
            self._column.removeWidget(self._steps)
            self._steps.hide()
            self._steps.deleteLater()
            self._steps = None

    def hide_preview(self) -> None:
        """Leave the steps alone on show."""
        for widget in (self.blocked, self._lasting, self._facts_card, self._hand_card):
            widget.hide()

    def show_preview(self, preview: Preview) -> None:
        """Show a plan before it is agreed to."""
        plan = preview.plan
        self.show_steps(plan)
        self._facts.set_rows(self._rows(preview))
        self._facts_card.show()
        if plan.lasting:
            self._lasting.show_verdict(Verdict(tone="attention", title=words.undo_words(plan)))
        self._hand.set_text("\n".join(words.by_hand(plan)))
        self._hand_card.setVisible(bool(self._hand.text))

    def show_steps(self, plan: Plan) -> None:
        """Show the steps of a plan."""
        self.clear()
        self._sizes = ()
        self._steps = StepList(words.step_views(plan), size_text(plan.frees) if plan.frees else "")
        self._column.insertWidget(self._column.indexOf(self._hand_card), self._steps)

    def show_blocked(self, preview: Preview, *, busy: bool) -> None:
        """Say why a plan cannot be carried out now, where it cannot."""
        possible = words.can_apply(preview)
        self.blocked.setVisible(busy or not possible)
        if not possible:
            title, text = self.tr("This cannot be applied from here"), words.root_words(preview)
            lines = words.by_hand(preview.plan)
            self.blocked.show_verdict(Verdict(tone="attention", title=title, text=text, commands=lines))
            self._hand_card.hide()
        elif busy:
            title = self.tr("Something else is being applied now; this has to wait for its end.")
            self.blocked.show_verdict(Verdict(tone="attention", title=title))

    def show_progress(self, progress: Progress) -> None:
        """Show how far each step is, and keep the one that runs in view."""
        if self._steps is None:
            return
        self._steps.show_lines(progress.lines, progress.phase)
        sizes = tuple((line.state, bool(line.said)) for line in progress.lines)
        # each new line of a program must not take away what the person looks at meanwhile
        if progress.running and progress.touched and sizes != self._sizes:
            self._sizes = sizes
            self._shown = progress.number
            # what a step said has to find its place first
            QTimer.singleShot(0, self, self._reveal)

    def show_verdict(self, verdict: Verdict, entry: str = "") -> None:
        """Show what came of it, or why there is no preview; ``entry`` is its id in the log."""
        self.verdict.show_verdict(verdict, entry)
        self._shown = 0
        self.verticalScrollBar().setValue(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._reveal)

    def _reveal(self) -> None:
        if self._steps and self._shown:
            self.ensureWidgetVisible(self._steps.rows[self._shown - 1], 0, tokens.S24)

    def _rows(self, preview: Preview) -> tuple[Row, ...]:
        plan = preview.plan
        frees = size_text(plan.frees) if plan.frees else ""
        rows = (
            (self.tr("Root"), words.root_words(preview) if words.can_apply(preview) else ""),
            (self.tr("Undo"), "" if plan.lasting else words.undo_words(plan)),
            (self.tr("Frees"), self.tr("up to {size}").format(size=frees) if frees else ""),
            (self.tr("Checked after"), words.recheck_words(plan)),
        )
        return tuple(Row(label=name, value=value) for name, value in rows if value)
