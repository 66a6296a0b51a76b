"""Earlier diagnoses of this computer, and what Drydock changed on it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from drydock.core.trouble import Trouble
from drydock.data.knowledge import change_text, finding_article, trouble_article
from drydock.jobs.past import KeptDiagnosis, ListDiagnosesJob
from drydock.qt.models.mend import breakable
from drydock.qt.pages.doctor_words import counts, depth_title
from drydock.qt.theme import State, tokens
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.labels import button, label

if TYPE_CHECKING:
    from drydock.qt.app import App
    from drydock.qt.bridge import Running


class DoctorHistory(QScrollArea):
    """A row for each kept state, newest first.

    Attributes:
        rows: the rows on show, by the diagnosis' id.

    Signals:
        chosen: the :class:`KeptDiagnosis` that the person wants to see.
    """

    chosen = Signal(object)

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._running: Running | None = None
        self.rows: dict[str, FoldRow] = {}
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas = QWidget()
        column = QVBoxLayout(canvas)
        column.setContentsMargins(0, 0, tokens.S8, tokens.S24)
        column.setSpacing(tokens.S8)
        self.empty = EmptyState("clock", self.tr("Reading the history…"))
        self.failure = FailureCard()
        self.failure.again_wanted.connect(self.read)
        self._list = QVBoxLayout()
        self._list.setSpacing(tokens.S8)
        column.addWidget(label(self.tr("Diagnoses"), "heading"))
        column.addWidget(self.failure)
        column.addWidget(self.empty)
        column.addLayout(self._list)
        column.addWidget(label(self.tr("A state that did not change is kept once; the last seven are kept."), "small"))
        column.addSpacing(tokens.S16)
        column.addWidget(label(self.tr("What Drydock changed here"), "heading"))
        self._changes = column
        self._log: QWidget | None = None
        self.setWidget(canvas)

    def read(self) -> None:
        """Read the history anew."""
        if self._log is None:
            from drydock.qt.pages.mend_log import MendLog

            self._log = MendLog(self._app)
            self._changes.addWidget(self._log)
            self._changes.addStretch(1)
        if self._running is None:
            self._running = self._app.bridge.start(
                ListDiagnosesJob(self._app.context), done=self._show, failed=self._fail, stopped=self._forget
            )

    def _forget(self) -> None:
        self._running = None

    def _fail(self, trouble: Trouble) -> None:
        self._running = None
        article = trouble_article(trouble)
        self.empty.hide()
        self.failure.show_failure(article.title, article.text, article.remedy)

    def _show(self, kept: tuple[KeptDiagnosis, ...]) -> None:
        self._running = None
        self.failure.hide()
        opened = [name for name, row in self.rows.items() if row.open]
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {one.id: self._row(one) for one in kept}
        for name, row in self.rows.items():
            self._list.addWidget(row)
            row.set_open(name in opened)
        self.empty.setVisible(not kept)
        self.empty.say(
            "clock",
            self.tr("Nothing is kept yet"),
            self.tr("After the first look at this computer, its state is kept here to compare with later ones."),
        )

    def _row(self, kept: KeptDiagnosis) -> FoldRow:
        diagnosis = kept.diagnosis
        root = diagnosis.root_cause
        attention = any(finding.state == "attention" for finding in diagnosis.findings)
        state: State = "broken" if root else "attention" if attention else "ok"
        verdict = finding_article(root).title if root else self.tr("Nothing was broken")
        row = FoldRow(state, f"{span(kept)}  ·  {verdict}", f"{depth_title(kept.depth)}  ·  {counts(diagnosis)}")
        row.folded.connect(partial(self._fill, row, kept))
        return row

    def _fill(self, row: FoldRow, kept: KeptDiagnosis, open_: bool) -> None:
        if not open_ or row.body.count():
            return
        root = kept.diagnosis.root_cause
        if root:
            row.body.addWidget(label(breakable(finding_article(root).text), "body", selectable=True))
        if kept.oldest:
            row.body.addWidget(label(self.tr("None is kept before this one to compare with."), "muted"))
        elif kept.changes:
            row.body.addWidget(label(self.tr("What changed since the one before"), "strong"))
            words = "\n".join(f"•  {change_text(change)}" for change in kept.changes)
            row.body.addWidget(label(breakable(words), "body", selectable=True))
        else:
            words = self.tr("Nothing that is compared (driver, kernel, engine, toolkit, images…) changed before it.")
            row.body.addWidget(label(words, "muted"))
        show = button(self.tr("Show this diagnosis"), "plain", "doctor")
        show.clicked.connect(partial(self.chosen.emit, kept))
        row.body.addWidget(show, 0, Qt.AlignmentFlag.AlignLeft)


def when(at: str) -> str:
    """Return a kept time in this computer's time zone."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at


def span(kept: KeptDiagnosis) -> str:
    """Return how long a state lasted."""
    first, last = when(kept.id), when(kept.last)
    if first == last:
        return first
    return f"{first} - {last[11:]}" if first[:10] == last[:10] else f"{first} - {last}"
